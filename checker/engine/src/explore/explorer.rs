//! Many executions, one after another, until the strategy or a limit ends the search.

use super::divergence::Divergence;
use super::outcome::{Counterexample, Coverage, Ending, Limit, Limits, Outcome};
use super::run::{Run, State};
use super::settings::{Settings, Time};
use super::strategy::probe::Probe;
use super::strategy::{Next, Strategy};
use crate::objects::Act;
use raddle_shims::kernel::{
    AccessKind, Action, Answer, Arm, Arms, Controller, EventId, Extent, Failure, LocationId, Op,
    Patience, Readable, Reply, Stop, ThreadId, Value, World,
};

/// How many executions random sweeps may run in all, and what part of those of the search if that is more.
const PROBES_MIN: u64 = 512;
const PROBES_SHARE: u64 = 64;

/// Sees every execution as it ends.
pub trait Observer {
    /// An execution has ended like this; its graph and threads are in `run`.
    fn on_execution(&mut self, run: &Run, ending: Ending, coverage: &Coverage);
}

/// Sees nothing.
impl Observer for () {
    fn on_execution(&mut self, _: &Run, _: Ending, _: &Coverage) {}
}

impl<F: FnMut(&Run, Ending, &Coverage)> Observer for F {
    fn on_execution(&mut self, run: &Run, ending: Ending, coverage: &Coverage) {
        self(run, ending, coverage);
    }
}

/// A search: a strategy over the executions of one program.
pub struct Explorer<'a, S> {
    pub(super) run: Run,
    pub(super) strategy: S,
    settings: Settings<'a>,
    coverage: Coverage,
    pub(super) next: Option<Next>,
    /// The thread that goes next, if its operation has been performed, and what it is told.
    pub(super) told: Option<(ThreadId, Reply)>,
    /// Random sweeps beside an exhaustive search, for the estimate.
    probe: Option<Box<Explorer<'a, Probe>>>,
}

impl<'a, S: Strategy> Explorer<'a, S> {
    /// A search that has not begun.
    pub fn new(strategy: S, settings: Settings<'a>) -> Self {
        let mut run = Run::new(settings.model, settings.limits);
        run.erases_turns = strategy.erases_turns() && settings.time == Time::Nondeterministic;
        let coverage = Coverage::default();
        Explorer { run, strategy, settings, coverage, next: None, told: None, probe: None }
    }

    /// Looks for threads that can never run again from so many events on, to test that.
    #[doc(hidden)]
    pub fn looking_from(mut self, events: usize) -> Self {
        self.run.looks_from = events;
        self
    }

    /// The strategy, for instance to split off work between two calls of [`Explorer::explore`].
    pub fn strategy_mut(&mut self) -> (&mut S, &mut Run) {
        (&mut self.strategy, &mut self.run)
    }

    /// The strategy, for what it noted.
    pub fn into_strategy(self) -> S {
        self.strategy
    }

    /// Runs executions until the search or a limit ends. It may be called again, with new limits, to
    /// go on where it stopped.
    ///
    /// # Errors
    /// A program that does something else when it is run again.
    pub fn explore(
        &mut self,
        world: &mut dyn World,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Divergence> {
        loop {
            if let Some(limit) = self.reached() {
                return Ok(Outcome::Incomplete(self.measured(), limit));
            }
            if !self.strategy.prepare(&mut self.run) {
                return Ok(self.finished());
            }
            let ending = self.run_once(world)?;
            let ending = self.strategy.judge(&self.run, ending);
            self.count(ending);
            observer.on_execution(&self.run, ending, &self.coverage);
            self.strategy.finish(&mut self.run, ending);
            let runs = self.coverage.runs();
            if runs.is_power_of_two() && runs >= self.settings.estimate_from {
                self.probe(world)?;
                self.measured();
            }
            if ending == Ending::Failed && self.settings.stop_at_failure {
                return Ok(self.counterexample());
            }
            if ending == Ending::Cut && self.settings.stop_at_cut {
                let most = self.settings.limits.events_per_thread;
                return Ok(Outcome::Incomplete(self.measured(), Limit::Events(most)));
            }
        }
    }

    /// Sets new limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.settings.limits = limits;
        self.run.set_limits(limits);
    }

    /// How much has been explored so far.
    pub fn measured(&mut self) -> Coverage {
        (self.coverage.progress, self.coverage.estimate) = self.strategy.estimate();
        // Before the end, sweeps say more than the part of the tree that happens to come first.
        if self.coverage.progress < 1.0 - 1e-9
            && let Some(probe) = &self.probe
        {
            let found = self.coverage.executions as f64;
            self.coverage.estimate = probe.strategy.executions().map(|mean| mean.max(found));
        }
        self.coverage.events = self.run.pushed;
        self.coverage.sample = self.strategy.sample();
        self.coverage
    }

