//! `std::sync::Mutex`: one blocking object.

use super::parts::{HELD_OUTSIDE, extent, lock_result};
use crate::kernel::{Action, GAVE_UP, LocationId, POISONED, Patience, Value};
use crate::model::ops::act;
use crate::model::{
    Entered, Model, Object, ObjectKind, Performs, Site, entered, fresh, inside, scrub,
    touch_outside,
};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// As [`std::sync::Mutex`].
///
/// In a model, locking waits until the lock is free, and each unlock happens before the next lock. A thread
/// that locks a mutex which it holds itself waits for ever, which is reported as a deadlock. The lock is
/// poisoned if the thread that holds it panics.
///
/// ```
/// use raddle_shims::sync::Mutex;
/// static TOTAL: Mutex<u32> = Mutex::new(0);
/// *TOTAL.lock().unwrap() += 1;
/// ```
pub struct Mutex<T: ?Sized> {
    object: Object,
    inner: std::sync::Mutex<T>,
}

/// As [`std::sync::MutexGuard`]: the lock is released when it is dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    lock: &'a Mutex<T>,
    inner: ManuallyDrop<std::sync::MutexGuard<'a, T>>,
    /// How it was locked, if in a model.
    held: Option<Held>,
    /// Whether somebody has had a mutable reference.
    touched: bool,
}

// SAFETY: a shared guard gives out `&T` alone, so `T: Sync` is enough, as it is for std's guard. The
// reference to the lock, which would ask for `T: Send`, is only used to drop the guard.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

#[derive(Clone, Copy)]
struct Held {
    site: Site,
    /// Whether the thread was unwinding already when it locked.
    panicking: bool,
    /// Whether std's own flag was set; it belongs to code outside of the model and is kept as it was.
    poisoned_outside: bool,
}

impl<T> Mutex<T> {
    /// As [`std::sync::Mutex::new`].
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Mutex<T> {
        Mutex { object: Object::new(), inner: std::sync::Mutex::new(value) }
    }

    /// As [`std::sync::Mutex::into_inner`].
    ///
    /// # Errors
    /// With the value, if the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        let Some(model) = inside() else { return self.inner.into_inner() };
        let poisoned = self.is_poisoned_alone(&model);
        lock_result(self.inner.into_inner().unwrap_or_else(PoisonError::into_inner), poisoned)
    }
}

