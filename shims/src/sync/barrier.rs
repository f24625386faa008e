//! `std::sync::Barrier`: a list of those who have arrived, and a location at which they wait for the last.
//!
//! Arrivals are ordered by a relaxed operation and hand over their past one by one, so that one round of
//! a barrier says nothing about another in which other threads meet.

use super::parts::{Beside, store};
use crate::kernel::{
    LoadOrdering, LocationId, Otherwise, RmwKind, RmwOrdering, StoreOrdering, Test, Value,
};
use crate::model::ops::{load, update, when};
use crate::model::{Handoff, Model, Object, ObjectKind, Site, inside};
use std::fmt;
use std::panic::Location;

/// As [`std::sync::Barrier`].
///
/// In a model whoever arrives last is the leader, and what threads did before they arrived happens before
/// what any of them does afterwards.
///
/// ```
/// use raddle_shims::sync::Barrier;
/// assert!(Barrier::new(1).wait().is_leader());
/// ```
pub struct Barrier {
    object: Object,
    round: Beside<Round>,
    threads: usize,
    inner: std::sync::Barrier,
}

/// As [`std::sync::BarrierWaitResult`].
pub struct BarrierWaitResult(bool);

#[derive(Default)]
struct Round {
    arrived: Vec<Handoff>,
    /// Where those who have arrived wait; made by the first.
    gate: Option<LocationId>,
}

impl Barrier {
    /// As [`std::sync::Barrier::new`].
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new(n: usize) -> Barrier {
        Barrier {
            object: Object::new(),
            round: Beside::new(Round { arrived: Vec::new(), gate: None }),
            threads: n,
            inner: std::sync::Barrier::new(n),
        }
    }

    /// As [`std::sync::Barrier::wait`].
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        match inside() {
            None => BarrierWaitResult(self.inner.wait().is_leader()),
            Some(model) => BarrierWaitResult(self.wait_inside(&model, Location::caller())),
        }
    }

    fn wait_inside(&self, model: &Model, site: Site) -> bool {
        if self.threads <= 1 {
            return true;
        }
        if model.is_draining() {
            return false;
        }
        let mine = Handoff::new();
        mine.release(model, site);
        let state = self.object.location(model, ObjectKind::Barrier, || Value(0));
        update(model, state, RmwOrdering::Relaxed, (RmwKind::Add, 1), None, site);
        let (gate, others) = self.round.with(model, |round| self.arrive(model, round, mine));
        match others {
            Some(others) => {
                for other in others {
                    other.acquire(model, site);
                }
                store(model, gate, StoreOrdering::Release, 1, site);
                true
            }
            None => {
                let open = when(u64::MAX, Test::Eq, 1, Otherwise::Wait);
                load(model, gate, LoadOrdering::Acquire, open, site);
                false
            }
        }
    }

    /// Adds an arrival. The gate of its round, and for the last the arrivals of the others.
    fn arrive(
        &self,
        model: &Model,
        round: &mut Round,
        mine: Handoff,
    ) -> (LocationId, Option<Vec<Handoff>>) {
        let part = Object::part_of(self.object.created());
        let gate = || part.location(model, ObjectKind::Barrier, || Value(0));
        let gate = *round.gate.get_or_insert_with(gate);
        if round.arrived.len() + 1 < self.threads {
            round.arrived.push(mine);
            return (gate, None);
        }
        (gate, Some(std::mem::take(round).arrived))
    }
}

impl BarrierWaitResult {
    /// Whether this thread is the one that was chosen to go first.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.is_leader()).finish()
    }
}
