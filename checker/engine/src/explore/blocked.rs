//! Which threads can never run again, and why: the verdict on those that wait at the end of an execution.
//!
//! An execution ends when nobody can go on: every thread has ended, waits, or was stopped at the limit of events. Those
//! that were stopped could go on, and with them perhaps some that wait.
//!
//! # What is decided
//!
//! Of locks that are held, initialisations that run, and the ends of threads it is known who has to act: *each* of
//! the [blockers](Waiting::blockers). A thread is dead if one of its blockers is dead or has ended. Of everything else
//! (a message, a notification, a permit, a token, an arrival, a value) only somebody has to act, and nobody knows who
//! may: a handle can be anywhere in the memory of the program. Such a thread is dead if all others that have not
//! ended are dead. The dead are the greatest set of waiting threads of which this holds.
//!
//! The verdict holds at any moment, not only at the end: what is dead stays so. Executions that become long are
//! therefore looked at when they have [`LOOKS_FROM`] events and whenever they have doubled since, so a
//! partial deadlock need not wait for the limit of events.
//!
//! This is exact for what can be known without looking at the program: no dead thread runs in any continuation,
//! since the first that did would need a blocker that is dead to act before it. And if every thread that can go on
//! gave back what it holds and did what the others lack, all that are not dead would run.
//!
//! # What is not
//!
//! A thread that can go on may in truth never give back what it holds, or never send; that depends on instructions that
//! it has not come to. So a deadlock in which a channel takes part is found when no other thread can go on, and not
//! before. A thread that was stopped at the limit counts as waiting if the operation before which it was stopped has to
//! wait without a time limit. If nobody is dead, but the main thread has ended and others go on until they are stopped at
//! the limit, that is a *live leak*: found, as everything about endless loops, up to the limit. Locks that are [`TRANSFERABLE`] count among "everything else".

use super::outcome::Ending;
use super::run::{Run, State};
use crate::graph::{Event, Position};
use crate::objects::{Act, select};
use raddle_shims::kernel::{
    Action, Arm, Ask, Begun, Blocker, EventId, Extent, Failure, GAVE_UP, Lack, LocationId, Op,
    Patience, Role, Selected, Stance, TRANSFERABLE, ThreadId, Value, Waiting, WaitsFor,
};
use std::collections::{BTreeMap, BTreeSet};

/// At how many events an execution is first looked at before its end.
pub(super) const LOOKS_FROM: usize = 1_024;

/// A mistake planted in the verdict, to show that the tests notice.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerdictFault {
    /// What an ended thread holds counts as free to be given back.
    ForgetsEnded,
    /// A thread is dead only if all of its blockers are.
    NeedsAll,
    /// That somebody goes on does not help those who wait for him.
    LooksOnce,
    /// Whoever needs something of nobody in particular counts as dead.
    GivesUpHope,
    /// Everything that a thread did counts as done after all others had ended.
    CountsAll,
}

impl Run {
    /// The failure that it is if some threads can never run again; none if nobody is in such a state, or
    /// if the execution belongs to another part of the search.
    ///
    /// It is meant for the end of an execution, as an [observer](super::Observer) sees it.
    pub fn deadlock(&self, ending: Ending) -> Option<Failure> {
        self.deadlock_with(ending, None)
    }

    /// The same with a planted fault.
    #[doc(hidden)]
    pub fn deadlock_with(&self, ending: Ending, fault: Option<VerdictFault>) -> Option<Failure> {
        match ending {
            Ending::Deadlock | Ending::Cut => self.judged(Some(ending), fault),
            _ => None,
        }
    }

    /// The same in the middle of an execution, which would otherwise go on to the limit of events: only if some
    /// go on and others are dead.
    #[cold]
    pub(super) fn deadlock_so_far(&self) -> Option<Failure> {
        let found = self.judged(None, None)?;
        matches!(found, Failure::Deadlock { extent: Extent::Partial, .. }).then_some(found)
    }

    fn judged(&self, ending: Option<Ending>, fault: Option<VerdictFault>) -> Option<Failure> {
        let waiting = self.thread_ids().filter_map(|thread| self.waiting(thread, ending));
        let mut waiting: Vec<Waiting> = waiting.collect();
        let dead = self.dead(&waiting, fault);
        if dead.is_empty() {
            let lives_on = ending == Some(Ending::Cut) && self.lives_on(fault);
            let extent = Extent::LiveLeak;
            waiting.iter_mut().for_each(|waiting| waiting.is_dead = false);
            return lives_on.then_some(Failure::Deadlock { extent, waiting });
        }
        for waiting in &mut waiting {
            waiting.is_dead = dead.contains(&waiting.thread);
        }
        let others_go_on = self.living().any(|thread| !dead.contains(&thread));
        let extent = match self.state(ThreadId::MAIN) {
            _ if others_go_on => Extent::Partial,
            _ if self.only_turns() => Extent::Livelock,
            State::Exited => Extent::TaskLeak,
            _ => Extent::Global,
        };
        Some(Failure::Deadlock { extent, waiting })
    }

