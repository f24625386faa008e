//! Coherence by construction: how far back a thread may read or write.
//!
//! An event that is about to be added comes after nothing but its past. Coherence then forbids one
//! thing only: a source, or a place, before a write that has already been seen in that past. Along
//! one thread, and so along happens-before, what has been seen only moves forward in coherence; the
//! latest access of every thread that happens before is enough to look at.

use crate::graph::{ClockId, Graph, Position};
use raddle_shims::kernel::{LocationId, ThreadId};

/// The least rank that the next access of `location` by `thread` may read, or be placed after, under
/// coherence.
pub fn coherence_floor(graph: &Graph, thread: ThreadId, location: LocationId) -> u32 {
    if graph.last_rank(location) == 0 {
        return 0;
    }
    let seen = |other: usize, known: u32| {
        let access =
            if known > 0 { graph.last_access(location, other, known) } else { Position::NONE };
        if access.is_some() { graph.seen_rank(access) } else { 0 }
    };
    let last = graph.last_of(thread);
    if last.is_some() {
        let clock = graph.clocks().get(graph.event(last).hb).iter().take(graph.threads());
        let all = clock.enumerate().map(|(other, known)| match other == thread.index() {
            true => seen(other, u32::MAX),
            false => seen(other, *known),
        });
        return all.fold(0, u32::max);
    }
    let known = |other| graph.known_events(thread, last, ThreadId(other as u32));
    (0..graph.threads()).map(|other| seen(other, known(other))).fold(0, u32::max)
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
