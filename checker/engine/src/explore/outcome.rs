//! What an exploration found and how far it got.

use super::classes::Sample;
use super::schedule::Schedule;
use raddle_shims::kernel::Failure;
use std::time::Duration;

/// Bounds of an exploration. Reaching one is always visible in the [`Outcome`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How many events a thread may perform in one execution; checked at every event. A thread that
    /// reaches it is stopped there, so the rest of the search stays exact for the program cut that
    /// way, but nothing is verified.
    ///
    /// Operations that are no events (yields, plain accesses, assumptions) have a limit as well, or a loop
    /// of nothing else would never end: see [`Limits::silent_per_event`].
    pub events_per_thread: u32,
    /// How many executions to run, those that failed, were set aside or cut included; checked at every one.
    pub executions: Option<u64>,
    /// How long to run; checked at every execution, against the stopwatch of the settings.
    pub time: Option<Duration>,
}

impl Limits {
    /// How many operations that are no events a thread may perform without an event in between: ten times
    /// [`Limits::events_per_thread`], and at least 10,000. It is checked at every such operation; a thread that
    /// reaches it is stopped as at the limit of events.
    pub fn silent_per_event(&self) -> u32 {
        self.events_per_thread.saturating_mul(10).max(10_000)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { events_per_thread: 100_000, executions: None, time: None }
    }
}

/// How one execution ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Every thread ended.
    Complete,
    /// Some threads wait and nobody can wake them.
    Deadlock,
    /// A thread stopped at a false assumption.
    SetAside,
    /// A thread stopped at a false assumption that nothing further could make true; the rest was not
    /// run.
    Moot,
    /// A thread stopped at the limit of events, or of operations that are none.
    Cut,
    /// The rest would repeat another execution.
    Redundant,
    /// It needs more preemptions than asked for.
    OutOfBound,
    /// The program was found to be wrong.
    Failed,
}

/// How much has been explored.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Coverage {
    /// Executions in which every thread ended, or that deadlocked where deadlocks are counted.
    pub executions: u64,
    /// Among these, the deadlocked ones.
    pub deadlocks: u64,
    /// Executions set aside by an assumption.
    pub set_aside: u64,
    /// Executions given up early, because an assumption was false and could not become true.
    pub moot: u64,
    /// Executions in which a thread reached the limit of events.
    pub cut: u64,
    /// Executions that repeated another one to their end, and so were given up.
    pub redundant: u64,
    /// Executions that turned out to need more preemptions than asked for.
    pub out_of_bound: u64,
    /// Executions that fail; more than one only if the first does not end the search.
    pub failed: u64,
    /// Events that were added to graphs; replayed events are not counted again.
    pub events: u64,
    /// Events performed, replayed ones included.
    pub operations: u64,
    /// The most events in one execution.
    pub events_max: u64,
    /// The part of the search that is done, from 0 to 1; 1 only when it is complete.
    pub progress: f64,
    /// An estimate of [`Coverage::executions`] at the end of the search; none before the first.
    pub estimate: Option<f64>,
    /// How many different executions a sampling strategy has met.
    pub sample: Option<Sample>,
}

impl Coverage {
    /// All executions that were run and did not fail.
    pub fn runs(&self) -> u64 {
        self.executions + self.set_aside + self.moot + self.cut + self.redundant + self.out_of_bound
    }

    /// All executions that were run, those that failed included.
    pub fn all(&self) -> u64 {
        self.runs() + self.failed
    }

    /// Adds what another part of the same exhaustive search has explored.
    pub fn append(&mut self, other: &Coverage) {
        self.executions += other.executions;
        self.deadlocks += other.deadlocks;
        self.set_aside += other.set_aside;
        self.moot += other.moot;
        self.cut += other.cut;
        self.redundant += other.redundant;
        self.out_of_bound += other.out_of_bound;
        self.failed += other.failed;
        self.events += other.events;
        self.operations += other.operations;
        self.events_max = self.events_max.max(other.events_max);
        self.progress = (self.progress + other.progress).min(1.0);
        let estimate = self.executions as f64 / self.progress;
        self.estimate = (self.progress > 0.0 && estimate.is_finite()).then_some(estimate);
    }

    /// In about one of how many sampled executions the program fails: all that were run by those that
    /// failed. If the first failure ended the sample that is a rough estimate: the true number is between a
    /// third of it and twenty times as many in nine of ten cases. None if nothing was sampled, or nothing failed.
    pub fn fails_one_of(&self) -> Option<f64> {
        self.sample?;
        (self.failed > 0).then(|| self.all() as f64 / self.failed as f64)
    }
}

/// Why a search ended before it was complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// A thread performed [`Limits::events_per_thread`] events in some execution, or
    /// [`Limits::silent_per_event`] other operations without one.
    Events(u32),
    /// It ran [`Limits::executions`] executions.
    Executions(u64),
    /// It ran for [`Limits::time`].
    Time(Duration),
    /// Everything was explored that needs at most so many preemptions: switches to another thread while the
    /// one that went last could go on. Executions that need more were not looked for.
    Preemptions(u32),
    /// The strategy only samples.
    Sampled,
    /// Part of the frontier was handed to somebody else.
    Split,
}

/// A failing execution.
#[derive(Clone, PartialEq, Debug)]
pub struct Counterexample {
    /// What is wrong.
    pub failure: Failure,
    /// The decisions that lead there.
    pub schedule: Schedule,
    /// The graph, one event a line.
    pub graph: String,
    /// What had been explored before.
    pub coverage: Coverage,
}

/// The verdict.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// Every execution was explored, and none fails. Only an exhaustive search that reached no limit
    /// says so.
    Verified(Coverage),
    /// An execution fails.
    Violation(Box<Counterexample>),
    /// Nothing failed, but not everything was explored.
    Incomplete(Coverage, Limit),
}

impl Outcome {
    /// How much was explored.
    pub fn coverage(&self) -> &Coverage {
        match self {
            Outcome::Verified(coverage) | Outcome::Incomplete(coverage, _) => coverage,
            Outcome::Violation(counterexample) => &counterexample.coverage,
        }
    }
}