    /// The threads that have not ended.
    pub(super) fn living(&self) -> impl Iterator<Item = ThreadId> + '_ {
        let lives =
            |thread: &ThreadId| !matches!(self.state(*thread), State::Absent | State::Exited);
        self.thread_ids().filter(lives)
    }

    /// The greatest set of waiting threads of which each needs another one of the set, or one that has ended.
    fn dead(&self, waiting: &[Waiting], fault: Option<VerdictFault>) -> BTreeSet<ThreadId> {
        let is = |planted| fault == Some(planted);
        let mut dead: BTreeSet<ThreadId> = waiting.iter().map(|waiting| waiting.thread).collect();
        loop {
            let goes_on = |thread: ThreadId| {
                let ended = self.state(thread) == State::Exited;
                (!ended || is(VerdictFault::ForgetsEnded)) && !dead.contains(&thread)
            };
            let anybody = self.living().any(goes_on);
            let may_run = |waiting: &&Waiting| {
                let mut act = waiting.blockers.iter().map(|blocker| goes_on(blocker.thread));
                match waiting.lack {
                    Lack::Release if self.is_transferable(waiting) => anybody,
                    Lack::Release if is(VerdictFault::NeedsAll) => act.any(|acts| acts),
                    Lack::Release => act.all(|acts| acts),
                    _ => anybody && !is(VerdictFault::GivesUpHope),
                }
            };
            let alive = waiting.iter().filter(|waiting| dead.contains(&waiting.thread));
            let alive: Vec<ThreadId> = alive.filter(may_run).map(|it| it.thread).collect();
            for thread in &alive {
                dead.remove(thread);
            }
            if alive.is_empty() || is(VerdictFault::LooksOnce) {
                return dead;
            }
        }
    }

    /// Whether it waits for a lock that others than its holder may unlock, or of which no holder is known.
    fn is_transferable(&self, waiting: &Waiting) -> bool {
        let lock = match wanted(waiting.op) {
            Op::Act {
                object, action: Action::Lock | Action::ReadLock | Action::WriteLock, ..
            } => self.graph.value(object, Position::INITIAL).0 & TRANSFERABLE.0 != 0,
            _ => false,
        };
        lock || waiting.blockers.is_empty()
    }

    /// Whether a thread that stands at an operation has to wait without a time limit, so that somebody has to act.
    fn is_stuck(&self, thread: ThreadId, op: &Op) -> bool {
        match *op {
            Op::Join(other) => self.state(other) != State::Exited,
            Op::Turn { .. } => true,
            Op::Act { .. } | Op::Select { .. } => {
                waits_for_ever(op) && !self.graph.admits(thread, &wanted(*op))
            }
            _ => false,
        }
    }

    /// What a thread waits for; none if it does not, or only for a time. In the middle of an execution there is
    /// no ending.
    fn waiting(&self, thread: ThreadId, ending: Option<Ending>) -> Option<Waiting> {
        let mut op = self.slots[thread.index()].op;
        let waits = match (self.state(thread), ending) {
            // In a deadlock nobody is left who could let the time go on.
            (State::Stopped, Some(Ending::Deadlock)) => true,
            (State::Stopped, Some(_)) => waits_for_ever(&op),
            (State::Stopped | State::Cut, _) => self.is_stuck(thread, &op),
            _ => false,
        };
        if !waits {
            return None;
        }
        if let Op::Turn { .. } = op {
            op = self.looked_at(thread);
        }
        let (mut blockers, mut helpers) = (Vec::new(), BTreeMap::new());
        let (waits_for, lack) = match op {
            Op::Join(other) => {
                blockers.push(Blocker { thread: other, role: Role::Lives, since: None });
                (WaitsFor::Exit(other), Lack::Release)
            }
            Op::Act { object, patience, .. } => {
                let Op::Act { action, .. } = wanted(op) else { return None };
                let act = Act { thread, action, patience, chosen: 0 };
                let lack = self.graph.ask(object, &act, |state| state.lack(&act));
                blockers = self.blockers(object, action);
                self.note_helpers(&act, object, &mut helpers);
                (
                    WaitsFor::Object(op.subject().unwrap_or(object)),
                    self.with_lost(lack, thread, object),
                )
            }
            Op::Select { arms, .. } => {
                let arms = self.graph.arms(arms);
                for arm in arms {
                    self.note_helpers(&select::act(thread, arm), arm.object, &mut helpers);
                }
                (WaitsFor::Object(arms.first()?.object), Lack::Arm)
            }
            Op::Sleep(_) => (WaitsFor::Time, Lack::Time),
            _ => {
                let location = op.location()?;
                self.note_writers(thread, location, &mut helpers);
                (WaitsFor::Value(location), Lack::Value)
            }
        };
        let helpers = helpers.into_values().collect();
        Some(Waiting { thread, op, waits_for, is_dead: true, lack, blockers, helpers })
    }

    /// What a thread does in the loop in which it turns: its latest event, or what that ends.
    fn looked_at(&self, thread: ThreadId) -> Op {
        use Action as A;
        let mut at = self.graph.last_of(thread);
        while let Op::Act { action: A::Unlock | A::ReadUnlock, .. } = self.graph.event(at).op
            && self.graph.event(at).previous().is_some()
        {
            at = self.graph.event(at).previous();
        }
        self.graph.event(at).op
    }

    /// The actions that were performed on an object, with their replies, in order.
    fn performed(&self, object: LocationId) -> impl Iterator<Item = (&Event, Action, Value)> {
        let performed = move |(at, _): &(Position, crate::objects::State)| {
            let event = self.graph.event(*at);
            match event.op {
                Op::Act { action, .. } => Some((event, action, event.read)),
                Op::Select { arms, .. } => {
                    let Selected { arm, reply } = Selected::from_value(event.read)?;
                    let arm: &Arm = self.graph.arms(arms).get(arm as usize)?;
                    (arm.object == object).then_some((event, arm.action, reply))
                }
                _ => None,
            }
        };
        self.graph.acts(object).iter().filter_map(performed)
    }

    /// Who stands in the way of an action, if that is known.
    fn blockers(&self, object: LocationId, action: Action) -> Vec<Blocker> {
        let mut holders = Holders::default();
        for (event, action, reply) in self.performed(object) {
            holders.note(event, action, reply);
        }
        holders.blocking(action)
    }

    /// The latest notification that came before the thread began to wait, and found nobody.
    fn with_lost(&self, lack: Lack, thread: ThreadId, object: LocationId) -> Lack {
        let Lack::Notification { .. } = lack else { return lack };
        let (mut lost, mut before) = (None, None);
        for (event, action, reply) in self.performed(object) {
            match action {
                Action::NotifyOne | Action::NotifyOldest | Action::NotifyAll => {
                    lost = if reply == Value(0) { Some(event.id()) } else { lost };
                }
                Action::Enqueue if event.thread == thread => before = lost,
                _ => {}
            }
        }
        Lack::Notification { lost: before }
    }

    /// Adds what other threads did before that would let the thread go on now.
    fn note_helpers(
        &self,
        act: &Act,
        object: LocationId,
        helpers: &mut BTreeMap<ThreadId, EventId>,
    ) {
        let mut arrived_here = BTreeSet::new();
        for (event, action, reply) in self.performed(object) {
            if event.thread == act.thread || reply == GAVE_UP {
                continue;
            }
            if let (Action::Depart(round), Action::Arrive) = (act.action, action)
                && reply == Value(round.into())
            {
                arrived_here.insert(event.thread);
            } else if enables(action, act.action) {
                helpers.insert(event.thread, event.id());
            }
        }
        helpers.retain(|thread, _| !arrived_here.contains(thread));
    }

    /// The same for a location: the latest write of each other thread.
    fn note_writers(
        &self,
        thread: ThreadId,
        location: LocationId,
        helpers: &mut BTreeMap<ThreadId, EventId>,
    ) {
        for rank in 1..=self.graph.last_rank(location) {
            let at = self.graph.at_rank(location, rank);
            if at.is_some() && self.graph.event(at).thread != thread {
                let event = self.graph.event(at);
                helpers.insert(event.thread, event.id());
            }
        }
    }
}

