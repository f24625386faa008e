//! `std::sync::Condvar`: one blocking object, beside the one of the mutex.
//!
//! A wait is four actions: the thread queues up, unlocks, waits to be notified, and locks again. Nothing
//! synchronises but the mutex: std promises no order between a notification and the thread that it wakes.

use super::mutex::MutexGuard;
use crate::kernel::{Action, GAVE_UP, Patience, Value};
use crate::model::ops::act;
use crate::model::{Model, Object, ObjectKind, Site, inside, wakes_spuriously};
use std::fmt;
use std::panic::Location;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

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

impl Condvar {
    /// As [`std::sync::Condvar::new`].
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar { object: Object::new(), inner: std::sync::Condvar::new() }
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
            Some(model) => self.notify_inside(&model, Action::NotifyOne, Location::caller()),
        }
    }

    /// As [`std::sync::Condvar::notify_all`].
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) {
        match inside() {
            None => self.inner.notify_all(),
            Some(model) => self.notify_inside(&model, Action::NotifyAll, Location::caller()),
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
            model.misuse(
                "a mutex that was locked outside of the model is waited with".to_owned(),
                None,
            );
        }
        // Who wakes up for no reason need not queue up: had it been there for a while nobody could tell.
        let queues = match model.is_draining() {
            false => !wakes_spuriously(model, site),
            true => model.goes_on(),
        };
        if queues {
            self.act(model, Action::Enqueue, Patience::Forever, site);
        }
        let Some(lock) = guard.unlock_for(site) else { unreachable!("it is held inside") };
        let mut result = WaitTimeoutResult(false);
        if queues {
            let patience = timeout.map_or(Patience::Forever, |timeout| model.patience(timeout));
            result.0 = self.act(model, Action::Wake, patience, site) == GAVE_UP;
        }
        if let (true, Some(timeout)) = (result.0, timeout) {
            model.sleep(timeout);
        }
        match lock.lock_inside(model, site) {
            Ok(guard) => Ok((guard, result)),
            Err(error) => Err(PoisonError::new((error.into_inner(), result))),
        }
    }

    fn act(&self, model: &Model, action: Action, patience: Patience, site: Site) -> Value {
        let object = self.object.location(model, ObjectKind::Condvar, Value::default);
        act(model, object, action, patience, site)
    }

    fn notify_inside(&self, model: &Model, whom: Action, site: Site) {
        self.act(model, whom, Patience::Forever, site);
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