impl<T: ?Sized> Mutex<T> {
    /// As [`std::sync::Mutex::lock`].
    ///
    /// # Errors
    /// With the guard, if the mutex is poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match entered() {
            None => self.lock_outside(),
            Some(model) => self.lock_inside(&model.noted(), Location::caller()),
        }
    }

    #[inline]
    fn lock_outside(&self) -> LockResult<MutexGuard<'_, T>> {
        touch_outside(&self.object, &self.inner);
        match self.inner.lock() {
            Ok(inner) => Ok(self.passed_through(inner)),
            Err(error) => Err(PoisonError::new(self.passed_through(error.into_inner()))),
        }
    }

    /// As [`std::sync::Mutex::try_lock`]. In a model it fails only while the mutex is locked.
    ///
    /// # Errors
    /// If the mutex is locked; with the guard, if it is poisoned.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match inside() {
            None => {
                touch_outside(&self.object, &self.inner);
                match self.inner.try_lock() {
                    Ok(inner) => Ok(self.passed_through(inner)),
                    Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
                    Err(TryLockError::Poisoned(error)) => {
                        Err(PoisonError::new(self.passed_through(error.into_inner())).into())
                    }
                }
            }
            Some(model) => self.try_lock_inside(&model, Location::caller()),
        }
    }

    /// As [`std::sync::Mutex::is_poisoned`].
    #[inline]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        match inside() {
            None => self.inner.is_poisoned(),
            Some(model) => {
                self.act(&model, Action::IsPoisoned, Patience::Forever, Location::caller())
                    == Value(1)
            }
        }
    }

    /// As [`std::sync::Mutex::clear_poison`].
    #[inline]
    #[track_caller]
    pub fn clear_poison(&self) {
        match inside() {
            None => {
                touch_outside(&self.object, &self.inner);
                self.inner.clear_poison();
            }
            Some(model) => {
                self.act(&model, Action::ClearPoison, Patience::Forever, Location::caller());
            }
        }
    }

    /// As [`std::sync::Mutex::get_mut`].
    ///
    /// # Errors
    /// With the reference, if the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let Some(model) = inside() else { return self.inner.get_mut() };
        let poisoned = self.is_poisoned_alone(&model);
        lock_result(self.inner.get_mut().unwrap_or_else(PoisonError::into_inner), poisoned)
    }

    /// Gives it a name for reports; outside of a model nothing happens.
    pub(crate) fn label(&self, name: String) {
        if let Some(model) = inside() {
            model.label(self.state(&model), name);
        }
    }

    #[inline]
    fn passed_through<'a>(&'a self, inner: std::sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let inner = ManuallyDrop::new(inner);
        MutexGuard { lock: self, inner, held: None, touched: false }
    }

    fn state(&self, model: &Model) -> LocationId {
        self.object.location(model, ObjectKind::Mutex, || {
            let poisoned = fresh(model, &self.inner).is_poisoned();
            if poisoned { POISONED } else { Value(0) }
        })
    }

    #[inline]
    fn act(&self, by: &impl Performs, action: Action, patience: Patience, site: Site) -> Value {
        act(by, self.state(by.model()), action, patience, site)
    }

    /// Whether it is poisoned, for a thread that has it for itself.
    fn is_poisoned_alone(&self, model: &Model) -> bool {
        match self.object.is_known(model) {
            true => model.newest(self.state(model)) == POISONED,
            false => self.inner.is_poisoned(),
        }
    }

    pub(super) fn lock_inside(
        &self,
        by: &impl Performs,
        site: Site,
    ) -> LockResult<MutexGuard<'_, T>> {
        let poisoned = self.act(by, Action::Lock, Patience::Forever, site) == Value(1);
        // The guard has bytes between its fields, which come from below.
        scrub();
        self.locked(by.model(), poisoned, site)
    }

    fn try_lock_inside(&self, model: &Model, site: Site) -> TryLockResult<MutexGuard<'_, T>> {
        match self.act(model, Action::Lock, Patience::None, site) {
            GAVE_UP => Err(TryLockError::WouldBlock),
            poisoned => Ok(self.locked(model, poisoned == Value(1), site)?),
        }
    }

    /// The guard of a lock that has just been taken. While the execution is cleaned up nothing is said to
    /// be poisoned: destructors that unwrap would panic a second time.
    fn locked(&self, model: &Model, poisoned: bool, site: Site) -> LockResult<MutexGuard<'_, T>> {
        let (inner, poisoned_outside) = match fresh(model, &self.inner).try_lock() {
            Ok(inner) => (inner, false),
            Err(TryLockError::Poisoned(error)) => (error.into_inner(), true),
            Err(TryLockError::WouldBlock) => model.misuse(HELD_OUTSIDE.to_owned(), None),
        };
        let held = Some(Held { site, panicking: model.panicking(), poisoned_outside });
        let inner = ManuallyDrop::new(inner);
        let guard = MutexGuard { lock: self, inner, held, touched: false };
        lock_result(guard, poisoned && !model.forgets_poison())
    }

    #[cold]
    fn unlock_inside(&self, by: Entered, held: Held, looked: Option<(*const u8, usize)>) {
        let model = by.model();
        if !held.poisoned_outside {
            // Whether std sets its flag depends on the other threads of the model, which run on the
            // same thread of the operating system.
            fresh(model, &self.inner).clear_poison();
        }
        let poisons = model.panicking() && !held.panicking && !model.forgets_poison();
        if let Some((data, size)) = looked.filter(|_| !poisons) {
            model.on_looked(data, size);
        }
        let unlock = if poisons { Action::UnlockPoisoned } else { Action::Unlock };
        self.act(&by, unlock, Patience::Forever, held.site);
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Unlocks as part of an operation at `site`. None if it was not locked in a model.
    pub(super) fn unlock_for(mut self, site: Site) -> Option<&'a Mutex<T>> {
        self.held.as_mut()?.site = site;
        Some(self.lock)
    }

    /// The mutex and std's guard. Only if it was locked outside of every model.
    pub(super) fn into_parts(self) -> (&'a Mutex<T>, std::sync::MutexGuard<'a, T>) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is never dropped and not used after this.
        (this.lock, unsafe { ManuallyDrop::take(&mut this.inner) })
    }

    /// The guard of `lock`, from [`MutexGuard::into_parts`].
    #[inline]
    pub(super) fn from_parts(
        lock: &'a Mutex<T>,
        inner: std::sync::MutexGuard<'a, T>,
    ) -> MutexGuard<'a, T> {
        lock.passed_through(inner)
    }

    /// Whether it was locked in a model.
    #[inline]
    pub(super) fn is_held_inside(&self) -> bool {
        self.held.is_some()
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        let looked = (self.held.is_some() && !self.touched).then(|| extent(&**self.inner));
        // SAFETY: it is dropped here and nowhere else, and not used any more. This comes first: as
        // soon as the model knows that the lock is free another thread may take it.
        unsafe { ManuallyDrop::drop(&mut self.inner) };
        if let (Some(held), Some(model)) = (self.held, entered()) {
            self.lock.unlock_inside(model.noted_for(held.site), held, looked);
        }
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.touched = true;
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Mutex<T> {
        Mutex::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if inside().is_none() {
            return self.inner.fmt(f);
        }
        let mut text = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => text.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => text.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => text.field("data", &format_args!("<locked>")),
        };
        text.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}
