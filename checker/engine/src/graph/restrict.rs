//! Restricting a graph to a causally closed subset of its events: the first half of every revisit.

use super::clock::{ClockId, Clocks};
use super::event::{Event, Kind, Position};
use super::execution_graph::{Graph, ThreadTail};
use raddle_shims::kernel::{LocationId, Op};

/// Scratch tables of a restriction, kept to be used again.
#[derive(Debug, Default)]
pub struct Restriction {
    /// Where the events from `pivot` on stand now; those before it stay.
    positions: Vec<Position>,
    pivot: u32,
    /// What the clocks from number `kept` on are now, if that is known yet; those before it stay.
    clocks: Vec<ClockId>,
    kept: u32,
}

impl Restriction {
    /// Makes `into` the part of `from` that consists of everything before `pivot` and of those later
    /// events that `keep` names, in the same order. The part must be closed under causes. Reversals
    /// whose block starts after `pivot`, and holds that begin there, are forgotten: the events that
    /// justified them may be gone.
    pub fn copy(
        &mut self,
        from: &Graph,
        into: &mut Graph,
        pivot: Position,
        mut keep: impl FnMut(Position, &Event) -> bool,
    ) {
        self.copy_before(from, into, pivot);
        for (i, event) in from.events.iter().enumerate().skip(pivot.index()) {
            let kept = keep(Position(i as u32), event);
            self.positions.push(if kept { into.end() } else { Position::NONE });
            if kept {
                self.copy_event(Position(i as u32), from, into);
            }
        }
        self.copy_coherence(from, into);
        into.holds.extend(from.holds.iter().filter(|hold| hold.start <= pivot));
        for fix in &from.fixes {
            if fix.start <= pivot.0 && into.position(fix.event).is_some() {
                into.fixes.push(fix.clone());
            }
        }
    }

    /// Copies what stands before `pivot`, which keeps its positions and its clocks.
    fn copy_before(&mut self, from: &Graph, into: &mut Graph, pivot: Position) {
        into.clear_like(from);
        let events = &from.events[..pivot.index()];
        into.events.extend_from_slice(events);
        let later = from.events.get(pivot.index());
        let clocks = later.map_or(from.clocks.count(), |event| event.clocks_before);
        into.clocks.copy_first(&from.clocks, clocks);
        let uses = later.map_or(from.usages.len(), |event| event.uses_before);
        into.usages.copy_first(&from.usages, uses);
        (self.pivot, self.kept) = (pivot.0, clocks);
        self.positions.clear();
        self.clocks.clear();
        self.clocks.resize((from.clocks.count() - clocks) as usize, ClockId::BOTTOM);
        into.threads.clear();
        into.threads.extend(from.threads.iter().map(|old| {
            let last = from.before(old.last, pivot, Event::previous);
            let count = if last.is_some() { from.event(last).index + 1 } else { 0 };
            let spawned_by = if old.spawned_by < pivot { old.spawned_by } else { Position::NONE };
            ThreadTail { last, count, spawned_by }
        }));
        from.copy_last_accesses(into, pivot);
        into.seq_cst.extend(from.seq_cst.iter().take_while(|at| **at < pivot));
        into.advances.extend(from.advances.iter().take_while(|at| **at < pivot));
        into.named = later.map_or(from.named, |event| event.named_before);
    }

    /// Where a kept event of the latest restriction stands now.
    #[inline]
    pub fn moved(&self, old: Position) -> Position {
        match old.0.checked_sub(self.pivot) {
            None => old,
            Some(_) if !old.is_some() => Position::NONE,
            Some(later) => self.positions[later as usize],
        }
    }