fn waits_for_ever(op: &Op) -> bool {
    match op {
        Op::Act { patience, .. } | Op::Select { patience, .. } => {
            matches!(patience, Patience::Forever | Patience::Polls)
        }
        Op::Sleep(_) => false,
        _ => true,
    }
}

/// What a thread comes to that stands at this: a writer that has announced itself locks next.
fn wanted(op: Op) -> Op {
    match op {
        Op::Act { object, action: Action::IntendWrite, patience } => {
            Op::Act { object, action: Action::WriteLock, patience }
        }
        other => other,
    }
}

/// Whether an action can let another one on the same object go on that waits.
fn enables(action: Action, waiting: Action) -> bool {
    use Action as A;
    match waiting {
        A::Wake => matches!(action, A::NotifyOne | A::NotifyOldest | A::NotifyAll),
        A::Acquire(_) => matches!(action, A::Release(_)),
        A::AwaitZero => matches!(action, A::Add(_) | A::Count(_)),
        A::Depart(_) => action == A::Arrive,
        A::AwaitComplete { .. } => matches!(action, A::Begin { .. }),
        A::Park => action == A::Unpark,
        A::Receive => action == A::Send,
        A::Send => action == A::Receive,
        A::Take(_) => action == A::Offer,
        A::AwaitTaken(_) => matches!(action, A::Want | A::Take(_)),
        A::Channel { .. } | A::Meet { .. } if action.channel() != waiting.channel() => false,
        A::Channel { ask: Ask::Receive, .. } | A::Meet { stance: Stance::Receive, .. } => matches!(
            action,
            A::Channel { ask: Ask::Send | Ask::Close, .. } | A::Meet { stance: Stance::Send, .. }
        ),
        A::Channel { ask: Ask::Send, .. } | A::Meet { stance: Stance::Send, .. } => matches!(
            action,
            A::Channel { ask: Ask::Receive, .. } | A::Meet { stance: Stance::Receive, .. }
        ),
        _ => false,
    }
}

