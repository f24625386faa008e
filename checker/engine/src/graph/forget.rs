//! Forgetting: long executions keep only the events on which something can still depend.
//!
//! It is for executions that only grow, and are neither searched nor reversed. The caller says from which rank
//! on a location can still be accessed, see [`Graph::forget`]. Then what the graph says of the next events, their clocks,
//! sources, places and values, does not depend on what has been forgotten:
//!
//! 1. *Writes*: those that can be a source, or stand before a place, have that rank or more. Ranks do not change, the
//!    first write that is kept just is not the first one of the location.
//! 2. *Coherence*: an access that saw nothing above that rank keeps nobody from anything; of those of a thread that saw
//!    the same, the first is as good as all, whatever clock looks for it.
//! 3. *Races* of a plain access with atomic ones are with the latest access, or the latest write, of a thread.
//! 4. *Clocks* of the next event of a thread come from its latest event, its spawn, the latest step of the clock, from writes that are
//!    kept, and, where accesses are ordered that conflict, from the latest write of a location and the reads since then, of which
//!    the latest of each thread comes after its others.
//! 5. *Objects* and joins are not forgotten: verdicts on deadlocks and warnings about locks look at their whole history.
//!
//! What only reports, replays and the axioms from scratch ask for is gone; who needs that repeats the execution.

use super::clock::{ClockId, Clocks};
use super::event::{Event, Kind, Notes, Position};
use super::execution_graph::{Graph, Location, Mark};
use crate::objects::State;
use raddle_shims::kernel::LocationId;

/// Working memory of forgetting, kept to be used again.
#[derive(Clone, Debug, Default)]
pub struct Forgetting {
    /// Whether each event is kept.
    kept: Vec<bool>,
    /// Where each event that is kept will stand.
    positions: Vec<Position>,
    /// What each clock that is kept will be; the bottom one if it is not known yet.
    clocks: Vec<ClockId>,
    fault: Option<ForgetFault>,
}

/// A mistake planted in what is forgotten, to show that the tests notice.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForgetFault {
    /// One write too many: the oldest that can still be read.
    OldestWrite,
    /// One write too few: none at all.
    NoWrite,
    /// The accesses that keep threads from what is older than what they know.
    Coherence,
    /// The latest write of each thread, with which a plain read may race.
    LatestWrite,
    /// The latest access of each thread: a plain write may race with it, and a write has to come after it.
    LatestAccess,
}

impl Forgetting {
    /// With a planted fault.
    #[doc(hidden)]
    pub fn with_fault(fault: Option<ForgetFault>) -> Forgetting {
        Forgetting { fault, ..Forgetting::default() }
    }

    fn has(&self, fault: ForgetFault) -> bool {
        self.fault == Some(fault)
    }

    fn keep(&mut self, at: Position) {
        if at.is_some() {
            self.kept[at.index()] = true;
        }
    }

    /// Where an event will stand.
    pub(super) fn moved(&self, at: Position) -> Position {
        if at.is_some() { self.positions[at.index()] } else { Position::NONE }
    }

    /// What a clock of `old` will be; it is copied to `new` when it is first asked for.
    pub(super) fn clock(&mut self, id: ClockId, old: &Clocks, new: &mut Clocks) -> ClockId {
        let known = &mut self.clocks[id.number() as usize];
        if id != ClockId::BOTTOM && *known == ClockId::BOTTOM {
            *known = new.adopt(old.get(id));
        }
        *known
    }
}

impl Graph {
    /// How many events there have been, those that were forgotten included.
    #[inline]
    pub fn total(&self) -> usize {
        self.forgotten as usize + self.events.len()
    }

    /// How many events have been forgotten.
    #[inline]
    pub fn forgotten(&self) -> u32 {
        self.forgotten
    }

