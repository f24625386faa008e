//! Data races, found as accesses are performed.
//!
//! Plain accesses are not events. Each is remembered by its epoch: the thread and how many events
//! that thread had performed. An earlier access of another thread happens before a later one iff
//! the later thread knows of an event after that epoch (FastTrack, Flanagan and Freund, PLDI 2009;
//! here the latest read and write of every thread is kept, so that the report can name the right one).
//! Accesses are performed in an order that contains happens-before, so a race is found when its second
//! access is performed, in every execution.
//!
//! A location may be accessed both atomically and plainly; an atomic access races only with a plain
//! one. Atomic accesses need no epochs: they are in the graph.

use crate::graph::{Event, Graph, Kind, Position};
use raddle_shims::kernel::{Access, AccessKind, EventId, LocationId, ThreadId};

#[derive(Clone, Copy, Debug)]
struct Epoch {
    thread: ThreadId,
    index: u32,
    kind: AccessKind,
}

/// The plain accesses of one execution.
#[derive(Debug, Default)]
pub struct Races {
    locations: Vec<Vec<Epoch>>,
    touched: Vec<LocationId>,
}

/// The two sides of a race, the one performed first before the other.
pub type Race = (Access, Access);

impl Races {
    /// Forgets the accesses of the previous execution.
    pub fn reset(&mut self) {
        for location in self.touched.drain(..) {
            self.locations[slot(location)].clear();
        }
    }

