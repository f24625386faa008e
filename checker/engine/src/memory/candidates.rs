//! Coherence by construction: how far back a thread may read or write.
//!
//! An event that is about to be added comes after nothing but its past. Coherence then forbids one
//! thing only: a source, or a place, before a write that has already been seen in that past. Along
//! one thread, and so along happens-before, what has been seen only moves forward in coherence; the
//! latest access of every thread that happens before is enough to look at.

use crate::graph::{ClockId, Graph};
use raddle_shims::kernel::{LocationId, ThreadId};

/// The least rank that the next access of `location` by `thread` may read, or be placed after, under
/// coherence.
pub fn coherence_floor(graph: &Graph, thread: ThreadId, location: LocationId) -> u32 {
    if graph.last_rank(location) == 0 {
        return 0;
    }
    let newest = graph.last_rank(location);
    let last = graph.last_of(thread);
    let clock = if last.is_some() { graph.clocks().get(graph.event(last).hb) } else { &[] };
    let known = |other: usize| match clock.get(other) {
        _ if other == thread.index() => u32::MAX,
        Some(known) => *known,
        None => graph.known_events(thread, last, ThreadId(other as u32)),
    };
    let mut floor = 0;
    for (other, &latest) in graph.last_accesses(location).iter().enumerate() {
        if !latest.is_some() {
            continue;
        }
        let (known, mut access) = (known(other), latest);
        while access.is_some() && graph.event(access).index >= known {
            access = graph.event(access).previous_access();
        }
        if access.is_some() {
            floor = floor.max(graph.seen_rank(access));
            if floor == newest {
                break;
            }
        }
    }
    floor
}

/// The greatest rank among the writes of `location` that `clock` knows; 0 if it knows none.
pub fn known_rank(graph: &Graph, clock: ClockId, location: LocationId) -> u32 {
    let mut rank = 0;
    for thread in 0..graph.threads() {
        let known = graph.clocks().known(clock, thread);
        if known == 0 {
            continue;
        }
        let mut access = graph.last_access(location, thread, known);
        while access.is_some() && !graph.event(access).kind.writes() {
            access = graph.event(access).previous_access();
        }
        if access.is_some() {
            rank = rank.max(graph.rank(access));
        }
    }
    rank
}