    /// Runs random sweeps, as far as they add no more to the search than a small part, or little.
    fn probe(&mut self, world: &mut dyn World) -> Result<(), Divergence> {
        if self.probe.is_none() {
            let settings = Settings { stop_at_failure: false, ..self.settings };
            let probe = self.strategy.probe();
            self.probe = probe.map(|probe| Box::new(Explorer::new(probe, settings)));
        }
        let Some(probe) = &mut self.probe else { return Ok(()) };
        let allowed = PROBES_MIN.max(self.coverage.runs() / PROBES_SHARE);
        while probe.strategy.goes_on(allowed) && probe.strategy.prepare(&mut probe.run) {
            let ending = probe.run_once(world)?;
            probe.strategy.finish(&mut probe.run, ending);
        }
        Ok(())
    }

    fn reached(&self) -> Option<Limit> {
        let limits = &self.settings.limits;
        if let Some(most) = limits.executions
            && self.coverage.all() >= most
        {
            return Some(Limit::Executions(most));
        }
        let (most, stopwatch) = (limits.time?, self.settings.stopwatch?);
        (stopwatch.elapsed() >= most).then_some(Limit::Time(most))
    }

    fn finished(&mut self) -> Outcome {
        let coverage = self.measured();
        if coverage.cut > 0 {
            Outcome::Incomplete(coverage, Limit::Events(self.settings.limits.events_per_thread))
        } else {
            match self.strategy.gap() {
                None => Outcome::Verified(coverage),
                Some(gap) => Outcome::Incomplete(coverage, gap),
            }
        }
    }

    fn counterexample(&mut self) -> Outcome {
        let coverage = self.measured();
        let failure = self.run.failure.clone().expect("a failed execution has a failure");
        Outcome::Violation(Box::new(Counterexample {
            failure,
            schedule: self.run.schedule(),
            graph: self.run.graph.to_string(),
            coverage,
        }))
    }

    fn run_once(&mut self, world: &mut dyn World) -> Result<Ending, Divergence> {
        loop {
            let ending = self.attempt(world)?;
            if self.run.begins_again {
                self.strategy.begin_again(&mut self.run);
                continue;
            }
            let is_whole = self.run.graph.forgotten() == 0 && !self.run.graph.lets_pass();
            if is_whole || !self.is_shown(ending) {
                return Ok(ending);
            }
            self.strategy.prepare_in_full(&mut self.run);
            let again = self.attempt(world)?;
            if again != ending && !(ending == Ending::Cut && again == Ending::Failed) {
                return Err(Divergence {
                    event: EventId { thread: ThreadId::MAIN, index: 0 },
                    expected: format!("the start of an execution that ends as {ending:?}"),
                    found: format!("that of one that ends as {again:?}"),
                });
            }
            return Ok(again);
        }
    }

    /// Whether somebody looks at the graph of an execution that ended like this: at failures, at the first that was cut, and at those of
    /// which it takes all events to say whether they are failures.
    fn is_shown(&self, ending: Ending) -> bool {
        let leaks = self.run.state(ThreadId::MAIN) == State::Exited;
        match ending {
            Ending::Failed => true,
            Ending::Cut => leaks || self.coverage.cut == 0,
            _ => false,
        }
    }

    fn attempt(&mut self, world: &mut dyn World) -> Result<Ending, Divergence> {
        world.reset();
        self.run.restart();
        (self.next, self.told) = (None, None);
        while let Some((thread, reply)) = self.resume() {
            self.run.current = thread;
            if world.run(thread, reply, self) == Stop::Exited {
                self.run.slot_mut(self.run.current).state = State::Exited;
            }
            if self.run.is_over() {
                break;
            }
        }
        if self.run.begins_again && self.run.divergence.is_none() {
            world.end(false, self);
            return Ok(Ending::Redundant);
        }
        let ending = self.run.ending();
        let ending = self.judge(world, ending);
        let complete = ending == Ending::Complete && self.run.divergence.is_none();
        world.end(complete, self);
        match self.run.divergence.take() {
            Some(divergence) => Err(divergence),
            None if complete && self.run.failure.is_some() => Ok(Ending::Failed),
            None => Ok(ending),
        }
    }

    fn judge(&mut self, world: &dyn World, ending: Ending) -> Ending {
        let panic = if ending == Ending::Cut { world.left_panic() } else { None };
        if panic.is_none() && !self.settings.deadlock_fails {
            return ending;
        }
        match panic.or_else(|| self.run.deadlock(ending)) {
            Some(Failure::Deadlock { extent: Extent::TaskLeak | Extent::LiveLeak, .. })
                if !self.settings.task_leak_fails
                    || self.run.living().all(|thread| world.is_detached(thread)) =>
            {
                ending
            }
            Some(Failure::Deadlock { extent: Extent::LiveLeak, .. })
                if !self.settings.live_leak_fails =>
            {
                ending
            }
            None => ending,
            failure => {
                self.run.failure = failure;
                Ending::Failed
            }
        }
    }

