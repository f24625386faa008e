//! What the tests of the face share.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

/// With what a check panics.
#[track_caller]
pub fn failure(check: impl FnOnce()) -> String {
    let failed = catch_unwind(AssertUnwindSafe(check));
    match failed.expect_err("a failure was expected").downcast::<String>() {
        Ok(message) => *message,
        Err(_) => panic!("a failure has a message"),
    }
}

/// All that the executions of the closure come to.
#[track_caller]
pub fn outcomes<T: Ord + Clone + Send + 'static>(
    model: impl Fn() -> T + Send + Sync + 'static,
) -> Vec<T> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let theirs = Arc::clone(&seen);
    shuttle::check_dfs(
        move || {
            let outcome = model();
            theirs.lock().unwrap().insert(outcome);
        },
        None,
    );
    let seen = seen.lock().unwrap();
    seen.iter().cloned().collect()
}
