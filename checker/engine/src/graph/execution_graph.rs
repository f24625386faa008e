//! The execution graph: a sequence of events, from the back of which it can be cut.

use super::clock::Clocks;
use super::event::{Event, Kind, Position};
use super::passing::Passing;
use super::push::Causality;
use super::usage::Usages;
use crate::objects::{Footprint, State, Use};
use raddle_shims::kernel::{Arm, EventId, LocationId, ThreadId, Value};
use std::ops::Range;
use std::sync::Arc;

/// An execution graph.
///
/// The sequence of its events is a linear extension of the causal order, so it is at the same time
/// the schedule that replays the execution. Everything else here is an index into that sequence and
/// is undone event by event by [`Graph::truncate`].
///
/// Invariants, checked by [`Graph::validate`]: (1) events of a thread stand in order of their index;
/// (2) a source stands before its reads; (3) the k-th write in the coherence of a location has rank
/// k + 1; (4) an update stands in coherence immediately after its source, unless it was pushed as a
/// stepping stone that violates atomicity.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) events: Vec<Event>,
    pub(super) clocks: Clocks,
    pub(super) causality: Causality,
    pub(super) threads: Vec<ThreadTail>,
    pub(super) locations: Vec<Location>,
    /// For each location and thread, the latest access: `last_access[location * width + thread]`.
    pub(super) last_access: Vec<Position>,
    pub(super) fixes: Vec<Fix>,
    pub(super) holds: Vec<Hold>,
    /// Positions of the sequentially consistent events, in order.
    pub(super) seq_cst: Vec<Position>,
    /// What events depend on each other by.
    pub(super) usages: Usages,
    /// Room in which uses are collected.
    pub(super) scratch: Vec<Use>,
    /// The lists of arms of selects.
    pub(super) arms: Vec<Arc<[Arm]>>,
    /// Where the clock went on.
    pub(super) advances: Vec<Position>,
    pub(super) named: u32,
    /// How many events there have been that are not in the sequence any more, see [`Graph::forget`].
    pub(super) forgotten: u32,
    /// What is kept of accesses that are no events.
    pub(super) passing: Passing,
    /// Whether an update carries on what its source released; false only as a planted fault.
    pub(super) carries_release: bool,
}

/// Where a thread stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThreadTail {
    pub last: Position,
    pub count: u32,
    pub spawned_by: Position,
}

impl ThreadTail {
    pub const ABSENT: ThreadTail =
        ThreadTail { last: Position::NONE, count: 0, spawned_by: Position::NONE };
}

#[derive(Clone, Debug, Default)]
pub(super) struct Location {
    /// Writes in coherence order, but for the first ones if they have been forgotten.
    pub coherence: Vec<Position>,
    /// How many these are.
    pub dropped: u32,
    /// What it holds before the first write.
    pub initial: Value,
    /// If it is an object, the actions on it, in the order in which they were performed, and the
    /// state after each.
    pub acts: Vec<(Position, State)>,
    /// Of some of these, what their past covers: see [`Graph::first_act_outside`].
    pub marks: Vec<Mark>,
}

/// What is known of one of the acts on an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Its place among them.
    pub act: usize,
    /// All acts on the object that stand before this are in its causal past.
    pub covered: Position,
}

/// Why a reversed event is where it is: `event` was put before `overtaken`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// The event that overtook.
    pub event: EventId,
    /// The event that it overtook, which comes later or never.
    pub overtaken: EventId,
    /// What that one used when it was overtaken.
    pub footprint: Footprint,
    /// How long the sequence was before it, that is, where the block of the reversal starts.
    pub start: u32,
}

/// What a guarded operation, which is not in the graph yet, must leave to other parts of the search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// The event it will be.
    pub event: EventId,
    /// Which sources it may take.
    pub sources: Sources,
    /// How long the sequence was when the hold began.
    pub start: Position,
}

/// A set of sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sources {
    /// Writes that this one leads to: see [`Graph::leads_to`].
    After(EventId),
    /// Writes at the position where the hold began or later.
    Later,
}

impl Graph {
    /// An empty graph in which only the main thread exists.
    pub fn new(causality: Causality) -> Self {
        let mut graph = Graph {
            events: Vec::new(),
            clocks: Clocks::new(4),
            causality,
            threads: Vec::new(),
            locations: Vec::new(),
            last_access: Vec::new(),
            fixes: Vec::new(),
            holds: Vec::new(),
            seq_cst: Vec::new(),
            usages: Usages::default(),
            scratch: Vec::new(),
            arms: Vec::new(),
            advances: Vec::new(),
            named: 0,
            forgotten: 0,
            passing: Passing::default(),
            carries_release: true,
        };
        graph.ensure_thread(ThreadId::MAIN);
        graph
    }

