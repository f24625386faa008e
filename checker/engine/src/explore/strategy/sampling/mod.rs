//! What all sampling strategies share; a strategy itself is a [`Scheduler`], which says who goes next.
//!
//! A sample is a sequence of executions that are drawn from a seed, each from random numbers of its own
//! ([`Dice`]), with the sources and places of [`staleness`]. It never ends by itself, and never verifies.
//!
//! # Invariants
//!
//! 1. An execution is a function of the program, the seed, its number, the strategy's name with its
//!    parameters, and, for a strategy that learns, of the lessons before it ([`Learned`]).
//! 2. A scheduler is asked only where two threads or more can go on; these are the *decisions*.
//! 3. Who yields is passed over once, if others can go on. Who has been chosen [`STAY_MAX`] times in a row where
//!    others could go on is taken to have yielded, so every thread goes on in the end whatever a
//!    scheduler says.

mod dice;
mod enabled;
mod learned;
mod passing;
mod places;
mod sample;
mod scheduler;
mod staleness;
mod threads;
mod weights;

pub use dice::Dice;
pub use learned::Learned;
pub(super) use places::{Place, Touched, locations_of};
pub use sample::{SampleId, Sampling};
pub use scheduler::{Scene, Scheduler};
pub(super) use threads::{ThreadSets, threads_of};
pub(super) use weights::Weights;

use super::surw::Surw;
use super::{Next, Strategy, StrategyRow};
use crate::explore::classes::{Classes, Sample};
use crate::explore::outcome::Ending;
use crate::explore::run::{Run, State};
use crate::graph::{Flags, ForgetFault, Forgetting, Kind, PassFault, Passed, Position};
use crate::memory::Model;
use enabled::{Enabled, never_waits};
use passing::PASSES_FROM;
use raddle_shims::kernel::{Op, ThreadId};
use staleness::Staleness;

/// After how many decisions in a row for the same thread another one has its turn.
const STAY_MAX: u32 = 10_000;

/// From how many events on those of an execution are forgotten, if at all: a megabyte.
const FORGETS_FROM: usize = 4_096;

/// How many times the events that were left there must be before the next are forgotten: to go through them costs each
/// event a fifth of a step, to copy those that are left as much again.
const FORGETS_MANY: usize = 4;

/// Up to how many threads what is known of them is compared with what would be found anew, at each decision, in builds with debug assertions.
const COMPARED: usize = 8;

/// Samples executions, without end: the caller's limits end the search.
#[derive(Debug)]
pub struct Sampler {
    sampling: Sampling,
    scheduler: Box<dyn Scheduler>,
    /// For lessons.
    teacher: Surw,
    learns: bool,
    /// The execution that runs is a lesson.
    lesson: bool,
    learned: Learned,
    /// What this execution, if it is a lesson, teaches in addition.
    teaches: Learned,
    dice: Dice,
    staleness: Staleness,
    /// From how many events on those are forgotten on which nothing depends; none if they never are.
    forgets_from: Option<usize>,
    /// At how many events it does so the next time.
    forgets_at: usize,
    forgetting: Forgetting,
    /// Whether accesses pass, and a planted fault of that.
    passes: bool,
    pass_fault: Option<PassFault>,
    /// Whether something SeqCst has come, so that accesses are events as long as its order is checked; and from how many on they pass in this
    /// execution.
    passes_late: bool,
    passes_at: usize,
    /// From how many operations in the execution before on accesses pass under a weak memory model, and how many there were.
    passes_from: usize,
    operations: usize,
    /// See [`Sampler::show_all`].
    shows_all: bool,
    /// Whether somebody wants to be told of accesses in this execution: it is a lesson, or [`Scheduler::watches`].
    watches: bool,
    /// The number of the next execution.
    next: u64,
    /// From which number on all are run, not the lessons only; and the last one.
    from: u64,
    last: Option<u64>,
    decisions: u64,
    /// The thread that yielded last: it is passed over once if others can run.
    yielded: Option<ThreadId>,
    /// Who was chosen last, and how often in a row.
    stays: (ThreadId, u32),
    enabled: Enabled,
    /// [`Scene::round`].
    round: u64,
    /// Whether who can go on changes only by what the running thread does next: see [`Sampler::is_as_before`].
    steady: bool,
    /// Whether moreover these are two or more, and none of them is passed over.
    decides: bool,
    /// What [`Scheduler::is_uniform`] says of this execution.
    is_uniform: bool,
    classes: Classes,
}

