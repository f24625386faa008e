//! Concurrency as Go has it: goroutines, channels, `select!`, contexts, and what `sync` and its friends offer.
//!
//! The semantics are those of the Go specification (sections "Channel types", "Send statements", "Receive
//! operator", "Select statements", "Close"), of the Go memory model, and of the documentation of the packages
//! `sync`, `time`, `context`, `golang.org/x/sync` and `golang.org/x/time/rate`; each type says which text it
//! follows and where it differs. Misuse panics with Go's own message.
//!
//! On real threads all of this works on primitives of std. Inside a checked run goroutines are threads of
//! the model, and what they do are events of the kernel, so that every interleaving, and every arm that a
//! select could take, is explored.
//!
//! # Which memory model
//! Go's, whatever the check is set to: one order explains all operations of [`atomic`]s, channels and locks, and who observes an atomic
//! operation comes after it ("Atomic Values"). So a program that uses nothing but this module has the same executions with `model = "sc"` and
//! with the default model. Atomics of `std` in the same program are as their orderings say.
//!
//! # When the main function returns
//! Go ends a program then, whatever its goroutines do. A model goes on until every goroutine has ended
//! or none can go on: those that are left waiting are what leaks in a program that runs for longer, and are
//! reported. On real threads they go on until the process ends.
//!
//! ```
//! use raddle_shims::go::{self, chan, select};
//! let (jobs, done) = (chan::<u32>(0), chan::<u32>(1));
//! let (theirs, sum) = (jobs.receiver(), done.sender());
//! go::go(move || sum.send(theirs.iter().sum()));
//! for job in 1..=3 {
//!     jobs.send(job);
//! }
//! jobs.close();
//! select! {
//!     recv(done) -> sum => assert_eq!(sum, Some(6)),
//! }
//! ```

#![allow(clippy::disallowed_methods, reason = "outside of a model time is real")]

/// Leaves the function with what the expression says, if it runs inside a model.
macro_rules! in_model {
    ($model:ident => $reply:expr) => {
        #[cfg(feature = "model")]
        if let Some($model) = crate::model::inside() {
            return $reply;
        }
    };
}

/// What primitives of which each is one object of the model have in common: where it is, what is done to it, and its label.
macro_rules! modelled {
    ($name:ident, $kind:ident, $initial:expr) => {
        impl $name {
            #[cfg(feature = "model")]
            fn location(&self, model: &crate::model::Model) -> crate::kernel::LocationId {
                self.object.location(model, crate::model::ObjectKind::$kind, || $initial)
            }

            #[cfg(feature = "model")]
            #[track_caller]
            fn act(
                &self,
                model: &crate::model::Model,
                action: Action,
                patience: Patience,
            ) -> Value {
                let (object, site) = (self.location(model), std::panic::Location::caller());
                crate::model::ops::act(model, object, action, patience, site)
            }

            /// Gives it a name for reports, which `raddle::label!` calls. Nothing happens outside of a model.
            pub fn label(&self, name: impl Into<String>) {
                #[cfg(feature = "model")]
                if let Some(model) = crate::model::inside() {
                    return model.label(self.location(&model), name.into());
                }
                let _: String = name.into();
            }
        }
    };
}

pub mod atomic;
mod channel;
mod cond;
pub mod context;
mod core;
pub mod errgroup;
mod map;
mod mutex;
mod once;
mod pool;
pub mod rate;
mod real;
mod rwmutex;
mod select;
mod semaphore;
pub mod singleflight;
mod task;
mod timer;
mod wait_group;

pub use self::channel::{Chan, Iter, Receiver, Receives, Sender, Sends, WouldBlock, chan};
pub use self::cond::Cond;
pub use self::context::Context;
pub use self::map::Map;
pub use self::mutex::{Locker, Mutex};
pub use self::once::{Once, once_func, once_value, once_values};
pub use self::pool::Pool;
pub use self::rwmutex::{RLocker, RWMutex};
pub use self::semaphore::Semaphore;
pub use self::task::go;
pub use self::timer::{Ticker, Timer, after, after_func, sleep, tick};
pub use self::wait_group::WaitGroup;
pub use crate::__go_select as select;

/// For the macros of this module.
#[doc(hidden)]
pub mod __private {
    pub use super::core::Port;
    pub use super::select::{Mode, Taken, receiving, sending, wait};
}

/// The lock, whoever panicked while holding it: what it guards is changed in one step.
#[track_caller]
fn lock<T: ?Sized>(mutex: &crate::sync::Mutex<T>) -> crate::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Gives what the lock guards a name for reports.
fn label<T: ?Sized>(mutex: &crate::sync::Mutex<T>, name: String) {
    #[cfg(feature = "model")]
    return mutex.label(name);
    #[cfg(not(feature = "model"))]
    let _: (&crate::sync::Mutex<T>, String) = (mutex, name);
}

/// The same for locks that the checker does not see.
fn lock_real<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
