//! Every path that a file's code names, with `use` trees spread out and `self`, `super` resolved.
//!
//! `use std::{fs, io::Read}` gives `std::fs` and `std::io::Read`. A macro's name keeps its `!`;
//! keywords count as paths of one segment. Inside an inline module `super` is taken to be that of the
//! file, and one `super` too many to be `crate`, so a test module hides no mention of another layer.

use super::mask::mask;

/// A path, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The line, from 1, of its last segment.
    pub line: usize,
    /// Its segments.
    pub segments: Vec<String>,
}

impl Mention {
    /// Whether `part` (segments joined by `::`) occurs in it.
    pub fn has(&self, part: &str) -> bool {
        let part: Vec<&str> = part.split("::").collect();
        self.segments.windows(part.len()).any(|w| w.iter().zip(&part).all(|(a, b)| a == b))
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Separator,
    Other(char),
}

/// The paths in `text`, the source of `file`.
pub fn mentions(file: &str, text: &str) -> Vec<Mention> {
    let mut reader = Reader { tokens: tokens(&mask(text).code), at: 0, found: Vec::new() };
    while reader.at < reader.tokens.len() {
        if matches!(reader.tokens[reader.at].1, Token::Word(_)) {
            reader.path(&[]);
        } else {
            reader.at += 1;
        }
    }
    let module = module_of(file);
    for mention in &mut reader.found {
        resolve(&mut mention.segments, &module);
    }
    reader.found
}

fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut out = Vec::new();
    for (i, line) in code.lines().enumerate() {
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let taken = if word > 0 {
                out.push((i + 1, Token::Word(rest[..word].to_owned())));
                word
            } else if rest.starts_with("::") {
                out.push((i + 1, Token::Separator));
                2
            } else {
                if !c.is_whitespace() {
                    out.push((i + 1, Token::Other(c)));
                }
                c.len_utf8()
            };
            rest = &rest[taken..];
        }
    }
    out
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    found: Vec<Mention>,
}

impl Reader {
    fn ahead(&self, distance: usize) -> Option<&Token> {
        self.tokens.get(self.at + distance).map(|(_, token)| token)
    }

    /// Reads one path, which begins with a word, and the group of a `use` tree that may end it.
    fn path(&mut self, prefix: &[String]) {
        let mut segments = prefix.to_vec();
        loop {
            let Some((line, Token::Word(word))) = self.tokens.get(self.at) else { return };
            let line = *line;
            segments.push(word.clone());
            self.at += 1;
            let is_macro = self.ahead(0) == Some(&Token::Other('!'))
                && self.ahead(1) != Some(&Token::Other('='));
            if is_macro {
                segments.last_mut().expect("just pushed").push('!');
            } else if self.ahead(0) == Some(&Token::Separator) {
                match self.ahead(1) {
                    Some(Token::Word(_)) => {
                        self.at += 1;
                        continue;
                    }
                    Some(Token::Other('{')) => {
                        self.at += 2;
                        return self.group(&segments);
                    }
                    _ => {}
                }
            }
            return self.found.push(Mention { line, segments });
        }
    }

    /// Reads the rest of a group, whose brace is open.
    fn group(&mut self, prefix: &[String]) {
        loop {
            match self.ahead(0) {
                Some(Token::Word(alias)) if alias == "as" => self.at += 2,
                Some(Token::Word(_)) => self.path(prefix),
                Some(Token::Other('}')) | None => {
                    self.at += 1;
                    return;
                }
                Some(_) => self.at += 1,
            }
        }
    }
}

/// The module that `file` is, as segments below `crate`.
fn module_of(file: &str) -> Vec<String> {
    let inner = file.split_once("src/").map_or("", |(_, inner)| inner);
    let mut module: Vec<String> =
        inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| matches!(last.as_str(), "" | "mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn resolve(segments: &mut Vec<String>, module: &[String]) {
    if !matches!(segments[0].as_str(), "self" | "super") {
        return;
    }
    let ups = segments.iter().take_while(|s| *s == "self" || *s == "super").count();
    let supers = segments[..ups].iter().filter(|s| *s == "super").count();
    let base = &module[..module.len().saturating_sub(supers)];
    let resolved = ["crate".to_owned()].into_iter().chain(base.iter().cloned());
    segments.splice(..ups, resolved);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> =
            mentions("a/src/graph/label.rs", text).iter().map(|m| m.segments.join("::")).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn use_trees_are_spread_out() {
        check(
            "use std::{fs, io::{self, Read}};",
            &["use", "std::fs", "std::io::self", "std::io::Read"],
        );
        check("use a::{b as c, d::*, e};", &["use", "a::b", "a::d", "a::e"]);
    }

    #[test]
    fn supers_are_resolved() {
        check("super::super::memory::Sc", &["crate::memory::Sc"]);
        check("super::view::View", &["crate::graph::view::View"]);
        check("self::x", &["crate::graph::label::x"]);
        check("use super::super::super::memory;", &["use", "crate::memory"]);
        check("use super::super::{memory};", &["use", "crate::memory"]);
    }

    #[test]
    fn macros_keep_their_mark() {
        check("std::println!()", &["std::println!"]);
        check("a != b", &["a", "b"]);
    }

    #[test]
    fn lines_are_those_of_the_last_segment() {
        let found = mentions("a/src/lib.rs", "//! x\nuse a::{\n    b,\n    c::\n    d,\n};");
        let lines: Vec<usize> = found.iter().map(|m| m.line).collect();
        assert_eq!(lines, [2, 3, 5]);
    }

    #[test]
    fn parts_match_whole_segments() {
        let mention = &mentions("a/src/lib.rs", "std::time::Instant::now")[0];
        assert!(mention.has("time::Instant") && mention.has("Instant") && mention.has("std"));
        assert!(!mention.has("time::now") && !mention.has("Inst"));
    }
}
