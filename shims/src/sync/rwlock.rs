//! `std::sync::RwLock`: one location with a bit for a writer and the number of readers.
//!
//! A writer takes its bit as soon as no other writer has it, which keeps new readers out, and then waits
//! until the readers that are in have left. So a reader waits for a writer that waits, as with std on
//! Linux, and a thread that reads twice deadlocks if a writer arrives in between. A platform may instead
//! let the reader in; that is the same as if the writer had arrived later, which is explored as well.
//!
//! What a reader did happens before what the next writer does, but not before what later readers do:
//! readers leave by a relaxed operation and hand their past to the next writer alone.

use super::parts::{Beside, HELD_OUTSIDE, lock_result};
use crate::kernel::{LoadOrdering, LocationId, Otherwise, RmwKind, RmwOrdering, Test, Value};
use crate::model::ops::{load, update, when};
use crate::model::{Handoff, Model, Object, ObjectKind, Site, fresh, inside, touch_outside};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

const WRITER: u64 = 1;
const POISONED: u64 = 2;
const READER: u64 = 4;
const READERS: u64 = !(WRITER | POISONED);

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
    /// From readers that left after the last writer took the lock.
    left: Beside<Vec<Handoff>>,
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
        RwLock {
            object: Object::new(),
            left: Beside::new(Vec::new()),
            inner: std::sync::RwLock::new(value),
        }
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
    #[inline]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        match inside() {
            None => {
                touch_outside(&self.object, &self.inner);
                match self.inner.read() {
                    Ok(inner) => Ok(self.reader(inner, None)),
                    Err(error) => Err(PoisonError::new(self.reader(error.into_inner(), None))),
                }
            }
            Some(model) => {
                let site = Location::caller();
                let old = self.enter(&model, Otherwise::Wait, site);
                self.reading(&model, old, site)
            }
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
                let old = self.enter(&model, Otherwise::Skip, site);
                if old & WRITER != 0 {
                    return Err(TryLockError::WouldBlock);
                }
                Ok(self.reading(&model, old, site)?)
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
                let (site, free) = (Location::caller(), WRITER | READERS);
                let free = when(free, Test::Eq, 0, Otherwise::Skip);
                let (state, take) = (self.state(&model), (RmwKind::Or, WRITER));
                let old = update(&model, state, RmwOrdering::Acquire, take, free, site);
                if old & (WRITER | READERS) != 0 {
                    return Err(TryLockError::WouldBlock);
                }
                Ok(self.writing(&model, old, site)?)
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
                let state = self.state(&model);
                let state = load(&model, state, LoadOrdering::Relaxed, None, Location::caller());
                state & POISONED != 0
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
                let (state, clear) = (self.state(&model), (RmwKind::And, !POISONED));
                update(&model, state, RmwOrdering::Relaxed, clear, None, Location::caller());
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
            Value(if poisoned { POISONED } else { 0 })
        })
    }

    /// Whether it is poisoned, for a thread that has it for itself.
    fn is_poisoned_alone(&self, model: &Model) -> bool {
        match self.object.is_known(model) {
            true => model.newest(self.state(model)).0 & POISONED != 0,
            false => self.inner.is_poisoned(),
        }
    }

    fn enter(&self, model: &Model, otherwise: Otherwise, site: Site) -> u64 {
        let no_writer = when(WRITER, Test::Eq, 0, otherwise);
        let (state, enter) = (self.state(model), (RmwKind::Add, READER));
        update(model, state, RmwOrdering::Acquire, enter, no_writer, site)
    }

    /// The guard of a reader that has entered.
    fn reading(&self, model: &Model, old: u64, site: Site) -> LockResult<RwLockReadGuard<'_, T>> {
        let inner = match fresh(model, &self.inner).try_read() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => model.misuse(HELD_OUTSIDE.to_owned()),
        };
        let poisoned = old & POISONED != 0 && !model.is_draining();
        lock_result(self.reader(inner, Some(site)), poisoned)
    }

    fn write_inside(&self, model: &Model, site: Site) -> LockResult<RwLockWriteGuard<'_, T>> {
        let no_writer = when(WRITER, Test::Eq, 0, Otherwise::Wait);
        let (state, take) = (self.state(model), (RmwKind::Or, WRITER));
        let old = update(model, state, RmwOrdering::Acquire, take, no_writer, site);
        if old & READERS != 0 {
            let no_reader = when(READERS, Test::Eq, 0, Otherwise::Wait);
            load(model, state, LoadOrdering::Relaxed, no_reader, site);
        }
        self.writing(model, old, site)
    }

    /// The guard of a writer that has the lock. Nobody leaves any more.
    fn writing(&self, model: &Model, old: u64, site: Site) -> LockResult<RwLockWriteGuard<'_, T>> {
        for handoff in self.left.with(model, std::mem::take) {
            handoff.acquire(model, site);
        }
        let (inner, poisoned_outside) = match fresh(model, &self.inner).try_write() {
            Ok(inner) => (inner, false),
            Err(TryLockError::Poisoned(error)) => (error.into_inner(), true),
            Err(TryLockError::WouldBlock) => model.misuse(HELD_OUTSIDE.to_owned()),
        };
        let held = Held { site, panicking: model.panicking(), poisoned_outside };
        let poisoned = old & POISONED != 0 && !model.is_draining();
        lock_result(self.writer(inner, Some(held)), poisoned)
    }

    #[cold]
    fn leave(&self, site: Site) {
        let Some(model) = inside() else { return };
        let handoff = Handoff::new();
        handoff.release(&model, site);
        let (state, leave) = (self.state(&model), (RmwKind::Sub, READER));
        update(&model, state, RmwOrdering::Relaxed, leave, None, site);
        self.left.with(&model, |left| left.push(handoff));
    }

    #[cold]
    fn unlock_writer(&self, held: Held) {
        let Some(model) = inside() else { return };
        if !held.poisoned_outside {
            // Whether std sets its flag depends on the other threads of the model, which run on the
            // same thread of the operating system.
            fresh(&model, &self.inner).clear_poison();
        }
        let poisons = model.panicking() && !held.panicking && !model.is_draining();
        let unlock = if poisons { (RmwKind::Swap, POISONED) } else { (RmwKind::And, !WRITER) };
        update(&model, self.state(&model), RmwOrdering::Release, unlock, None, held.site);
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it is dropped here and nowhere else, and not used any more. This comes first: as
        // soon as the model knows that the lock is free another thread may take it.
        unsafe { ManuallyDrop::drop(&mut self.inner) };
        if let Some(site) = self.held {
            self.lock.leave(site);
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
