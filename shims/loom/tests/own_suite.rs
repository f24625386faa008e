//! The tests of loom's own suite that end otherwise here, as proofs of the rows of `differences.md`.

mod support;

use loom::model::Builder;
use loom::sync::{Arc, Notify};
use loom::thread;
use support::failure;

/// `try_unwrap_multithreaded`. The waiting thread wakes up for no reason and gives its share up first. loom lets a thread
/// that has woken up so wait until no other can go on, so it does not come to that.
#[test]
fn a_notify_wakes_up_before_it_is_notified() {
    let looks_too_early = || {
        let (number, ready) = (Arc::new(0_usize), Arc::new(Notify::new()));
        let (theirs, their_ready) = (Arc::clone(&number), Arc::clone(&ready));
        let other = thread::spawn(move || {
            their_ready.wait();
            drop(theirs);
        });
        let number = Arc::try_unwrap(number).expect_err("the other thread has a share");
        ready.notify();
        other.join().unwrap();
        assert_eq!(Arc::try_unwrap(number), Ok(0));
    };
    let message = failure(looks_too_early);
    assert!(message.contains("the other thread has a share"), "{message}");
}

/// `double_panic_at_branch_max`. Three yields are no three branches here, and a low limit is raised to raddle's own.
#[test]
fn a_low_limit_of_branches_is_no_limit() {
    let mut builder = Builder::new();
    builder.max_branches = 2;
    builder.check(|| {
        let _share = Arc::new(());
        for _ in 0..3 {
            thread::yield_now();
        }
    });
}

/// `initial_thread`, which expects no name.
#[test]
fn the_first_thread_is_called_as_by_std() {
    loom::model(|| assert_eq!(thread::current().name(), Some("main")));
}

/// `thread_stack_size`, which takes half a mebibyte of a stack of 128 kibibytes: loom counts in words.
#[test]
fn stacks_are_as_large_as_those_of_std() {
    loom::model(|| {
        let body = || assert_eq!(std::hint::black_box(&mut [0_u64; 1 << 16]).len(), 1 << 16);
        let other = thread::Builder::new().stack_size(1 << 17).spawn(body);
        other.unwrap().join().unwrap();
    });
}
