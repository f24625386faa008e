//! Loops that wait by trying again and again.

use raddle::{Kind, Outcome};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use raddle_shims::thread;

fn executions(program: fn()) -> u64 {
    match raddle::explore(program) {
        Outcome::Verified(coverage) => coverage.executions,
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn a_lock_made_of_swaps_is_verified() {
    let executions = executions(|| {
        let locked = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicU32::new(0));
        let add = move |locked: &AtomicBool, count: &AtomicU32| {
            while locked.swap(true, Acquire) {}
            count.store(count.load(Relaxed) + 1, Relaxed);
            locked.store(false, Release);
        };
        let theirs = (Arc::clone(&locked), Arc::clone(&count));
        let other = thread::spawn(move || add(&theirs.0, &theirs.1));
        add(&locked, &count);
        other.join().unwrap();
        assert_eq!(count.load(Relaxed), 2);
    });
    assert_eq!(executions, 2, "one for each order");
}

#[test]
fn a_lock_made_of_swaps_that_is_never_unlocked_is_a_livelock() {
    let outcome = raddle::explore(|| {
        let locked = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&locked);
        let other = thread::spawn(move || while theirs.swap(true, Acquire) {});
        while locked.swap(true, Acquire) {}
        other.join().unwrap();
    });
    assert_eq!(outcome.violation().map(|violation| violation.kind), Some(Kind::Livelock));
}

#[test]
fn swaps_that_are_counted_do_not_wait() {
    let executions = executions(|| {
        let seen = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&seen);
        let other = thread::spawn(move || theirs.load(Relaxed));
        for _ in 0..10 {
            seen.swap(true, AcqRel);
        }
        other.join().unwrap();
    });
    assert_eq!(executions, 11, "the other thread reads any of eleven values");
}

/// A loop that counts where no operation shows it: in a box, behind a closure. It ends by itself.
#[test]
fn a_loop_that_counts_on_the_heap_does_not_wait() {
    use std::cell::RefCell;
    let outcome = raddle::explore(|| {
        let x = Arc::new(AtomicU32::new(0));
        let turns = Box::new(RefCell::new(vec![7; 6]));
        while turns.borrow_mut().pop().is_some() {
            x.load(Relaxed);
        }
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    let outcome = raddle::explore(|| {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let writer = thread::spawn(move || theirs.store(1, Relaxed));
        let mut left = 20;
        let mut again: Box<dyn FnMut() -> bool> = Box::new(move || {
            left -= 1;
            left > 0
        });
        let mut last = 0;
        while again() {
            last = x.load(Relaxed);
        }
        // It may have given up before the other thread wrote.
        assert_eq!(last, 1, "too early");
        writer.join().unwrap();
    });
    assert_eq!(
        outcome.violation().map(|violation| violation.message.contains("too early")),
        Some(true)
    );
    // And the failing execution is repeated from its token by a process that knows nothing of the loop.
    assert!(outcome.violation().unwrap().token.is_some());
}

/// A loop that gives up after some time, which passes while it looks at the clock.
#[test]
fn a_loop_with_a_deadline_ends() {
    use raddle_shims::time::{Duration, Instant};
    let outcome = raddle::explore(|| {
        let x = Arc::new(AtomicU32::new(0));
        let start = Instant::now();
        while x.load(Relaxed) == 0 {
            if start.elapsed() > Duration::from_secs(10) {
                return;
            }
            thread::yield_now();
        }
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}