    fn count(&mut self, ending: Ending) {
        let coverage = &mut self.coverage;
        match ending {
            Ending::Complete => coverage.executions += 1,
            Ending::Deadlock => {
                coverage.executions += 1;
                coverage.deadlocks += 1;
            }
            Ending::SetAside => coverage.set_aside += 1,
            Ending::Moot => coverage.moot += 1,
            Ending::Cut => coverage.cut += 1,
            Ending::Redundant => coverage.redundant += 1,
            Ending::OutOfBound => coverage.out_of_bound += 1,
            Ending::Failed => coverage.failed += 1,
        }
        let operations = self.run.graph.total() as u64;
        coverage.operations += operations;
        coverage.events_max = coverage.events_max.max(operations);
    }

    /// The next thread to run and what to tell it; none at the end of the execution.
    pub(super) fn resume_next(&mut self) -> Option<(ThreadId, Reply)> {
        while let Some(thread) = self.run.replays() {
            if !self.run.replays_clock() {
                return self.resume_replay(thread);
            }
            // What threads do up to their first operation they do before the clock goes on.
            if let Some(unseen) = self.run.undiscovered() {
                return Some(self.start(unseen));
            }
            self.run.replayed += 1;
        }
        let next = self.next.take().unwrap_or_else(|| self.select());
        match next {
            Next::Perform(thread) => {
                let reply = self.perform_live(thread);
                self.run.unheard_access = None;
                Some((thread, reply))
            }
            Next::Discover(thread) => Some(self.start(thread)),
            Next::Nobody => {
                if let Some(thread) = self.untried() {
                    return Some((thread, self.try_first(thread)));
                }
                if self.advance() || self.force_turn() { self.resume_next() } else { None }
            }
        }
    }

    /// Lets the clock go on, if somebody waits for it and nobody else can go on.
    fn advance(&mut self) -> bool {
        let Some(next) = self.run.next_deadline() else { return false };
        self.strategy.on_standstill(&mut self.run);
        if self.run.is_over() {
            return false;
        }
        let clock = self.run.threads.clock();
        self.run.graph.advance(clock, next);
        true
    }

    fn select(&mut self) -> Next {
        if self.run.goes_live() {
            let moot = |thread| self.strategy.is_moot(&self.run, thread);
            let any = self.run.given_up().any(moot);
            self.run.moot = any;
        }
        match self.run.moot {
            true => Next::Nobody,
            false => match self.run.forced {
                Some(thread) => Next::Perform(thread),
                None => self.strategy.select(&mut self.run),
            },
        }
    }

    /// Lets a thread turn once more and stay there, if nobody else can go on: others may still be found to
    /// come before.
    fn force_turn(&mut self) -> bool {
        self.run.forced = match self.run.moot {
            true => None,
            false => self.run.taken_back().next(),
        };
        self.run.forced.is_some()
    }

    /// A thread that has to try what its loop does with what it could read, before others conclude from what it
    /// does not wait for.
    fn untried(&mut self) -> Option<ThreadId> {
        if self.run.is_over() { None } else { self.run.untried() }
    }

    /// Tells a thread to do so, and to come back.
    fn try_first(&mut self, thread: ThreadId) -> Reply {
        self.start(thread).1
    }

    fn start(&mut self, thread: ThreadId) -> (ThreadId, Reply) {
        self.run.slot_mut(thread).state = State::Running;
        (thread, Reply::Done)
    }

    fn resume_replay(&mut self, thread: ThreadId) -> Option<(ThreadId, Reply)> {
        if let Some(unseen) = self.run.unseen_exit() {
            return Some(self.start(unseen));
        }
        match self.run.state(thread) {
            State::Fresh => Some(self.start(thread)),
            State::Stopped => {
                let op = self.run.slots[thread.index()].op;
                match self.run.replay(thread, &op) {
                    Answer::Reply(reply) => Some((thread, reply)),
                    Answer::Suspend => None,
                }
            }
            state => {
                let at = crate::graph::Position(self.run.replayed as u32);
                let found = match state {
                    State::Exited => "the end of the thread",
                    State::SetAside => "a false assumption",
                    State::Cut => "more operations that are no events than the limits allow",
                    _ => "nothing: the thread was not started",
                };
                self.run.diverge(at, found.to_string());
                None
            }
        }
    }

    /// Whether, in an execution that has become long, threads wait for ever while others go on.
    #[cold]
    fn finds_deadlock(&mut self) -> bool {
        if !self.run.live {
            // Threads that were stopped while others were replayed have not been looked at yet.
            return false;
        }
        self.run.next_look = 2 * self.run.graph.total();
        if self.settings.deadlock_fails {
            self.run.failure = self.run.deadlock_so_far();
        }
        self.run.is_over()
    }