    /// How many bytes its tables take, about: those of the states of objects, and what they in turn refer to, are not counted.
    pub fn bytes(&self) -> usize {
        let of = |location: &Location| {
            size_of::<Location>()
                + location.coherence.capacity() * size_of::<Position>()
                + location.acts.capacity() * size_of::<(Position, State)>()
                + location.marks.capacity() * size_of::<Mark>()
        };
        let locations: usize = self.locations.iter().map(of).sum();
        let positions =
            self.last_access.capacity() + self.seq_cst.capacity() + self.advances.capacity();
        self.events.capacity() * size_of::<Event>()
            + self.clocks.bytes()
            + self.usages.bytes()
            + self.passing.bytes()
            + locations
            + positions * size_of::<Position>()
    }

    /// Forgets what nothing depends on any more, if no access will read a write, nor be placed directly behind one, whose rank is
    /// less than `oldest` of the location.
    ///
    /// Before that `settled` is called with the place of each event of which nothing can change any more, once for each event: with
    /// a write as soon as no other can be placed before it.
    pub fn forget(
        &mut self,
        forgetting: &mut Forgetting,
        oldest: impl Fn(&Graph, LocationId) -> u32,
        mut settled: impl FnMut(&Graph, Position),
    ) {
        let floors = (0..self.locations.len() as u32).map(LocationId);
        let floors: Vec<u32> = floors.map(|location| oldest(self, location)).collect();
        for at in 0..self.events.len() {
            let event = &self.events[at];
            let floor = event.location().filter(|_| event.kind.writes());
            if !event.notes.has(Notes::SETTLED)
                && floor.is_none_or(|l| event.rank <= floors[l.index()])
            {
                settled(self, Position(at as u32));
                self.events[at].notes.add(Notes::SETTLED);
            }
        }
        forgetting.kept.clear();
        forgetting.kept.resize(self.events.len(), false);
        self.choose_others(forgetting);
        self.choose_writes(forgetting, &floors);
        self.choose_accesses(forgetting, &floors);
        self.compact(forgetting);
    }

    /// Keeps what is no access, and where each thread, and the clock, stands.
    fn choose_others(&self, forgetting: &mut Forgetting) {
        let lasting = |kind| matches!(kind, Kind::Act | Kind::Spawn | Kind::Join);
        for (at, event) in self.events.iter().enumerate() {
            if lasting(event.kind) {
                forgetting.kept[at] = true;
            }
        }
        self.threads.iter().for_each(|tail| forgetting.keep(tail.last));
        self.advances.last().iter().for_each(|at| forgetting.keep(**at));
        // Whether there is any is asked.
        self.seq_cst.first().iter().for_each(|at| forgetting.keep(**at));
        let is_fence = |at: &&Position| self.event(**at).kind == Kind::Fence;
        self.seq_cst.iter().find(is_fence).iter().for_each(|at| forgetting.keep(**at));
    }

    fn choose_writes(&mut self, forgetting: &mut Forgetting, floors: &[u32]) {
        if forgetting.has(ForgetFault::NoWrite) {
            self.coherence_of_all().for_each(|at| forgetting.kept[at.index()] = true);
            return;
        }
        for (location, floor) in self.locations.iter_mut().zip(floors) {
            let extra = u32::from(forgetting.has(ForgetFault::OldestWrite));
            let first = (floor + extra).saturating_sub(1).max(location.dropped);
            let gone = (first - location.dropped).min(location.coherence.len() as u32);
            location.coherence.drain(..gone as usize);
            location.dropped += gone;
            location.coherence.iter().for_each(|at| forgetting.kept[at.index()] = true);
        }
    }

