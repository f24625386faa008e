//! Which location of one execution is which of another.
//!
//! A world that runs real code numbers its locations as they are touched, which depends on the schedule.
//! What does not, as long as threads do the same, is that a location is the k-th that a thread touches.
//! So a *place* is a set of such pairs that one execution or another has shown to be the same location. Where
//! threads touch different locations from one execution to the next, places are mixed up; what is
//! estimated from them gets worse, and nothing else depends on them.

use crate::graph::Graph;
use raddle_shims::kernel::{LocationId, Op, ThreadId};
use std::collections::BTreeMap;

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
    places: Vec<Option<Place>>,
    /// By location and thread, whether it has touched it.
    seen: Vec<Vec<bool>>,
    /// By thread, how many locations it has touched.
    counts: Vec<u32>,
    /// How often a thread has touched a location for the first time.
    news: u64,
}

impl Touched {
    /// An execution begins.
    pub fn begin(&mut self) {
        self.places.fill(None);
        self.seen.iter_mut().for_each(Vec::clear);
        self.counts.fill(0);
    }

    /// As long as this number stays the same, [`Touched::place`] says the same.
    #[inline]
    pub fn news(&self) -> u64 {
        self.news
    }

    /// The place of a location that a thread is about to use.
    #[inline]
    pub fn place(&self, known: &Places, thread: ThreadId, location: LocationId) -> Option<Place> {
        if let Some(Some(place)) = self.places.get(location.index()) {
            return Some(*place);
        }
        let count = self.counts.get(thread.index()).copied().unwrap_or(0);
        known.by_touch.get(&(thread, count)).copied()
    }

    /// Notes that a thread uses a location; false if it has done so before.
    #[inline]
    fn is_new(&mut self, thread: ThreadId, location: LocationId) -> bool {
        let seen = self.seen.get(location.index()).and_then(|seen| seen.get(thread.index()));
        seen != Some(&true) && {
            self.see(thread, location);
            true
        }
    }

    #[cold]
    fn see(&mut self, thread: ThreadId, location: LocationId) {
        self.news += 1;
        if self.seen.len() <= location.index() {
            self.seen.resize_with(location.index() + 1, Vec::new);
            self.places.resize(location.index() + 1, None);
        }
        let seen = &mut self.seen[location.index()];
        if seen.len() <= thread.index() {
            seen.resize(thread.index() + 1, false);
        }
        seen[thread.index()] = true;
    }

    /// A thread has touched one more location; how many it had before.
    fn count(&mut self, thread: ThreadId) -> u32 {
        if self.counts.len() <= thread.index() {
            self.counts.resize(thread.index() + 1, 0);
        }
        let count = &mut self.counts[thread.index()];
        *count += 1;
        *count - 1
    }

    /// A thread uses a location.
    #[inline]
    pub fn touch(&mut self, known: &Places, thread: ThreadId, location: LocationId) {
        if !self.is_new(thread, location) {
            return;
        }
        if let Some(place) = self.place(known, thread, location) {
            self.places[location.index()] = Some(place);
        }
        self.count(thread);
    }

    /// The same, and makes the place known.
    pub fn teach(&mut self, known: &mut Places, thread: ThreadId, location: LocationId) -> Place {
        let place = self.place(known, thread, location).unwrap_or_else(|| {
            known.count += 1;
            Place(known.count - 1)
        });
        if self.is_new(thread, location) {
            let count = self.count(thread);
            known.by_touch.entry((thread, count)).or_insert(place);
        }
        self.places[location.index()] = Some(place);
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
