//! `std::sync::RwLock`: one blocking object.
//!
//! A writer announces itself, which keeps new readers out, and then waits until whoever is in has left. So a
//! reader waits for a writer that waits, as with std on Linux, and a thread that reads twice deadlocks if a
//! writer arrives in between. A platform may instead let the reader in; that is the same as if the writer
//! had arrived later, which is explored as well.
//!
//! What a reader did happens before what the next writer does, but not before what later readers do.

use super::parts::{HELD_OUTSIDE, extent, lock_result};
use crate::kernel::{Action, GAVE_UP, LocationId, POISONED, Patience, READ_WRITE, Value};
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

/// As [`std::sync::RwLock`].
///
/// In a model any number of readers or one writer hold the lock. A writer that waits keeps new readers out,
/// so a thread that reads twice can deadlock, as std documents. The lock is poisoned if a writer panics.
///
/// ```
/// use raddle_shims::sync::RwLock;
/// let lock = RwLock::new(1);
/// *lock.write().unwrap() += 1;
/// assert_eq!(*lock.read().unwrap(), 2);
/// ```
pub struct RwLock<T: ?Sized> {
    object: Object,
    inner: std::sync::RwLock<T>,
}

/// As [`std::sync::RwLockReadGuard`]: the lock is released when it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized + 'a> {
    lock: &'a RwLock<T>,
    inner: ManuallyDrop<std::sync::RwLockReadGuard<'a, T>>,
    /// Where it was locked, if in a model.
    held: Option<Site>,
}

/// As [`std::sync::RwLockWriteGuard`]: the lock is released when it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized + 'a> {
    lock: &'a RwLock<T>,
    inner: ManuallyDrop<std::sync::RwLockWriteGuard<'a, T>>,
    /// How it was locked, if in a model.
    held: Option<Held>,
}

// SAFETY: a shared guard gives out `&T` alone, so `T: Sync` is enough, as it is for std's guard. The
// reference to the lock, which would ask for `T: Send`, is only used to drop the guard.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

#[derive(Clone, Copy)]
struct Held {
    site: Site,
    /// Whether the thread was unwinding already when it locked.
    panicking: bool,
    /// Whether std's own flag was set; it belongs to code outside of the model and is kept as it was.
    poisoned_outside: bool,
}

impl<T> RwLock<T> {
    /// As [`std::sync::RwLock::new`].
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> RwLock<T> {
        RwLock { object: Object::new(), inner: std::sync::RwLock::new(value) }
    }

    /// As [`std::sync::RwLock::into_inner`].
    ///
    /// # Errors
    /// With the value, if the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        let Some(model) = inside() else { return self.inner.into_inner() };
        let poisoned = self.is_poisoned_alone(&model);
        lock_result(self.inner.into_inner().unwrap_or_else(PoisonError::into_inner), poisoned)
    }
}

