//! `loom::sync`, and what std has beside it.

pub mod atomic;

pub use raddle_shims::future::Notify;
pub use raddle_shims::sync::{
    Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard, Once, OnceLock,
    OnceState, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult,
    WaitTimeoutResult, mpsc,
};
pub use raddle_shims::track::{Arc, Weak};