/// Who holds a lock, or runs an initialisation.
#[derive(Default)]
struct Holders {
    /// Alone.
    alone: Option<(EventId, Role)>,
    readers: Vec<EventId>,
    /// Writers that wait or hold the lock.
    intents: Vec<EventId>,
}

impl Holders {
    fn note(&mut self, event: &Event, action: Action, reply: Value) {
        let id = event.id();
        match action {
            Action::WriteLock if reply == GAVE_UP => self.withdraw(id.thread),
            _ if reply == GAVE_UP => {}
            Action::Lock => self.alone = Some((id, Role::Holds)),
            Action::WriteLock => {
                self.withdraw(id.thread);
                self.intents.push(id);
                self.alone = Some((id, Role::Holds));
            }
            Action::Begin { .. } => {
                let claimed = [Begun::Claimed, Begun::ClaimedPoisoned];
                if Begun::from_value(reply).is_some_and(|begun| claimed.contains(&begun)) {
                    self.alone = Some((id, Role::Initialises));
                }
            }
            Action::Unlock
            | Action::UnlockPoisoned
            | Action::Complete
            | Action::Reset
            | Action::Poison => self.alone = None,
            Action::ReadLock => self.readers.push(id),
            Action::ReadUnlock => {
                let mine = self.readers.iter().rposition(|reader| reader.thread == id.thread);
                if !self.readers.is_empty() {
                    self.readers.remove(mine.unwrap_or(0));
                }
            }
            Action::IntendWrite => self.intents.push(id),
            Action::WriteUnlock | Action::WriteUnlockPoisoned | Action::Downgrade => {
                if let Some((writer, _)) = self.alone.take() {
                    self.withdraw(writer.thread);
                }
                if action == Action::Downgrade {
                    self.readers.push(id);
                }
            }
            _ => {}
        }
    }

    /// A writer no longer keeps readers out.
    fn withdraw(&mut self, thread: ThreadId) {
        if let Some(at) = self.intents.iter().rposition(|intent| intent.thread == thread) {
            self.intents.remove(at);
        }
    }

    /// Those who stand in the way of an action.
    fn blocking(&self, action: Action) -> Vec<Blocker> {
        let blocker = |id: EventId, role| Blocker { thread: id.thread, role, since: Some(id) };
        let alone = self.alone.map(|(id, role)| blocker(id, role));
        match action {
            Action::Lock | Action::Begin { .. } | Action::AwaitComplete { .. } => {
                alone.into_iter().collect()
            }
            Action::WriteLock => {
                let readers = self.readers.iter().map(|id| blocker(*id, Role::Reads));
                alone.into_iter().chain(readers).collect()
            }
            Action::ReadLock => {
                let waits = |id: &&EventId| self.alone.is_none_or(|(holder, _)| holder != **id);
                let intents = self.intents.iter().filter(waits);
                let intents = intents.map(|id| blocker(*id, Role::IntendsWrite));
                alone.into_iter().chain(intents).collect()
            }
            _ => Vec::new(),
        }
    }
}
