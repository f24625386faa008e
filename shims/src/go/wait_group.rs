//! `sync.WaitGroup`.

use super::lock_real;
#[cfg(feature = "model")]
use crate::kernel::{Action, GAVE_UP, Patience, Value};
#[cfg(feature = "model")]
use crate::model::{Object, ObjectKind, ops};
use std::sync::{Arc, Condvar, Mutex};

/// As `sync.WaitGroup`: waits for a number of goroutines to be done.
///
/// A `done` is synchronised before the return of any `wait` that it unblocks. Additions commute, and so do `done`s, so
/// any number of workers that are added before the first is started is one execution. Not found is what Go finds only by luck: that a group is used again before a
/// `wait` has returned. An `add` that is concurrent with a `wait` shows in that the `wait` may return early.
///
/// ```
/// use raddle_shims::go::WaitGroup;
/// use std::sync::Arc;
/// let group = Arc::new(WaitGroup::new());
/// for _ in 0..3 {
///     group.go(|| {});
/// }
/// group.wait();
/// ```
pub struct WaitGroup {
    count: Mutex<i64>,
    zero: Condvar,
    #[cfg(feature = "model")]
    object: Object,
}

impl WaitGroup {
    /// A group of nobody.
    #[track_caller]
    pub const fn new() -> WaitGroup {
        WaitGroup {
            count: Mutex::new(0),
            zero: Condvar::new(),
            #[cfg(feature = "model")]
            object: Object::new(),
        }
    }

    /// Adds to the number of those who are not done. What makes it positive must happen before `wait`.
    ///
    /// # Panics
    /// If the number is then negative: "sync: negative WaitGroup counter".
    #[track_caller]
    pub fn add(&self, delta: i32) {
        assert!(!self.count(delta), "sync: negative WaitGroup counter");
    }

    /// One is done.
    ///
    /// # Panics
    /// As [`add`](Self::add).
    #[track_caller]
    pub fn done(&self) {
        self.add(-1);
    }

    /// Whether the number is negative afterwards.
    #[track_caller]
    fn count(&self, delta: i32) -> bool {
        in_model!(model => self.act(&model, Action::Count(delta)) == GAVE_UP);
        let mut count = lock_real(&self.count);
        *count += i64::from(delta);
        if *count == 0 {
            self.zero.notify_all();
        }
        *count < 0
    }

    /// Waits until everybody is done.
    #[track_caller]
    pub fn wait(&self) {
        in_model!(model => { self.act(&model, Action::AwaitZero); });
        let mut count = lock_real(&self.count);
        while *count > 0 {
            count = self.zero.wait(count).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// Starts a goroutine that is waited for, as `WaitGroup.Go`.
    #[track_caller]
    pub fn go<R>(self: &Arc<Self>, f: impl FnOnce() -> R + Send + 'static) {
        self.add(1);
        let group = Arc::clone(self);
        super::go(move || {
            f();
            group.done();
        });
    }

    #[cfg(feature = "model")]
    #[track_caller]
    fn act(&self, model: &crate::model::Model, action: Action) -> Value {
        let object = self.object.location(model, ObjectKind::WaitGroup, || Value(0));
        ops::act(model, object, action, Patience::Forever, std::panic::Location::caller())
    }
}

impl Default for WaitGroup {
    #[track_caller]
    fn default() -> WaitGroup {
        WaitGroup::new()
    }
}
