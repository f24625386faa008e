//! One execution as it runs: who stands where, what is replayed, what is answered.

use super::blocked::LOOKS_FROM;
use super::divergence::Divergence;
use super::names::Names;
use super::outcome::{Ending, Limits};
use super::schedule::Schedule;
use super::threads::Threads;
use super::turn::Refused;
use crate::graph::{Draft, Flags, Graph, Kind, Notes, Position};
use crate::memory::{Model, Psc, Races, coherence_floor};
use crate::objects::{self, Act};
use raddle_shims::kernel::{
    AccessKind, Answer, Arm, EventId, Failure, LocationId, Op, Otherwise, Patience, Reply,
    ThreadId, Value,
};
use std::collections::BTreeMap;

/// What a thread is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Not spawned in this execution.
    Absent,
    /// Spawned, not yet run.
    Fresh,
    /// Between operations: the world is running it.
    Running,
    /// Stopped at an operation that has not been performed.
    Stopped,
    /// Stopped for good at a false assumption.
    SetAside,
    /// Stopped for good at the limit of events, or of operations that are none.
    Cut,
    /// Ended.
    Exited,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub state: State,
    /// The operation it stopped at, if it is [`State::Stopped`].
    pub op: Op,
    /// Its latest event that has been performed in this execution.
    pub(super) last: Position,
    /// How many threads it has spawned.
    spawned: u32,
    /// How many operations that are no events it has performed since its latest event.
    pub(super) silent: u32,
    /// Whether it has said since then that it would rather let others run.
    pub(super) yielded: bool,
}

/// The state of one execution, and what outlives it: the graph.
///
/// An execution begins by replaying the events that the graph already has, causes first, which is the
/// order of its sequence; then it goes on live. Values never travel between executions: on replay each
/// write brings its fresh value and each read takes that of its source.
#[derive(Debug)]
pub struct Run {
    /// The graph. It is boxed since a search exchanges it for another all the time.
    pub graph: Box<Graph>,
    /// The memory model.
    pub model: Model,
    /// Which number means which thread.
    pub threads: Threads,
    pub(super) names: Names,
    pub(super) psc: Psc,
    pub(super) slots: Vec<Slot>,
    pub(super) races: Races,
    pub(super) failure: Option<Failure>,
    pub(super) divergence: Option<Divergence>,
    pub(super) current: ThreadId,
    pub(super) limits: Limits,
    /// [`Limits::silent_per_event`].
    silent_max: u32,
    pub(super) pushed: u64,
    pub(super) moot: bool,
    /// Whether threads that have turned without doing anything stay where they are, see [`Op::Turn`].
    pub(super) erases_turns: bool,
    /// Turns that have been taken back in this execution: of whom, before which of its events, and what they
    /// read.
    pub(super) refused: Vec<Refused>,
    /// The thread that has to turn once more, because nobody else can go on.
    pub(super) forced: Option<ThreadId>,
    /// The execution ends here, and starts again with the graph that it has got to.
    pub(super) begins_again: bool,
    /// That is as something SeqCst has come while accesses passed.
    pub(super) seq_cst_came: bool,
    /// From how many operations on what is SeqCst may pass as well.
    pub(super) seq_cst_passes_from: usize,
    /// A planted fault: turns on old values count as hanging.
    pub(super) hangs_on_old_values: bool,
    /// A planted fault: the clock goes on to the last of the times that are waited for.
    pub(super) skips_times: bool,
    /// A planted fault: what has not been tried is taken to make a load turn that comes right before an update.
    pub(super) trusts_looks: bool,
    /// A planted fault: yields of what is replayed are not noted.
    pub(super) forgets_yields: bool,
    /// At how many events to look for threads that can never run again.
    pub(super) next_look: usize,
    pub(super) looks_from: usize,
    /// The states of objects after the end of the execution.
    pub(super) afterwards: BTreeMap<LocationId, objects::State>,
    /// The event that has been added or replayed of which its thread was not told, as the execution was over.
    pub(super) unheard: Option<Position>,
    /// The same for an access that passed: where, and what was there before.
    pub(super) unheard_access: Option<(LocationId, Value)>,
    /// The lists of arms of this execution.
    pub(super) lists: Vec<Vec<Arm>>,
    pub(super) live: bool,
    /// How many events have been replayed, and how many there are to replay.
    pub(super) replayed: usize,
    pub(super) replay_end: usize,
}

