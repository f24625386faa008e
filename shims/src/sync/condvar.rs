//! `std::sync::Condvar`: a list of waiting threads, each with a location of its own to wait at.
//!
//! The list is ordinary memory beside a location whose one bit says that a thread is about to choose whom to
//! wake; it changes right after an operation there. Nothing synchronises here: std promises no order
//! between a notification and the thread that it wakes but that of the mutex.
//!
//! A thread whose wait times out, or ends without a reason, is never on the list. Had it been there for a
//! while without being notified, nobody could tell; and had it been notified, it would not have
//! timed out.

use super::mutex::{Mutex, MutexGuard};
use super::parts::{Beside, store};
use crate::kernel::{
    LoadOrdering, LocationId, Otherwise, RmwKind, RmwOrdering, StoreOrdering, Test, Value,
};
use crate::model::ops::{choose, load, update, when};
use crate::model::{Model, Object, ObjectKind, Site, inside, wakes_spuriously};
use std::fmt;
use std::panic::Location;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

/// Set while a thread chooses whom to wake.
const CHOOSING: u64 = 1;

/// As [`std::sync::Condvar`].
///
/// In a model a notification wakes any of the threads that wait, and is lost if none does. Each thread may
/// wake up once in an execution for no reason, as std allows, so that a wait without a predicate is
/// found. A wait with a timeout may time out at any moment, however long the timeout.
///
/// ```
/// use raddle_shims::sync::{Condvar, Mutex};
/// let (lock, changed) = (Mutex::new(true), Condvar::new());
/// changed.notify_one();
/// let guard = changed.wait_while(lock.lock().unwrap(), |ready| !*ready).unwrap();
/// assert!(*guard);
/// ```
pub struct Condvar {
    object: Object,
    waiting: Beside<Vec<LocationId>>,
    inner: std::sync::Condvar,
}

/// As [`std::sync::WaitTimeoutResult`].
#[derive(Debug, PartialEq, Eq, Copy, Clone)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the wait is known to have timed out.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

/// How a wait ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Notified,
    TimedOut,
    Spurious,
}