impl Sampler {
    /// A sample by one of the sampling strategies of [`STRATEGIES`](super::STRATEGIES); none if the row is of another kind.
    pub fn new(row: &StrategyRow, sampling: Sampling) -> Option<Sampler> {
        let scheduler = row.scheduler?(&sampling);
        let learns = scheduler.learns();
        Some(Sampler {
            sampling,
            scheduler,
            teacher: Surw::default(),
            learns,
            lesson: false,
            learned: Learned::default(),
            teaches: Learned::default(),
            dice: Dice::new(sampling.seed),
            staleness: Staleness::new(sampling.staleness),
            forgets_from: None,
            forgets_at: usize::MAX,
            forgetting: Forgetting::default(),
            passes: false,
            pass_fault: None,
            passes_late: false,
            passes_at: usize::MAX,
            passes_from: 0,
            operations: 0,
            shows_all: false,
            watches: true,
            next: 0,
            from: 0,
            last: None,
            decisions: 0,
            yielded: None,
            stays: (ThreadId::MAIN, 0),
            enabled: Enabled::default(),
            round: 0,
            steady: false,
            decides: false,
            is_uniform: false,
            classes: Classes::default(),
        })
    }

    /// A sample by uniformly random choices.
    pub fn random(seed: u64) -> Sampler {
        Sampler::named("random", Sampling::with_seed(seed)).expect("there is such a row")
    }

    /// A sample by the strategy with that name, parameters included, as for [`Sampling::named`].
    pub fn named(name: &str, sampling: Sampling) -> Option<Sampler> {
        let (row, sampling) = sampling.named(name)?;
        Sampler::new(&row, sampling)
    }

    /// As `random`, with bytes in place of random numbers: every execution of it is the same. A fuzzer that changes
    /// bytes changes decisions, the earlier ones first.
    pub fn of_bytes(bytes: Vec<u8>) -> Sampler {
        Sampler { dice: Dice::of_bytes(bytes), ..Sampler::random(0) }
    }

    /// Forgets events of long executions on which nothing depends any more, so that the memory for an execution does not grow with its
    /// length. The graphs of these lack events; who is shown a failure gets a complete one.
    ///
    /// That is all it changes: executions, classes and outcomes are the same.
    pub fn forgetting(self) -> Sampler {
        self.forgetting_with(None)
    }

    /// The same with a planted fault.
    #[doc(hidden)]
    pub fn forgetting_with(mut self, fault: Option<ForgetFault>) -> Sampler {
        self.forgets_from = Some(FORGETS_FROM);
        self.forgetting = Forgetting::with_fault(fault);
        self
    }

    /// The same before every event, perhaps with a planted fault, to test it.
    #[doc(hidden)]
    pub fn forgetting_always(self, fault: Option<ForgetFault>) -> Sampler {
        Sampler { forgets_from: Some(0), ..self.forgetting_with(fault) }
    }

    /// Lets accesses [pass](crate::graph::Graph::pass) where that pays, which is several times faster: the graphs of these executions lack them; who
    /// is shown a failure gets a complete one. Programs in which something waits for a value or a time have graphs with accesses; where something
    /// is SeqCst, but under `sc`, they pass from as many operations on as up to which its order is checked.
    ///
    /// That is all it changes: executions, classes and outcomes are the same.
    pub fn passing(self) -> Sampler {
        Sampler { passes_from: PASSES_FROM, ..self.passing_with(None) }
    }

    /// The same in every execution, perhaps with a planted fault, to test it.
    #[doc(hidden)]
    pub fn passing_with(self, fault: Option<PassFault>) -> Sampler {
        Sampler { passes: true, pass_fault: fault, ..self }
    }

    /// Whether the graphs of the executions to come are to have all events.
    pub fn show_all(&mut self, shows_all: bool) {
        self.shows_all = shows_all;
    }

