//! `shuttle::thread`: threads whose panics fail the check, whoever would join them.

use crate::execution::{Birth, guarded, has_steps, joined, step};
use raddle_shims::kernel::{self, Patience};
use raddle_shims::model::inside;
use raddle_shims::thread as shim;
pub use raddle_shims::thread::{AccessError, LocalKey, Result, panicking, park, park_timeout};
use std::time::Duration;
use std::{fmt, io};

/// As [`std::thread::yield_now`]: others go first if they can. In a sample it is a place where they can.
#[track_caller]
pub fn yield_now() {
    shim::yield_now();
    step();
}

/// As [`std::thread::sleep`]. In a sample it is a place where others can go on, and how long they do is for the checker to
/// choose, unless time is virtual.
#[track_caller]
pub fn sleep(duration: Duration) {
    match inside() {
        Some(model)
            if has_steps(&model) && !matches!(model.patience(duration), Patience::Until(_)) =>
        {
            model.sleep(duration);
            step();
        }
        _ => shim::sleep(duration),
    }
}

/// The number of a thread, which is the same in every execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(u32);

impl From<ThreadId> for usize {
    fn from(id: ThreadId) -> usize {
        id.0 as usize
    }
}

/// As [`std::thread::Thread`].
#[derive(Clone, Debug)]
pub struct Thread(shim::Thread);

impl Thread {
    /// As std's.
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// As std's.
    pub fn id(&self) -> ThreadId {
        ThreadId(self.0.id().number())
    }

    /// As std's.
    #[track_caller]
    pub fn unpark(&self) {
        self.0.unpark();
    }
}

/// The running thread.
pub fn current() -> Thread {
    Thread(shim::current())
}

/// As [`std::thread::JoinHandle`].
pub struct JoinHandle<T> {
    pub(crate) inner: shim::JoinHandle<T>,
    thread: Thread,
}

impl<T> JoinHandle<T> {
    /// As std's.
    ///
    /// # Errors
    /// Inside of a check none: a panic of the thread ends it.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let result = self.inner.join();
        joined();
        result
    }

    /// As std's.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// As std's.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("thread", &self.thread).finish_non_exhaustive()
    }
}

/// As [`std::thread::spawn`].
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}

/// As [`std::thread::Builder`].
#[derive(Debug, Default)]
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// As std's.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// As std's.
    pub fn name(self, name: String) -> Builder {
        Builder { name: Some(name), ..self }
    }

    /// As std's; inside of a check the size of stacks is that of its configuration.
    pub fn stack_size(self, stack_size: usize) -> Builder {
        Builder { stack_size: Some(stack_size), ..self }
    }

    /// As std's.
    ///
    /// # Errors
    /// Outside of a check, if the operating system cannot start a thread.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let birth = Birth::announce(true, self.name.as_deref());
        let theirs = birth.as_ref().map(Birth::share);
        let inner = self.shim().spawn(move || born(theirs, f))?;
        Ok(known(inner, birth))
    }

    /// The same for what need not be `Send`.
    ///
    /// # Safety
    /// What the thread returns must not leave the execution.
    #[track_caller]
    pub(crate) unsafe fn spawn_unsent<F, T>(self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + 'static,
        T: 'static,
    {
        let birth = Birth::announce(true, self.name.as_deref());
        let theirs = birth.as_ref().map(Birth::share);
        // SAFETY: the caller's duty is the same.
        let inner = unsafe { self.shim().spawn_unsent(move || born(theirs, f)) };
        known(inner, birth)
    }

    fn shim(self) -> shim::Builder {
        let builder = shim::Builder::new();
        let builder = match self.name {
            Some(name) => builder.name(name),
            None => builder,
        };
        match self.stack_size {
            Some(size) => builder.stack_size(size),
            None => builder,
        }
    }
}

/// Runs what a thread is to run.
fn born<T>(birth: Option<Birth>, f: impl FnOnce() -> T) -> T {
    if let (Some(birth), Some(model)) = (birth, inside()) {
        birth.settle(model.me());
    }
    guarded(f)
}

/// The handle of a thread that has been started.
fn known<T>(inner: shim::JoinHandle<T>, birth: Option<Birth>) -> JoinHandle<T> {
    let thread = Thread(inner.thread().clone());
    if let Some(birth) = birth {
        birth.settle(kernel::ThreadId(thread.0.id().number()));
    }
    JoinHandle { inner, thread }
}

/// As [`std::thread::Scope`].
#[repr(transparent)]
pub struct Scope<'scope, 'env: 'scope>(shim::Scope<'scope, 'env>);

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// As [`std::thread::scope`].
///
/// # Panics
/// Outside of a check, if a thread of the scope panicked and was not joined.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    shim::scope(|scope| {
        let scope: *const shim::Scope<'_, 'env> = scope;
        // SAFETY: a `Scope` is the shim's and nothing else, and lives as long.
        f(unsafe { &*scope.cast::<Scope<'_, 'env>>() })
    })
}

impl<'scope> Scope<'scope, '_> {
    /// As std's.
    ///
    /// # Panics
    /// Outside of a check, if the operating system cannot start a thread.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let birth = Birth::announce(false, None);
        let theirs = birth.as_ref().map(Birth::share);
        let inner = self.0.spawn(move || born(theirs, f));
        let thread = Thread(inner.thread().clone());
        if let Some(birth) = birth {
            birth.settle(kernel::ThreadId(thread.0.id().number()));
        }
        ScopedJoinHandle { inner, thread }
    }
}

/// As [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    inner: shim::ScopedJoinHandle<'scope, T>,
    thread: Thread,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// As std's.
    ///
    /// # Errors
    /// Inside of a check none: a panic of the thread ends it.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.inner.join()
    }

    /// As std's.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// As std's.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("thread", &self.thread).finish_non_exhaustive()
    }
}
