//! What several of the primitives are made of.

use crate::kernel::{LocationId, Op, StoreOrdering, Value};
use crate::model::{Model, Site, fresh};
use std::sync::{LockResult, Mutex, PoisonError};

/// State of a primitive in ordinary memory, empty at the start of every execution. It may only be changed
/// right after an operation that orders the change with all others (see [`crate::model`]).
#[derive(Debug)]
pub(super) struct Beside<S> {
    /// The stamp of the execution that it belongs to, and the state.
    kept: Mutex<(u64, S)>,
}

impl<S: Default> Beside<S> {
    pub const fn new(empty: S) -> Beside<S> {
        Beside { kept: Mutex::new((0, empty)) }
    }

    /// Reads or changes it. `change` must not perform operations: other threads would be let in.
    pub fn with<R>(&self, model: &Model, change: impl FnOnce(&mut S) -> R) -> R {
        let kept = fresh(model, &self.kept).lock();
        let mut kept = kept.unwrap_or_else(PoisonError::into_inner);
        if kept.0 != model.stamp() {
            *kept = (model.stamp(), S::default());
        }
        change(&mut kept.1)
    }
}

/// One store.
pub(super) fn store(
    model: &Model,
    location: LocationId,
    ordering: StoreOrdering,
    value: u64,
    site: Site,
) {
    model.perform(&Op::Store { location, ordering, value: Value(value) }, site);
}

/// A guard, with the news that an earlier holder panicked.
pub(super) fn lock_result<G>(guard: G, poisoned: bool) -> LockResult<G> {
    if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

/// What is said of a lock that is held by code which the model does not see.
pub(super) const HELD_OUTSIDE: &str = "a lock is used inside of a model while code outside of it, or \
    another execution, holds it; create the lock inside of the model";