    /// Whether accesses still pass, as nothing has come that they leave no place for.
    #[doc(hidden)]
    pub fn is_passing(&self) -> bool {
        self.passes
    }

    /// With other bounds of what is remembered: how far back a choice may be, and up to how many events the
    /// order of SeqCst is checked. To test what they are for on short executions.
    #[doc(hidden)]
    pub fn remembering(mut self, steps: u32, psc: usize) -> Sampler {
        self.staleness = self.staleness.with_bounds(steps, psc);
        self
    }

    /// Asks only those threads whether they can go on of which that may have changed, however few there are, perhaps with a planted fault:
    /// who waits for an object is not asked again. To test that.
    #[doc(hidden)]
    pub fn updating_always(mut self, ignores_objects: bool) -> Sampler {
        self.enabled.update_always(ignores_objects);
        self
    }

    /// Goes on with the execution that has that number, counted from 0, after the lessons before it.
    pub fn starting_at(mut self, execution: u64) -> Sampler {
        self.from = execution;
        self
    }

    /// Only the execution with that number, after the lessons before it.
    pub fn alone(mut self, execution: u64) -> Sampler {
        self.last = Some(execution);
        self.starting_at(execution)
    }

    /// The latest execution.
    pub fn latest(&self) -> SampleId {
        let strategy = self.scheduler_name();
        SampleId { strategy, seed: self.sampling.seed, execution: self.next.saturating_sub(1) }
    }

    /// Each class that was met, by its hash, and how often. The hash is the same in every process that runs the same
    /// program, so samples that were drawn apart can be put together.
    pub fn classes(&self) -> impl Iterator<Item = (u128, u32)> {
        self.classes.met()
    }

    fn scheduler_name(&self) -> String {
        if self.lesson { self.teacher.name() } else { self.scheduler.name() }
    }

    /// Whether the same threads can go on as when that was last asked. Only the running thread has done anything
    /// since, and if it stands again at an operation that never waits, nothing has changed: what the others
    /// stand at does not wait either, or waits for the end of a thread.
    #[inline]
    fn is_as_before(&self, run: &Run) -> bool {
        let before = self.steady && run.stands_at(run.current).is_some_and(never_waits);
        debug_assert!(!before || self.is_as_scanned(run), "{:?} are not all", self.enabled.list());
        before
    }

    /// Whether those are the threads that can go on, found out anew. To ask all takes as long as there are threads, so where they are many, that is done at
    /// one decision in eight: who makes a mistake comes to one.
    fn is_as_scanned(&self, run: &Run) -> bool {
        if run.slots.len() > COMPARED && !self.decisions.is_multiple_of(8) {
            return true;
        }
        let enabled = run.thread_ids().filter(|thread| run.is_enabled(*thread));
        run.undiscovered().is_none() && enabled.eq(self.enabled.list().iter().copied())
    }

    /// Finds the threads that can go on; or a thread that has to be run to its first operation before.
    #[inline(never)]
    fn find(&mut self, run: &Run) -> Option<ThreadId> {
        self.round += 1;
        self.unsettle();
        if let Some(fresh) = self.enabled.find(run) {
            return Some(fresh);
        }
        debug_assert!(self.is_as_scanned(run), "{:?} are not all", self.enabled);
        // Who waits for the end of a thread may go on after that, and is found when that has ended.
        self.steady = self.enabled.is_steady() && run.state(run.current) == State::Stopped;
        self.decides = self.steady && self.yielded.is_none() && self.enabled.list().len() > 1;
        None
    }

    /// Who can go on has to be found out anew.
    fn unsettle(&mut self) {
        (self.steady, self.decides) = (false, false);
    }

