//! Tells code from comments and strings, line by line, without parsing Rust.
//!
//! Handled: line and nested block comments, strings, raw strings, byte and C strings, character
//! literals beside lifetimes. Not handled: what macros make of their tokens.

/// A file's text twice, with the same line breaks: everything of the other kind is blank.
#[derive(Debug, Default)]
pub struct Masked {
    /// What is neither comment nor literal text.
    pub code: String,
    /// The inside of comments, documentation included.
    pub comments: String,
}

#[derive(Clone, Copy)]
enum State {
    Code,
    LineComment,
    BlockComment { depth: u32 },
    Text,
    RawText { hashes: usize },
}

/// What a piece of a file is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Splits `text`.
pub fn mask(text: &str) -> Masked {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Masked::default();
    let mut state = State::Code;
    let mut i = 0;
    while i < chars.len() {
        let (taken, kind, next) = step(state, &chars[i..]);
        for &c in &chars[i..i + taken] {
            let keep = |wanted| if kind == wanted || c == '\n' { c } else { ' ' };
            out.code.push(keep(Kind::Code));
            out.comments.push(keep(Kind::Comment));
        }
        i += taken;
        state = next;
    }
    out
}

/// How many characters at the start of `rest` belong together, what they are, and the state after.
fn step(state: State, rest: &[char]) -> (usize, Kind, State) {
    use Kind::{Code, Comment, Literal};
    let second = rest.get(1).copied();
    match (state, rest[0]) {
        (State::Code, '/') if second == Some('/') => (2, Comment, State::LineComment),
        (State::Code, '/') if second == Some('*') => (2, Comment, State::BlockComment { depth: 1 }),
        (State::Code, '"') => (1, Literal, State::Text),
        (State::Code, 'r') => match raw_hashes(rest) {
            Some(hashes) => (hashes + 2, Literal, State::RawText { hashes }),
            None => (1, Code, State::Code),
        },
        (State::Code, '\'') => match character_literal(rest) {
            Some(length) => (length, Literal, State::Code),
            None => (1, Code, State::Code),
        },
        (State::Code, _) => (1, Code, State::Code),
        (State::LineComment, '\n') => (1, Comment, State::Code),
        (State::BlockComment { depth }, '/') if second == Some('*') => {
            (2, Comment, State::BlockComment { depth: depth + 1 })
        }
        (State::BlockComment { depth: 1 }, '*') if second == Some('/') => (2, Comment, State::Code),
        (State::BlockComment { depth }, '*') if second == Some('/') => {
            (2, Comment, State::BlockComment { depth: depth - 1 })
        }
        (State::LineComment | State::BlockComment { .. }, _) => (1, Comment, state),
        (State::Text, '\\') if second.is_some() => (2, Literal, State::Text),
        (State::Text, '"') => (1, Literal, State::Code),
        (State::RawText { hashes }, '"') if raw_ends(rest, hashes) => {
            (hashes + 1, Literal, State::Code)
        }
        (State::Text | State::RawText { .. }, _) => (1, Literal, state),
    }
}

/// The number of `#` if `rest`, which begins with `r`, begins a raw string.
fn raw_hashes(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    (rest.get(hashes + 1) == Some(&'"')).then_some(hashes)
}

fn raw_ends(rest: &[char], hashes: usize) -> bool {
    rest.get(1..=hashes).is_some_and(|after| after.iter().all(|&c| c == '#'))
}

/// The length of the character literal that `rest`, which begins with `'`, begins; else a lifetime.
fn character_literal(rest: &[char]) -> Option<usize> {
    if rest.get(1) == Some(&'\\') {
        let end = rest.iter().skip(3).position(|&c| c == '\'')?;
        Some(end + 4)
    } else {
        (rest.get(2) == Some(&'\'')).then_some(3)
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[track_caller]
    fn check(text: &str, code: &str, comments: &str) {
        let words = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        let masked = mask(text);
        assert_eq!(words(&masked.code), code, "code of {text}");
        assert_eq!(words(&masked.comments), comments, "comments of {text}");
        let breaks = |s: &str| s.matches('\n').count();
        assert_eq!(breaks(&masked.code), breaks(text));
        assert_eq!(breaks(&masked.comments), breaks(text));
    }

    #[test]
    fn comments_end_where_they_end() {
        check("a // b\nc", "a c", "// b");
        check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */");
        check("a / b", "a / b", "");
    }

    #[test]
    fn strings_are_neither_code_nor_comment() {
        check(r#"a("// \" b\\"); c"#, "a( ); c", "");
        check("a(\"b\nc\") // d", "a( )", "// d");
        check(r##"a(br#"b" // "#); c"##, "a(b ); c", "");
        check(r#"a(r"\"); c"#, "a( ); c", "");
    }

    #[test]
    fn quotes_of_characters_open_no_string() {
        check(r#"a('"'); b"#, "a( ); b", "");
        check(r"a('\''); b", "a( ); b", "");
        check(r"a('\u{22}'); b", "a( ); b", "");
        check("fn a<'a>(b: &'a str) // c", "fn a<'a>(b: &'a str)", "// c");
        check("r#type", "r#type", "");
    }
}
