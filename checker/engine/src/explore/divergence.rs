//! A program that does not do the same thing twice.

use raddle_shims::kernel::EventId;
use std::fmt;

/// On replay a thread did something else than in the execution that is being repeated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The first event that differs.
    pub event: EventId,
    /// What it was.
    pub expected: String,
    /// What came instead.
    pub found: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the program is not deterministic: event {} was `{}` and on replay is `{}`",
            self.event, self.expected, self.found
        )
    }
}

impl std::error::Error for Divergence {}
