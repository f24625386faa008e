//! `std::sync::Barrier`: in a model a blocking object. Threads arrive, and depart when all have.
//!
//! Arrivals of one round commute as long as nobody can tell which was the last. Two things could tell. Who
//! leads is therefore decided only when somebody asks. And if more threads use a barrier than it waits
//! for, it matters who meets whom; this is found out while exploring, which then starts again with that
//! barrier as a crowded one.

use crate::kernel::{Action, CROWDED, GAVE_UP, LocationId, Patience, ThreadId, Value};
use crate::model::ops::act;
use crate::model::{Model, Object, ObjectKind, Site, inside};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// As [`std::sync::Barrier`].
///
/// In a model what threads did before they arrived happens before what any of them does afterwards.
///
/// ```
/// use raddle_shims::sync::Barrier;
/// assert!(Barrier::new(1).wait().is_leader());
/// ```
pub struct Barrier {
    object: Object,
    threads: usize,
    inner: std::sync::Barrier,
}

/// As [`std::sync::BarrierWaitResult`].
///
/// In a model the leader of a round is any of those who ask whether they are, and the last to ask if none was.
pub struct BarrierWaitResult {
    /// [`FOLLOWS`], [`LEADS`], or [`NOT_ASKED`].
    leads: AtomicU8,
    /// Where to ask, if that is not known.
    round: Option<Round>,
}

const FOLLOWS: u8 = 0;
const LEADS: u8 = 1;
const NOT_ASKED: u8 = 2;

/// One round of a barrier in one execution of a model.
struct Round {
    barrier: LocationId,
    number: u32,
    /// Who arrived.
    thread: ThreadId,
    stamp: u64,
}

impl Barrier {
    /// As [`std::sync::Barrier::new`].
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new(n: usize) -> Barrier {
        Barrier { object: Object::new(), threads: n, inner: std::sync::Barrier::new(n) }
    }

    /// As [`std::sync::Barrier::wait`].
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        match inside() {
            None => BarrierWaitResult::known(self.inner.wait().is_leader()),
            Some(model) => self.wait_inside(&model, Location::caller()),
        }
    }

    fn wait_inside(&self, model: &Model, site: Site) -> BarrierWaitResult {
        if self.threads <= 1 || model.is_draining() && !model.goes_on() {
            return BarrierWaitResult::known(self.threads <= 1);
        }
        let created = self.object.created();
        let barrier = self.object.location(model, ObjectKind::Barrier, || {
            let crowded = if model.is_crowded(created) { CROWDED.0 } else { 0 };
            Value(self.threads as u64 | crowded)
        });
        let round = act(model, barrier, Action::Arrive, Patience::Forever, site);
        if round == GAVE_UP {
            model.note_crowd(created);
            return BarrierWaitResult::known(false);
        }
        let number = round.0 as u32;
        act(model, barrier, Action::Depart(number), Patience::Forever, site);
        let round = Some(Round { barrier, number, thread: model.me(), stamp: model.stamp() });
        BarrierWaitResult { leads: AtomicU8::new(NOT_ASKED), round }
    }
}

impl BarrierWaitResult {
    fn known(leads: bool) -> BarrierWaitResult {
        BarrierWaitResult { leads: AtomicU8::new(leads.into()), round: None }
    }

    /// Whether this thread is the one that was chosen to go first.
    #[must_use]
    #[track_caller]
    pub fn is_leader(&self) -> bool {
        match self.leads.load(Relaxed) {
            NOT_ASKED => self.ask(Location::caller()),
            known => known == LEADS,
        }
    }

    fn ask(&self, site: Site) -> bool {
        let Some((round, model)) = self.round.as_ref().zip(inside()) else { return false };
        if round.stamp != model.stamp() {
            return false;
        }
        let lead = Action::Lead { round: round.number, thread: round.thread };
        let leads = act(&model, round.barrier, lead, Patience::Forever, site) == Value(1);
        let leads = if leads { LEADS } else { FOLLOWS };
        match self.leads.compare_exchange(NOT_ASKED, leads, Relaxed, Relaxed) {
            Ok(_) => leads == LEADS,
            Err(known) => known == LEADS,
        }
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
