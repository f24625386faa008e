//! Locks that look before they try: what is looked at is no event where an update confirms it, and nothing is lost.

mod support;

use raddle::{Builder, Kind};
use raddle_engine::explore::{Exhaustive, Fault, Policy};
use raddle_engine::memory::Model;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, AtomicUsize, Ordering, Ordering::*};
use raddle_shims::{hint, thread};
use std::collections::BTreeSet;
use support::{Bare, explore_by, explore_under};

const MODELS: [Model; 2] = [Model::Sc, Model::Rc20];
const FREE: usize = 0;
const TAKEN: usize = 1;
const CLOSED: usize = 2;

/// Takes a lock that may be closed, by at most so many tries, if any: whether it has got it, or nothing if it gave up.
fn take(lock: &AtomicUsize, most: Option<u32>) -> Option<bool> {
    let mut left = most;
    loop {
        match lock.load(Relaxed) {
            CLOSED => return Some(false),
            FREE if lock.compare_exchange(FREE, TAKEN, Acquire, Relaxed).is_ok() => {
                return Some(true);
            }
            _ => hint::spin_loop(),
        }
        if let Some(left) = &mut left {
            *left -= 1;
            if *left == 0 {
                return None;
            }
        }
    }
}

/// Two that take the lock, one of which closes it when it gives it back. A third one gives it back before.
fn closes(most: Option<u32>) -> (Option<bool>, Option<bool>) {
    let lock = AtomicUsize::new(TAKEN);
    thread::scope(|s| {
        s.spawn(|| lock.store(FREE, Release));
        let other = s.spawn(|| {
            let taken = take(&lock, most);
            if taken == Some(true) {
                lock.store(FREE, Release);
            }
            taken
        });
        let mine = take(&lock, most);
        if mine == Some(true) {
            lock.store(CLOSED, Release);
        }
        (other.join().unwrap(), mine)
    })
}

type Outcomes = BTreeSet<(Option<bool>, Option<bool>)>;

const POLICIES: [Policy; 5] =
    [Policy::WritesFirst, Policy::Continue, Policy::Lowest, Policy::Highest, Policy::Scattered];

fn explored(
    model: Model,
    most: Option<u32>,
    (policy, fault): (Policy, Option<Fault>),
) -> (Outcomes, u64) {
    let strategy = || match fault {
        Some(fault) => Exhaustive::with_policy(policy).with_fault(fault),
        None => Exhaustive::with_policy(policy),
    };
    let seen = explore_by(strategy, model, move || closes(most));
    (seen.outcomes, seen.deadlocks)
}

/// A loop that a third value ends has the outcomes of one whose turns are counted, which are all events.
#[test]
fn a_value_that_ends_the_loop_is_not_overlooked() {
    let mut caught = false;
    for model in MODELS {
        let (mut counted, _) = explored(model, Some(3), (Policy::default(), None));
        counted.retain(|(other, mine)| other.is_some() && mine.is_some());
        assert_eq!(counted.len(), 2, "the other one comes first, or finds it closed: {counted:?}");
        for policy in POLICIES {
            let seen = explored(model, None, (policy, None));
            assert_eq!(seen, (counted.clone(), 0), "{model} {policy:?}");
            caught |= explored(model, None, (policy, Some(Fault::TrustsLooks))) != seen;
        }
    }
    assert!(caught, "the fault changed nothing");
}

/// One writes under a lock that it gives back, and two take it, one of which reads then.
fn handed_over(look: Ordering, exchange: Ordering) -> u32 {
    let (lock, data) = (AtomicBool::new(true), Bare::default());
    thread::scope(|s| {
        s.spawn(|| {
            data.set(7);
            lock.store(false, Release);
        });
        s.spawn(|| {
            while lock.compare_exchange(false, true, Acquire, Relaxed).is_err() {}
            lock.store(false, Release);
        });
        loop {
            while lock.load(look) {
                hint::spin_loop();
            }
            if lock.compare_exchange(false, true, exchange, Relaxed).is_ok() {
                break;
            }
        }
        let seen = data.get();
        lock.store(false, Release);
        seen
    })
}

/// Where a look synchronises and the exchange behind it does not, it is an event; without it there would be a race.
#[test]
fn a_look_that_acquires_what_the_exchange_does_not() {
    let seen = |look, exchange| explore_under(Model::Rc20, move || handed_over(look, exchange));
    let [both, event, none] = [(Relaxed, Acquire), (Acquire, Relaxed), (Relaxed, Relaxed)]
        .map(|(look, exchange)| seen(look, exchange));
    assert!(both.is_clean() && event.is_clean(), "{both:?} {event:?}");
    assert_eq!(both.complete, 2, "as many as there are orders of those who take it");
    assert!(event.complete > both.complete, "{event:?}");
    assert!(none.races() > 0, "{none:?}");
}

fn kind_of(program: impl Fn() + Send + Sync + 'static) -> (Option<Kind>, bool) {
    let outcome = Builder::new().model("rc20").explore(program);
    let violation = outcome.violation();
    (violation.map(|it| it.kind), violation.is_some_and(|it| it.token.is_some()))
}

fn lock(locked: &AtomicBool) {
    loop {
        while locked.load(Relaxed) {
            hint::spin_loop();
        }
        if !locked.swap(true, Acquire) {
            return;
        }
    }
}

/// Failures come with a token, from which the execution is repeated with what was looked at as events.
#[test]
fn executions_that_fail_are_repeated() {
    let races = kind_of(|| {
        let (locked, data) = (AtomicBool::new(false), Bare::default());
        thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    lock(&locked);
                    data.set(data.get() + 1);
                    // Too weak.
                    locked.store(false, Relaxed);
                });
            }
        });
    });
    assert_eq!(races, (Some(Kind::DataRace), true));
    let held = kind_of(|| {
        let locked = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&locked);
        thread::spawn(move || {
            lock(&theirs);
            theirs.store(false, Release);
            lock(&theirs);
        });
        lock(&locked);
        locked.store(false, Release);
        lock(&locked);
    });
    assert_eq!(held, (Some(Kind::Livelock), true));
}

/// Between the look and the exchange somebody reads what another writes.
#[test]
fn what_is_read_between_the_look_and_the_exchange_races() {
    let races = kind_of(|| {
        let (locked, data) = (AtomicBool::new(false), Bare::default());
        thread::scope(|s| {
            s.spawn(|| {
                lock(&locked);
                data.set(1);
                locked.store(false, Release);
            });
            loop {
                while locked.load(Relaxed) {
                    hint::spin_loop();
                }
                let _early = data.get();
                if !locked.swap(true, Acquire) {
                    break;
                }
            }
            locked.store(false, Release);
        });
    });
    assert_eq!(races, (Some(Kind::DataRace), true));
}

/// Several workers learn it from each other.
#[test]
fn several_workers_find_the_same() {
    let outcome = Builder::new().jobs(2).explore(|| {
        let locked = AtomicBool::new(false);
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    lock(&locked);
                    locked.store(false, Release);
                });
            }
        });
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    assert_eq!(outcome.coverage().executions, 24);
}
