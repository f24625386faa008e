//! Bugs that Rust projects had, re-created from their mechanism: each is found, as what it is, in few steps
//! and with a short token, and its repaired twin is verified.

mod arc_get_mut;
mod channel_destroy;
mod channel_disconnect;
mod lock_latch;
mod once_cell_weak;
mod once_retry;
mod reentrant_mutex;
mod scheduler_idle;

use example_support::{assert_minimal, steps};
use raddle::{Builder, Kind, Outcome};

/// The longest token that a small bug may have.
const TOKEN_MAX: usize = 25;

/// Explores a program that must fail in this way, in at most `steps_max` steps of at most two threads.
#[track_caller]
fn assert_found(name: &str, kind: Kind, steps_max: u64, program: fn()) {
    let Outcome::Violation(violation) = Builder::new().name(name).explore(program) else {
        panic!("{name}: the {kind} is not found")
    };
    let report = &violation.report;
    assert_eq!(violation.kind, kind, "{report}");
    let steps = steps(report);
    assert!(steps <= steps_max, "{steps} steps\n{report}");
    assert!(!report.contains("t2"), "a third thread is not needed\n{report}");
    let token = violation.token.as_deref().expect("a failing execution has a token");
    assert_minimal(name, token, &violation, program);
    assert!(token.len() <= TOKEN_MAX, "{token} has {} characters", token.len());
}

/// Explores a program of which no execution may fail, under both memory models.
#[track_caller]
fn assert_verified(program: fn()) {
    assert_verified_under("sc", program);
    assert_verified_under("rc20", program);
}

/// The same under one.
#[track_caller]
fn assert_verified_under(model: &str, program: fn()) {
    match Builder::new().model(model).explore(program) {
        Outcome::Verified(coverage) => assert!(coverage.executions > 1, "nothing concurrent"),
        Outcome::Violation(violation) => panic!("{model}:\n{}", violation.report),
        outcome => panic!("{model}: not everything was explored: {outcome:?}"),
    }
}
