//! `std::sync::Once`, and the phases that once cells and lazy values share with it.

use crate::kernel::{Action, Begun, LocationId, Patience, Value};
use crate::model::ops::act;
use crate::model::{Model, Object, ObjectKind, Site, fresh, inside, touch_outside};
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

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
        let initial = || Value(complete().into());
        self.object.location(model, ObjectKind::Once, initial)
    }

    pub fn is_complete(model: &Model, location: LocationId, site: Site) -> bool {
        let looks = Action::AwaitComplete { force: true };
        act(model, location, looks, Patience::None, site) == Begun::Complete.value()
    }

    /// Runs `initialise` unless that has been done, or waits for who is doing it. It is told whether an
    /// earlier one panicked.
    pub fn run(
        model: &Model,
        location: LocationId,
        poison: Poison,
        initialise: impl FnOnce(bool),
        site: Site,
    ) -> Result<(), Poisoned> {
        let begin = Action::Begin { force: poison == Poison::Ignored };
        let poisoned = match Begun::from_value(act(model, location, begin, Patience::Forever, site))
        {
            Some(Begun::Claimed) => false,
            Some(Begun::ClaimedPoisoned) => true,
            Some(Begun::Poisoned) => return Err(Poisoned),
            Some(Begun::Complete) | None => return Ok(()),
        };
        let mut claimed = Claimed { location, site, end: Action::Poison };
        initialise(poisoned);
        claimed.end = Action::Complete;
        Ok(())
    }

    /// Waits until it has been done, by somebody else.
    pub fn wait(
        model: &Model,
        location: LocationId,
        poison: Poison,
        site: Site,
    ) -> Result<(), Poisoned> {
        let done = Action::AwaitComplete { force: poison == Poison::Ignored };
        match Begun::from_value(act(model, location, done, Patience::Forever, site)) {
            Some(Begun::Poisoned) => Err(Poisoned),
            _ => Ok(()),
        }
    }
}

/// The right to initialise; dropped early if the initialisation unwinds.
struct Claimed {
    location: LocationId,
    site: Site,
    end: Action,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let Some(model) = inside() else { return };
        // What is left of an execution that is over is not said to be poisoned: destructors that use
        // it would panic a second time.
        let unwound = self.end == Action::Poison && model.forgets_poison();
        let end = if unwound { Action::Reset } else { self.end };
        act(&model, self.location, end, Patience::Forever, self.site);
    }
}
