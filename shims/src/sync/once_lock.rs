//! `std::sync::OnceLock`: the phases of a once, beside std's own cell.

use super::once::{Phase, Poison};
use crate::kernel::LocationId;
use crate::model::{Model, Site, fresh, inside, touch_outside};
use std::fmt;
use std::panic::Location;

/// As [`std::sync::OnceLock`].
///
/// In a model one of the threads that want to initialise it does, the others wait, and a value that is
/// found happens after its initialisation. A static has no value at the start of each execution.
///
/// ```
/// use raddle_shims::sync::OnceLock;
/// static NAME: OnceLock<String> = OnceLock::new();
/// assert_eq!(NAME.get_or_init(|| "x".to_owned()), "x");
/// ```
pub struct OnceLock<T> {
    phase: Phase,
    inner: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// As [`std::sync::OnceLock::new`].
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new() -> OnceLock<T> {
        OnceLock { phase: Phase::new(), inner: std::sync::OnceLock::new() }
    }

    /// As [`std::sync::OnceLock::get`].
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        match inside() {
            None => self.inner.get(),
            Some(model) => {
                match Phase::is_complete(&model, self.state(&model), Location::caller()) {
                    true => fresh(&model, &self.inner).get(),
                    false => None,
                }
            }
        }
    }

    /// As [`std::sync::OnceLock::get_mut`].
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.inner.get_mut()
    }

    /// As [`std::sync::OnceLock::wait`].
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> &T {
        match inside() {
            None => self.inner.wait(),
            Some(model) => {
                let site = Location::caller();
                let _ = Phase::wait(&model, self.state(&model), Poison::Ignored, site);
                self.completed(&model)
            }
        }
    }

    /// As [`std::sync::OnceLock::set`].
    ///
    /// # Errors
    /// With `value`, if there is one already.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        match inside() {
            None => {
                touch_outside(self.phase.object(), &self.inner);
                self.inner.set(value)
            }
            Some(model) => {
                let mut value = Some(value);
                self.initialise(&model, || value.take(), Location::caller());
                match value {
                    None => Ok(()),
                    Some(value) => Err(value),
                }
            }
        }
    }

    /// As [`std::sync::OnceLock::get_or_init`].
    ///
    /// # Panics
    /// If `f` does; the cell stays without a value.
    #[inline]
    #[track_caller]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        match inside() {
            None => {
                touch_outside(self.phase.object(), &self.inner);
                self.inner.get_or_init(f)
            }
            Some(model) => {
                self.initialise(&model, || Some(f()), Location::caller());
                self.completed(&model)
            }
        }
    }

    /// As [`std::sync::OnceLock::into_inner`].
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// As [`std::sync::OnceLock::take`].
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        self.phase.forget();
        self.inner.take()
    }

    fn state(&self, model: &Model) -> LocationId {
        self.phase.location(model, || fresh(model, &self.inner).get().is_some())
    }

    fn initialise(&self, model: &Model, value: impl FnOnce() -> Option<T>, site: Site) {
        let put = |_| {
            if let Some(value) = value() {
                // The phase lets one thread at a time come here, and none once there is a value.
                let _ = fresh(model, &self.inner).set(value);
            }
        };
        let _ = Phase::run(model, self.state(model), Poison::Ignored, put, site);
    }

    fn completed(&self, model: &Model) -> &T {
        match fresh(model, &self.inner).get() {
            Some(value) => value,
            None => model.misuse(
                "a OnceLock is used by a destructor although its initialisation was cut short"
                    .to_owned(),
                None,
            ),
        }
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => text.field(value),
            None => text.field(&format_args!("<uninit>")),
        };
        text.finish()
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> OnceLock<T> {
        match self.get() {
            Some(value) => OnceLock::from(value.clone()),
            None => OnceLock::new(),
        }
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> OnceLock<T> {
        OnceLock { phase: Phase::new(), inner: std::sync::OnceLock::from(value) }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &OnceLock<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}