impl Condvar {
    /// As [`std::sync::Condvar::new`].
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar {
            object: Object::new(),
            waiting: Beside::new(Vec::new()),
            inner: std::sync::Condvar::new(),
        }
    }

    /// As [`std::sync::Condvar::wait`].
    ///
    /// # Errors
    /// With the guard, if the mutex is poisoned when it is locked again.
    #[inline]
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        match inside() {
            None => {
                let (lock, guard) = guard.into_parts();
                match self.inner.wait(guard) {
                    Ok(guard) => Ok(MutexGuard::from_parts(lock, guard)),
                    Err(error) => {
                        let guard = MutexGuard::from_parts(lock, error.into_inner());
                        Err(PoisonError::new(guard))
                    }
                }
            }
            Some(model) => match self.wait_inside(&model, guard, None, Location::caller()) {
                Ok((guard, _)) => Ok(guard),
                Err(error) => Err(PoisonError::new(error.into_inner().0)),
            },
        }
    }

    /// As [`std::sync::Condvar::wait_while`].
    ///
    /// # Errors
    /// As for [`Condvar::wait`].
    #[inline]
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// As [`std::sync::Condvar::wait_timeout_ms`].
    ///
    /// # Errors
    /// As for [`Condvar::wait`].
    #[deprecated(note = "replaced by `std::sync::Condvar::wait_timeout`")]
    #[inline]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        ms: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        match self.wait_timeout(guard, Duration::from_millis(ms.into())) {
            Ok((guard, result)) => Ok((guard, !result.timed_out())),
            Err(error) => {
                let (guard, result) = error.into_inner();
                Err(PoisonError::new((guard, !result.timed_out())))
            }
        }
    }

    /// As [`std::sync::Condvar::wait_timeout`].
    ///
    /// # Errors
    /// As for [`Condvar::wait`].
    #[inline]
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        match inside() {
            None => {
                let (lock, guard) = guard.into_parts();
                let ours = |(guard, result): (_, std::sync::WaitTimeoutResult)| {
                    let result = WaitTimeoutResult(result.timed_out());
                    (MutexGuard::from_parts(lock, guard), result)
                };
                match self.inner.wait_timeout(guard, dur) {
                    Ok(both) => Ok(ours(both)),
                    Err(error) => Err(PoisonError::new(ours(error.into_inner()))),
                }
            }
            Some(model) => self.wait_inside(&model, guard, Some(dur), Location::caller()),
        }
    }

    /// As [`std::sync::Condvar::wait_timeout_while`].
    ///
    /// # Errors
    /// As for [`Condvar::wait`].
    #[inline]
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        if inside().is_some() {
            return self.wait_timeout_while_inside(guard, dur, condition);
        }
        let (lock, guard) = guard.into_parts();
        let ours = |(guard, result): (_, std::sync::WaitTimeoutResult)| {
            let result = WaitTimeoutResult(result.timed_out());
            (MutexGuard::from_parts(lock, guard), result)
        };
        match self.inner.wait_timeout_while(guard, dur, &mut condition) {
            Ok(both) => Ok(ours(both)),
            Err(error) => Err(PoisonError::new(ours(error.into_inner()))),
        }
    }

    /// As [`std::sync::Condvar::notify_one`].
    #[inline]
    #[track_caller]
    pub fn notify_one(&self) {
        match inside() {
            None => self.inner.notify_one(),
            Some(model) => self.notify_one_inside(&model, Location::caller()),
        }
    }

    /// As [`std::sync::Condvar::notify_all`].
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) {
        match inside() {
            None => self.inner.notify_all(),
            Some(model) => self.notify_all_inside(&model, Location::caller()),
        }
    }

    #[track_caller]
    fn wait_timeout_while_inside<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let mut result = WaitTimeoutResult(false);
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            if result.timed_out() {
                return Ok((guard, result));
            }
            (guard, result) = self.wait_timeout(guard, dur)?;
        }
    }

    fn wait_inside<'a, T>(
        &self,
        model: &Model,
        guard: MutexGuard<'a, T>,
        timeout: Option<Duration>,
        site: Site,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        if !guard.is_held_inside() {
            model.misuse("a mutex that was locked outside of the model is waited with".to_owned());
        }
        let end = how_it_ends(model, timeout.is_some(), site);
        let token = (end == End::Notified).then(|| self.queue_up(model, site));
        let Some(lock) = guard.unlock_for(site) else { unreachable!("it is held inside") };
        if let Some(token) = token {
            // If nobody notifies, the execution in which the wait times out is another one.
            let patience = if timeout.is_some() { Otherwise::SetAside } else { Otherwise::Wait };
            let notified = when(u64::MAX, Test::Eq, 1, patience);
            load(model, token, LoadOrdering::Relaxed, notified, site);
        }
        if let (End::TimedOut, Some(timeout)) = (end, timeout) {
            model.sleep(timeout);
        }
        relock(model, lock, WaitTimeoutResult(end == End::TimedOut), site)
    }

    fn state(&self, model: &Model) -> LocationId {
        self.object.location(model, ObjectKind::Condvar, || Value(0))
    }

    /// An operation after which the list may be changed, until the next operation.
    fn touch_list(&self, model: &Model, change: u64, site: Site) {
        let nobody_chooses = when(CHOOSING, Test::Eq, 0, Otherwise::Wait);
        let (state, change) = (self.state(model), (RmwKind::Or, change));
        update(model, state, RmwOrdering::Relaxed, change, nobody_chooses, site);
    }

    fn queue_up(&self, model: &Model, site: Site) -> LocationId {
        let part = Object::part_of(self.object.created());
        let token = part.location(model, ObjectKind::Condvar, || Value(0));
        self.touch_list(model, 0, site);
        self.waiting.with(model, |waiting| waiting.push(token));
        token
    }

    fn notify_one_inside(&self, model: &Model, site: Site) {
        if model.is_draining() {
            return;
        }
        self.touch_list(model, CHOOSING, site);
        let chosen = match self.waiting.with(model, |waiting| waiting.len()) {
            0 => None,
            threads => {
                let chosen = choose(model, threads as u32, site) as usize;
                Some(self.waiting.with(model, |waiting| waiting.remove(chosen)))
            }
        };
        let (state, chose) = (self.state(model), (RmwKind::And, !CHOOSING));
        update(model, state, RmwOrdering::Relaxed, chose, None, site);
        if let Some(token) = chosen {
            store(model, token, StoreOrdering::Relaxed, 1, site);
        }
    }

    fn notify_all_inside(&self, model: &Model, site: Site) {
        if model.is_draining() {
            return;
        }
        self.touch_list(model, 0, site);
        for token in self.waiting.with(model, std::mem::take) {
            store(model, token, StoreOrdering::Relaxed, 1, site);
        }
    }
}

fn how_it_ends(model: &Model, timed: bool, site: Site) -> End {
    if model.is_draining() {
        return End::Spurious;
    }
    if timed && choose(model, 2, site) == 1 {
        return End::TimedOut;
    }
    if wakes_spuriously(model, site) { End::Spurious } else { End::Notified }
}

fn relock<'a, T>(
    model: &Model,
    lock: &'a Mutex<T>,
    result: WaitTimeoutResult,
    site: Site,
) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
    match lock.lock_inside(model, site) {
        Ok(guard) => Ok((guard, result)),
        Err(error) => Err(PoisonError::new((error.into_inner(), result))),
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Condvar {
        Condvar::new()
    }
}
