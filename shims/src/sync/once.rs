//! `std::sync::Once`, and the phases that once cells and lazy values share with it.

use crate::kernel::{LoadOrdering, LocationId, Otherwise, RmwKind, RmwOrdering, Test, Value};
use crate::model::ops::{load, update, when};
use crate::model::{Model, Object, ObjectKind, Site, fresh, inside, touch_outside};
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

/// Claiming the right to initialise keeps the bit of `COMPLETE` alone, so it makes anything else `RUNNING`.
const RUNNING: u64 = 0;
const INCOMPLETE: u64 = 1;
const COMPLETE: u64 = 2;
const POISONED: u64 = 4;

/// As [`std::sync::Once`].
///
/// In a model whoever comes first runs the closure, the others wait for it, and what it did happens before
/// what they do next. Calling it from its own closure waits for ever, which is reported as a deadlock.
///
/// ```
/// use raddle_shims::sync::Once;
/// static START: Once = Once::new();
/// START.call_once(|| {});
/// assert!(START.is_completed());
/// ```
pub struct Once {
    phase: Phase,
    inner: std::sync::Once,
}

/// As [`std::sync::OnceState`].
pub struct OnceState {
    poisoned: bool,
    /// It cannot be shared with other threads, as std's cannot.
    alone: PhantomData<std::cell::Cell<()>>,
}

impl Once {
    /// As [`std::sync::Once::new`].
    #[allow(clippy::new_without_default, reason = "std's has no default")]
    #[inline]
    #[must_use]
    #[track_caller]
    #[allow(clippy::new_without_default, reason = "std's has no default either")]
    pub const fn new() -> Once {
        Once { phase: Phase::new(), inner: std::sync::Once::new() }
    }

    /// As [`std::sync::Once::call_once`].
    ///
    /// # Panics
    /// If an earlier closure panicked, or this one does.
    #[inline]
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        match inside() {
            None => {
                self.touch_outside();
                self.inner.call_once(f);
            }
            Some(model) => {
                let state = self.state(&model);
                let run = |_| f();
                if Phase::run(&model, state, Poison::Refused, run, Location::caller()).is_err() {
                    panic!("Once instance has previously been poisoned");
                }
            }
        }
    }

    /// As [`std::sync::Once::call_once_force`].
    ///
    /// # Panics
    /// If the closure panics.
    #[inline]
    #[track_caller]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        match inside() {
            None => {
                self.touch_outside();
                self.inner.call_once_force(|state| f(&OnceState::new(state.is_poisoned())));
            }
            Some(model) => {
                let state = self.state(&model);
                let run = |poisoned| f(&OnceState::new(poisoned));
                let _ = Phase::run(&model, state, Poison::Ignored, run, Location::caller());
            }
        }
    }

    /// As [`std::sync::Once::is_completed`].
    #[inline]
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        match inside() {
            None => self.inner.is_completed(),
            Some(model) => Phase::is_complete(&model, self.state(&model), Location::caller()),
        }
    }

    /// As [`std::sync::Once::wait`].
    ///
    /// # Panics
    /// If the closure panicked.
    #[inline]
    #[track_caller]
    pub fn wait(&self) {
        match inside() {
            None => self.inner.wait(),
            Some(model) => {
                let state = self.state(&model);
                if Phase::wait(&model, state, Poison::Refused, Location::caller()).is_err() {
                    panic!("Once instance has previously been poisoned");
                }
            }
        }
    }

    /// As [`std::sync::Once::wait_force`].
    #[inline]
    #[track_caller]
    pub fn wait_force(&self) {
        match inside() {
            None => self.inner.wait_force(),
            Some(model) => {
                let state = self.state(&model);
                let _ = Phase::wait(&model, state, Poison::Ignored, Location::caller());
            }
        }
    }

    #[inline]
    fn touch_outside(&self) {
        touch_outside(self.phase.object(), &self.inner);
    }

    fn state(&self, model: &Model) -> LocationId {
        self.phase.location(model, || fresh(model, &self.inner).is_completed())
    }
}