    /// Chooses among the threads that can go on, two or more.
    #[inline(always)]
    fn decide(&mut self, run: &Run) -> ThreadId {
        self.decisions += 1;
        let thread = match self.is_uniform {
            true => {
                let enabled = self.enabled.list();
                enabled[self.dice.below(enabled.len())]
            }
            false => {
                let scene =
                    Scene { run, learned: &self.learned, dice: &mut self.dice, round: self.round };
                match self.lesson {
                    true => self.teacher.pick(scene, self.enabled.list()),
                    false => self.scheduler.pick(scene, self.enabled.list()),
                }
            }
        };
        // Whether it is the same cannot be foretold, so nothing branches on it.
        let (before, times) = self.stays;
        let times = if thread == before { times } else { 0 };
        self.stays = (thread, times + 1);
        if times + 1 == STAY_MAX {
            self.on_yield(thread);
            self.stays.1 = 0;
        }
        thread
    }
}

impl Sampler {
    /// An execution begins; its accesses may pass.
    fn begin(&mut self, run: &mut Run, may_pass: bool) {
        run.graph.clear();
        let pays = run.model == Model::Sc || self.operations >= self.passes_from;
        let passes = may_pass && self.passes && pays && !self.shows_all;
        if passes && !self.passes_late {
            let back = (run.model != Model::Sc).then_some(self.staleness.steps());
            run.graph.let_pass(back, self.pass_fault);
        }
        run.seq_cst_passes_from = self.staleness.psc_max();
        self.passes_at = match passes && self.passes_late {
            true => self.staleness.psc_max(),
            false => usize::MAX,
        };
        self.dice.begin(self.next - 1);
        self.staleness.begin();
        self.classes.begin();
        self.decisions = 0;
        self.yielded = None;
        self.unsettle();
        self.enabled.forget();
        self.stays = (ThreadId::MAIN, 0);
        self.begin_to_forget();
        if self.lesson {
            self.teaches.clone_from(&self.learned);
            self.teaches.begin();
        }
    }

    /// The same execution begins again, with accesses that are events.
    fn repeat(&mut self, run: &mut Run) {
        self.begin(run, false);
        match self.lesson {
            true => self.teacher.begin_again(&self.learned, &mut self.dice),
            false => self.scheduler.begin_again(&self.learned, &mut self.dice),
        }
    }

    /// Says at how many events it is forgotten what nothing depends on; not before accesses pass, if they will.
    fn begin_to_forget(&mut self) {
        self.forgets_at = match self.forgets_from {
            Some(from) if !self.shows_all && self.passes_at == usize::MAX => from,
            _ => usize::MAX,
        };
    }

    /// Forgets what nothing depends on any more.
    #[cold]
    fn forget(&mut self, run: &mut Run) {
        let (classes, threads, model) = (&mut self.classes, &run.threads, run.model);
        let staleness = &self.staleness;
        run.graph.forget(
            &mut self.forgetting,
            |graph, location| match model {
                Model::Sc => graph.last_rank(location),
                Model::Rc20 => staleness.oldest(graph.last_rank(location)),
            },
            |graph, at| classes.note_event(graph, threads, at),
        );
        run.on_forgotten();
        self.forgets_at = match self.forgets_from {
            Some(0) => 0,
            from => from.unwrap_or(usize::MAX).max(FORGETS_MANY * run.graph.len()),
        };
    }
}

impl Strategy for Sampler {
    fn prepare(&mut self, run: &mut Run) -> bool {
        let lesson = match self.learns {
            true => Learned::next_lesson(self.next),
            false => u64::MAX,
        };
        let execution = lesson.min(self.next.max(self.from));
        if self.last.is_some_and(|last| execution > last) {
            return false;
        }
        self.next = execution + 1;
        self.lesson = execution == lesson;
        self.begin(run, true);
        match self.lesson {
            true => self.teacher.begin(&self.learned, &mut self.dice),
            false => self.scheduler.begin(&self.learned, &mut self.dice),
        }
        self.watches = self.lesson || self.scheduler.watches();
        self.is_uniform = !self.lesson && self.scheduler.is_uniform();
        true
    }

    fn prepare_in_full(&mut self, run: &mut Run) {
        self.repeat(run);
        self.forgets_at = usize::MAX;
    }

    fn begin_again(&mut self, run: &mut Run) {
        // What is SeqCst may pass later, but nothing before it.
        match run.seq_cst_came && !self.passes_late {
            true => self.passes_late = true,
            false => self.passes = false,
        }
        self.repeat(run);
    }