    /// Plants a fault: updates no longer continue release sequences, to show that the tests notice.
    #[doc(hidden)]
    pub fn break_release_sequences(&mut self) {
        self.carries_release = false;
    }

    /// How many events there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The events, in sequence.
    #[inline]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The event at a position.
    #[inline]
    pub fn event(&self, at: Position) -> &Event {
        &self.events[at.index()]
    }

    /// The event at a position, to refresh its values or change its flags.
    #[inline]
    pub fn event_mut(&mut self, at: Position) -> &mut Event {
        &mut self.events[at.index()]
    }

    /// The position after the last event.
    #[inline]
    pub fn end(&self) -> Position {
        Position(self.events.len() as u32)
    }

    /// The last event, which must exist.
    #[inline]
    pub fn last(&self) -> Position {
        Position(self.events.len() as u32 - 1)
    }

    /// The clocks of its events.
    #[inline]
    pub fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// How many threads there is room for.
    #[inline]
    pub fn threads(&self) -> usize {
        self.threads.len()
    }

    /// How many locations there is room for.
    #[inline]
    pub fn locations(&self) -> usize {
        self.locations.len()
    }

    /// The latest event of a thread.
    #[inline]
    pub fn last_of(&self, thread: ThreadId) -> Position {
        self.threads.get(thread.index()).map_or(Position::NONE, |tail| tail.last)
    }

    /// How many events a thread has.
    #[inline]
    pub fn count_of(&self, thread: ThreadId) -> u32 {
        self.threads.get(thread.index()).map_or(0, |tail| tail.count)
    }

    /// The event that started a thread; none for the main thread.
    #[inline]
    pub fn spawn_of(&self, thread: ThreadId) -> Option<Position> {
        let by = self.threads.get(thread.index())?.spawned_by;
        by.is_some().then_some(by)
    }

    /// The writes of a location in coherence order, the initial value left out.
    #[inline]
    pub fn coherence(&self, location: LocationId) -> &[Position] {
        self.locations.get(location.index()).map_or(&[], |l| &l.coherence)
    }

    /// The positions of the sequentially consistent events, in sequence.
    #[inline]
    pub fn seq_cst(&self) -> &[Position] {
        &self.seq_cst
    }

    /// What the clock shows.
    #[inline]
    pub fn now(&self) -> u64 {
        self.advances.last().map_or(0, |at| self.event(*at).written.0)
    }

    /// What the clock showed when the first `len` events had been performed.
    pub fn time_at(&self, len: Position) -> u64 {
        let before = self.advances.iter().rev().find(|at| **at < len);
        before.map_or(0, |at| self.event(*at).written.0)
    }

    /// Where the clock went on.
    #[inline]
    pub fn advances(&self) -> &[Position] {
        &self.advances
    }

    /// What an event uses, as far as its order relative to others matters.
    #[inline]
    pub fn uses(&self, at: Position) -> &[Use] {
        let Range { start, end } = self.uses_range(at);
        self.usages.between(start, end)
    }

    #[inline]
    pub(super) fn uses_range(&self, at: Position) -> Range<u32> {
        let end = self.events.get(at.index() + 1).map_or(self.usages.len(), |e| e.uses_before);
        self.event(at).uses_before..end
    }

    /// The reversals that hold in this graph, in order of their event.
    #[inline]
    pub fn fixes(&self) -> &[Fix] {
        &self.fixes
    }

    /// Records why the last event is where it is.
    pub fn push_fix(&mut self, fix: Fix) {
        self.fixes.push(fix);
    }

    /// The guarded operations that must leave something to others.
    #[inline]
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// Makes a guarded operation leave something to others, here and in every graph made from this.
    pub fn push_hold(&mut self, hold: Hold) {
        self.holds.push(hold);
    }

    /// Whether no hold keeps an event from taking a source.
    #[inline]
    pub fn may_take(&self, event: EventId, source: Position) -> bool {
        self.holds.iter().filter(|hold| hold.event == event).all(|hold| match hold.sources {
            Sources::Later => source.is_some() && source >= hold.start,
            Sources::After(cause) => self.leads_to(cause, source),
        })
    }