    fn perform_live(&mut self, thread: ThreadId) -> Reply {
        if let Some(reply) = self.pass_live(thread) {
            return reply;
        }
        if self.run.turns(thread) {
            self.run.slot_mut(thread).state = State::Running;
            return Reply::Done;
        }
        if self.run.has_untried(thread) {
            return self.try_first(thread);
        }
        let at = self.strategy.place(&mut self.run, thread);
        self.run.complete(at)
    }

    /// Performs an operation that is no event.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn perform_silent(&mut self, op: &Op) -> Answer {
        let thread = self.run.current;
        if !self.run.may_stay_silent(op) {
            return Answer::Suspend;
        }
        match *op {
            Op::PlainRead(location) => self.plain(location, AccessKind::PlainRead),
            Op::PlainWrite(location) => self.plain(location, AccessKind::PlainWrite),
            Op::Assume(condition) => self.assume(thread, condition),
            _ => {
                self.run.note_yield();
                self.strategy.on_yield(thread);
                Answer::Reply(Reply::Done)
            }
        }
    }

    fn assume(&mut self, thread: ThreadId, condition: bool) -> Answer {
        if condition {
            return Answer::Reply(Reply::Done);
        }
        let answer = self.stop_for_good(thread, State::SetAside);
        if self.run.replays().is_none() {
            self.run.moot = self.strategy.is_moot(&self.run, thread);
        }
        answer
    }

    fn stop_for_good(&mut self, thread: ThreadId, state: State) -> Answer {
        self.run.slot_mut(thread).state = state;
        Answer::Suspend
    }

    fn plain(&mut self, location: LocationId, kind: AccessKind) -> Answer {
        if self.run.plain(location, kind) { Answer::Reply(Reply::Done) } else { Answer::Suspend }
    }
}

impl<S: Strategy> Controller for Explorer<'_, S> {
    fn perform(&mut self, op: &Op) -> Answer {
        let thread = self.run.current;
        if self.run.graph.lets_pass()
            && let Some(answer) = self.perform_passing(op)
        {
            return answer;
        }
        match *op {
            Op::PlainRead(_) | Op::PlainWrite(_) | Op::Assume(_) | Op::Yield => {
                return self.perform_silent(op);
            }
            Op::Turn { events, tries } => {
                if let Some(answer) = self.turn(thread, op, (events, tries)) {
                    return answer;
                }
            }
            _ => {}
        }
        if let Some(next) = self.run.replays() {
            if next != thread {
                return self.run.stop(thread, op);
            }
            return self.run.replay(thread, op);
        }
        let suspended = self.run.stop_live(thread, op);
        if self.run.graph.count_of(thread) >= self.run.limits.events_per_thread {
            return self.stop_for_good(thread, State::Cut);
        }
        if self.run.graph.total() >= self.run.next_look && self.finds_deadlock() {
            return suspended;
        }
        match self.select() {
            Next::Perform(next) if next == thread => {
                let before = self.run.graph.end();
                let reply = self.perform_live(thread);
                if self.run.is_over() {
                    self.run.leave_unheard(before);
                    return suspended;
                }
                Answer::Reply(reply)
            }
            next => {
                self.next = Some(next);
                suspended
            }
        }
    }

    fn on_hints(&mut self, hints: u32) {
        self.run.note_hints(hints);
    }

    fn goes_on(&mut self) -> Option<(ThreadId, Reply)> {
        self.go_on()
    }

    fn declare(&mut self, location: LocationId, initial: Value) {
        self.run.names.declare(&mut self.run.graph, location, initial);
    }

    fn newest(&self, location: LocationId) -> Value {
        self.run.newest(location)
    }

    fn readable(&mut self, op: &Op) -> Option<Readable> {
        match self.run.replays() {
            _ if !self.run.erases_turns => None,
            // There is one reply with which it gives up.
            _ if matches!(op, Op::Act { .. }) => Some(Readable::default()),
            Some(_) => Some(Readable::default()),
            None => Some(self.run.readable(self.run.current, op)),
        }
    }

    fn again(&mut self) {
        self.run.begins_again = true;
    }

    fn clock(&self) -> Option<u64> {
        (self.settings.time == Time::Virtual).then(|| self.run.time())
    }

    fn arms(&mut self, arms: &[Arm]) -> Arms {
        self.run.enter_arms(arms)
    }

    fn act_afterwards(
        &mut self,
        thread: ThreadId,
        (object, action, patience): (LocationId, Action, Patience),
        initial: Value,
    ) -> Option<Value> {
        let act = Act { thread, action, patience, chosen: 0 };
        self.run.act_afterwards(object, &act, initial)
    }

    fn fail(&mut self, failure: Failure) {
        self.run.failure = Some(failure);
    }
}
