//! Which location of one execution is which of another.
//!
//! A world that runs real code numbers its locations as they are touched, which depends on the schedule.
//! What does not, as long as threads do the same, is that a location is the k-th that a thread touches.
//! So a *place* is a set of such pairs that one execution or another has shown to be the same location. Where
//! threads touch different locations from one execution to the next, places are mixed up; what is
//! estimated from them gets worse, and nothing else depends on them.

use crate::graph::Graph;
use raddle_shims::kernel::{LocationId, Op, ThreadId};
use std::collections::{BTreeMap, BTreeSet};

/// A location in all executions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::explore) struct Place(pub u32);

/// What is known of all executions.
#[derive(Clone, Debug, Default)]
pub(in crate::explore) struct Places {
    /// The k-th location that a thread touches.
    by_touch: BTreeMap<(ThreadId, u32), Place>,
    count: u32,
}

/// The places of one execution, event by event.
#[derive(Clone, Debug, Default)]
pub(in crate::explore) struct Touched {
    /// By location.
    places: BTreeMap<LocationId, Place>,
    pairs: BTreeSet<(ThreadId, LocationId)>,
    /// How many locations each thread has touched.
    counts: BTreeMap<ThreadId, u32>,
}

impl Touched {
    /// An execution begins.
    pub fn begin(&mut self) {
        self.places.clear();
        self.pairs.clear();
        self.counts.clear();
    }

    /// The place of a location that a thread is about to use.
    pub fn place(&self, known: &Places, thread: ThreadId, location: LocationId) -> Option<Place> {
        if let Some(place) = self.places.get(&location) {
            return Some(*place);
        }
        let count = self.counts.get(&thread).copied().unwrap_or(0);
        known.by_touch.get(&(thread, count)).copied()
    }

    /// A thread uses a location.
    pub fn touch(&mut self, known: &Places, thread: ThreadId, location: LocationId) {
        if !self.pairs.insert((thread, location)) {
            return;
        }
        if let Some(place) = self.place(known, thread, location) {
            self.places.insert(location, place);
        }
        *self.counts.entry(thread).or_insert(0) += 1;
    }

    /// The same, and makes the place known.
    pub fn teach(&mut self, known: &mut Places, thread: ThreadId, location: LocationId) -> Place {
        let place = self.place(known, thread, location).unwrap_or_else(|| {
            known.count += 1;
            Place(known.count - 1)
        });
        self.places.insert(location, place);
        if self.pairs.insert((thread, location)) {
            let count = self.counts.entry(thread).or_insert(0);
            known.by_touch.entry((thread, *count)).or_insert(place);
            *count += 1;
        }
        place
    }
}

/// The locations that an operation uses.
pub(in crate::explore) fn locations_of(graph: &Graph, op: &Op) -> impl Iterator<Item = LocationId> {
    let several = match *op {
        Op::Select { .. } => graph.objects_of(op),
        _ => Vec::new(),
    };
    op.location().into_iter().chain(several)
}