/// A [`Once`] that nothing has called.
#[deprecated(note = "the `Once::new()` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it")]
pub const ONCE_INIT: Once = Once::new();

impl OnceState {
    fn new(poisoned: bool) -> OnceState {
        OnceState { poisoned, alone: PhantomData }
    }

    /// Whether an earlier closure panicked.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.is_poisoned()).finish()
    }
}

/// Whether something is done once: not yet, just now, already, or it went wrong.
pub(super) struct Phase {
    object: Object,
}

/// What is to be done about an initialisation that panicked.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Poison {
    Refused,
    Ignored,
}

/// An earlier initialisation panicked.
pub(super) struct Poisoned;

impl Phase {
    #[track_caller]
    pub const fn new() -> Phase {
        Phase { object: Object::new() }
    }

    #[inline]
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// It has not been done; its caller has it for itself.
    pub fn forget(&mut self) {
        self.object.forget();
    }

    pub fn location(&self, model: &Model, complete: impl FnOnce() -> bool) -> LocationId {
        let initial = || Value(if complete() { COMPLETE } else { INCOMPLETE });
        self.object.location(model, ObjectKind::Once, initial)
    }

    pub fn is_complete(model: &Model, location: LocationId, site: Site) -> bool {
        load(model, location, LoadOrdering::Acquire, None, site) == COMPLETE
    }

    /// Runs `initialise` unless that has been done, or waits for who is doing it. It is told whether an
    /// earlier one panicked. Most calls come late, so a load looks first: loads of a value that never
    /// changes again are not ordered among each other.
    pub fn run(
        model: &Model,
        location: LocationId,
        poison: Poison,
        initialise: impl FnOnce(bool),
        site: Site,
    ) -> Result<(), Poisoned> {
        let refused = |seen| seen == POISONED && poison == Poison::Refused;
        let idle = when(u64::MAX, Test::Ne, RUNNING, Otherwise::Wait);
        let seen = load(model, location, LoadOrdering::Acquire, idle, site);
        if seen == COMPLETE {
            return Ok(());
        }
        if refused(seen) {
            return Err(Poisoned);
        }
        let claim = (RmwKind::And, COMPLETE);
        let seen = update(model, location, RmwOrdering::Acquire, claim, idle, site);
        if seen == COMPLETE {
            return Ok(());
        }
        if refused(seen) {
            let unclaim = (RmwKind::Swap, POISONED);
            update(model, location, RmwOrdering::Relaxed, unclaim, None, site);
            return Err(Poisoned);
        }
        let mut claimed = Claimed { location, site, end: POISONED };
        initialise(seen == POISONED);
        claimed.end = COMPLETE;
        Ok(())
    }

    /// Waits until it has been done, by somebody else.
    pub fn wait(
        model: &Model,
        location: LocationId,
        poison: Poison,
        site: Site,
    ) -> Result<(), Poisoned> {
        let done = match poison {
            Poison::Ignored => when(COMPLETE, Test::Ne, 0, Otherwise::Wait),
            Poison::Refused => when(u64::MAX, Test::Ge, COMPLETE, Otherwise::Wait),
        };
        let seen = load(model, location, LoadOrdering::Acquire, done, site);
        if seen == COMPLETE { Ok(()) } else { Err(Poisoned) }
    }
}

/// The right to initialise; dropped early if the initialisation unwinds.
struct Claimed {
    location: LocationId,
    site: Site,
    end: u64,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let Some(model) = inside() else { return };
        // What is left of an execution that is over is not said to be poisoned: destructors that use
        // it would panic a second time.
        let unwound = self.end == POISONED && model.is_draining();
        let end = (RmwKind::Swap, if unwound { INCOMPLETE } else { self.end });
        update(&model, self.location, RmwOrdering::Release, end, None, self.site);
    }
}