    /// Whether no hold keeps an event from waiting because of a source that its guard refuses.
    pub fn may_wait_for(&self, event: EventId, source: Position) -> bool {
        self.holds.iter().filter(|hold| hold.event == event).all(|hold| match hold.sources {
            Sources::Later => true,
            Sources::After(cause) => self.leads_to(cause, source),
        })
    }

    /// Whether a read that is at the write `cause` can get to `write` by revisits: from a write to
    /// one of whose causes it is the newest of the location, step by step.
    pub fn leads_to(&self, cause: EventId, mut write: Position) -> bool {
        while write.is_some() {
            let event = self.event(write);
            if event.id() == cause {
                return true;
            }
            write = self.newest_cause(event);
        }
        false
    }

    /// The coherence-latest write of the location of a write among its causes.
    fn newest_cause(&self, write: &Event) -> Position {
        let Some(location) = write.location() else { return Position::NONE };
        let earlier = self.coherence(location).iter().rev().copied();
        let mut causes = earlier.filter(|&at| {
            let other = self.event(at);
            other.id() != write.id() && self.causes(other, write)
        });
        causes.next().unwrap_or(Position::NONE)
    }

    /// The write with that rank in coherence; rank 0 is the initial value, and that is also what there is of a
    /// write that has been forgotten.
    #[inline]
    pub fn at_rank(&self, location: LocationId, rank: u32) -> Position {
        if rank == 0 {
            return Position::INITIAL;
        }
        let Location { coherence, dropped, .. } = &self.locations[location.index()];
        match rank.checked_sub(dropped + 1) {
            Some(index) => coherence[index as usize],
            None => Position::INITIAL,
        }
    }

    /// The rank of a source: 0 for the initial value.
    #[inline]
    pub fn rank(&self, write: Position) -> u32 {
        if write.is_some() { self.event(write).rank } else { 0 }
    }

    /// The greatest rank in the coherence of a location.
    #[inline]
    pub fn last_rank(&self, location: LocationId) -> u32 {
        let location = self.locations.get(location.index());
        location.map_or(0, |location| location.dropped + location.coherence.len() as u32)
    }

    /// The update that reads the write with that rank, if there is one: it comes next in coherence.
    #[inline]
    pub fn update_of(&self, location: LocationId, rank: u32) -> Position {
        let Some(location) = self.locations.get(location.index()) else { return Position::NONE };
        let next = rank.checked_sub(location.dropped);
        match next.and_then(|next| location.coherence.get(next as usize)) {
            Some(&next) if self.event(next).kind.reads() => next,
            _ => Position::NONE,
        }
    }

    /// The value of a write of `location`, or its initial value.
    #[inline]
    pub fn value(&self, location: LocationId, write: Position) -> Value {
        if write.is_some() {
            self.event(write).written
        } else {
            self.locations.get(location.index()).map_or(Value(0), |l| l.initial)
        }
    }

    /// The value of a location after its coherence-last write.
    pub fn final_value(&self, location: LocationId) -> Value {
        self.value(location, self.newest_write(location))
    }

    /// The last write of a location in coherence.
    #[inline]
    pub fn newest_write(&self, location: LocationId) -> Position {
        self.coherence(location).last().copied().unwrap_or(Position::INITIAL)
    }

    /// Sets what a location holds before the first write.
    #[inline]
    pub fn set_initial(&mut self, location: LocationId, value: Value) {
        self.ensure_location(location);
        self.locations[location.index()].initial = value;
        self.begin_location_passing(location, value);
    }

    /// The rank in coherence of what an access has seen: its own write, or else its source.
    #[inline]
    pub fn seen_rank(&self, access: Position) -> u32 {
        let event = self.event(access);
        if event.kind.writes() { event.rank } else { self.rank(event.source) }
    }

    /// The latest access of `location` by thread number `thread` among its first `known` events.
    #[inline]
    pub fn last_access(&self, location: LocationId, thread: usize, known: u32) -> Position {
        let width = self.clocks.width();
        let slot = location.index() * width + thread;
        let mut at = self.last_access.get(slot).copied().unwrap_or(Position::NONE);
        while at.is_some() && self.event(at).index >= known {
            at = self.event(at).previous_access;
        }
        at
    }

    /// The latest access of `location` by each thread, as far as there is room for threads; none if there is no room for
    /// the location.
    #[inline]
    pub fn last_accesses(&self, location: LocationId) -> &[Position] {
        let width = self.clocks.width();
        let start = location.index() * width;
        self.last_access.get(start..start + width).unwrap_or_default()
    }

