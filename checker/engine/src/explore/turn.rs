//! Threads that turn in loops that only read, see [`Op::Turn`], and such as yield.

use super::explorer::Explorer;
use super::run::{Run, State};
use super::strategy::Strategy;
use crate::graph::{Draft, Event, Flags, Kind, Notes, Position};
use crate::memory::{coherence_floor, known_rank};
use crate::objects::{Footprint, conflict};
use raddle_shims::kernel::{
    Answer, LocationId, Op, Patience, Readable, Reply, Test, ThreadId, Until, Value,
};

/// What a turn depended on.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    reads: Vec<(LocationId, Value)>,
    /// Objects, how many acts there were on each, and what the turn used of it.
    acts: Vec<(LocationId, usize, Footprint)>,
}

/// A turn that has been taken back.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    thread: ThreadId,
    /// How many events of the thread come before.
    index: u32,
    seen: Seen,
}

impl<S: Strategy> Explorer<'_, S> {
    /// The thread has turned in a loop; none if it goes on to the select like any other.
    pub(super) fn turn(
        &mut self,
        thread: ThreadId,
        op: &Op,
        (events, tries): (u32, bool),
    ) -> Option<Answer> {
        if self.run.is_further_in_graph(thread) {
            return Some(Answer::Reply(Reply::Done));
        }
        let answer = self.run.stop(thread, op);
        if self.run.replays().is_some() {
            return Some(answer);
        }
        let forced = self.run.forced.take() == Some(thread);
        if self.run.erases_turns
            && !forced
            && let Some((from, refused)) = self.run.turn_at_end(thread, events)
        {
            let yielded = self.run.graph.event(from).notes.has(Notes::YIELDED);
            if self.strategy.take_back(&mut self.run, from) {
                self.run.refuse(thread, refused, (!tries, yielded));
                return Some(if tries { Answer::Reply(Reply::TAKEN_BACK) } else { answer });
            }
        }
        let last = self.run.graph.events().last();
        let yielded = last.is_some_and(|last| last.notes.has(Notes::YIELDED));
        if self.run.erases_turns && tries && self.strategy.waits_instead(&mut self.run, thread) {
            self.run.refuse(thread, Seen::default(), (false, yielded));
            return Some(Answer::Reply(Reply::TAKEN_BACK));
        }
        if let Some(last) = self.run.idle_update(thread) {
            self.strategy.on_idle(&mut self.run, last);
            self.run.make_idle(last);
        }
        // With a clock, turns are real: time may go on only after them. But none on old values.
        let erases = self.strategy.erases_turns();
        if self.run.erases_turns || erases && !self.run.turn_is_newest(thread, events) {
            self.run.moot = self.strategy.is_moot(&self.run, thread);
        }
        (self.run.moot || self.run.erases_turns).then_some(answer)
    }
}

impl Run {
    /// The running thread would rather let others run.
    pub(super) fn note_yield(&mut self) {
        let noted = self.live || !self.forgets_yields;
        self.slots[self.current.index()].yielded |= noted;
    }

    /// Whether the thread stands at an operation before which it has said that it would rather let others run.
    #[inline]
    pub(super) fn has_yielded(&self, thread: ThreadId) -> bool {
        self.slots.get(thread.index()).is_some_and(|slot| slot.yielded)
    }

    /// Whether the thread stands at the end of a turn.
    #[inline]
    pub(super) fn turns(&self, thread: ThreadId) -> bool {
        self.state(thread) == State::Stopped
            && matches!(self.slots[thread.index()].op, Op::Turn { .. })
    }

    /// How many events the turn had at whose end a thread stands; 0 if it stands elsewhere.
    pub fn turning(&self, thread: ThreadId) -> u32 {
        match self.pending(thread) {
            Some(Op::Turn { events, .. }) if !self.is_taken_back(thread) => events,
            _ => 0,
        }
    }

