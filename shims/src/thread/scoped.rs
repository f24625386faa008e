//! Threads that borrow from the function that starts them.

use super::spawning::{Builder, Held, Started, boxed, start};
use super::{Result, Thread};
use crate::kernel::ThreadId;
use crate::model::{Model, Site, inside};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, RefUnwindSafe, catch_unwind, resume_unwind};
use std::thread as real;
use std::{fmt, io};

/// Waits for a thread; which it is if it panicked and nobody has been told.
type Wait<'scope> = Box<dyn Fn(&Model) -> Option<ThreadId> + 'scope>;

/// As [`std::thread::Scope`].
pub struct Scope<'scope, 'env: 'scope> {
    kind: Kind<'scope, 'env>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

enum Kind<'scope, 'env: 'scope> {
    Real(&'scope real::Scope<'scope, 'env>),
    Model(Threads<'scope>),
}

/// The threads of a scope. They are started by threads of one execution, which run one at a time.
struct Threads<'scope>(RefCell<Vec<Wait<'scope>>>);

impl<'scope> Threads<'scope> {
    /// Takes a thread in, whose handle it gives back.
    fn add<T: 'scope>(&self, started: Started<T>, site: Site) -> ScopedJoinHandle<'scope, T> {
        let waited_for = started.share();
        let wait = move |model: &Model| waited_for.wait(model, site).then_some(waited_for.thread);
        self.0.borrow_mut().push(Box::new(wait));
        let thread = started.handle();
        ScopedJoinHandle(Handle::Model(Held(started), thread))
    }
}

// SAFETY: a scope of a model is only used by threads of its execution, all of which run on one
// operating-system thread, one at a time; `Scope::spawn` checks that it is inside a model.
unsafe impl Sync for Threads<'_> {}
// SAFETY: as above.
unsafe impl Send for Threads<'_> {}
// As std's: nothing can panic while the list changes.
impl RefUnwindSafe for Threads<'_> {}

/// As [`std::thread::scope`].
///
/// Inside a model, an execution that comes to the limit of events before the scope ends fails if a thread of the scope has
/// panicked and its handle is gone: the scope could only panic in turn.
///
/// # Panics
/// If a thread of the scope panicked and was not joined.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    match inside() {
        None => scope_outside(f),
        Some(_) => scope_inside(f),
    }
}

/// Frees a [`Scope`] that is not needed any more.
struct Freed<'a>(*mut Scope<'a, 'a>);

impl Drop for Freed<'_> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box, and no thread of the scope is left to use it.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// What is called from two places is compiled once.
#[inline(never)]
fn enter<'scope, 'env, F, T>(f: F, scope: &'scope Scope<'scope, 'env>) -> T
where
    F: FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    f(scope)
}

#[track_caller]
fn scope_outside<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let mut kept = None;
    real::scope(|scope| {
        let scope = Scope { kind: Kind::Real(scope), scope: PhantomData, env: PhantomData };
        let scope = Box::into_raw(Box::new(scope));
        kept = Some(Freed(scope.cast()));
        // SAFETY: it is freed by `kept`, which lives until `real::scope` has joined every thread.
        enter(f, unsafe { &*scope })
    })
}

#[track_caller]
fn scope_inside<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let threads = Threads(RefCell::new(Vec::new()));
    let scope = Scope { kind: Kind::Model(threads), scope: PhantomData, env: PhantomData };
    let scope = Box::into_raw(Box::new(scope));
    let _freed = Freed(scope.cast());
    // SAFETY: `_freed` frees it when this function ends, after every thread has been joined.
    let scope = unsafe { &*scope };
    let result = catch_unwind(AssertUnwindSafe(|| enter(f, scope)));
    let panicked = scope.wait();
    let value = result.unwrap_or_else(|payload| resume_unwind(payload));
    if panicked.is_empty() {
        return value;
    }
    // The panic of the scope tells of them, and whoever catches it has been told.
    if let Some(model) = inside() {
        panicked.into_iter().for_each(|thread| model.on_panic_observed(thread));
    }
    panic!("a scoped thread panicked");
}

impl Scope<'_, '_> {
    /// Waits for all threads of a model; which of them panicked and nobody has been told.
    fn wait(&self) -> Vec<ThreadId> {
        let (Kind::Model(Threads(waits)), Some(model)) = (&self.kind, inside()) else {
            return Vec::new();
        };
        let mut panicked = Vec::new();
        let mut waited = 0;
        // A thread of the scope may start another one meanwhile.
        while waited < waits.borrow().len() {
            let wait = std::mem::replace(&mut waits.borrow_mut()[waited], Box::new(|_| None));
            waited += 1;
            panicked.extend(wait(&model));
        }
        panicked
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// As std's.
    ///
    /// # Panics
    /// Outside of a model, if the operating system cannot start a thread.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(self, f).expect("failed to spawn thread")
    }
}

impl Builder {
    /// As std's.
    ///
    /// # Errors
    /// Outside of a model, if the operating system cannot start a thread.
    ///
    /// # Panics
    /// If the name holds a null byte.
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let site = Location::caller();
        let threads = match &scope.kind {
            Kind::Real(scope) => {
                let f = boxed(f);
                let handle = self.real().spawn_scoped(scope, f)?;
                let thread = Thread::real(handle.thread().clone());
                return Ok(ScopedJoinHandle(Handle::Real(handle, thread)));
            }
            Kind::Model(threads) => threads,
        };
        let model = inside().expect("a scope of a model is used in its execution");
        // SAFETY: `scope` joins every thread before it returns, also by unwinding; when the execution is
        // over a thread that cannot end is never run again, and neither is the one that waits for it.
        let started = unsafe { start(&model, (self.checked_name(), f), site) };
        Ok(threads.add(started, site))
    }
}

/// As [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T>(Handle<'scope, T>);

enum Handle<'scope, T> {
    Real(real::ScopedJoinHandle<'scope, T>, Thread),
    Model(Held<T>, Thread),
}

impl<T> ScopedJoinHandle<'_, T> {
    /// As std's.
    ///
    /// # Errors
    /// What the thread panicked with.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.0 {
            Handle::Real(handle, _) => handle.join(),
            Handle::Model(started, _) => started.join(Location::caller()),
        }
    }

    /// As std's.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Handle::Real(handle, _) => handle.is_finished(),
            Handle::Model(started, _) => started.is_finished(Location::caller()),
        }
    }

    /// As std's.
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Handle::Real(_, thread) | Handle::Model(_, thread) => thread,
        }
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}