    /// Whether `cause` is `event` or comes before it in the causal order.
    #[inline]
    pub fn causes(&self, cause: &Event, event: &Event) -> bool {
        if cause.thread == event.thread {
            cause.index <= event.index
        } else {
            self.clocks.known(event.causal, cause.thread.index()) > cause.index
        }
    }

    /// Whether `first` is `event` or happens before it.
    #[inline]
    pub fn happens_before(&self, first: &Event, event: &Event) -> bool {
        if first.thread == event.thread {
            first.index <= event.index
        } else {
            self.clocks.known(event.hb, first.thread.index()) > first.index
        }
    }

    /// How many events of `other` happen before what `thread` does after its event at `last`, or, if
    /// that is none, from its start.
    #[inline]
    pub fn known_events(&self, thread: ThreadId, last: Position, other: ThreadId) -> u32 {
        if thread == other {
            return u32::MAX;
        }
        if self.passing.on {
            return self.known_passing(thread, other);
        }
        if other.index() >= self.clocks.width() {
            0
        } else if last.is_some() {
            self.clocks.known(self.event(last).hb, other.index())
        } else if let Some(spawn) = self.spawn_of(thread) {
            let spawn = self.event(spawn);
            let known = self.clocks.known(spawn.hb, other.index());
            if spawn.thread == other { known.max(spawn.index + 1) } else { known }
        } else {
            0
        }
    }

    /// Whether an event is in the graph.
    #[inline]
    pub fn has(&self, id: EventId) -> bool {
        id.index < self.count_of(id.thread)
    }

    /// The position of an event, if it is in the graph.
    pub fn position(&self, id: EventId) -> Option<Position> {
        let mut at = self.last_of(id.thread);
        while at.is_some() {
            let event = self.event(at);
            if event.index <= id.index {
                return (event.index == id.index).then_some(at);
            }
            at = event.previous;
        }
        None
    }

    /// Cuts the graph: only its first `len` events stay.
    pub fn truncate(&mut self, len: Position) {
        while self.events.len() > len.index() {
            self.pop();
        }
    }

    /// Removes every event, and every hold and reversal.
    pub fn clear(&mut self) {
        self.events.clear();
        self.clocks.truncate(1);
        self.threads.fill(ThreadTail::ABSENT);
        for location in &mut self.locations {
            location.coherence.clear();
            location.dropped = 0;
            location.acts.clear();
            location.marks.clear();
        }
        self.last_access.fill(Position::NONE);
        self.fixes.clear();
        self.holds.clear();
        self.seq_cst.clear();
        self.usages.clear();
        self.advances.clear();
        self.named = 0;
        self.forgotten = 0;
        self.passing.clear();
    }

    fn pop(&mut self) {
        let Some(event) = self.events.pop() else { return };
        let tail = &mut self.threads[event.thread.index()];
        (tail.last, tail.count) = (event.previous, event.index);
        if event.kind == Kind::Act {
            self.leave_acts(&event);
        } else if let Some(location) = event.location() {
            let slot = location.index() * self.clocks.width() + event.thread.index();
            self.last_access[slot] = event.previous_access;
            if event.kind.writes() {
                self.remove_from_coherence(location, event.rank);
            }
        } else if event.kind == Kind::Spawn {
            self.threads[event.chosen as usize] = ThreadTail::ABSENT;
        }
        let at = self.end();
        if self.seq_cst.last() == Some(&at) {
            self.seq_cst.pop();
        }
        if self.advances.last() == Some(&at) {
            self.advances.pop();
        }
        if self.fixes.last().is_some_and(|fix| fix.event == event.id()) {
            self.fixes.pop();
        }
        // A graph is never cut to before the wait for which it was made.
        let begins_here = |hold: &Hold| hold.sources == Sources::Later && hold.start >= at;
        while self.holds.last().is_some_and(begins_here) {
            self.holds.pop();
        }
        self.named = event.named_before;
        self.usages.truncate(event.uses_before);
        self.clocks.truncate(event.clocks_before);
    }

    fn remove_from_coherence(&mut self, location: LocationId, rank: u32) {
        let Location { coherence, dropped, .. } = &mut self.locations[location.index()];
        let index = (rank - 1 - *dropped) as usize;
        coherence.remove(index);
        for &later in &coherence[index..] {
            self.events[later.index()].rank -= 1;
        }
    }
}
