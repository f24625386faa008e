//! Workers that share a search find what one alone finds, in the same order.

use raddle::{Builder, Coverage, Kind, Limit, Outcome};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::*};
use raddle_shims::sync::{Arc, Barrier, Condvar, Mutex};
use raddle_shims::{hint, thread};
use std::sync::atomic::AtomicU64;

const JOBS: [usize; 3] = [2, 3, 8];

/// Everything that does not depend on how the work was shared.
fn counts(coverage: &Coverage) -> Coverage {
    Coverage { events: 0, progress: 0.0, estimate: None, ..*coverage }
}

fn explored(model: &str, jobs: usize, program: fn()) -> Outcome {
    Builder::new().name("parallel").model(model).jobs(jobs).explore(program)
}

#[track_caller]
fn assert_same(program: fn()) {
    for model in ["sc", "rc20"] {
        let alone = explored(model, 1, program);
        for jobs in JOBS {
            // What belongs to whom depends on the moment, so one try says little.
            for _ in 0..3 {
                let shared = explored(model, jobs, program);
                let same = counts(shared.coverage()) == counts(alone.coverage());
                assert!(same, "{model}, {jobs} workers: {shared:?}\nalone: {alone:?}");
                match (&alone, &shared) {
                    (Outcome::Violation(alone), Outcome::Violation(shared)) => {
                        assert_eq!(shared.report, alone.report);
                        assert_eq!(shared.token, alone.token);
                    }
                    (Outcome::Verified(_), Outcome::Verified(coverage)) => {
                        assert_eq!(coverage.progress, 1.0);
                    }
                    _ => panic!("{model}, {jobs} workers: {shared:?}\nalone: {alone:?}"),
                }
            }
        }
    }
}

/// Threads that each do this.
fn threads(count: u32, deed: impl Fn(u32) + Send + Sync + 'static) {
    let deed = Arc::new(deed);
    let all: Vec<_> = (0..count)
        .map(|number| {
            let deed = Arc::clone(&deed);
            thread::spawn(move || deed(number))
        })
        .collect();
    all.into_iter().for_each(|thread| thread.join().unwrap());
}

fn counter() {
    let x = AtomicU32::new(0);
    threads(3, move |_| {
        x.fetch_add(1, Relaxed);
        x.fetch_add(1, Relaxed);
    });
}

fn reads_and_writes() {
    let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
    threads(3, move |number| {
        x.store(number, Release);
        y.store(x.load(Acquire), Relaxed);
        y.load(Relaxed);
    });
}

fn locks() {
    let sum = Mutex::new(0);
    threads(3, move |number| {
        *sum.lock().unwrap() += number;
        *sum.lock().unwrap() += number;
    });
}

#[test]
fn what_passes_has_the_same_counts() {
    assert_same(counter);
    assert_same(reads_and_writes);
    assert_same(locks);
}

#[test]
fn what_fails_late_fails_first_in_the_same_execution() {
    assert_same(|| {
        let last = AtomicU32::new(0);
        threads(4, move |number| {
            let before = last.swap(number, Relaxed);
            assert!((before, number) != (3, 1) || last.load(Relaxed) != 1);
        });
    });
    // Several failures, of which the first is far from the beginning.
    assert_same(|| {
        let x = AtomicU32::new(0);
        threads(3, move |number| {
            let seen = x.load(Relaxed);
            x.store(seen * 3 + number, Relaxed);
            assert!(x.load(Relaxed) < 11, "too large");
        });
    });
}

/// Failures all over the search: which one is the first depends on the order of what was given away.
#[test]
fn of_many_failures_the_first_is_reported() {
    for part in 0..4 {
        let program = move || {
            let next = Arc::new(AtomicU32::new(0));
            let all: Vec<_> = (0..6)
                .map(|_| {
                    let next = Arc::clone(&next);
                    thread::spawn(move || next.fetch_add(1, Relaxed))
                })
                .collect();
            let order = all.into_iter().map(|it| it.join().unwrap());
            let number = order.fold(0_u32, |number, place| number * 6 + place);
            assert!(number.wrapping_mul(0x9e37_79b1) >> 26 != part, "the order {number}");
        };
        let explored = |jobs| {
            let builder = Builder::new().name("many").minimize("0s").jobs(jobs);
            builder.explore(program)
        };
        let alone = explored(1);
        let first = alone.violation().expect("one order of about 64 fails");
        for jobs in JOBS.repeat(3) {
            let shared = explored(jobs);
            let shared = shared.violation().expect("a failure");
            assert_eq!(shared.message, first.message);
            assert_eq!(counts(&shared.coverage), counts(&first.coverage));
        }
    }
}

#[test]
fn deadlocks_are_the_same() {
    assert_same(|| {
        let (mutex, condvar) = (Mutex::new(0), Condvar::new());
        threads(3, move |number| {
            let mut turn = mutex.lock().unwrap();
            while *turn != number {
                turn = condvar.wait(turn).unwrap();
            }
            *turn += 1;
            condvar.notify_one();
        });
    });
}