impl Run {
    pub(super) fn new(model: Model, limits: Limits) -> Run {
        Run {
            graph: Box::new(Graph::new(model.causality())),
            model,
            threads: Threads::default(),
            names: Names::default(),
            psc: Psc::default(),
            slots: Vec::new(),
            races: Races::default(),
            failure: None,
            divergence: None,
            current: ThreadId::MAIN,
            limits,
            silent_max: limits.silent_per_event(),
            pushed: 0,
            moot: false,
            erases_turns: false,
            refused: Vec::new(),
            forced: None,
            begins_again: false,
            seq_cst_came: false,
            seq_cst_passes_from: usize::MAX,
            hangs_on_old_values: false,
            skips_times: false,
            trusts_looks: false,
            forgets_yields: false,
            next_look: LOOKS_FROM,
            looks_from: LOOKS_FROM,
            afterwards: BTreeMap::new(),
            unheard: None,
            unheard_access: None,
            lists: Vec::new(),
            live: false,
            replayed: 0,
            replay_end: 0,
        }
    }

    /// Sets new limits.
    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.silent_max = limits.silent_per_event();
    }

    /// Counts an operation of the running thread that is no event. False if it was one too many: then the thread
    /// is stopped for good.
    #[inline(always)]
    pub(super) fn may_stay_silent(&mut self, op: &Op) -> bool {
        let slot = &mut self.slots[self.current.index()];
        slot.silent = slot.silent.saturating_add(1);
        if slot.silent <= self.silent_max {
            return true;
        }
        // What the thread stood at before has been performed.
        slot.op = *op;
        slot.state = State::Cut;
        false
    }

    /// The running thread has performed so many more operations that are no events; whether it may is seen at the next.
    pub(super) fn note_hints(&mut self, hints: u32) {
        let slot = &mut self.slots[self.current.index()];
        slot.silent = slot.silent.saturating_add(hints);
    }

    /// The threads that were stopped at a limit in this execution, and whether that was the limit of
    /// operations that are no events.
    pub fn cut(&self) -> impl Iterator<Item = (ThreadId, bool)> + '_ {
        let cut = self.thread_ids().filter(|&thread| self.state(thread) == State::Cut);
        cut.map(|thread| (thread, self.slots[thread.index()].silent > self.silent_max))
    }

    /// Starts an execution that first replays the graph as it is.
    pub(super) fn restart(&mut self) {
        self.races.reset();
        self.names.reset();
        self.failure = None;
        self.moot = false;
        self.refused.clear();
        self.forced = None;
        self.begins_again = false;
        self.seq_cst_came = false;
        self.next_look = self.looks_from;
        self.afterwards.clear();
        self.unheard = None;
        self.unheard_access = None;
        self.lists.clear();
        self.live = false;
        for slot in &mut self.slots {
            slot.state = State::Absent;
            slot.last = Position::NONE;
            slot.spawned = 0;
            slot.silent = 0;
            slot.yielded = false;
        }
        self.slot_mut(ThreadId::MAIN).state = State::Fresh;
        self.replayed = 0;
        self.replay_end = self.graph.len();
    }

    #[inline]
    pub(super) fn slot_mut(&mut self, thread: ThreadId) -> &mut Slot {
        if thread.index() >= self.slots.len() {
            let (state, op, last) = (State::Absent, Op::Yield, Position::NONE);
            let absent = Slot { state, op, last, spawned: 0, silent: 0, yielded: false };
            self.slots.resize(thread.index() + 1, absent);
            self.graph.ensure_thread(thread);
        }
        &mut self.slots[thread.index()]
    }

    #[inline]
    pub(super) fn state(&self, thread: ThreadId) -> State {
        self.slots.get(thread.index()).map_or(State::Absent, |slot| slot.state)
    }

    /// What was found wrong in this execution.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The operation at which a thread stands that has been run up to it.
    #[inline]
    pub fn pending(&self, thread: ThreadId) -> Option<Op> {
        self.stands_at(thread).copied()
    }

    #[inline]
    pub(super) fn stands_at(&self, thread: ThreadId) -> Option<&Op> {
        let slot = self.slots.get(thread.index())?;
        (slot.state == State::Stopped).then_some(&slot.op)
    }

    /// The object of the running execution that a location of the graph is; the location itself if the
    /// world numbers its locations alike in every execution.
    pub fn object_at(&self, location: LocationId) -> LocationId {
        self.names.object(location)
    }

    /// The location of the graph that an object of the running execution is, if it has been accessed.
    pub fn location_of(&self, object: LocationId) -> Option<LocationId> {
        self.names.location(object)
    }

    /// What a location of the graph, or the object that it is, held before it was first written.
    pub fn initial_of(&self, object: LocationId) -> Value {
        self.names.initial(object)
    }

    /// The threads of this execution, by number.
    pub fn thread_ids(&self) -> impl Iterator<Item = ThreadId> + Clone + use<> {
        (0..self.slots.len() as u32).map(ThreadId)
    }

    /// Whether the thread can perform the operation it stands at.
    #[inline(always)]
    pub fn is_enabled(&self, thread: ThreadId) -> bool {
        let Some(op) = self.stands_at(thread) else { return false };
        match op {
            Op::Join(other) => self.state(*other) == State::Exited,
            _ if !self.refused.is_empty() => self.is_enabled_to(thread, op),
            Op::Act { object, action, patience } => {
                let act = Act { thread, action: *action, patience: *patience, chosen: 0 };
                self.graph.ask(*object, &act, |state| state.admits(&act, self.graph.now()))
            }
            Op::Load { until: None, .. } | Op::Rmw { until: None, .. } | Op::Store { .. } => true,
            _ => self.is_enabled_to(thread, op),
        }
    }

    /// The same for any operation at which it stands.
    #[inline(never)]
    fn is_enabled_to(&self, thread: ThreadId, op: &Op) -> bool {
        match op {
            Op::Join(other) => self.state(*other) == State::Exited,
            Op::Sleep(end) => *end <= self.graph.now(),
            Op::Turn { events, .. } => match self.erases_turns {
                true => self.is_taken_back(thread) && !self.is_refused(thread),
                false => !self.turns_again(thread, *events),
            },
            _ if !self.refused.is_empty() && self.is_refused(thread) => false,
            Op::Act { .. } | Op::Select { .. } => self.graph.admits(thread, op),
            Op::Load { until: Some(_), .. }
            | Op::Rmw { until: Some(_), .. }
            | Op::CompareExchange { until: Some(_), .. } => self.guard_can_pass(thread, op),
            _ => true,
        }
    }

    /// Whether the operation at which a thread stands is a load, or gives up. Threads that do so in a loop
    /// would never let the others go on.
    #[inline]
    pub(super) fn only_reads(&self, thread: ThreadId) -> bool {
        match self.stands_at(thread) {
            Some(Op::Load { .. }) => true,
            Some(Op::Act { patience: Patience::Forever, .. }) => false,
            Some(op @ (Op::Act { .. } | Op::Select { .. })) => self.graph.gives_up(thread, op),
            _ => false,
        }
    }

    /// Whether the newest value satisfies the guard, and may be taken: a loop that reads again and again
    /// gets to see that one in the end. Older values are alternatives.
    fn guard_can_pass(&self, thread: ThreadId, op: &Op) -> bool {
        let (Some(location), Some(until)) = (op.location(), op.until()) else { return true };
        let newest = self.graph.at_rank(location, self.graph.last_rank(location));
        let event = EventId { thread, index: self.graph.count_of(thread) };
        until.accepts(self.graph.value(location, newest)) && self.graph.may_take(event, newest)
    }

    /// Whether a thread that cannot go on waits here and not in another part of the search, to which
    /// its guarded operation leaves the newest write.
    fn may_wait(&self, thread: ThreadId) -> bool {
        let Some(op) = self.stands_at(thread).filter(|op| op.until().is_some()) else {
            return true;
        };
        let Some(location) = op.location() else { return true };
        let newest = self.graph.at_rank(location, self.graph.last_rank(location));
        let event = EventId { thread, index: self.graph.count_of(thread) };
        self.graph.may_wait_for(event, newest)
    }

    /// Events of the graph have been forgotten, so the others have other positions.
    pub(super) fn on_forgotten(&mut self) {
        for (thread, slot) in self.slots.iter_mut().enumerate() {
            slot.last = self.graph.last_of(ThreadId(thread as u32));
        }
    }

    /// Adds an event to the graph.
    #[inline]
    pub(super) fn push(&mut self, draft: &Draft) -> Position {
        self.pushed += 1;
        self.graph.push_from(draft)
    }

    /// Makes the draft of the operation at which a thread stands, about which nothing has been decided.
    #[inline]
    pub(super) fn draft(&mut self, thread: ThreadId) -> Draft {
        let slot = &self.slots[thread.index()];
        assert!(slot.state == State::Stopped, "a thread that is placed stands at an operation");
        let chosen = match slot.op {
            Op::Spawn => self.threads.child(thread, slot.spawned).0,
            _ => 0,
        };
        let (source, flags) = (Position::NONE, Flags::default());
        Draft { thread, op: slot.op, source, after: 0, chosen, flags }
    }

    /// The least rank the thread may access, under the model.
    #[inline]
    pub(super) fn floor(&self, thread: ThreadId, op: &Op, location: LocationId) -> u32 {
        match self.orders_conflicts(op) {
            true => self.graph.last_rank(location),
            false => coherence_floor(&self.graph, thread, location),
        }
    }

    /// Whether the access of an atomic comes after everything earlier that it conflicts with: then it reads the newest write or is placed
    /// behind it, and what is otherwise comes from reversals.
    #[inline]
    pub(super) fn orders_conflicts(&self, op: &Op) -> bool {
        self.model == Model::Sc || op.is_interleaved()
    }

    /// Completes an operation whose event has just been pushed: race check and reply.
    #[inline(always)]
    pub(super) fn complete(&mut self, at: Position) -> Reply {
        self.check_races(at);
        self.reply(at)
    }

    #[inline(always)]
    pub(super) fn reply(&mut self, at: Position) -> Reply {
        let event = self.graph.event(at);
        let (thread, kind, read) = (event.thread, event.kind, event.read);
        let reply = match (kind, event.op) {
            (Kind::Read, Op::CompareExchange { .. }) => Reply::Refused(read),
            (Kind::Update, Op::CompareExchange { .. }) => Reply::Exchanged(read),
            (Kind::Read | Kind::Update | Kind::Act, _) => Reply::Value(read),
            (Kind::Spawn | Kind::Choice, _) => Reply::Value(Value(event.chosen.into())),
            _ => Reply::Done,
        };
        if kind == Kind::Spawn {
            self.slot_mut(ThreadId(self.graph.event(at).chosen)).state = State::Fresh;
            self.slot_mut(thread).spawned += 1;
        }
        let slot = &mut self.slots[thread.index()];
        slot.state = State::Running;
        slot.last = at;
        slot.silent = 0;
        if std::mem::take(&mut slot.yielded) {
            self.graph.event_mut(at).notes.add(Notes::YIELDED);
        }
        reply
    }

    /// A plain access by the running thread: checked, not recorded in the graph.
    pub(super) fn plain(&mut self, location: LocationId, kind: AccessKind) -> bool {
        let thread = (self.current, self.slots[self.current.index()].last);
        let performed = match self.replays() {
            Some(_) => Position(self.replayed as u32),
            None => self.graph.end(),
        };
        let place = (location, self.names.location(location));
        match self.races.plain(&self.graph, thread, performed, place, kind) {
            Ok(()) => true,
            Err((first, second)) => {
                self.failure = Some(Failure::DataRace { first, second });
                false
            }
        }
    }

    /// The thread whose event is to be replayed next.
    #[inline]
    pub(super) fn replays(&self) -> Option<ThreadId> {
        if self.replayed >= self.replay_end {
            return None;
        }
        Some(self.graph.event(Position(self.replayed as u32)).thread)
    }

    /// The thread whose end the next event to be replayed waits for, if it has no event and so has
    /// not been run yet in this execution. What it does must come before the join.
    #[inline]
    pub(super) fn unseen_exit(&self) -> Option<ThreadId> {
        match self.graph.event(Position(self.replayed as u32)).op {
            Op::Join(thread) if self.state(thread) == State::Fresh => Some(thread),
            _ => None,
        }
    }

    /// Stops a thread before an operation.
    #[inline(always)]
    pub(super) fn stop(&mut self, thread: ThreadId, op: &Op) -> Answer {
        let slot = &mut self.slots[thread.index()];
        slot.op = *op;
        slot.state = State::Stopped;
        Answer::Suspend
    }

    /// Whether the event at `at` races with an earlier plain access; then the execution has failed.
    #[inline(always)]
    pub(super) fn check_races(&mut self, at: Position) -> bool {
        if !self.races.any() {
            return false;
        }
        let Some(location) = self.graph.event(at).location() else { return false };
        match self.races.atomic(&self.graph, at, self.names.object(location)) {
            Ok(()) => false,
            Err((first, second)) => {
                self.failure = Some(Failure::DataRace { first, second });
                true
            }
        }
    }

    /// The replay is over: the objects of all operations at which threads stand get their locations, and threads
    /// that are at the limit of events stop there.
    fn name_pending(&mut self) {
        self.names.go_live(&self.graph);
        for (thread, slot) in self.slots.iter_mut().enumerate() {
            if slot.state == State::Stopped {
                self.names.name(&mut self.graph, &self.lists, &mut slot.op);
                // While it was replayed nobody looked at the limit.
                if self.graph.count_of(ThreadId(thread as u32)) >= self.limits.events_per_thread {
                    slot.state = State::Cut;
                }
            }
        }
    }

    /// Stops a thread before an operation that is not replayed.
    #[inline(always)]
    pub(super) fn stop_live(&mut self, thread: ThreadId, op: &Op) -> Answer {
        let stopped = self.stop(thread, op);
        if self.live {
            let op = &mut self.slots[thread.index()].op;
            self.names.name(&mut self.graph, &self.lists, op);
        }
        stopped
    }

    /// Notes that the event at `at` did not come again.
    pub(super) fn diverge(&mut self, at: Position, found: String) {
        let event = self.graph.event(at);
        self.divergence =
            Some(Divergence { event: event.id(), expected: self.graph.describe(event), found });
    }

    /// Whether the replay has just ended: true once in an execution.
    #[inline]
    pub(super) fn goes_live(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.live, true);
        if first {
            self.name_pending();
        }
        first
    }

    /// The threads that go on only if something they have read becomes something else: those that stopped
    /// at a false assumption, or turned in a loop that only reads.
    pub(super) fn given_up(&self) -> impl Iterator<Item = ThreadId> + '_ {
        self.thread_ids().filter(|&thread| {
            self.state(thread) == State::SetAside || self.erases_turns && self.turns(thread)
        })
    }

    /// The execution as decisions.
    pub fn schedule(&self) -> Schedule {
        Schedule::of(&self.graph, &self.threads, 0.0)
    }

    /// Whether the execution must not go on.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.failure.is_some() || self.divergence.is_some() || self.moot || self.begins_again
    }

    /// How the execution ended, now that no thread can be chosen.
    pub(super) fn ending(&self) -> Ending {
        if self.failure.is_some() {
            return Ending::Failed;
        }
        if self.moot {
            return Ending::Moot;
        }
        let any = |state| self.slots.iter().any(|slot| slot.state == state);
        let (stopped, set_aside, cut) =
            (any(State::Stopped), any(State::SetAside), any(State::Cut));
        let belongs_elsewhere = |thread| self.is_enabled(thread) || !self.may_wait(thread);
        let elsewhere = stopped && self.thread_ids().any(belongs_elsewhere);
        if elsewhere {
            Ending::Redundant
        } else if set_aside || stopped && (self.waits_for_assumption() || self.turns_away()) {
            Ending::SetAside
        } else if cut {
            Ending::Cut
        } else if stopped {
            Ending::Deadlock
        } else {
            Ending::Complete
        }
    }

    fn waits_for_assumption(&self) -> bool {
        let guard = |thread| self.pending(thread).and_then(|op| op.until());
        self.thread_ids().filter_map(guard).any(|until| until.otherwise == Otherwise::SetAside)
    }

    /// The first thread that has not been run to its first operation.
    pub(super) fn undiscovered(&self) -> Option<ThreadId> {
        self.thread_ids().find(|&thread| self.state(thread) == State::Fresh)
    }

    /// Whether the next event to be replayed is that the clock goes on.
    pub(super) fn replays_clock(&self) -> bool {
        self.graph.event(Position(self.replayed as u32)).kind == Kind::Advance
    }

    /// What the clock shows to the running thread.
    pub(super) fn time(&self) -> u64 {
        match self.replays() {
            Some(_) => self.graph.time_at(Position(self.replayed as u32)),
            None => self.graph.now(),
        }
    }

    /// The next time that the clock will show, if nobody can go on before that and the execution is not to be
    /// given up.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        let deadline = |thread| self.stands_at(thread).and_then(|op| op.deadline());
        let now = self.graph.now();
        let deadlines = self.thread_ids().filter_map(deadline);
        let deadlines = deadlines.filter(|deadline| *deadline > now);
        let next = if self.skips_times { deadlines.max()? } else { deadlines.min()? };
        let elsewhere = |thread| self.is_enabled(thread) || !self.may_wait(thread);
        let goes_on = self.is_over() || self.thread_ids().any(elsewhere) || self.turns_away();
        (!goes_on).then_some(next)
    }
}
