//! Waiting for an atomic by `await_until`: one operation, of any type, in models and outside.

use raddle::{Builder, Coverage, Kind, Outcome};
use raddle_shims::hint::AwaitUntil;
use raddle_shims::sync::atomic::{
    AtomicBool, AtomicI64, AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use raddle_shims::thread;

const MODELS: [&str; 2] = ["sc", "rc20"];

/// Verified in so many executions, and nothing given up.
#[track_caller]
fn exactly(executions: u64, program: impl Fn() + Clone + Send + Sync + 'static) {
    within(executions, 0, program);
}

/// The same, with so many runs given up at most.
#[track_caller]
fn within(executions: u64, given_up: u64, program: impl Fn() + Clone + Send + Sync + 'static) {
    for model in MODELS {
        let outcome = Builder::new().model(model).explore(program.clone());
        let Outcome::Verified(coverage) = outcome else { panic!("{model}: {outcome:?}") };
        let Coverage { set_aside, moot, redundant, cut, .. } = coverage;
        assert_eq!(coverage.executions, executions, "{model}");
        assert_eq!((redundant, cut), (0, 0), "{model}");
        assert!(set_aside + moot <= given_up, "{model}: {set_aside} + {moot} given up");
    }
}

#[test]
fn every_type_can_be_waited_for() {
    exactly(1, || {
        let (flag, number) = (AtomicBool::new(false), AtomicI64::new(5));
        thread::scope(|s| {
            s.spawn(|| {
                flag.store(true, Release);
                number.store(i64::MIN, Release);
            });
            assert!(flag.await_until(Acquire, |flag| flag));
            assert_eq!(number.await_until(Acquire, |it| it != 5), i64::MIN);
        });
    });
    exactly(1, || {
        static TARGET: u32 = 7;
        let address = || std::ptr::from_ref(&TARGET).cast_mut();
        let pointer = AtomicPtr::new(std::ptr::null_mut());
        thread::scope(|s| {
            s.spawn(|| pointer.store(address(), Release));
            assert_eq!(pointer.await_until(Acquire, |it| !it.is_null()), address());
        });
    });
}

/// A load that is only relaxed may see any value that passes.
#[test]
fn older_values_that_pass_are_alternatives() {
    exactly(2, || {
        let x = AtomicUsize::new(0);
        thread::scope(|s| {
            s.spawn(|| (1..=3).for_each(|value| x.store(value, Relaxed)));
            let seen = x.await_until(Relaxed, |value| value > 1);
            assert!(seen == 2 || seen == 3);
        });
    });
}

/// Of numbers from 64 on no guard knows beforehand that they do not pass.
#[test]
fn numbers_of_any_size_can_be_waited_for() {
    within(1, 1, || {
        let x = AtomicU64::new(1 << 40);
        thread::scope(|s| {
            s.spawn(|| x.store(1 << 50, Relaxed));
            x.await_until(Relaxed, |value| value == 1 << 50);
        });
    });
}

#[test]
fn a_value_that_never_comes_is_a_livelock() {
    for model in MODELS {
        let outcome = Builder::new().model(model).explore(|| {
            let x = AtomicUsize::new(0);
            thread::scope(|s| {
                s.spawn(|| x.store(1, Relaxed));
                x.await_until(Relaxed, |value| value == 2);
            });
        });
        let kind = outcome.violation().map(|violation| violation.kind);
        assert_eq!(kind, Some(Kind::Livelock), "{model}: {outcome:?}");
    }
}

/// A lock has as many executions as orders in which it is taken.
#[test]
fn a_ticket_lock() {
    for (threads, executions) in [(2, 2), (3, 6), (4, 24)] {
        exactly(executions, move || {
            let (next, serving) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let counter = AtomicUsize::new(0);
            thread::scope(|s| {
                for _ in 0..threads {
                    s.spawn(|| {
                        let mine = next.fetch_add(1, Relaxed);
                        serving.await_until(Acquire, |serving| serving == mine);
                        let before = counter.load(Relaxed);
                        counter.store(before + 1, Relaxed);
                        serving.store(mine + 1, Release);
                    });
                }
            });
            assert_eq!(counter.load(Relaxed), threads);
        });
    }
}

/// Outside of a model it waits on real threads.
#[test]
fn outside_of_a_model_it_spins() {
    let x = AtomicUsize::new(0);
    thread::scope(|s| {
        s.spawn(|| x.store(3, Release));
        assert_eq!(x.await_until(Acquire, |value| value > 2), 3);
    });
}