    /// Whether there was any.
    #[inline]
    pub fn any(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Records a plain access of `object` by `thread` after its event at `last`, when the first
    /// `performed` events of the graph have been performed in this execution. `location` is what the
    /// object is called in the graph, if it is there.
    ///
    /// # Errors
    /// Both accesses, if it races with an earlier one.
    pub fn plain(
        &mut self,
        graph: &Graph,
        (thread, last): (ThreadId, Position),
        performed: Position,
        (object, location): (LocationId, Option<LocationId>),
        kind: AccessKind,
    ) -> Result<(), Race> {
        let index = match last.is_some() {
            _ if graph.lets_pass() => graph.count_of(thread),
            true => graph.event(last).index + 1,
            false => 0,
        };
        let now = Epoch { thread, index, kind };
        let slot = slot(object);
        if self.locations.len() <= slot {
            self.locations.resize_with(slot + 1, Vec::new);
        }
        let known = |other| graph.known_events(thread, last, other);
        self.against_epochs(now, object, known)?;
        if let Some(location) = location {
            against_events(graph, now, (object, location), performed, known)?;
        }
        let epochs = &mut self.locations[slot];
        if epochs.is_empty() {
            self.touched.push(object);
        }
        match epochs.iter_mut().find(|e| e.thread == thread && e.kind == kind) {
            Some(epoch) => epoch.index = now.index,
            None => epochs.push(now),
        }
        Ok(())
    }

    /// Checks an access of `object` that has just [passed](Graph::pass) against earlier plain accesses.
    ///
    /// # Errors
    /// Both accesses, if they race.
    #[inline]
    pub fn passed(
        &self,
        graph: &Graph,
        (EventId { thread, index }, kind): (EventId, Kind),
        object: LocationId,
    ) -> Result<(), Race> {
        if self.locations.get(slot(object)).is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let now = Epoch { thread, index, kind: atomic(kind) };
        self.against_epochs(now, object, |other| graph.known_events(thread, Position::NONE, other))
    }

    /// Checks the event at `at`, which accesses `object` and has just been performed, against earlier
    /// plain accesses.
    ///
    /// # Errors
    /// Both accesses, if they race.
    #[inline]
    pub fn atomic(&self, graph: &Graph, at: Position, object: LocationId) -> Result<(), Race> {
        let event = graph.event(at);
        if self.locations.get(slot(object)).is_none_or(Vec::is_empty) {
            return Ok(());
        }
        self.against_epochs(epoch_of(event), object, |other| {
            graph.known_events(event.thread, at, other)
        })
    }

    fn against_epochs(
        &self,
        now: Epoch,
        location: LocationId,
        known: impl Fn(ThreadId) -> u32,
    ) -> Result<(), Race> {
        for &epoch in &self.locations[slot(location)] {
            let conflict = epoch.kind.writes() || now.kind.writes();
            if conflict && known(epoch.thread) <= epoch.index {
                return Err((access(epoch, location), access(now, location)));
            }
        }
        Ok(())
    }
}

/// The number of an object in the tables here: a world has either local locations or others.
fn slot(location: LocationId) -> usize {
    location.as_local().map_or(location.index(), |object| object as usize)
}

/// A plain access against the atomic accesses in the graph.
fn against_events(
    graph: &Graph,
    now: Epoch,
    (object, location): (LocationId, LocationId),
    performed: Position,
    known: impl Fn(ThreadId) -> u32,
) -> Result<(), Race> {
    for thread in 0..graph.threads() {
        let known = known(ThreadId(thread as u32));
        let [accessed, wrote] = graph.latest_passed(location, thread);
        let latest = if now.kind.writes() { accessed } else { wrote };
        if latest > known {
            let kind =
                if latest == wrote { AccessKind::AtomicWrite } else { AccessKind::AtomicRead };
            let earlier = Epoch { thread: ThreadId(thread as u32), index: latest - 1, kind };
            return Err((access(earlier, object), access(now, object)));
        }
        let mut at = graph.last_access(location, thread, u32::MAX);
        while at.is_some() && graph.event(at).index >= known {
            let event = graph.event(at);
            if at < performed && (event.kind.writes() || now.kind.writes()) {
                return Err((access(epoch_of(event), object), access(now, object)));
            }
            at = event.previous_access();
        }
    }
    Ok(())
}

fn epoch_of(event: &Event) -> Epoch {
    Epoch { thread: event.thread, index: event.index, kind: atomic(event.kind) }
}

fn atomic(kind: Kind) -> AccessKind {
    if kind.writes() { AccessKind::AtomicWrite } else { AccessKind::AtomicRead }
}

fn access(Epoch { thread, index, kind }: Epoch, location: LocationId) -> Access {
    Access { thread, kind, location, at: EventId { thread, index } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Causality, Draft, Flags, ForgetFault, Forgetting, PassFault};
    use raddle_shims::kernel::{LoadOrdering, Op, StoreOrdering, Value};

    const X: LocationId = LocationId(0);

    /// A thread stores and loads many times, another one stores last; then events are forgotten. Whether a plain read by
    /// the second one races with what the first did.
    fn races(fault: Option<ForgetFault>) -> bool {
        let mut graph = Graph::new(Causality::ReadsFrom);
        let draft = |thread, op, source, after, chosen| Draft {
            thread: ThreadId(thread),
            op,
            source,
            after,
            chosen,
            flags: Flags::default(),
        };
        graph.push(draft(0, Op::Spawn, Position::NONE, 0, 1));
        graph.push(draft(0, Op::Spawn, Position::NONE, 0, 2));
        let ordering = StoreOrdering::Relaxed;
        let store = Op::Store { location: X, ordering, value: Value(1) };
        let write = graph.push(draft(1, store, Position::NONE, 0, 0));
        let load = Op::Load { location: X, ordering: LoadOrdering::Relaxed, until: None };
        for _ in 0..9 {
            graph.push(draft(1, load, write, 0, 0));
        }
        graph.push(draft(2, store, Position::NONE, 1, 0));
        let mut forgetting = Forgetting::with_fault(fault);
        graph.forget(&mut forgetting, |graph, x| graph.last_rank(x), |_, _| {});
        assert!(graph.forgotten() >= 8, "{graph}");
        let reader = (ThreadId(2), graph.last_of(ThreadId(2)));
        let (performed, place) = (graph.end(), (X, Some(X)));
        Races::default().plain(&graph, reader, performed, place, AccessKind::PlainRead).is_err()
    }

    /// A thread accesses a variable atomically and another one plainly, neither of which knows of the other. Whether that is a race.
    fn races_passed(
        op: &Op,
        kind: AccessKind,
        plain_first: bool,
        fault: Option<PassFault>,
    ) -> bool {
        let mut graph = Graph::new(Causality::Conflicts);
        graph.let_pass(None, fault);
        for chosen in 1..=2 {
            let (thread, source, flags) = (ThreadId(0), Position::NONE, Flags::default());
            graph.push(Draft { thread, op: Op::Spawn, source, after: 0, chosen, flags });
        }
        let mut races = Races::default();
        let mut plain = |graph: &Graph| {
            let thread = (ThreadId(2), Position::NONE);
            races.plain(graph, thread, graph.end(), (X, Some(X)), kind).is_err()
        };
        if plain_first {
            assert!(!plain(&graph));
        }
        let passed = graph.pass(ThreadId(1), X, op, false);
        if plain_first {
            races.passed(&graph, (passed.id, passed.kind), X).is_err()
        } else {
            plain(&graph)
        }
    }

    #[test]
    fn races_with_accesses_that_pass_are_those_of_events() {
        let store = Op::Store { location: X, ordering: StoreOrdering::SeqCst, value: Value(1) };
        let load = Op::Load { location: X, ordering: LoadOrdering::SeqCst, until: None };
        for plain_first in [false, true] {
            for (op, kind, expected) in [
                (store, AccessKind::PlainRead, true),
                (store, AccessKind::PlainWrite, true),
                (load, AccessKind::PlainRead, false),
                (load, AccessKind::PlainWrite, true),
            ] {
                let found = races_passed(&op, kind, plain_first, None);
                assert_eq!(found, expected, "{op:?} and {kind:?}");
            }
        }
        assert!(!races_passed(&store, AccessKind::PlainRead, false, Some(PassFault::Plain)));
    }

    #[test]
    fn a_race_with_a_write_before_reads_is_not_forgotten() {
        assert!(races(None));
        assert!(!races(Some(ForgetFault::LatestWrite)));
    }
}
