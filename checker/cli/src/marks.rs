//! Finding checked tests in a test binary, without running it.
//!
//! `#[raddle::test]` leaves in the binary `\x01raddle-test\x02crate::module::function\x03`, with `\x02` and
//! the name in reports before the end if that is another one.

use std::collections::BTreeSet;

/// A checked test as its mark describes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mark {
    /// Its path, which begins with the name of its crate.
    pub path: String,
    /// The name it was given for reports, if any.
    pub given: Option<String>,
}

impl Mark {
    /// The name in reports and tokens.
    pub fn reported(&self) -> &str {
        self.given.as_deref().unwrap_or(&self.path)
    }

    /// The name by which the test binary knows it: its path without the crate.
    pub fn in_binary(&self) -> &str {
        self.path.split_once("::").map_or(&self.path, |(_, rest)| rest)
    }

    /// Whether a filter asks for it: a part of its path or name, or, if `exact`, the whole.
    pub fn is_asked_for(&self, filters: &[String], exact: bool) -> bool {
        let is_asked = |filter: &String| match exact {
            true => [&self.path, self.reported(), self.in_binary()].contains(&filter.as_str()),
            false => self.path.contains(filter) || self.reported().contains(filter),
        };
        filters.is_empty() || filters.iter().any(is_asked)
    }
}

const END: u8 = 3;
const SEPARATOR: char = '\u{2}';
/// A mark is shorter than this; the limit keeps a stray start from being searched to the end.
const LONGEST: usize = 4_096;

/// The text that every mark begins with. It is put together here, so that this command's own binary
/// does not hold it.
fn start() -> Vec<u8> {
    let mut start = vec![1u8];
    start.extend_from_slice(b"raddle-test");
    start.push(SEPARATOR as u8);
    start
}

/// The marks in the bytes of a test binary of the crate `name` (that of the target; hyphens count as
/// underscores), each once, by path.
pub fn marks(bytes: &[u8], name: &str) -> Vec<Mark> {
    let start = start();
    let own = format!("{}::", name.replace('-', "_"));
    let mut found = BTreeSet::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(start.len()).position(|window| window == start) {
        rest = &rest[at + start.len()..];
        let near = &rest[..rest.len().min(LONGEST)];
        let end = near.iter().position(|byte| *byte == END);
        let text = end.and_then(|end| str::from_utf8(&near[..end]).ok());
        found.extend(text.and_then(mark).filter(|mark| mark.path.starts_with(&own)));
    }
    found.into_iter().collect()
}

/// The mark with this text between its start and its end, if it can be one.
fn mark(text: &str) -> Option<Mark> {
    let (path, given) = match text.split_once(SEPARATOR) {
        Some((path, given)) => (path, Some(given)),
        None => (text, None),
    };
    let part = |part: &str| {
        let part = part.strip_prefix("r#").unwrap_or(part);
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let is_path = path.contains("::") && path.split("::").all(part);
    let is_name = given.is_none_or(|name| !name.is_empty() && !name.contains(char::is_control));
    (is_path && is_name).then(|| Mark { path: path.into(), given: given.map(String::from) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(texts: &[&str]) -> Vec<u8> {
        let mut bytes = vec![0u8, 1, 2, 3, 255];
        for text in texts {
            bytes.extend(start());
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(&[3, 0, 200, 1]);
        }
        bytes
    }

    fn paths(bytes: &[u8], name: &str) -> Vec<String> {
        marks(bytes, name).into_iter().map(|mark| mark.path).collect()
    }

    #[test]
    fn marks_are_found_once_and_in_order() {
        let bytes = bytes(&["app::b::g", "app::a::f", "app::b::g", "app::r#match::ü"]);
        assert_eq!(paths(&bytes, "app"), ["app::a::f", "app::b::g", "app::r#match::ü"]);
        assert_eq!(paths(&bytes, "ap"), [""; 0]);
        assert_eq!(paths(b"", "app"), [""; 0]);
    }

    #[test]
    fn a_hyphen_in_a_target_is_an_underscore_in_its_crate() {
        assert_eq!(paths(&bytes(&["my_app::f"]), "my-app"), ["my_app::f"]);
    }

    #[test]
    fn what_only_looks_like_a_mark_is_passed_over() {
        let mut cut = bytes(&["app::f", "app", "app::", "::f", "app::f g", "app::a:b", ""]);
        cut.extend(start());
        cut.extend_from_slice(b"app::cut_off");
        assert_eq!(paths(&cut, "app"), ["app::f"]);
        let long = format!("app::{}", "f".repeat(LONGEST));
        assert_eq!(paths(&bytes(&[&long, "app::g"]), "app"), ["app::g"]);
        let mut broken = start();
        broken.extend_from_slice(b"app::\xff\x03");
        assert_eq!(paths(&broken, "app"), [""; 0]);
    }

    #[test]
    fn a_mark_may_follow_a_start_that_has_no_end() {
        let mut bytes = start();
        bytes.extend(start());
        bytes.extend_from_slice(b"app::f\x03");
        assert_eq!(paths(&bytes, "app"), ["app::f"]);
    }

    #[test]
    fn a_given_name_is_read() {
        let found = marks(&bytes(&["app::a::f\u{2}swift race", "app::g\u{2}"]), "app");
        let [mark] = &found[..] else { panic!("{found:?}") };
        assert_eq!((mark.path.as_str(), mark.reported()), ("app::a::f", "swift race"));
        assert_eq!(mark.in_binary(), "a::f");
    }

    #[test]
    fn filters_look_at_the_path_and_at_the_name() {
        let mark = Mark { path: "app::a::f".into(), given: Some("swift".into()) };
        let asked = |filters: &[&str], exact| {
            let filters: Vec<String> = filters.iter().map(|filter| filter.to_string()).collect();
            mark.is_asked_for(&filters, exact)
        };
        assert!(asked(&[], false) && asked(&[], true));
        assert!(asked(&["a::"], false) && asked(&["wif"], false) && asked(&["x", "f"], false));
        assert!(!asked(&["g"], false) && !asked(&["a::"], true));
        assert!(asked(&["app::a::f"], true) && asked(&["a::f"], true) && asked(&["swift"], true));
    }

    #[test]
    fn this_binary_holds_no_mark() {
        let path = std::env::current_exe().expect("a test has a binary");
        let bytes = std::fs::read(path).expect("it can be read");
        assert_eq!(marks(&bytes, "cargo-raddle"), []);
    }
}