impl<T: ?Sized> RwLock<T> {
    /// As [`std::sync::RwLock::read`].
    ///
    /// # Errors
    /// With the guard, if the lock is poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        match entered() {
            None => self.read_outside(),
            Some(model) => self.read_inside(model.noted(), Location::caller()),
        }
    }

    #[inline]
    fn read_outside(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        touch_outside(&self.object, &self.inner);
        match self.inner.read() {
            Ok(inner) => Ok(self.reader(inner, None)),
            Err(error) => Err(PoisonError::new(self.reader(error.into_inner(), None))),
        }
    }

    /// As [`std::sync::RwLock::try_read`]. In a model it fails only while a writer holds the lock or waits
    /// for it.
    ///
    /// # Errors
    /// If the lock is not to be had; with the guard, if it is poisoned.
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        match inside() {
            None => {
                touch_outside(&self.object, &self.inner);
                match self.inner.try_read() {
                    Ok(inner) => Ok(self.reader(inner, None)),
                    Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
                    Err(TryLockError::Poisoned(error)) => {
                        Err(PoisonError::new(self.reader(error.into_inner(), None)).into())
                    }
                }
            }
            Some(model) => {
                let site = Location::caller();
                match self.act(&model, Action::ReadLock, Patience::None, site) {
                    GAVE_UP => Err(TryLockError::WouldBlock),
                    poisoned => Ok(self.reading(&model, poisoned == Value(1), site)?),
                }
            }
        }
    }

    /// As [`std::sync::RwLock::write`].
    ///
    /// # Errors
    /// With the guard, if the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        match inside() {
            None => {
                touch_outside(&self.object, &self.inner);
                match self.inner.write() {
                    Ok(inner) => Ok(self.writer(inner, None)),
                    Err(error) => Err(PoisonError::new(self.writer(error.into_inner(), None))),
                }
            }
            Some(model) => self.write_inside(&model, Location::caller()),
        }
    }

    /// As [`std::sync::RwLock::try_write`]. In a model it fails only while the lock is held or another
    /// writer waits for it.
    ///
    /// # Errors
    /// If the lock is not to be had; with the guard, if it is poisoned.
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        match inside() {
            None => {
                touch_outside(&self.object, &self.inner);
                match self.inner.try_write() {
                    Ok(inner) => Ok(self.writer(inner, None)),
                    Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
                    Err(TryLockError::Poisoned(error)) => {
                        Err(PoisonError::new(self.writer(error.into_inner(), None)).into())
                    }
                }
            }
            Some(model) => {
                let site = Location::caller();
                match self.act(&model, Action::WriteLock, Patience::None, site) {
                    GAVE_UP => Err(TryLockError::WouldBlock),
                    poisoned => Ok(self.writing(&model, poisoned == Value(1), site)?),
                }
            }
        }
    }

    /// As [`std::sync::RwLock::is_poisoned`].
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

    /// As [`std::sync::RwLock::clear_poison`].
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

    /// As [`std::sync::RwLock::get_mut`].
    ///
    /// # Errors
    /// With the reference, if the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let Some(model) = inside() else { return self.inner.get_mut() };
        let poisoned = self.is_poisoned_alone(&model);
        lock_result(self.inner.get_mut().unwrap_or_else(PoisonError::into_inner), poisoned)
    }

    #[inline]
    fn reader<'a>(
        &'a self,
        inner: std::sync::RwLockReadGuard<'a, T>,
        held: Option<Site>,
    ) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard { lock: self, inner: ManuallyDrop::new(inner), held }
    }

    #[inline]
    fn writer<'a>(
        &'a self,
        inner: std::sync::RwLockWriteGuard<'a, T>,
        held: Option<Held>,
    ) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard { lock: self, inner: ManuallyDrop::new(inner), held }
    }

    fn state(&self, model: &Model) -> LocationId {
        self.object.location(model, ObjectKind::RwLock, || {
            let poisoned = fresh(model, &self.inner).is_poisoned();
            Value(READ_WRITE.0 | if poisoned { POISONED.0 } else { 0 })
        })
    }

    #[inline]
    fn act(&self, by: &impl Performs, action: Action, patience: Patience, site: Site) -> Value {
        act(by, self.state(by.model()), action, patience, site)
    }

    /// Whether it is poisoned, for a thread that has it for itself.
    fn is_poisoned_alone(&self, model: &Model) -> bool {
        match self.object.is_known(model) {
            true => model.newest(self.state(model)).0 & POISONED.0 != 0,
            false => self.inner.is_poisoned(),
        }
    }

    fn read_inside(&self, by: Entered, site: Site) -> LockResult<RwLockReadGuard<'_, T>> {
        let poisoned = self.act(&by, Action::ReadLock, Patience::Forever, site);
        // The guard has bytes between its fields, which come from below.
        scrub();
        self.reading(by.model(), poisoned == Value(1), site)
    }

    /// The guard of a reader that has entered.
    fn reading(
        &self,
        model: &Model,
        poisoned: bool,
        site: Site,
    ) -> LockResult<RwLockReadGuard<'_, T>> {
        let inner = match fresh(model, &self.inner).try_read() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => model.misuse(HELD_OUTSIDE.to_owned(), None),
        };
        lock_result(self.reader(inner, Some(site)), poisoned && !model.forgets_poison())
    }

    fn write_inside(&self, model: &Model, site: Site) -> LockResult<RwLockWriteGuard<'_, T>> {
        self.act(model, Action::IntendWrite, Patience::Forever, site);
        let poisoned = self.act(model, Action::WriteLock, Patience::Forever, site);
        self.writing(model, poisoned == Value(1), site)
    }

    /// The guard of a writer that has the lock.
    fn writing(
        &self,
        model: &Model,
        poisoned: bool,
        site: Site,
    ) -> LockResult<RwLockWriteGuard<'_, T>> {
        let (inner, poisoned_outside) = match fresh(model, &self.inner).try_write() {
            Ok(inner) => (inner, false),
            Err(TryLockError::Poisoned(error)) => (error.into_inner(), true),
            Err(TryLockError::WouldBlock) => model.misuse(HELD_OUTSIDE.to_owned(), None),
        };
        let held = Held { site, panicking: model.panicking(), poisoned_outside };
        lock_result(self.writer(inner, Some(held)), poisoned && !model.forgets_poison())
    }

    #[cold]
    fn leave(&self, by: Entered, site: Site, (data, size): (*const u8, usize)) {
        by.model().on_looked(data, size);
        self.act(&by, Action::ReadUnlock, Patience::Forever, site);
    }

    #[cold]
    fn unlock_writer(&self, held: Held) {
        let Some(model) = inside() else { return };
        if !held.poisoned_outside {
            // Whether std sets its flag depends on the other threads of the model, which run on the
            // same thread of the operating system.
            fresh(&model, &self.inner).clear_poison();
        }
        let poisons = model.panicking() && !held.panicking && !model.forgets_poison();
        let unlock = match poisons {
            true => Action::WriteUnlockPoisoned,
            false => Action::WriteUnlock,
        };
        self.act(&model, unlock, Patience::Forever, held.site);
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        let looked = extent(&**self.inner);
        // SAFETY: it is dropped here and nowhere else, and not used any more. This comes first: as
        // soon as the model knows that the lock is free another thread may take it.
        unsafe { ManuallyDrop::drop(&mut self.inner) };
        if let (Some(site), Some(model)) = (self.held, entered()) {
            self.lock.leave(model.noted_for(site), site, looked);
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: as for readers.
        unsafe { ManuallyDrop::drop(&mut self.inner) };
        if let Some(held) = self.held {
            self.lock.unlock_writer(held);
        }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> RwLock<T> {
        RwLock::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if inside().is_none() {
            return self.inner.fmt(f);
        }
        let mut text = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => text.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => text.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => text.field("data", &format_args!("<locked>")),
        };
        text.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}
