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

use crate::graph::{Event, Graph, Position};
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
            self.locations[location.index()].clear();
        }
    }

    /// Records a plain access by `thread` after its event at `last`, when the first `performed` events
    /// of the graph have been performed in this execution.
    ///
    /// # Errors
    /// Both accesses, if it races with an earlier one.
    pub fn plain(
        &mut self,
        graph: &Graph,
        (thread, last): (ThreadId, Position),
        performed: Position,
        location: LocationId,
        kind: AccessKind,
    ) -> Result<(), Race> {
        let index = if last.is_some() { graph.event(last).index + 1 } else { 0 };
        let now = Epoch { thread, index, kind };
        if self.locations.len() <= location.index() {
            self.locations.resize_with(location.index() + 1, Vec::new);
        }
        let known = |other| graph.known_events(thread, last, other);
        self.against_epochs(now, location, known)?;
        against_events(graph, now, location, performed, known)?;
        let epochs = &mut self.locations[location.index()];
        if epochs.is_empty() {
            self.touched.push(location);
        }
        match epochs.iter_mut().find(|e| e.thread == thread && e.kind == kind) {
            Some(epoch) => epoch.index = now.index,
            None => epochs.push(now),
        }
        Ok(())
    }

    /// Checks the event at `at`, which has just been performed, against earlier plain accesses.
    ///
    /// # Errors
    /// Both accesses, if they race.
    #[inline]
    pub fn atomic(&self, graph: &Graph, at: Position) -> Result<(), Race> {
        if self.touched.is_empty() { Ok(()) } else { self.atomic_against_plain(graph, at) }
    }

    fn atomic_against_plain(&self, graph: &Graph, at: Position) -> Result<(), Race> {
        let event = graph.event(at);
        match event.location() {
            Some(location)
                if self.locations.get(location.index()).is_some_and(|e| !e.is_empty()) =>
            {
                self.against_epochs(epoch_of(event), location, |other| {
                    graph.known_events(event.thread, at, other)
                })
            }
            _ => Ok(()),
        }
    }

    fn against_epochs(
        &self,
        now: Epoch,
        location: LocationId,
        known: impl Fn(ThreadId) -> u32,
    ) -> Result<(), Race> {
        for &epoch in &self.locations[location.index()] {
            let conflict = epoch.kind.writes() || now.kind.writes();
            if conflict && known(epoch.thread) <= epoch.index {
                return Err((access(epoch, location), access(now, location)));
            }
        }
        Ok(())
    }
}

/// A plain access against the atomic accesses in the graph.
fn against_events(
    graph: &Graph,
    now: Epoch,
    location: LocationId,
    performed: Position,
    known: impl Fn(ThreadId) -> u32,
) -> Result<(), Race> {
    for thread in 0..graph.threads() {
        let known = known(ThreadId(thread as u32));
        let mut at = graph.last_access(location, thread, u32::MAX);
        while at.is_some() && graph.event(at).index >= known {
            let event = graph.event(at);
            if at < performed && (event.kind.writes() || now.kind.writes()) {
                return Err((access(epoch_of(event), location), access(now, location)));
            }
            at = event.previous_access();
        }
    }
    Ok(())
}

fn epoch_of(event: &Event) -> Epoch {
    let kind = if event.kind.writes() { AccessKind::AtomicWrite } else { AccessKind::AtomicRead };
    Epoch { thread: event.thread, index: event.index, kind }
}

fn access(Epoch { thread, index, kind }: Epoch, location: LocationId) -> Access {
    Access { thread, kind, location, at: EventId { thread, index } }
}
