//! Package `context`: cancellation goes down, values go down, and the two errors are kept apart.

use super::{both, both_with_clock, hangs, leaks, results_with_clock};
use raddle_shims::go::context::{
    self, Error, after_func, background, with_cancel, with_deadline, with_timeout, with_value,
    without_cancel,
};
use raddle_shims::go::{self, chan, select, sleep};
use raddle_shims::time::{Duration, Instant};
use std::collections::BTreeSet;

const MS: Duration = Duration::from_millis(1);

#[test]
fn the_background_is_never_over() {
    both(|| {
        let ctx = background();
        assert!(ctx.done().is_nil() && ctx.err().is_none() && ctx.deadline().is_none());
    });
    hangs(|| {
        background().done().recv();
    });
}

#[test]
fn cancelling_reaches_every_descendant_and_nobody_else() {
    both(|| {
        let (root, cancel_root) = with_cancel(&background());
        let (middle, cancel) = with_cancel(&root);
        let (leaf, _) = with_cancel(&with_value(&middle, 7_u8));
        let (apart, _) = with_cancel(&without_cancel(&middle));
        let (theirs, seen) = (leaf.clone(), chan(0));
        let report = seen.sender();
        go::go(move || {
            theirs.done().recv();
            report.send(theirs.err());
        });
        cancel.cancel();
        cancel.cancel();
        assert_eq!(seen.recv(), Some(Some(Error::Canceled)));
        assert_eq!((middle.err(), root.err(), apart.err()), (Some(Error::Canceled), None, None));
        let (late, _) = with_cancel(&leaf);
        assert_eq!(late.err(), Some(Error::Canceled));
        cancel_root.cancel();
        assert_eq!(root.err(), Some(Error::Canceled));
    });
}

#[test]
fn the_cause_is_that_of_whoever_came_first() {
    both(|| {
        let (ctx, cancel) = with_cancel(&background());
        let (child, cancel_child) = with_cancel(&ctx);
        assert!(ctx.cause().is_none());
        cancel.cancel_cause(std::io::Error::other("no power"));
        cancel_child.cancel_cause(std::io::Error::other("too late"));
        assert_eq!(child.cause().unwrap().to_string(), "no power");
        assert_eq!(child.err().unwrap().to_string(), "context canceled");
    });
}

/// Breaks if a deadline looks like a cancellation, or the other way round.
#[test]
fn a_deadline_is_not_a_cancellation() {
    both_with_clock(|| {
        let (ctx, cancel) = with_timeout(&background(), 3 * MS);
        let (child, cancel_child) = with_timeout(&ctx, Duration::from_secs(60));
        assert_eq!(child.deadline(), ctx.deadline());
        child.done().recv();
        assert_eq!(
            (ctx.err(), child.err()),
            (Some(Error::DeadlineExceeded), Some(Error::DeadlineExceeded))
        );
        assert_eq!(ctx.cause().unwrap().to_string(), "context deadline exceeded");
        cancel.cancel();
        cancel_child.cancel();
        assert_eq!(ctx.err(), Some(Error::DeadlineExceeded));
        let (early, cancel) = with_timeout(&background(), Duration::from_secs(60));
        cancel.cancel();
        early.done().recv();
        assert_eq!(early.err(), Some(Error::Canceled));
        let (past, _cancel) = with_deadline(&background(), Instant::now());
        assert_eq!(past.err(), Some(Error::DeadlineExceeded));
        // Who comes from one that is over has its kind, too.
        let (late, _cancel) = with_cancel(&past);
        assert_eq!(late.err(), Some(Error::DeadlineExceeded));
    });
}

#[test]
fn cancelling_at_the_deadline_is_either() {
    let found = results_with_clock(|| {
        let (ctx, cancel) = with_timeout(&background(), 3 * MS);
        let theirs = cancel.clone();
        go::go(move || {
            sleep(3 * MS);
            theirs.cancel();
        });
        ctx.done().recv();
        ctx.err() == Some(Error::Canceled)
    });
    assert_eq!(found, BTreeSet::from([false, true]));
}

#[test]
fn values_are_found_by_their_type() {
    #[derive(PartialEq, Debug)]
    struct User(&'static str);
    both(|| {
        let ctx = with_value(&with_value(&background(), User("gopher")), 7_u32);
        let (child, _) = with_cancel(&with_value(&ctx, 8_u32));
        assert_eq!(*child.value::<User>().unwrap(), User("gopher"));
        assert_eq!((*child.value::<u32>().unwrap(), *ctx.value::<u32>().unwrap()), (8, 7));
        assert!(child.value::<i8>().is_none());
    });
}

#[test]
fn functions_are_called_when_it_is_over() {
    both(|| {
        let (ctx, cancel) = with_cancel(&background());
        let called = chan(2);
        let (first, second) = (called.sender(), called.sender());
        after_func(&ctx, move || first.send(1));
        let stop = after_func(&ctx, move || second.send(2));
        assert!(stop.stop() && !stop.stop());
        cancel.cancel();
        assert_eq!(called.recv(), Some(1));
        let late = called.sender();
        after_func(&ctx, move || late.send(3));
        assert_eq!(called.recv(), Some(3));
    });
}

#[test]
fn a_worker_that_looks_at_done_ends() {
    both(|| {
        let (ctx, cancel) = with_cancel(&background());
        let jobs = chan(0);
        let (theirs, done) = (jobs.receiver(), chan(0));
        let (report, worker) = (done.sender(), ctx.clone());
        go::go(move || {
            let mut sum = 0;
            loop {
                select! {
                    recv(theirs) -> job => sum += job.unwrap(),
                    recv(worker.done()) -> _ => break,
                }
            }
            report.send(sum);
        });
        jobs.send(1);
        jobs.send(2);
        cancel.cancel();
        assert_eq!(done.recv(), Some(3));
    });
    let forgets = || {
        let (ctx, _cancel) = context::with_cancel(&background());
        go::go(move || ctx.done().recv());
    };
    leaks(forgets);
}

/// Breaks if a report shows where the kit locks what is its own, and not the call.
#[test]
fn reports_tell_of_the_callers_lines() {
    let outcome = raddle::explore(|| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let (child, _cancel) = context::with_cancel(&ctx);
        cancel.cancel();
        assert_eq!(child.err(), None);
    });
    let report = &outcome.violation().expect("the child is over").report;
    assert!(report.contains("contexts.rs") && !report.contains("mod.rs:"), "{report}");
}
