//! What several of the primitives are made of.

use std::sync::{LockResult, PoisonError};

/// A guard, with the news that an earlier holder panicked.
pub(super) fn lock_result<G>(guard: G, poisoned: bool) -> LockResult<G> {
    if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

/// What is said of a lock that is held by code which the model does not see.
pub(super) const HELD_OUTSIDE: &str = "a lock is used inside of a model while code outside of it, or \
    another execution, holds it; create the lock inside of the model";

/// Where what a lock guards lies, and how many bytes it is.
pub(super) fn extent<T: ?Sized>(data: &T) -> (*const u8, usize) {
    (std::ptr::from_ref(data).cast(), size_of_val(data))
}
