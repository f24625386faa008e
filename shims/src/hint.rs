//! `std::hint`.

use crate::model::hint;
pub use crate::until::AwaitUntil;
pub use std::hint::{assert_unchecked, black_box, select_unpredictable, unreachable_unchecked};
use std::panic::Location;

/// As [`std::hint::spin_loop`]. In a model it tells that the thread would rather let others run; it hides no
/// behaviour.
#[inline(always)]
#[track_caller]
pub fn spin_loop() {
    hint(std::hint::spin_loop, Location::caller());
}
