//! `std::sync`: checked inside a model, std's outside.

pub mod atomic;
mod barrier;
mod condvar;
mod lazy_lock;
#[doc(hidden)]
pub mod lazy_static;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod parts;
mod rwlock;

pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazy_lock::LazyLock;
pub use mutex::{Mutex, MutexGuard};
#[allow(deprecated, reason = "std has it")]
pub use once::ONCE_INIT;
pub use once::{Once, OnceState};
pub use once_lock::OnceLock;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};