/// A lock to spin at: what the runtime learns of its loop, and of the barrier, makes everything begin again. How many
/// executions are given up early depends on what a runtime has seen of a loop.
#[test]
fn what_is_learned_is_told_to_all() {
    let program = || {
        let (taken, barrier) = (AtomicU32::new(0), Barrier::new(2));
        threads(4, move |_| {
            barrier.wait();
            while taken.swap(1, Acquire) == 1 {
                hint::spin_loop();
            }
            taken.store(0, Release);
        });
    };
    for model in ["sc", "rc20"] {
        for jobs in [1, 2, 3, 8] {
            let outcome = explored(model, jobs, program);
            assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
            assert_eq!(
                outcome.coverage().executions,
                576,
                "24 orders at the barrier, and at the lock"
            );
        }
    }
}

/// That a thread has finished is an event only where somebody asks, which the first worker who meets it learns for all.
#[test]
fn asking_whether_threads_have_finished_is_the_same() {
    assert_same(|| {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || (0..4).for_each(|_| _ = theirs.fetch_add(1, Relaxed)));
        (0..4).for_each(|_| _ = x.fetch_add(1, Relaxed));
        other.is_finished();
        other.join().unwrap();
    });
}

#[test]
fn bounds_on_preemptions_hold() {
    let explored = |jobs| Builder::new().max_preemptions(2).jobs(jobs).explore(counter);
    let alone = explored(1);
    for jobs in JOBS {
        let shared = explored(jobs);
        let limit = matches!(shared, Outcome::Incomplete(_, Limit::Preemptions(2)));
        assert!(limit, "{shared:?}");
        assert_eq!(counts(shared.coverage()), counts(alone.coverage()));
    }
}

#[test]
fn limits_end_the_search() {
    let large = || {
        let x = AtomicU32::new(0);
        threads(8, move |number| {
            x.store(number, Relaxed);
            x.load(Relaxed);
        });
    };
    let cut_short = Builder::new().jobs(2).max_time("100ms").explore(large);
    assert!(matches!(cut_short, Outcome::Incomplete(_, Limit::Time(_))), "{cut_short:?}");
    assert!(cut_short.coverage().progress < 1.0);
    let counted = Builder::new().jobs(2).iterations(100).explore(large);
    assert!(matches!(counted, Outcome::Incomplete(_, Limit::Executions(100))), "{counted:?}");
    assert_eq!(counted.coverage().executions, 100);
}

/// A thread that comes to its limit of events: the execution is the one that a worker alone would tell of.
#[test]
fn step_limits_are_the_same() {
    let explored = |jobs| {
        let builder = Builder::new().name("limit").max_events(12).jobs(jobs);
        builder.explore(|| {
            let x = AtomicU32::new(0);
            threads(2, move |number| {
                for _ in 0..x.fetch_add(1, Relaxed) * 12 {
                    x.store(number, Relaxed);
                }
            });
        })
    };
    let alone = explored(1);
    assert!(alone.coverage().cut > 0, "{alone:?}");
    for jobs in JOBS {
        let shared = explored(jobs);
        assert_eq!(counts(shared.coverage()), counts(alone.coverage()));
    }
}

#[test]
fn a_program_that_changes_is_noticed() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let outcome = Builder::new().jobs(2).explore(|| {
        let run = RUNS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let x = AtomicU32::new(0);
        threads(3, move |_| {
            x.fetch_add(1, Relaxed);
            if run % 2 == 1 {
                x.load(Relaxed);
            }
            x.fetch_add(1, Relaxed);
        });
    });
    let violation = outcome.violation().expect("a violation");
    assert_eq!(violation.kind, Kind::Nondeterminism);
}

/// Locks in different orders, each in one half of the search: whoever saw which, the warning is the same.
#[test]
fn warnings_are_the_same() {
    let explored = |jobs| {
        Builder::new().name("locks").jobs(jobs).explore_with_warnings(|| {
            let locks = Arc::new((Mutex::new(0), Mutex::new(0)));
            let noise = Arc::new(AtomicU32::new(0));
            let half = raddle::choose(2);
            let (theirs, counter) = (Arc::clone(&locks), Arc::clone(&noise));
            let other = thread::spawn(move || {
                if half == 0 {
                    let _one = theirs.0.lock().unwrap();
                    let _other = theirs.1.lock().unwrap();
                }
                (0..4).for_each(|_| _ = counter.fetch_add(1, Relaxed));
            });
            if half == 1 {
                let _other = locks.1.lock().unwrap();
                let _one = locks.0.lock().unwrap();
            }
            (0..4).for_each(|_| _ = noise.fetch_add(1, Relaxed));
            other.join().unwrap();
        })
    };
    let alone = explored(1);
    assert_eq!(alone.1.len(), 1, "{alone:?}");
    for jobs in JOBS {
        let shared = explored(jobs);
        assert_eq!(shared.1, alone.1);
        assert_eq!(counts(shared.0.coverage()), counts(alone.0.coverage()));
    }
}
