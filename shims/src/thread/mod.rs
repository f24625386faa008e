//! `std::thread`: checked inside a model, std's outside.

mod handle;
mod local;
mod parking;
mod scoped;
mod spawning;

pub use crate::thread_local;
pub use handle::{Thread, ThreadId, current};
#[doc(hidden)]
pub use local::StdLocalKey;
pub use local::{AccessError, LocalKey};
#[allow(deprecated, reason = "std has it")]
pub use parking::park_timeout_ms;
pub use parking::{park, park_timeout};
pub use scoped::{Scope, ScopedJoinHandle, scope};
pub use spawning::{Builder, JoinHandle, spawn};
pub use std::thread::{Result, available_parallelism};

use crate::model::{hint, inside};
use std::panic::Location;
use std::time::Duration;

/// As [`std::thread::yield_now`]. In a model it tells that the thread would rather let others run; it hides
/// no behaviour.
#[inline(always)]
#[track_caller]
pub fn yield_now() {
    hint(std::thread::yield_now, Location::caller());
}

/// As [`std::thread::sleep`]. In a model how long others run meanwhile is for the checker to choose, as no sleep
/// is an upper bound; unless time is virtual: then it waits until the clock has gone on so far.
#[inline]
#[track_caller]
pub fn sleep(duration: Duration) {
    match inside() {
        None => std::thread::sleep(duration),
        Some(model) => {
            model.pause(duration, Location::caller());
        }
    }
}

/// As [`std::thread::sleep_ms`].
#[deprecated(note = "replaced by `std::thread::sleep`")]
#[track_caller]
pub fn sleep_ms(ms: u32) {
    sleep(Duration::from_millis(ms.into()));
}

/// As [`std::thread::panicking`].
#[inline]
pub fn panicking() -> bool {
    match inside() {
        None => std::thread::panicking(),
        Some(model) => model.panicking(),
    }
}
