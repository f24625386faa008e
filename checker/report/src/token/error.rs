//! What can be wrong with a token.

use std::error::Error;
use std::fmt;

use super::test_hash;
use crate::wording;

/// Why a text is not the token that is needed; its text says what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenError {
    /// There is nothing.
    Empty,
    /// It does not begin as tokens do.
    NotAToken {
        /// Whether it looks like the path of a file.
        path: bool,
    },
    /// A later version of raddle made it.
    Newer {
        /// The version of its format.
        version: String,
    },
    /// A character that no token has.
    Character {
        /// It.
        found: char,
        /// Which character of the token it is, from 1.
        place: usize,
    },
    /// Characters are missing.
    Short {
        /// How many there are behind the version, without hyphens.
        found: usize,
        /// How many there should be; not known if not even the length is complete.
        wanted: Option<usize>,
    },
    /// There are characters behind the end.
    Long {
        /// How many there are behind the version, without hyphens.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// The checksum is wrong: something was mistyped.
    Checksum,
    /// The checksum is right, but no execution is described.
    Nonsense,
    /// It is a token of another test.
    OtherTest {
        /// The test that was asked for.
        asked: String,
        /// The hash of the test that the token is of.
        test: u32,
        /// The name of that test, if it is known.
        name: Option<String>,
    },
}

impl TokenError {
    /// The same error; if it is about another test and that is one of `tests`, it is named.
    #[must_use]
    pub fn among<'a>(mut self, tests: impl IntoIterator<Item = &'a str>) -> TokenError {
        if let TokenError::OtherTest { test, name, .. } = &mut self {
            let found = tests.into_iter().find(|candidate| test_hash(candidate) == *test);
            *name = found.map(str::to_owned).or(name.take());
        }
        self
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&wording::token_error(self))
    }
}

impl Error for TokenError {}
