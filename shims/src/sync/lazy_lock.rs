//! `std::sync::LazyLock`: the phases of a once, around std's own lazy value.

use super::once::{Phase, Poison};
use crate::kernel::LocationId;
use crate::model::{Model, Site, fresh, inside, touch_outside};
use std::fmt;
use std::ops::Deref;
use std::panic::Location;

/// As [`std::sync::LazyLock`].
///
/// In a model the first thread that wants the value computes it, the others wait, and the value is found
/// after its computation. A static is computed anew in each execution.
///
/// ```
/// use raddle_shims::sync::LazyLock;
/// static ANSWER: LazyLock<u32> = LazyLock::new(|| 6 * 7);
/// assert_eq!(*ANSWER, 42);
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    phase: Phase,
    inner: std::sync::LazyLock<T, F>,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// As [`std::sync::LazyLock::new`].
    #[inline]
    #[track_caller]
    pub const fn new(f: F) -> LazyLock<T, F> {
        LazyLock { phase: Phase::new(), inner: std::sync::LazyLock::new(f) }
    }

    /// As [`std::sync::LazyLock::force`].
    ///
    /// # Panics
    /// If the closure panics, or has panicked.
    #[inline]
    #[track_caller]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        match inside() {
            None => {
                touch_outside(this.phase.object(), &this.inner);
                std::sync::LazyLock::force(&this.inner)
            }
            Some(model) => this.force_inside(&model, Location::caller()),
        }
    }

    #[track_caller]
    fn force_inside(&self, model: &Model, site: Site) -> &T {
        let inner = fresh(model, &self.inner);
        let compute = |_| {
            std::sync::LazyLock::force(inner);
        };
        if Phase::run(model, self.state(model), Poison::Refused, compute, site).is_err() {
            panic!("LazyLock instance has previously been poisoned");
        }
        std::sync::LazyLock::force(inner)
    }
}

impl<T, F> LazyLock<T, F> {
    /// Whether std's lazy value has been computed cannot be asked. If it has been, outside of the model, then
    /// computing it again does nothing.
    fn state(&self, model: &Model) -> LocationId {
        self.phase.location(model, || false)
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> LazyLock<T> {
        LazyLock::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(model) = inside() else { return self.inner.fmt(f) };
        match Phase::is_complete(&model, self.state(&model), Location::caller()) {
            true => fresh(&model, &self.inner).fmt(f),
            false => f.debug_tuple("LazyLock").field(&format_args!("<uninit>")).finish(),
        }
    }
}
