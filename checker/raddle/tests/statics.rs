//! Statics that several explorations use at the same time: each has them for itself.

#![allow(clippy::disallowed_methods, reason = "explorations run on threads of their own")]

use raddle::Builder;
use raddle_shims::sync::Mutex;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::{cell::Access, cell::UnsafeCell, thread};
use std::sync::Barrier;

/// The second exploration finds the static in the hands of the first, and uses it again when that one has ended.
#[test]
fn the_end_of_another_exploration_does_not_matter() {
    static X: AtomicU32 = AtomicU32::new(0);
    // Explorations wait for each other for real, outside of their models.
    static HELD: Barrier = Barrier::new(2);
    static MET: Barrier = Barrier::new(2);
    static ENDED: Barrier = Barrier::new(2);
    let other = std::thread::spawn(|| {
        let outcome = raddle::explore(|| {
            X.store(7, Relaxed);
            HELD.wait();
            MET.wait();
        });
        ENDED.wait();
        outcome
    });
    let outcome = Builder::new().explore(|| {
        HELD.wait();
        assert_eq!(X.load(Relaxed), 0, "what the other one wrote is its own");
        X.store(1, Relaxed);
        MET.wait();
        ENDED.wait();
        let found = X.load(Relaxed);
        // A failure would be run again, and nobody would come to the barriers.
        FOUND.store(found, Relaxed);
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    assert!(other.join().unwrap().is_verified());
    static FOUND: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    assert_eq!(FOUND.load(Relaxed), 1);
}

struct Shared(UnsafeCell<u32>);

// SAFETY: accesses are tracked, and races are reported before they do harm.
unsafe impl Sync for Shared {}

/// Many explorations of one program with statics, at the same time: each has the counts of one alone.
#[test]
fn explorations_do_not_disturb_each_other() {
    static X: AtomicU32 = AtomicU32::new(0);
    static SUM: Mutex<u32> = Mutex::new(0);
    static CELL: Shared = Shared(UnsafeCell::new(0));
    let explored = |jobs| {
        let outcome = Builder::new().jobs(jobs).explore(|| {
            let add = || {
                X.fetch_add(1, Relaxed);
                let mut sum = SUM.lock().unwrap();
                *sum += 1;
                // SAFETY: the lock is held.
                CELL.0.with_mut(|value| unsafe { *value += 1 });
            };
            let all: Vec<_> = (0..3).map(|_| thread::spawn(add)).collect();
            all.into_iter().for_each(|it| it.join().unwrap());
            assert_eq!((X.load(Relaxed), *SUM.lock().unwrap()), (3, 3));
            // SAFETY: the others have ended.
            assert_eq!(CELL.0.with(|value| unsafe { *value }), 3);
        });
        assert!(outcome.is_verified(), "{outcome:?}");
        outcome.coverage().executions
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = [1, 1, 2, 3, 4].map(|jobs| scope.spawn(move || explored(jobs))).into();
        for it in all {
            assert_eq!(it.join().unwrap(), 36);
        }
    });
    for _ in 0..50 {
        assert_eq!(explored(8), 36);
    }
}
