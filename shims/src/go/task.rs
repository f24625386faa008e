//! Starting goroutines.

#[cfg(feature = "model")]
use crate::model::NewThread;

/// Starts a goroutine, as the statement `go f()` (specification, "Go statements").
///
/// Nobody can wait for it but by what it does, and what it returns is discarded. A panic in it ends the program: in
/// a model the execution fails with the panic's message, and the report says where the goroutine was
/// started; on real threads the process exits with status 2, after the message, as Go's does.
///
/// ```
/// use raddle_shims::go::{self, WaitGroup};
/// use std::sync::Arc;
/// let group = Arc::new(WaitGroup::new());
/// group.add(1);
/// let theirs = Arc::clone(&group);
/// go::go(move || theirs.done());
/// group.wait();
/// ```
///
/// # Panics
/// Outside of a model, if the operating system cannot start a thread.
#[track_caller]
pub fn go<R>(f: impl FnOnce() -> R + Send + 'static) {
    let body = move || drop(f());
    in_model!(model => {
        let thread = NewThread { name: None, body: Box::new(body) };
        model.spawn(thread, std::panic::Location::caller());
    });
    let guarded = move || {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).is_err() {
            std::process::exit(2);
        }
    };
    std::thread::Builder::new().spawn(guarded).expect("failed to start a goroutine");
}
