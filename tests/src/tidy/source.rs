//! Checks one `.rs` file: its shape, marks of unfinished work, and what its layer may not mention.

use super::mask::mask;
use super::paths::mentions;
use super::table::{BANS, LINES_MAX, MARKS};
use super::{Fault, is_within};

/// Checks that the file says what it is for, is not too long, and holds no mark.
pub fn check_shape(file: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        let what = "does not begin with a `//!` sentence that says what the file is for";
        faults.push(Fault::new(file, 1, what.into()));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        let what = format!("goes beyond {LINES_MAX} lines (it has {lines}); split it by purpose");
        faults.push(Fault::new(file, LINES_MAX + 1, what));
    }
    let masked = mask(text);
    for (i, (code, comment)) in masked.code.lines().zip(masked.comments.lines()).enumerate() {
        for mark in MARKS {
            if has(code, mark.text) || (mark.in_comments && has(comment, mark.text)) {
                let what = format!("holds `{}`; {}", mark.text, mark.instead);
                faults.push(Fault::new(file, i + 1, what));
            }
        }
    }
    faults
}

/// Whether `mark` occurs in `line`, not as a part of a longer word.
fn has(line: &str, mark: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(mark).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + mark.len()..].chars().next();
        let cuts_before = mark.starts_with(is_word) && before.is_some_and(is_word);
        let cuts_after = mark.ends_with(is_word) && after.is_some_and(is_word);
        !cuts_before && !cuts_after
    })
}

/// Checks that the code mentions nothing that is banned where it stands.
pub fn check_bans(file: &str, text: &str) -> Vec<Fault> {
    let bans: Vec<_> = BANS.iter().filter(|ban| is_within(file, ban.within)).collect();
    if bans.is_empty() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for mention in mentions(file, text) {
        for ban in bans.iter().filter(|ban| mention.has(ban.mention)) {
            let what = format!(
                "mentions `{}`, which nothing in {} may, because {}",
                ban.mention, ban.within, ban.reason
            );
            faults.push(Fault::new(file, mention.line, what));
        }
    }
    faults
}

/// Checks that a crate root forbids unsafe code.
pub fn check_forbids_unsafe(file: &str, text: &str) -> Vec<Fault> {
    let wanted = "#![forbid(unsafe_code)]";
    if mask(text).code.lines().any(|line| line.trim() == wanted) {
        return Vec::new();
    }
    vec![Fault::new(file, 1, format!("lacks `{wanted}`, which FORBID_UNSAFE asks of it"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ban_catches_its_mention_alone_in_a_tree_and_as_a_call() {
        for ban in BANS {
            let file = format!("{}/deep/planted.rs", ban.within);
            let (head, last) = ban.mention.rsplit_once("::").unwrap_or(("x", ban.mention));
            for text in [
                format!("//! A plant.\n{}", ban.mention),
                format!("//! A plant.\nfn f() {{ {}(1) }}", ban.mention),
                format!("//! A plant.\nuse {head}::{{a::B, {last}}};"),
            ] {
                let faults = check_bans(&file, &text);
                assert_eq!(faults.len(), 1, "{text}: {faults:?}");
                assert_eq!(faults[0].line, 2);
                assert!(faults[0].what.contains(&format!("`{}`", ban.mention)), "{text}");
                assert!(faults[0].what.ends_with(ban.reason), "{text}");
            }
        }
    }

    #[test]
    fn bans_end_at_their_folder_and_at_words_and_spare_prose() {
        let everything: String = BANS.iter().map(|b| format!("use {};\n", b.mention)).collect();
        assert_eq!(check_bans("checker/litmus/src/lib.rs", &everything), []);
        let prose = "//! No `HashMap`, no unsafe.\n// std::fs\nconst A: &str = \"println!\";\n";
        let near = "#![forbid(unsafe_code)]\nstruct HashMapper; struct Instant;\nsprintln!();\n";
        for text in [prose, near] {
            assert_eq!(check_bans("checker/engine/src/lib.rs", text), []);
        }
    }

    #[test]
    fn arrows_between_layers_are_found_however_they_are_written() {
        for (file, text) in [
            ("checker/engine/src/graph.rs", "use crate::{explore, graph};"),
            ("checker/engine/src/graph/mod.rs", "use super::memory::Model;"),
            ("checker/engine/src/graph/view.rs", "fn f() { super::super::explore::g() }"),
            (
                "checker/engine/src/memory/sc.rs",
                "mod tests { use super::super::super::explore::X; }",
            ),
        ] {
            assert_eq!(check_bans(file, text).len(), 1, "{file}: {text}");
        }
        for (file, text) in [
            ("checker/engine/src/memory/sc.rs", "use crate::graph::Graph; use super::race;"),
            ("checker/engine/src/explore/engine.rs", "use crate::{graph, memory};"),
        ] {
            assert_eq!(check_bans(file, text), [], "{file}: {text}");
        }
    }

    #[test]
    fn every_mark_is_caught_in_code_and_where_it_says_in_comments() {
        for mark in MARKS {
            let code = format!("//! A plant.\nfn f() {{ {}) }}\n", mark.text);
            let faults = check_shape("a.rs", &code);
            assert_eq!((faults.len(), faults[0].line), (1, 2), "{code}");
            let comment = format!("//! A plant.\n// {} x\n", mark.text);
            assert_eq!(check_shape("a.rs", &comment).len(), usize::from(mark.in_comments));
            let text = format!("//! A plant.\nconst A: &str = \"{}\";\n", mark.text);
            assert_eq!(check_shape("a.rs", &text), []);
        }
        assert_eq!(check_shape("a.rs", "//! A plant.\n#[should_panic(expected = \"x\")]\n"), []);
        assert_eq!(check_shape("a.rs", "//! A plant.\nconst TODOS: u8 = 0;\n"), []);
    }

    #[test]
    fn a_file_without_its_sentence_is_caught() {
        for text in ["", "\n//! Late.\n", "// Not it.\n", "use a;\n//! Late.\n", "//!\n"] {
            assert_eq!(check_shape("a.rs", text).len(), 1, "{text:?}");
        }
    }

    #[test]
    fn the_longest_file_passes_and_one_more_line_does_not() {
        let file = |lines: usize| format!("//! Long.{}\n", "\n".repeat(lines - 1));
        assert_eq!(check_shape("a.rs", &file(LINES_MAX)), []);
        let faults = check_shape("a.rs", &file(LINES_MAX + 1));
        assert_eq!((faults.len(), faults[0].line), (1, LINES_MAX + 1));
    }

    #[test]
    fn a_root_that_allows_unsafe_is_caught() {
        assert_eq!(check_forbids_unsafe("a.rs", "//! A.\n\n#![forbid(unsafe_code)]\n"), []);
        for text in ["//! A.\n", "//! #![forbid(unsafe_code)]\n", "// #![forbid(unsafe_code)]\n"] {
            assert_eq!(check_forbids_unsafe("a.rs", text).len(), 1, "{text}");
        }
    }
}