    fn copy_event(&mut self, old: Position, from: &Graph, into: &mut Graph) {
        let (at, clocks, event) = (into.end(), &from.clocks, from.event(old));
        let mut copy = *event;
        copy.clocks_before = into.clocks.count();
        copy.uses_before = into.usages.len();
        copy.named_before = into.named;
        let channel = match event.op {
            Op::Act { action, .. } => action.channel(),
            _ => None,
        };
        event.location().into_iter().chain(channel).for_each(|location| into.note_name(location));
        copy.source = self.moved(event.source);
        for id in
            [&mut copy.hb, &mut copy.causal, &mut copy.pending, &mut copy.fenced, &mut copy.message]
        {
            *id = self.copy_clock(*id, clocks, into);
        }
        let tail = &mut into.threads[event.thread.index()];
        debug_assert_eq!(tail.count, event.index, "the kept part is not closed under causes");
        copy.previous = tail.last;
        *tail = ThreadTail { last: at, count: event.index + 1, spawned_by: tail.spawned_by };
        if event.kind != Kind::Act
            && let Some(location) = event.location()
        {
            let slot = location.index() * into.clocks.width() + event.thread.index();
            copy.previous_access = std::mem::replace(&mut into.last_access[slot], at);
        } else if event.kind == Kind::Spawn {
            into.threads[event.chosen as usize].spawned_by = at;
        }
        if event.is(super::event::Flags::SEQ_CST) {
            into.seq_cst.push(at);
        }
        if event.kind == Kind::Advance {
            into.advances.push(at);
        }
        into.enter_uses(copy.id(), copy.hb, from.uses(old));
        into.events.push(copy);
    }

    fn copy_clock(&mut self, id: ClockId, clocks: &Clocks, into: &mut Graph) -> ClockId {
        let Some(later) = id.0.checked_sub(self.kept) else { return id };
        let slot = &mut self.clocks[later as usize];
        if *slot == ClockId::BOTTOM {
            *slot = into.clocks.adopt(clocks.get(id));
        }
        *slot
    }

    fn copy_coherence(&mut self, from: &Graph, into: &mut Graph) {
        for (location, (old, new)) in from.locations.iter().zip(&mut into.locations).enumerate() {
            let location = LocationId(location as u32);
            new.initial = old.initial;
            new.copy_acts(old, location, (&into.events, &into.arms), |at| self.moved(at));
            for &write in &old.coherence {
                let moved = self.moved(write);
                if moved.is_some() {
                    new.coherence.push(moved);
                    into.events[moved.index()].rank = new.coherence.len() as u32;
                }
            }
        }
    }
}

impl Graph {
    /// The first of `at`, `step` of it, and so on that stands before `pivot`.
    fn before(
        &self,
        mut at: Position,
        pivot: Position,
        step: impl Fn(&Event) -> Position,
    ) -> Position {
        while at.is_some() && at >= pivot {
            at = step(self.event(at));
        }
        at
    }

    /// Makes the latest accesses of `into`, which has room for as many, those before `pivot`.
    fn copy_last_accesses(&self, into: &mut Graph, pivot: Position) {
        let before = |old: &Position| self.before(*old, pivot, Event::previous_access);
        let widths = (self.clocks.width(), into.clocks.width());
        into.last_access.clear();
        if widths.0 == widths.1 {
            into.last_access.extend(self.last_access.iter().map(before));
            return;
        }
        for old in self.last_access.chunks(widths.0) {
            into.last_access.extend(old.iter().map(before));
            let room = widths.1 - old.len();
            into.last_access.extend(std::iter::repeat_n(Position::NONE, room));
        }
    }

    /// Empties the graph but for its threads, with room for what `other` has.
    fn clear_like(&mut self, other: &Graph) {
        self.events.clear();
        self.causality = other.causality;
        self.carries_release = other.carries_release;
        self.clocks.truncate(1);
        self.clocks.widen(other.clocks.width());
        self.locations.truncate(other.locations.len());
        for location in &mut self.locations {
            location.coherence.clear();
            location.dropped = 0;
            location.acts.clear();
            location.marks.clear();
        }
        self.locations.resize_with(other.locations.len(), Default::default);
        self.fixes.clear();
        self.holds.clear();
        self.seq_cst.clear();
        self.advances.clear();
        self.arms.clone_from(&other.arms);
    }
}