    #[inline(always)]
    fn pass(&mut self, run: &mut Run, thread: ThreadId) -> Option<Passed> {
        let op = &run.slots[thread.index()].op;
        let (location, weak) = match *op {
            Op::Load { location, .. } | Op::Store { location, .. } | Op::Rmw { location, .. } => {
                (location, false)
            }
            Op::CompareExchange { location, expected, weak, .. } => {
                (location, weak && run.graph.newest_passed(location) == expected)
            }
            _ => return None,
        };
        self.classes.mark(&mut run.graph, &run.threads);
        if self.lesson {
            self.teaches.look(&run.graph, thread, op);
        }
        let fails = match run.graph.keeps_past() {
            false => weak && self.staleness.fails_spuriously(run, thread, &mut self.dice),
            true => match self.staleness.decide_passing(run, thread, &mut self.dice) {
                Some(draft) => return Some(self.pass_back(run, &draft)),
                None => false,
            },
        };
        let op = &run.slots[thread.index()].op;
        let passed = run.graph.pass(thread, location, op, fails);
        self.note_passed(run, &passed);
        Some(passed)
    }

    #[inline]
    fn select(&mut self, run: &mut Run) -> Next {
        if run.graph.total() >= self.passes_at {
            self.pass_from_here(run);
        }
        if !self.is_as_before(run)
            && let Some(fresh) = self.find(run)
        {
            return Next::Discover(fresh);
        }
        if self.enabled.list().len() > 1
            && let Some(yielded) = self.yielded.take()
        {
            self.enabled.pass_over(yielded);
            self.round += 1;
            self.unsettle();
        }
        match *self.enabled.list() {
            [] => Next::Nobody,
            [only] => Next::Perform(only),
            _ => Next::Perform(self.decide(run)),
        }
    }

    #[inline(always)]
    fn select_at_access(&mut self, run: &mut Run) -> Next {
        // As in `is_as_before`: the running thread stands again at what never waits.
        debug_assert!(
            !self.steady || self.is_as_scanned(run),
            "{:?} are not all",
            self.enabled.list()
        );
        match self.decides {
            true => Next::Perform(self.decide(run)),
            false => self.select(run),
        }
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        if run.graph.len() >= self.forgets_at {
            self.forget(run);
        }
        let mut draft = run.draft(thread);
        self.staleness.decide(run, &mut draft, &mut self.dice);
        draft.flags = draft.flags.with(Flags::MAXIMAL);
        if self.lesson {
            self.teaches.look(&run.graph, thread, &draft.op);
        }
        let at = run.push(&draft);
        if draft.op == Op::Spawn {
            // Who is started has to be discovered.
            self.unsettle();
        }
        let child = || ThreadId(run.graph.event(at).chosen);
        self.enabled.note(&draft.op, (draft.op == Op::Spawn).then(child));
        let scene = Scene { run, learned: &self.learned, dice: &mut self.dice, round: self.round };
        let scheduler: &mut dyn Scheduler = match self.lesson {
            true => &mut self.teacher,
            false => &mut *self.scheduler,
        };
        match run.graph.event(at).kind {
            kind @ (Kind::Read | Kind::Write | Kind::Update) => {
                scheduler.on_access(scene, thread, &draft.op, kind);
            }
            _ => scheduler.on_event(scene, at),
        }
        if self.lesson {
            let event = run.graph.event(at);
            self.teaches.learn(event.id(), event.kind);
        }
        at
    }

    fn on_yield(&mut self, thread: ThreadId) {
        self.yielded = Some(thread);
        self.decides = false;
        if !self.lesson {
            self.scheduler.on_yield(thread, &mut self.dice);
        }
    }

    fn finish(&mut self, run: &mut Run, _: Ending) {
        let new = self.classes.note(run);
        self.operations = run.graph.total();
        match self.lesson {
            true => {
                std::mem::swap(&mut self.learned, &mut self.teaches);
                self.learned.end(run, self.decisions);
            }
            false => self.scheduler.end(new),
        }
    }

    fn sample(&self) -> Option<Sample> {
        Some(self.classes.sample())
    }
}
