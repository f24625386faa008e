//! One execution in which threads take turns after every operation and read the newest values.

use super::{Next, Strategy, place_canonically, undiscovered};
use crate::explore::run::Run;
use crate::graph::Position;
use raddle_shims::kernel::ThreadId;

/// Threads take turns; sources are the newest, stores go last, choices take their first alternative.
#[derive(Clone, Debug, Default)]
pub struct RoundRobin {
    started: bool,
    last: u32,
}

impl RoundRobin {
    /// A fresh one, for one execution.
    pub fn new() -> Self {
        RoundRobin::default()
    }
}

impl Strategy for RoundRobin {
    fn prepare(&mut self, run: &mut Run) -> bool {
        run.graph.clear();
        !std::mem::replace(&mut self.started, true)
    }

    fn select(&mut self, run: &mut Run) -> Next {
        if let Some(thread) = undiscovered(run) {
            return Next::Discover(thread);
        }
        let count = run.slots.len() as u32;
        for turn in 1..=count {
            let thread = ThreadId((self.last + turn) % count);
            if run.is_enabled(thread) {
                self.last = thread.0;
                return Next::Perform(thread);
            }
        }
        Next::Nobody
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        place_canonically(run, thread)
    }
}