    fn coherence_of_all(&self) -> impl Iterator<Item = Position> + '_ {
        self.locations.iter().flat_map(|location| location.coherence.iter().copied())
    }

    /// Of the accesses of a location by a thread, keeps the latest, the latest write, and of those that saw more than the floor
    /// the first of each rank.
    fn choose_accesses(&self, forgetting: &mut Forgetting, floors: &[u32]) {
        let width = self.clocks.width();
        for (slot, &latest) in self.last_access.iter().enumerate() {
            if !forgetting.has(ForgetFault::LatestAccess) {
                forgetting.keep(latest);
            }
            let floor = floors[slot / width];
            let (mut at, mut wrote) = (latest, forgetting.has(ForgetFault::LatestWrite));
            while at.is_some() {
                let event = self.event(at);
                let before = event.previous_access;
                if event.kind.writes() && !wrote {
                    wrote = true;
                    forgetting.keep(at);
                }
                // That of what has read a write that is forgotten now is too low, but it is below the floor anyhow.
                let seen = self.seen_rank(at);
                let sees_more = seen > floor
                    && (!before.is_some() || self.seen_rank(before) < seen)
                    && !forgetting.has(ForgetFault::Coherence);
                if sees_more {
                    forgetting.keep(at);
                }
                at = before;
            }
        }
    }

    /// Takes out all events but such.
    pub(super) fn keep_only(
        &mut self,
        forgetting: &mut Forgetting,
        stays: impl Fn(&Event) -> bool,
    ) {
        forgetting.kept.clear();
        forgetting.kept.extend(self.events.iter().map(stays));
        self.compact(forgetting);
    }

    /// Takes out what is not kept.
    fn compact(&mut self, forgetting: &mut Forgetting) {
        forgetting.positions.clear();
        let mut count = 0;
        for &kept in &forgetting.kept {
            forgetting.positions.push(if kept { Position(count) } else { Position::NONE });
            count += u32::from(kept);
        }
        forgetting.clocks.clear();
        forgetting.clocks.resize(self.clocks.count() as usize, ClockId::BOTTOM);
        self.relink(forgetting);
        let width = self.clocks.width();
        let old = std::mem::replace(&mut self.clocks, Clocks::new(width));
        let mut usages = self.usages.emptied();
        let mut next = 0;
        for at in 0..self.events.len() {
            if !forgetting.kept[at] {
                continue;
            }
            let clocks_before = self.clocks.count();
            let uses_before = usages.len();
            for used in self.uses_range(Position(at as u32)) {
                let known = |id| forgetting.clock(id, &old, &mut self.clocks);
                self.usages.copy_to(&mut usages, used, Position(next), known);
            }
            let mut event = self.events[at];
            for id in [
                &mut event.hb,
                &mut event.causal,
                &mut event.pending,
                &mut event.fenced,
                &mut event.message,
            ] {
                *id = forgetting.clock(*id, &old, &mut self.clocks);
            }
            event.source = forgetting.moved(event.source);
            event.previous = forgetting.moved(event.previous);
            event.previous_access = forgetting.moved(event.previous_access);
            (event.clocks_before, event.uses_before) = (clocks_before, uses_before);
            self.events[next as usize] = event;
            next += 1;
        }
        self.forgotten += self.events.len() as u32 - next;
        self.events.truncate(next as usize);
        self.usages = usages;
        self.renumber_passing();
    }

    /// Lets all that names positions name the new ones, but the events their sources.
    fn relink(&mut self, forgetting: &Forgetting) {
        let moved = |at: &mut Position| *at = forgetting.moved(*at);
        let gone = |at: Position| at.is_some() && !forgetting.kept[at.index()];
        // Chains pass over what is not kept. The first of each chain is looked at first, so each step is taken once.
        for at in 0..self.events.len() {
            let (mut previous, mut access) =
                (self.events[at].previous, self.events[at].previous_access);
            if gone(previous) {
                previous = self.events[previous.index()].previous;
            }
            if gone(access) {
                access = self.events[access.index()].previous_access;
            }
            (self.events[at].previous, self.events[at].previous_access) = (previous, access);
        }
        for tail in &mut self.threads {
            moved(&mut tail.last);
            moved(&mut tail.spawned_by);
        }
        for location in &mut self.locations {
            location.coherence.iter_mut().for_each(moved);
            location.acts.iter_mut().for_each(|(at, _)| moved(at));
            location.marks.clear();
        }
        self.last_access.iter_mut().for_each(moved);
        let stays = |at: &mut Position| {
            moved(at);
            at.is_some()
        };
        self.seq_cst.retain_mut(stays);
        self.advances.retain_mut(stays);
    }
}
