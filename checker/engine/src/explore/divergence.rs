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
            "the program is not deterministic: event {} was `{}` and on replay is `{}`; the usual \
             causes are time or randomness that the checker does not control, iteration over a hash \
             map, state that outlives an execution (a static, a file, a cached address), and the count of \
             an Arc of std that decides which thread drops what it holds (use raddle_shims::track::Arc)",
            self.event, self.expected, self.found
        )
    }
}

impl std::error::Error for Divergence {}
