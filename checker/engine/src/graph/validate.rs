//! The invariants of a graph, checked from scratch.

use super::event::{Flags, Kind, Position};
use super::execution_graph::Graph;
use raddle_shims::kernel::LocationId;

impl Graph {
    /// Whether the graph is what its documentation says.
    ///
    /// # Errors
    /// The first broken invariant, in words.
    pub fn validate(&self) -> Result<(), String> {
        let mut counts = vec![0u32; self.threads.len()];
        let mut spurious = vec![0u8; self.threads.len()];
        for (i, event) in self.events.iter().enumerate() {
            let count = &mut counts[event.thread.index()];
            if event.index != *count {
                return Err(format!("{} stands where event {count} belongs", event.id()));
            }
            *count += 1;
            let failed = &mut spurious[event.thread.index()];
            *failed = failed.saturating_add(event.is(Flags::SPURIOUS).into());
            if event.spurious != *failed {
                return Err(format!("{} counts spurious failures wrongly", event.id()));
            }
            if event.source.is_some() && event.source.index() >= i {
                return Err(format!("{} stands before its source", event.id()));
            }
        }
        for (thread, tail) in self.threads.iter().enumerate() {
            if tail.count != counts[thread] {
                return Err(format!(
                    "thread {thread} has {} events, not {}",
                    counts[thread], tail.count
                ));
            }
        }
        (0..self.locations.len()).try_for_each(|l| self.validate_coherence(LocationId(l as u32)))
    }

    fn validate_coherence(&self, location: LocationId) -> Result<(), String> {
        let mut previous = Position::INITIAL;
        for (i, &write) in self.coherence(location).iter().enumerate() {
            let event = self.event(write);
            if event.location() != Some(location) || event.rank as usize != i + 1 {
                return Err(format!("{} has a wrong place in coherence", event.id()));
            }
            if event.kind == Kind::Update && event.source != previous {
                return Err(format!("{} is not immediately after its source", event.id()));
            }
            previous = write;
        }
        Ok(())
    }
}
