//! `loom::thread`, and what std has beside it.

use raddle_shims::thread as shim;
pub use raddle_shims::thread::{
    AccessError, JoinHandle, LocalKey, Result, Scope, ScopedJoinHandle, Thread, ThreadId,
    available_parallelism, current, panicking, park, park_timeout, scope, sleep, yield_now,
};
use std::io;

/// As [`std::thread::spawn`], but what the thread runs and returns need not be `Send`.
///
/// # Panics
/// Outside of a model.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    // SAFETY: loom's signature asks for nothing, and what it returns stays in the execution there too.
    unsafe { shim::Builder::new().spawn_unsent(f) }
}

/// As [`std::thread::Builder`].
#[derive(Debug)]
pub struct Builder(shim::Builder);

impl Builder {
    /// As std's.
    #[allow(clippy::new_without_default, reason = "std's has no default either")]
    pub fn new() -> Builder {
        Builder(shim::Builder::new())
    }

    /// As std's.
    pub fn name(self, name: String) -> Builder {
        Builder(self.0.name(name))
    }

    /// As std's; the size of stacks is a setting of the check (`RADDLE_STACK_SIZE`), so this changes nothing.
    pub fn stack_size(self, size: usize) -> Builder {
        Builder(self.0.stack_size(size))
    }

    /// As std's.
    ///
    /// # Errors
    /// None; std's may fail.
    ///
    /// # Panics
    /// Outside of a model, or if the name holds a null byte.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn(f)
    }
}
