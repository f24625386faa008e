//! Long executions, many threads, and searches that are cut.

use crate::{Memory, count, crowd, exact, explore, two};
use raddle::{Builder, Limit, Outcome};
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use raddle_shims::thread;
use std::collections::BTreeSet;
use std::time::Duration;

/// L31: 70,000 updates by one thread, more than 16 bits can count.
#[test]
fn seventy_thousand_updates() {
    for model in crate::MODELS {
        let outcome = Builder::new().model(model).max_events(100_000).explore(|| {
            let x = AtomicU32::new(0);
            (0..70_000).for_each(|_| _ = x.fetch_add(1, Relaxed));
            assert_eq!(x.load(Relaxed), 70_000);
        });
        assert!(outcome.is_verified(), "{outcome:?}");
        assert_eq!(outcome.coverage().executions, 1);
    }
}

/// L31 in another thread, whose last value the main thread reads by joining it.
#[test]
fn seventy_thousand_updates_by_another_thread() {
    let outcome = Builder::new().max_events(100_000).explore(|| {
        let x = AtomicU32::new(0);
        thread::scope(|s| {
            s.spawn(|| (0..70_000).for_each(|_| _ = x.fetch_add(1, Relaxed)));
        });
        assert_eq!(x.load(Relaxed), 70_000);
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

fn buffered() {
    let first = |m: &Memory| {
        m.x.store(1, Relaxed);
        m.y.load(Relaxed)
    };
    let second = |m: &Memory| {
        m.y.store(1, Relaxed);
        m.x.load(Relaxed)
    };
    two(first, second);
}

/// L33: of 4 executions, a limit below 4 leaves the search incomplete.
#[test]
fn a_search_cut_by_count_is_incomplete() {
    for most in 1..4 {
        let outcome = Builder::new().iterations(most).explore(buffered);
        let Outcome::Incomplete(coverage, limit) = outcome else { panic!("{outcome:?}") };
        assert_eq!((coverage.executions, limit), (most, Limit::Executions(most)));
        assert!(coverage.progress < 1.0, "{coverage:?}");
    }
    let outcome = Builder::new().iterations(5).explore(buffered);
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// L33: a limit of time leaves the search incomplete.
#[test]
fn a_search_cut_by_time_is_incomplete() {
    let program = || {
        let x = AtomicU32::new(0);
        crowd(8, |_| x.store(x.load(Relaxed) + 1, Relaxed));
    };
    let outcome = Builder::new().max_time("50ms").explore(program);
    let Outcome::Incomplete(coverage, limit) = outcome else { panic!("{outcome:?}") };
    assert_eq!(limit, Limit::Time(Duration::from_millis(50)));
    assert!(coverage.progress < 1.0, "{coverage:?}");
}

/// L33: so does a limit of events, and `check` fails because of it.
#[test]
fn a_search_cut_by_events_is_incomplete() {
    let outcome = Builder::new().max_events(1).explore(buffered);
    let Outcome::Incomplete(coverage, limit) = outcome else { panic!("{outcome:?}") };
    assert_eq!(limit, Limit::Events(1));
    assert!(coverage.cut > 0, "{coverage:?}");
}

/// L33: a sample is never complete, however large.
#[test]
fn a_sample_is_incomplete() {
    let outcome = Builder::new().strategy("random").iterations(100).explore(buffered);
    assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
}

/// L34: 64 threads, each with its own location: one execution.
#[test]
fn sixty_four_threads_apart() {
    let program = || {
        let own: Vec<_> = (0..64).map(AtomicU32::new).collect();
        crowd(64, |i| own[i as usize].fetch_add(1, Relaxed)).iter().sum::<u32>()
    };
    exact(program, (1, &[2016]), (1, &[2016]));
}

/// L34: 64 threads, of which the first and the last share a location.
#[test]
fn sixty_four_threads_of_which_two_meet() {
    let program = || {
        let x = AtomicU32::new(0);
        let own: Vec<_> = (0..64).map(|_| AtomicU32::new(0)).collect();
        let seen = crowd(64, |i| match i {
            0 => x.swap(1, AcqRel),
            63 => x.swap(2, AcqRel),
            _ => own[i as usize].swap(1, AcqRel),
        });
        (seen[0], seen[63])
    };
    exact(program, (2, &[(0, 1), (2, 0)]), (2, &[(0, 1), (2, 0)]));
}

/// L34: 64 threads that each spawn the next and pass a value on by joining it.
#[test]
fn sixty_four_threads_in_a_chain() {
    fn link(n: u32) -> u32 {
        match n {
            0 => 0,
            _ => thread::spawn(move || link(n - 1)).join().unwrap() + 1,
        }
    }
    count(|| link(64), 1, 1);
    let found = explore("rc20", || link(64));
    assert_eq!(found.results, BTreeSet::from([64]));
}

/// L34: 64 threads that nobody joins.
#[test]
fn sixty_four_threads_that_nobody_joins() {
    let program = || {
        let x = std::sync::Arc::new(AtomicU32::new(0));
        for _ in 0..63 {
            thread::spawn(|| AtomicU32::new(0).fetch_add(1, Relaxed));
        }
        let theirs = std::sync::Arc::clone(&x);
        thread::spawn(move || theirs.store(1, Relaxed));
        x.load(Relaxed)
    };
    exact(program, (2, &[0, 1]), (2, &[0, 1]));
}
