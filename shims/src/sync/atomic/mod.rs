//! `std::sync::atomic`: checked inside a model, std's outside.
//!
//! Inside a model the value lives in the checker; the std atomic within only says what the variable holds
//! at first. So an atomic that is created before a model and captured by it is as new in every execution,
//! and shows no change afterwards. `fetch_update` retries only when the value has changed: a spurious
//! failure within it would only call the function once more with the value that it has seen.

mod cell;
mod integer;
mod pointer;

pub use integer::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16,
    AtomicU32, AtomicU64, AtomicUsize,
};
pub use pointer::AtomicPtr;
pub use std::sync::atomic::Ordering;

use crate::kernel::{FenceOrdering, Op};
use crate::model::inside;
use std::panic::Location;

/// As [`std::sync::atomic::fence`].
///
/// # Panics
/// If `order` is [`Relaxed`](Ordering::Relaxed).
#[inline(always)]
#[track_caller]
pub fn fence(order: Ordering) {
    match inside() {
        None => std::sync::atomic::fence(order),
        Some(model) => match FenceOrdering::try_from(order) {
            Ok(ordering) => model.tell(&Op::Fence(ordering), Location::caller()),
            Err(error) => panic!("{error}"),
        },
    }
}

/// As [`std::sync::atomic::compiler_fence`]: it orders a thread only with its own signal handlers, of
/// which a model has none, so it is no visible operation.
///
/// # Panics
/// If `order` is [`Relaxed`](Ordering::Relaxed).
#[inline]
#[track_caller]
pub fn compiler_fence(order: Ordering) {
    std::sync::atomic::compiler_fence(order);
}

/// As [`std::sync::atomic::spin_loop_hint`].
#[deprecated(note = "use hint::spin_loop instead")]
#[inline(always)]
#[track_caller]
pub fn spin_loop_hint() {
    crate::hint::spin_loop();
}

/// An [`AtomicBool`] that is false.
#[deprecated(note = "the `new` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it")]
pub const ATOMIC_BOOL_INIT: AtomicBool = AtomicBool::new(false);

/// An [`AtomicIsize`] that is 0.
#[deprecated(note = "the `new` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it")]
pub const ATOMIC_ISIZE_INIT: AtomicIsize = AtomicIsize::new(0);

/// An [`AtomicUsize`] that is 0.
#[deprecated(note = "the `new` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it")]
pub const ATOMIC_USIZE_INIT: AtomicUsize = AtomicUsize::new(0);
