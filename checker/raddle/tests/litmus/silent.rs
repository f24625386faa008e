//! Loops whose turns are no events: each comes to a limit, which is said.

use crate::MODELS;
use raddle::{Builder, Kind, Limit, Outcome};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::*};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::{hint, thread};
use std::time::Duration;

/// The limit of events, and that of operations in a row that are none.
const EVENTS: u32 = 100;
const SILENT: u32 = 10_000;

fn sleeps() {
    thread::sleep(Duration::from_millis(1));
}

fn reads(cell: &UnsafeCell<u32>) {
    // SAFETY: the cell belongs to one thread.
    cell.with(|value| unsafe { *value });
}

fn writes(cell: &UnsafeCell<u32>) {
    // SAFETY: as above.
    cell.with_mut(|value| unsafe { *value = 1 });
}

const LOOPS: [(&str, fn()); 5] = [
    ("sleep", || {
        loop {
            sleeps()
        }
    }),
    ("yield", || {
        loop {
            thread::yield_now()
        }
    }),
    ("spin_loop", || {
        loop {
            hint::spin_loop()
        }
    }),
    ("read", || {
        let cell = UnsafeCell::new(0);
        loop {
            reads(&cell)
        }
    }),
    ("all", || {
        let cell = UnsafeCell::new(0);
        loop {
            writes(&cell);
            sleeps();
            hint::spin_loop();
            raddle::assume(true);
        }
    }),
];

#[track_caller]
fn is_cut(outcome: &Outcome, what: &str) -> u64 {
    let Outcome::Incomplete(coverage, _) = outcome else { panic!("{what}: {outcome:?}") };
    assert!(coverage.cut > 0, "{what}: {coverage:?}");
    coverage.cut
}

#[test]
fn in_the_main_thread() {
    for (name, program) in LOOPS {
        for model in MODELS {
            let settings = || Builder::new().model(model).max_events(EVENTS);
            let outcome = settings().explore(program);
            assert!(
                matches!(outcome, Outcome::Incomplete(_, Limit::Events(EVENTS))),
                "{outcome:?}"
            );
            assert_eq!(is_cut(&outcome, name), 1);
            let outcome = settings().strategy("random").iterations(3).explore(program);
            assert_eq!(is_cut(&outcome, name), 3);
        }
    }
}

/// The others go on, and all that they can do is explored, if threads may be left when main has ended.
#[test]
fn in_another_thread() {
    for (name, program) in LOOPS {
        for model in MODELS {
            let program = move || {
                let x = Arc::new(AtomicU32::new(0));
                let theirs = Arc::clone(&x);
                thread::spawn(move || {
                    theirs.store(1, Relaxed);
                    program();
                });
                x.load(Relaxed);
            };
            let settings = || Builder::new().model(model).max_events(EVENTS);
            let outcome = settings().check_task_leaks(false).explore(program);
            assert_eq!(is_cut(&outcome, name), 2, "one for each value that is read");
            let kind = settings().explore(program).violation().map(|violation| violation.kind);
            assert_eq!(kind, Some(Kind::LiveLeak), "{name}");
        }
    }
}

/// An event begins the count anew.
#[test]
fn between_events_much_is_possible() {
    for model in MODELS {
        let outcome = Builder::new().model(model).max_events(EVENTS).explore(|| {
            let x = AtomicU32::new(0);
            for _ in 0..3 {
                (0..SILENT).for_each(|_| thread::yield_now());
                x.store(1, Relaxed);
            }
        });
        assert!(outcome.is_verified(), "{outcome:?}");
    }
}

/// Whoever turns could still give back what it holds, and is not said to wait for the lock that it has taken.
#[test]
fn whoever_turns_does_not_wait() {
    for model in MODELS {
        let outcome = Builder::new().model(model).max_events(EVENTS).explore(|| {
            let lock = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&lock);
            thread::spawn(move || drop(theirs.lock()));
            let _held = lock.lock();
            loop {
                sleeps()
            }
        });
        is_cut(&outcome, model);
    }
}

/// Somebody turns while others wait for each other: that is found.
#[test]
fn others_may_be_deadlocked() {
    for model in MODELS {
        let outcome = Builder::new().model(model).max_events(EVENTS).explore(|| {
            let lock = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || {
                std::mem::forget(theirs.lock());
                let _again = theirs.lock();
            });
            thread::spawn(|| {
                loop {
                    sleeps()
                }
            });
            other.join().unwrap();
        });
        let violation = outcome.violation().expect("the other thread waits for itself");
        assert_eq!(violation.kind, Kind::PartialDeadlock, "{}", violation.report);
    }
}

/// A check ends at the first execution that is cut, however many are asked for.
#[test]
fn a_check_fails_as_soon_as_a_thread_turns() {
    for strategy in ["exhaustive", "random"] {
        let settings =
            || Builder::new().strategy(strategy).iterations(1_000_000).max_events(EVENTS);
        let checked = std::panic::catch_unwind(|| {
            settings().check(|| {
                loop {
                    sleeps()
                }
            })
        });
        let payload = checked.expect_err("the loop comes to its limit");
        let message = payload.downcast_ref::<String>().expect("a check panics with its message");
        assert!(message.starts_with("main performed 10000 operations in a row"), "{message}");
        settings().expect("step-limit").check(|| {
            loop {
                hint::spin_loop()
            }
        });
        settings().iterations(2).allow_incomplete(true).check(|| {
            loop {
                thread::yield_now()
            }
        });
    }
}
