//! Strategies: who goes next, what it reads, where it writes, and what to try after that.

pub mod deviations;
pub mod exhaustive;
pub mod probe;
pub mod random;
pub mod replay;
pub mod round_robin;

use self::probe::Probe;
use super::options::Options;
use super::outcome::{Ending, Limit};
use super::run::{Run, State};
use crate::graph::{Flags, Position};
use raddle_shims::kernel::ThreadId;

/// Who goes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// This thread performs the operation it stands at, which is enabled.
    Perform(ThreadId),
    /// This thread has not run yet: run it to its first operation and ask again.
    Discover(ThreadId),
    /// Nobody: the execution ends.
    Nobody,
}

/// A way to choose executions.
///
/// A strategy answers and never calls the engine: [`Strategy::select`] says which thread goes next,
/// [`Strategy::place`] adds the event of its operation to the graph.
pub trait Strategy {
    /// Cuts the graph to what the next execution shall replay; false if there is no next execution.
    fn prepare(&mut self, run: &mut Run) -> bool;

    /// Who goes next. It must be a function of the graph and of the strategy's own state.
    fn select(&mut self, run: &mut Run) -> Next;

    /// Adds the event of the operation at which `thread` stands, which is enabled, to the graph.
    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position;

    /// The running thread would rather let others run.
    fn on_yield(&mut self, _thread: ThreadId) {}

    /// Whether the running thread, whose assumption is false, will stop there in every execution that
    /// the strategy could still make out of this one.
    fn is_moot(&self, _run: &Run, _thread: ThreadId) -> bool {
        false
    }

    /// Nobody can go on, so the clock is about to; what waits now waits for good, as far as this moment is
    /// concerned.
    fn on_standstill(&mut self, _run: &mut Run) {}

    /// The execution is over.
    fn finish(&mut self, _run: &mut Run, _ending: Ending) {}

    /// Why running out of executions does not mean that all have been explored; none if it does.
    fn gap(&self) -> Option<Limit> {
        Some(Limit::Sampled)
    }

    /// The part of the search that is done and the estimated number of executions, if it knows.
    fn estimate(&self) -> (f64, Option<f64>) {
        (0.0, None)
    }

    /// Random descents in the tree that it searches, if that is what it does.
    fn probe(&self) -> Option<Probe> {
        None
    }
}

/// One strategy, for commands and documentation.
#[derive(Clone, Copy, Debug)]
pub struct StrategyRow {
    /// Its name.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Whether a search that ends by itself has explored everything.
    pub exhaustive: bool,
}

/// Every strategy there is.
pub const STRATEGIES: [StrategyRow; 5] = [
    StrategyRow {
        name: "exhaustive",
        about: "every execution exactly once (optimal dynamic partial order reduction)",
        exhaustive: true,
    },
    StrategyRow {
        name: "random",
        about: "a uniformly random thread at every step, sometimes stale reads",
        exhaustive: false,
    },
    StrategyRow {
        name: "round_robin",
        about: "one execution in which threads take turns, reading the newest values",
        exhaustive: false,
    },
    StrategyRow {
        name: "replay",
        about: "the one execution that a schedule describes",
        exhaustive: false,
    },
    StrategyRow {
        name: "deviations",
        about: "the one execution that a replay token describes",
        exhaustive: false,
    },
];

/// The first thread that has not been run to its first operation.
pub(super) fn undiscovered(run: &Run) -> Option<ThreadId> {
    run.thread_ids().find(|&thread| run.state(thread) == State::Fresh)
}

/// Adds the event that the canonical choice gives: newest source, last place, first alternative.
pub(super) fn place_canonically(run: &mut Run, thread: ThreadId) -> Position {
    let mut draft = run.draft(thread);
    let is_enabled = Options::of(run, thread, &draft.op).first(run, &mut draft);
    assert!(is_enabled, "a thread that is placed is enabled");
    draft.flags = draft.flags.with(Flags::MAXIMAL);
    run.push(draft)
}
