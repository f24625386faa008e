//! `shuttle::scheduler`: what each scheduler means here, a [`Plan`] that a [`Runner`](crate::Runner) follows.
//!
//! raddle is not asked thread by thread who goes next, as that is no way to explore every execution once, or to say which
//! ones two samples have in common. So schedulers of a test's own cannot be followed: they compile, and to run one is
//! answered with a sentence.

pub use crate::current::TaskId;
use std::fmt;
use std::fs::read_to_string;
use std::io;
use std::path::Path;

/// What a scheduler comes to on raddle.
#[doc(hidden)]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Plan {
    /// So many executions of a strategy that samples.
    Sample { strategy: &'static str, seed: Option<u64>, depth: Option<u32>, iterations: u64 },
    /// Every execution, or so many.
    Exhaustive { iterations: Option<u64>, random_data: bool },
    /// One execution, by its token.
    Replay(String),
    /// Each execution twice.
    Twice(Box<Plan>),
    /// A scheduler of the test's own, by its type.
    Unknown(&'static str),
}

/// Who goes next, in shuttle. Those of this module are understood here; one of a test's own compiles, but a
/// [`Runner`](crate::Runner) refuses it.
pub trait Scheduler {
    /// shuttle: begins an execution.
    fn new_execution(&mut self) -> Option<Schedule>;

    /// shuttle: who goes next.
    fn next_task(
        &mut self,
        runnable_tasks: &[&Task],
        current_task: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId>;

    /// shuttle: a random number for the program.
    fn next_u64(&mut self) -> u64;

    /// What raddle does instead.
    #[doc(hidden)]
    fn plan(&self) -> Plan {
        Plan::Unknown(std::any::type_name::<Self>())
    }
}

const NOT_ASKED: &str =
    "raddle does not ask schedulers; this one stands for a strategy of raddle and cannot be called";

/// The methods that shuttle calls, which are never called here.
macro_rules! not_asked {
    () => {
        fn new_execution(&mut self) -> Option<Schedule> {
            panic!("{NOT_ASKED}")
        }

        fn next_task(&mut self, _: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
            panic!("{NOT_ASKED}")
        }

        fn next_u64(&mut self) -> u64 {
            panic!("{NOT_ASKED}")
        }
    };
}

impl Scheduler for Box<dyn Scheduler + Send> {
    not_asked!();

    fn plan(&self) -> Plan {
        self.as_ref().plan()
    }
}

/// Schedulers that hold nothing but their plan.
macro_rules! planned {
    ($($(#[$documentation:meta])* $name:ident;)*) => { $(
        $(#[$documentation])*
        #[derive(Debug)]
        pub struct $name(Plan);

        impl Scheduler for $name {
            not_asked!();

            fn plan(&self) -> Plan {
                self.0.clone()
            }
        }
    )* };
}

planned! {
    /// A uniformly random thread at every decision.
    RandomScheduler;
    /// Probabilistic concurrency testing: Burckhardt et al., ASPLOS 2010.
    PctScheduler;
    /// Threads in proportion to what they have left to do, so that interleavings are about equally likely.
    UrwRandomScheduler;
    /// Every execution, once each.
    DfsScheduler;
    /// Executions that are the same every time. shuttle goes round its tasks; here it is the first executions of the
    /// exhaustive search, of which the very first lets threads write before others read.
    RoundRobinScheduler;
    /// The execution of a token.
    ReplayScheduler;
}

fn sample(
    strategy: &'static str,
    seed: Option<u64>,
    depth: Option<u32>,
    iterations: usize,
) -> Plan {
    Plan::Sample { strategy, seed, depth, iterations: iterations as u64 }
}

impl RandomScheduler {
    /// So many executions.
    pub fn new(max_iterations: usize) -> Self {
        RandomScheduler(sample("random", None, None, max_iterations))
    }

    /// The same with random numbers that begin at a seed; `SHUTTLE_RANDOM_SEED` and `RADDLE_SEED` stand above it.
    pub fn new_from_seed(seed: u64, max_iterations: usize) -> Self {
        RandomScheduler(sample("random", Some(seed), None, max_iterations))
    }
}

impl UrwRandomScheduler {
    /// So many executions.
    pub fn new(max_iterations: usize) -> Self {
        UrwRandomScheduler(sample("urw", None, None, max_iterations))
    }

    /// The same with random numbers that begin at a seed.
    pub fn new_from_seed(seed: u64, max_iterations: usize) -> Self {
        UrwRandomScheduler(sample("urw", Some(seed), None, max_iterations))
    }
}

impl PctScheduler {
    /// So many executions, for bugs of that depth.
    ///
    /// # Panics
    /// If the depth is 0.
    pub fn new(max_depth: usize, max_iterations: usize) -> Self {
        PctScheduler::with(None, max_depth, max_iterations)
    }

    /// The same with random numbers that begin at a seed.
    ///
    /// # Panics
    /// If the depth is 0.
    pub fn new_from_seed(seed: u64, max_depth: usize, max_iterations: usize) -> Self {
        PctScheduler::with(Some(seed), max_depth, max_iterations)
    }

    fn with(seed: Option<u64>, depth: usize, iterations: usize) -> Self {
        assert!(depth > 0, "a PctScheduler needs a depth of at least 1");
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        PctScheduler(sample("pct", seed, Some(depth), iterations))
    }
}

impl DfsScheduler {
    /// At most so many executions. [`thread_rng`](crate::rand::thread_rng) is refused unless `allow_random_data` is set;
    /// then its numbers are the same in every execution.
    pub fn new(max_iterations: Option<usize>, allow_random_data: bool) -> Self {
        let iterations = max_iterations.map(|most| most as u64);
        DfsScheduler(Plan::Exhaustive { iterations, random_data: allow_random_data })
    }
}

impl RoundRobinScheduler {
    /// So many executions.
    pub fn new(max_iterations: usize) -> Self {
        let iterations = Some(max_iterations as u64);
        RoundRobinScheduler(Plan::Exhaustive { iterations, random_data: true })
    }
}

impl Default for RoundRobinScheduler {
    fn default() -> Self {
        RoundRobinScheduler::new(1)
    }
}

impl ReplayScheduler {
    /// The execution of a token that a failing check has printed. A schedule that shuttle itself has printed is refused
    /// when it is run.
    pub fn new_from_encoded(encoded_schedule: &str) -> Self {
        ReplayScheduler(Plan::Replay(encoded_schedule.trim().to_string()))
    }

    /// The same for a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn new_from_file<P: AsRef<Path>>(path: P) -> Result<Self, io::Error> {
        Ok(ReplayScheduler::new_from_encoded(&read_to_string(path)?))
    }

    /// shuttle: the execution of a list of steps, which mean nothing to raddle. It is refused when it is run.
    pub fn new_from_schedule(_: Schedule) -> Self {
        ReplayScheduler(Plan::Unknown("a ReplayScheduler of a list of steps"))
    }

    /// shuttle: the program may go on after the schedule has ended. A token stands for a whole execution.
    pub fn set_allow_incomplete(&mut self) {}
}

/// Runs what another scheduler chooses, each execution twice, and fails if the second time something else happens.
#[derive(Debug)]
pub struct UncontrolledNondeterminismCheckScheduler<S: Scheduler>(S);

impl<S: Scheduler> UncontrolledNondeterminismCheckScheduler<S> {
    /// Around that scheduler.
    pub fn new(scheduler: S) -> Self {
        UncontrolledNondeterminismCheckScheduler(scheduler)
    }
}

impl<S: Scheduler> Scheduler for UncontrolledNondeterminismCheckScheduler<S> {
    not_asked!();

    fn plan(&self) -> Plan {
        Plan::Twice(Box::new(self.0.plan()))
    }
}

/// shuttle: writes what another scheduler does into a file. Here that scheduler alone: a failing execution is told step by
/// step in its report, and `cargo raddle explain` makes a page of it.
#[derive(Debug)]
pub struct AnnotationScheduler<S: ?Sized + Scheduler>(Box<S>);

impl<S: Scheduler> AnnotationScheduler<S> {
    /// Around that scheduler.
    pub fn new(inner: S) -> Self {
        AnnotationScheduler(Box::new(inner))
    }
}

impl<S: Scheduler> Scheduler for AnnotationScheduler<S> {
    not_asked!();

    fn plan(&self) -> Plan {
        self.0.plan()
    }
}

/// A source of random numbers, for schedulers of shuttle's users. Nothing here asks one.
pub trait DataSource: fmt::Debug {
    /// What it begins at.
    type Seed;

    /// One that begins there.
    fn initialize(seed: Self::Seed) -> Self;

    /// Begins anew, and says where.
    fn reinitialize(&mut self) -> Self::Seed;

    /// The next number.
    fn next_u64(&mut self) -> u64;
}

/// A list of steps, in the signature of [`Scheduler`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Where random numbers begin.
    pub seed: u64,
    steps: Vec<Option<TaskId>>,
}

impl Schedule {
    /// Without a step.
    pub fn new(seed: u64) -> Self {
        Schedule { seed, steps: Vec::new() }
    }

    /// That lets these go, one after the other.
    pub fn new_from_task_ids<T>(seed: u64, task_ids: impl IntoIterator<Item = T>) -> Self
    where
        T: Into<TaskId>,
    {
        let steps = task_ids.into_iter().map(|task| Some(task.into())).collect();
        Schedule { seed, steps }
    }

    /// Lets a task go.
    pub fn push_task(&mut self, task: TaskId) {
        self.steps.push(Some(task));
    }

    /// Draws a number.
    pub fn push_random(&mut self) {
        self.steps.push(None);
    }

    /// How many steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// A task, in the signature of [`Scheduler`]. There is never one.
#[derive(Debug)]
pub struct Task(TaskId);

impl Task {
    /// Its number.
    pub fn id(&self) -> TaskId {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedulers_say_what_they_are() {
        let random = RandomScheduler::new_from_seed(7, 9);
        let plan = Plan::Sample { strategy: "random", seed: Some(7), depth: None, iterations: 9 };
        assert_eq!(random.plan(), plan);
        let boxed: Box<dyn Scheduler + Send> = Box::new(random);
        assert_eq!(AnnotationScheduler::new(boxed).plan(), plan);
        let twice = UncontrolledNondeterminismCheckScheduler::new(DfsScheduler::new(None, true));
        let inner = Plan::Exhaustive { iterations: None, random_data: true };
        assert_eq!(twice.plan(), Plan::Twice(Box::new(inner)));
    }
}
