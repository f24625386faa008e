//! The replay token that was meant.

use crate::exit::{Exit, Trouble};
use raddle_report::token::Token;
use std::path::Path;

/// What tokens begin with, in lower case.
const START: &str = "rd1-";

/// A token, and the text that it was read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// The text, as it is handed to the test.
    pub text: String,
    token: Token,
}

impl Given {
    /// Reads a token.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Given, Trouble> {
        let token = Token::decode(text);
        let token = token.map_err(|fault| Trouble::new(Exit::Usage, fault.to_string()))?;
        Ok(Given { text: text.into(), token })
    }

    /// Whether the token may be of the test with this name in reports. Another test has the same hash
    /// with a probability of one in a million.
    pub fn is_of(&self, test: &str) -> bool {
        self.token.expect_test(test).is_ok()
    }
}

/// The token that was meant: the argument itself, or what a file of that name holds.
///
/// # Errors
/// If the argument is neither a token nor a file, or the file holds no token.
pub fn resolve(argument: &str) -> Result<String, Trouble> {
    if is_token(argument.trim()) {
        return Ok(argument.trim().into());
    }
    let path = Path::new(argument);
    if !path.exists() {
        let message = format!(
            "`{argument}` is neither a token, which begins with {START}, nor a file that exists"
        );
        return Err(Trouble::new(Exit::Usage, message));
    }
    let bytes = std::fs::read(path).map_err(|reason| {
        Trouble::new(Exit::Usage, format!("failed to read {argument}: {reason}"))
    })?;
    in_text(&String::from_utf8_lossy(&bytes)).ok_or_else(|| {
        Trouble::new(Exit::Usage, format!("no token, which begins with {START}, is in {argument}"))
    })
}

/// A token of any version: the test answers that it is too new for it.
fn is_token(text: &str) -> bool {
    let version = text.get(..2).filter(|start| start.eq_ignore_ascii_case("rd"));
    let rest = version.map_or("", |_| &text[2..]);
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    digits > 0 && rest[digits..].starts_with('-')
}

/// The first line that is a token, else the first word that is one.
fn in_text(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| is_token(line));
    let quotes = |c: char| "`'\"<>()[],.;:".contains(c);
    let mut words = text.split_whitespace().map(|word| word.trim_matches(quotes));
    line.or_else(|| words.find(|word| is_token(word))).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn tokens_are_told_from_files() {
        for token in ["rd1-7k2f9-q3d0x", "RD1-7K", "rd2-x", "rd10-x", "rd1-"] {
            assert!(is_token(token), "{token}");
        }
        for other in ["", "rd", "rd-1", "rd1", "report.txt", "rdx-1", "€rd1-x", "a/rd1-x"] {
            assert!(!is_token(other), "{other}");
        }
        assert_eq!(resolve("  rd1-abc \n").as_deref(), Ok("rd1-abc"));
    }

    #[test]
    fn tokens_are_of_tests() {
        let test = raddle_report::token::test_hash("bank::tests::transfer");
        let body = raddle_report::token::Body::Deviations(Vec::new());
        let text = Token { test, model: 0, body }.encode();
        let given = Given::new(&text).expect("it is whole");
        assert!(given.is_of("bank::tests::transfer") && !given.is_of("bank::tests::deposit"));
        let damaged = Given::new(&text[..text.len() - 1]).expect_err("it is cut short");
        assert_eq!(damaged.exit, Exit::Usage);
        assert!(damaged.message.contains("cut short"), "{}", damaged.message);
    }

    #[test]
    fn tokens_are_found_in_reports() {
        let report = "error[deadlock]: see `rd1-no`\nreplay: cargo raddle replay rd1-7k2f9-q3d0x\n";
        assert_eq!(in_text(report).as_deref(), Some("rd1-no"));
        assert_eq!(in_text(&report.replace("rd1-no", "")).as_deref(), Some("rd1-7k2f9-q3d0x"));
        assert_eq!(in_text(&format!("{report}  rd1-line\n")).as_deref(), Some("rd1-line"));
        assert_eq!(in_text("nothing"), None);
    }

    #[test]
    fn files_are_read() {
        let scratch = Scratch::new().expect("a folder");
        let file = scratch.file("token").expect("a file");
        let name = file.to_str().expect("a name");
        assert_eq!(resolve(name).map_err(|trouble| trouble.exit), Err(Exit::Usage));
        std::fs::write(&file, "# a comment\nrd1-abc\n").expect("it can be written");
        assert_eq!(resolve(name).as_deref(), Ok("rd1-abc"));
        let missing = resolve("missing.txt").expect_err("there is no such file");
        assert_eq!(missing.exit, Exit::Usage);
        assert!(missing.message.starts_with("`missing.txt` is neither a token"));
    }
}
