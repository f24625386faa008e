//! Strategies: who goes next, what it reads, where it writes, and what to try after that.

pub mod deviations;
pub mod exhaustive;
pub mod pct;
pub mod portfolio;
pub mod pos;
pub mod probe;
pub mod random;
pub mod replay;
pub mod round_robin;
pub mod sampling;
pub mod surw;
pub mod urw;

use self::probe::Probe;
use self::sampling::{Sampling, Scheduler};
use super::classes::Sample;
use super::options::Options;
use super::outcome::{Ending, Limit};
use super::run::{Run, State};
use crate::graph::{Flags, Passed, Position};
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

    /// Makes the next execution the latest one once more, of which this time no event is forgotten. It is asked only if there were
    /// events that were ([`crate::graph::Graph::forgotten`]) or accesses could pass, and before [`Strategy::finish`].
    fn prepare_in_full(&mut self, _run: &mut Run) {}

    /// Makes the next execution the latest one once more, which has begun again as something came that accesses which
    /// [pass](crate::graph::Graph::pass) leave no place for: from here on accesses are events.
    fn begin_again(&mut self, _run: &mut Run) {}

    /// Performs the access at which `thread` stands, which takes the newest write or stands behind it, without an event. It
    /// is asked only if accesses pass, which a strategy says when it prepares an execution.
    fn pass(&mut self, _run: &mut Run, _thread: ThreadId) -> Option<Passed> {
        None
    }

    /// Who goes next. It must be a function of the graph and of the strategy's own state.
    fn select(&mut self, run: &mut Run) -> Next;

    /// The same where the running thread has come to an access that [passes](Strategy::pass).
    #[inline]
    fn select_at_access(&mut self, run: &mut Run) -> Next {
        self.select(run)
    }

    /// Adds the event of the operation at which `thread` stands, which is enabled, to the graph.
    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position;

    /// The running thread would rather let others run.
    fn on_yield(&mut self, _thread: ThreadId) {}

    /// Whether the running thread, whose assumption is false, will stop there in every execution that
    /// the strategy could still make out of this one.
    fn is_moot(&self, _run: &Run, _thread: ThreadId) -> bool {
        false
    }

    /// Whether executions with turns of loops that only read need not be explored, see
    /// [`raddle_shims::kernel::Op::Turn`].
    fn erases_turns(&self) -> bool {
        false
    }

    /// Takes back the events from `from` on, which are the last ones, by which a thread has turned: it shall
    /// wait before them until a turn would be another. False if it cannot, as they were not its choice.
    fn take_back(&mut self, _run: &mut Run, _from: Position) -> bool {
        false
    }

    /// A thread has turned on the last event of the graph, which the strategy had it read: if it can, it makes the
    /// thread wait because of what it read there, and takes the event back.
    fn waits_instead(&mut self, _run: &mut Run, _thread: ThreadId) -> bool {
        false
    }

    /// The event at `at`, the last one, is about to become a read, as an update it has done nothing.
    fn on_idle(&mut self, _run: &mut Run, _at: Position) {}

    /// Nobody can go on, so the clock is about to; what waits now waits for good, as far as this moment is
    /// concerned.
    fn on_standstill(&mut self, _run: &mut Run) {}

    /// What the end of an execution counts as.
    fn judge(&mut self, _run: &Run, ending: Ending) -> Ending {
        ending
    }

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

    /// What it has met so far, if it samples.
    fn sample(&self) -> Option<Sample> {
        None
    }

    /// Random sweeps through the tree that it searches, if that is what it does.
    fn probe(&self) -> Option<Probe> {
        None
    }
}

/// Makes what chooses the threads of a sample.
pub type MakeScheduler = fn(&Sampling) -> Box<dyn Scheduler>;

/// One strategy, for settings, commands and documentation.
#[derive(Clone, Copy, Debug)]
pub struct StrategyRow {
    /// Its name.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Whether a search that ends by itself has explored everything.
    pub exhaustive: bool,
    /// Whether every thread that can go on does so in the end, with probability 1, whatever the others do.
    pub fair: bool,
    /// The settings that mean something to it, beside those of every strategy.
    pub settings: &'static [&'static str],
    /// Makes what chooses its threads, if it samples.
    pub scheduler: Option<MakeScheduler>,
}

impl StrategyRow {
    /// Whether it can be asked for in a setting; the others are for a single execution.
    pub const fn is_offered(&self) -> bool {
        self.exhaustive || self.scheduler.is_some()
    }
}

/// A strategy that searches or runs a single execution.
const fn other(name: &'static str, about: &'static str) -> StrategyRow {
    let (exhaustive, fair, scheduler) = (false, false, None);
    StrategyRow { name, about, exhaustive, fair, settings: &[], scheduler }
}

/// A strategy that samples.
const fn sampling(
    (name, about): (&'static str, &'static str),
    fair: bool,
    settings: &'static [&'static str],
    scheduler: MakeScheduler,
) -> StrategyRow {
    let scheduler = Some(scheduler);
    StrategyRow { name, about, exhaustive: false, fair, settings, scheduler }
}

/// Every strategy there is.
pub const STRATEGIES: [StrategyRow; 10] = [
    StrategyRow {
        exhaustive: true,
        settings: &["max_preemptions"],
        ..other(
            "exhaustive",
            "every execution exactly once (optimal dynamic partial order reduction)",
        )
    },
    sampling(
        ("random", "a uniformly random thread at every decision"),
        true,
        &["seed"],
        random::scheduler,
    ),
    sampling(
        (
            "pct",
            "random priorities with depth - 1 changes; finds a bug of that depth with a known probability",
        ),
        false,
        &["seed", "depth"],
        pct::scheduler,
    ),
    sampling(
        (
            "pos",
            "random priorities of operations, redrawn for those that race with what goes first",
        ),
        true,
        &["seed"],
        pos::scheduler,
    ),
    sampling(
        ("urw", "threads in proportion to what they have left: uniform over interleavings"),
        true,
        &["seed"],
        urw::scheduler,
    ),
    sampling(
        ("surw", "uniform over the orders of the events at one location, drawn for each execution"),
        true,
        &["seed"],
        surw::scheduler,
    ),
    sampling(
        (
            "portfolio",
            "the other sampling strategies in turn, more often those that show new behaviours",
        ),
        false,
        &["seed", "depth"],
        portfolio::scheduler,
    ),
    other("round_robin", "one execution in which threads take turns, reading the newest values"),
    other("replay", "the one execution that a schedule describes"),
    other("deviations", "the one execution that a replay token describes"),
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
    run.push(&draft)
}
