//! Room for threads and locations in a graph.

use super::event::Position;
use super::execution_graph::{Graph, Location, ThreadTail};
use raddle_shims::kernel::{LocationId, ThreadId};

impl Graph {
    /// Makes room for a thread.
    #[inline]
    pub fn ensure_thread(&mut self, thread: ThreadId) {
        if thread.index() >= self.threads.len() {
            self.add_thread(thread);
        }
    }

    #[cold]
    fn add_thread(&mut self, thread: ThreadId) {
        self.threads.resize(thread.index() + 1, ThreadTail::ABSENT);
        let old = self.clocks.width();
        if self.threads.len() > old {
            let width = self.threads.len().next_power_of_two();
            self.clocks.widen(width);
            let mut table = vec![Position::NONE; self.locations.len() * width];
            for (new, old) in table.chunks_mut(width).zip(self.last_access.chunks(old)) {
                new[..old.len()].copy_from_slice(old);
            }
            self.last_access = table;
        }
        self.fit_passing();
    }

    /// Makes room for a location.
    #[inline]
    pub fn ensure_location(&mut self, location: LocationId) {
        if location.index() >= self.locations.len() {
            self.add_location(location);
        }
    }

    #[cold]
    fn add_location(&mut self, location: LocationId) {
        self.locations.resize_with(location.index() + 1, Location::default);
        self.last_access.resize(self.locations.len() * self.clocks.width(), Position::NONE);
        self.fit_passing();
    }
}