    /// The events of the turn at whose end a thread stands, the latest first.
    fn turn(&self, thread: ThreadId, events: u32) -> impl Iterator<Item = (Position, &Event)> + '_ {
        let mut at = self.graph.last_of(thread);
        (0..events).map_while(move |_| {
            let event = (at, at.is_some().then(|| self.graph.event(at))?);
            at = event.1.previous();
            Some(event)
        })
    }

    /// Whether nothing has been done to an object since, by others, that an act of a turn depends on.
    fn is_untouched_since(&self, at: Position) -> bool {
        let event = self.graph.event(at);
        let Some(object) = event.location() else { return true };
        let acts = self.graph.acts(object).iter().rev();
        let later = acts.map(|(later, _)| *later).take_while(|later| *later > at);
        later.into_iter().all(|later| {
            self.graph.event(later).thread == event.thread
                || !conflict(self.graph.uses(at), self.graph.uses(later))
        })
    }

    /// Whether the next turn would be the same: its locations hold what it read, and its objects are as they were.
    pub(super) fn turns_again(&self, thread: ThreadId, events: u32) -> bool {
        self.turn(thread, events).all(|(at, read)| {
            if read.kind == Kind::Act {
                return self.is_untouched_since(at);
            }
            if !read.kind.reads() {
                return true;
            }
            let now = if read.kind.writes() { read.written } else { read.read };
            read.location().is_none_or(|location| self.graph.final_value(location) == now)
        })
    }

    /// Whether the turn read the newest writes there are.
    pub(super) fn turn_is_newest(&self, thread: ThreadId, events: u32) -> bool {
        self.turn(thread, events).all(|(at, read)| {
            if read.kind == Kind::Act {
                return self.is_untouched_since(at);
            }
            if !read.kind.reads() {
                return true;
            }
            let Some(location) = read.location() else { return true };
            let rank = if read.kind.writes() { read.rank } else { self.graph.rank(read.source) };
            rank == self.graph.last_rank(location)
        })
    }

    /// Whether a thread turns on something that is not the newest any more, and so, in the end, would not.
    pub(super) fn turns_away(&self) -> bool {
        self.erases_turns
            && !self.hangs_on_old_values
            && self.thread_ids().any(|thread| match self.pending(thread) {
                Some(Op::Turn { events, .. }) => {
                    !self.is_taken_back(thread) && !self.turn_is_newest(thread, events)
                }
                _ => false,
            })
    }

    /// Where the turn began at whose end a thread stands and what it read, if the events of the turn are the
    /// last ones of the graph and it read the newest values.
    pub(super) fn turn_at_end(&self, thread: ThreadId, events: u32) -> Option<(Position, Seen)> {
        let from = self.graph.len().checked_sub(events as usize)?;
        let turn = &self.graph.events()[from..];
        let newest = turn.iter().all(|event| event.thread == thread && event.is(Flags::MAXIMAL));
        let reads = turn.iter().filter(|event| event.kind.reads());
        let reads = reads.filter_map(|event| Some((event.location()?, event.read)));
        newest.then(|| {
            let seen = Seen { reads: reads.collect(), acts: self.acts_from(from) };
            (Position(from as u32), seen)
        })
    }

    /// The objects of the acts from a position to the end, how many acts there were on each before, and what is used of it.
    fn acts_from(&self, from: usize) -> Vec<(LocationId, usize, Footprint)> {
        let all = from as u32..self.graph.len() as u32;
        let acts = all.map(Position).filter_map(|at| {
            let event = self.graph.event(at);
            let object = event.location().filter(|_| event.kind == Kind::Act)?;
            let acts = self.graph.acts(object);
            let before = acts.partition_point(|(at, _)| at.0 < from as u32);
            Some((object, before, self.graph.uses(at).into()))
        });
        acts.collect()
    }

    /// The turn of a thread has been taken back; it shall not turn again while it would read the same.
    /// If `stays`, the engine sees to it, else the world. Whether it `yielded` before the turn is so again.
    pub(super) fn refuse(&mut self, thread: ThreadId, seen: Seen, (stays, yielded): (bool, bool)) {
        let (index, last) = (self.graph.count_of(thread), self.graph.last_of(thread));
        let slot = &mut self.slots[thread.index()];
        slot.last = last;
        slot.yielded = yielded;
        if stays {
            self.refused.push(Refused { thread, index, seen });
        } else {
            slot.state = State::Running;
        }
    }

    fn refused_of(&self, thread: ThreadId) -> impl Iterator<Item = &Refused> + '_ {
        let index = self.graph.count_of(thread);
        self.refused.iter().filter(move |it| it.thread == thread && it.index == index)
    }

    /// Whether the turn that a thread would now make is one that has been taken back.
    #[cold]
    pub(super) fn is_refused(&self, thread: ThreadId) -> bool {
        let holds = |(location, value): &(_, _)| self.graph.final_value(*location) == *value;
        let untouched = |(object, before, uses): &(LocationId, usize, Footprint)| {
            let later = &self.graph.acts(*object)[*before..];
            let mut others = later.iter().filter(|(at, _)| self.graph.event(*at).thread != thread);
            others.all(|(at, _)| !conflict(uses, self.graph.uses(*at)))
        };
        self.refused_of(thread).any(|Refused { seen, .. }| {
            seen.reads.iter().all(holds) && seen.acts.iter().all(untouched)
        })
    }

    /// Whether the turn at whose end a thread stands has been taken back.
    pub(super) fn is_taken_back(&self, thread: ThreadId) -> bool {
        self.turns(thread) && self.refused_of(thread).next().is_some()
    }

    /// The threads that wait before a turn that has been taken back.
    pub(super) fn taken_back(&self) -> impl Iterator<Item = ThreadId> + '_ {
        self.thread_ids().filter(|&thread| {
            // Whose read has got a guard since waits by that.
            let guarded = self.stands_at(thread).is_some_and(|op| op.until().is_some());
            let stopped = self.state(thread) == State::Stopped && !guarded;
            stopped && self.refused_of(thread).next().is_some()
        })
    }

    /// Whether every thread that cannot go on turns in a loop, or waits for the end of another thread.
    pub(super) fn only_turns(&self) -> bool {
        let turns = |op: &Op| {
            let learned = op.until().is_some_and(Until::is_learned);
            let polls = matches!(op, Op::Act { patience: Patience::Polls, .. });
            learned || polls || matches!(op, Op::Turn { .. })
        };
        let pending = || self.thread_ids().filter_map(|thread| self.pending(thread));
        pending().any(|op| turns(&op))
            && pending().all(|op| turns(&op) || matches!(op, Op::Join(_)))
    }

    /// The numbers below 64 that a read by a thread could get now.
    pub(super) fn readable(&mut self, thread: ThreadId, op: &Op) -> Readable {
        let bit =
            |value: Value| 1_u64.checked_shl(u32::try_from(value.0).unwrap_or(64)).unwrap_or(0);
        let Some(object) = op.location() else { return Readable::default() };
        let Some(location) = self.names.location(object) else {
            let newest = bit(self.names.initial(object));
            return Readable { newest, older: 0, other: newest == 0 };
        };
        let op = op.at(location).guarded(None);
        let last = self.graph.last_rank(location);
        let newest = bit(self.graph.final_value(location));
        let (mut older, mut other) = (0, newest == 0);
        for rank in self.oldest_readable(thread, &op, location)..last {
            let source = self.graph.at_rank(location, rank);
            let value = bit(self.graph.value(location, source));
            let flags = Flags::default();
            let draft = Draft { thread, op, source, after: rank, chosen: 0, flags };
            let is_news = if value == 0 { !other } else { older | value != older };
            if is_news && self.admits(&draft) {
                older |= value;
                other |= value == 0;
            }
        }
        Readable { newest, older, other }
    }

    /// The rank of the first write that no later one of the thread's past hides.
    fn oldest_readable(&self, thread: ThreadId, op: &Op, location: LocationId) -> u32 {
        if !self.orders_conflicts(op) {
            return coherence_floor(&self.graph, thread, location);
        }
        let last = self.graph.last_of(thread);
        let past = if last.is_some() { Some(last) } else { self.graph.spawn_of(thread) };
        let known =
            past.map_or(0, |at| known_rank(&self.graph, self.graph.event(at).causal, location));
        // A clock need not know its own event.
        let own =
            past.map(|at| self.graph.event(at)).filter(|event| event.location() == Some(location));
        let own = own.map_or(0, |event| {
            if event.kind.writes() { event.rank } else { self.graph.rank(event.source) }
        });
        known.max(own)
    }

    /// Whether a thread stands at a read in a loop that could get something of which it is not known yet whether it
    /// lets the loop turn.
    #[inline]
    pub(super) fn has_untried(&mut self, thread: ThreadId) -> bool {
        let Some(op) = self.stands_at(thread) else { return false };
        let Some(until) = op.until().filter(|until| until.is_learned()) else { return false };
        if !self.erases_turns {
            return false;
        }
        let op = *op;
        let Readable { newest, older, other } = match until.test {
            // It stands for a load as well, which could read what an update could not.
            Test::Confirms { .. } => self.readable(thread, &op.looking()),
            _ => self.readable(thread, &op),
        };
        match until.test {
            Test::Confirms { .. } if self.trusts_looks => false,
            Test::Confirms { .. } => other || (newest | older) & !until.mask != 0,
            _ => older & !until.mask != 0,
        }
    }

    /// The first thread of which that is so.
    pub(super) fn untried(&mut self) -> Option<ThreadId> {
        self.thread_ids().find(|&thread| self.has_untried(thread))
    }

    /// Whether the graph has events of the thread that are yet to be replayed.
    pub(super) fn is_further_in_graph(&self, thread: ThreadId) -> bool {
        self.replays().is_some() && self.graph.last_of(thread) != self.slots[thread.index()].last
    }

    /// The last event of the graph, if it is an update with which the thread ended a turn.
    pub(super) fn idle_update(&self, thread: ThreadId) -> Option<Position> {
        let at = self.graph.last_of(thread);
        let last = at.is_some() && at == self.graph.last();
        let event = last.then(|| self.graph.event(at))?;
        (event.kind == Kind::Update && event.written == event.read).then_some(at)
    }

    /// Makes an update that has done nothing a read.
    pub(super) fn make_idle(&mut self, at: Position) {
        let event = *self.graph.event(at);
        let Event { thread, op, source, chosen, .. } = event;
        let flags = [Flags::FIXED, Flags::MAXIMAL, Flags::REVISITED];
        let flags = flags.into_iter().filter(|flag| event.is(*flag)).fold(Flags::IDLE, Flags::with);
        let fix = self.graph.fixes().last().filter(|fix| fix.event == event.id()).cloned();
        self.graph.truncate(at);
        let at = self.graph.push(Draft { thread, op, source, after: 0, chosen, flags });
        self.graph.event_mut(at).notes = event.notes;
        if let Some(fix) = fix {
            self.graph.push_fix(fix);
        }
    }
}
