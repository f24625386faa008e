//! Condition variables and barriers: what can happen in a model, and that they are std's outside of it.

mod support;

use raddle_shims::sync::{Arc, Barrier, Condvar, Mutex};
use raddle_shims::thread;
use std::time::Duration;
use support::{Bare, explore};

/// A flag and whom to tell.
type Gate = (Mutex<u32>, Condvar);

const SOON: Duration = Duration::from_millis(5);

/// L23.
#[test]
fn a_wait_without_a_predicate_may_return_early() {
    let seen = explore(|| {
        let gate = Arc::new(Gate::default());
        let other = Arc::clone(&gate);
        let other = thread::spawn(move || {
            *other.0.lock().unwrap() = 1;
            other.1.notify_one();
        });
        let mut value = gate.0.lock().unwrap();
        if *value == 0 {
            value = gate.1.wait(value).unwrap();
        }
        let found = *value;
        drop(value);
        other.join().unwrap();
        found
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_wait_with_a_predicate_is_right() {
    let seen = explore(|| {
        let gate = Arc::new(Gate::default());
        let other = Arc::clone(&gate);
        let other = thread::spawn(move || {
            *other.0.lock().unwrap() = 1;
            other.1.notify_one();
        });
        let value = gate.1.wait_while(gate.0.lock().unwrap(), |value| *value == 0).unwrap();
        let found = *value;
        drop(value);
        other.join().unwrap();
        found
    });
    assert!(seen.is_clean() && seen.complete > 0, "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [1]);
}

/// A notification that comes too early is lost.
#[test]
fn a_notification_without_a_waiter_is_lost() {
    let seen = explore(|| {
        let gate = Arc::new(Gate::default());
        let other = Arc::clone(&gate);
        let other = thread::spawn(move || other.1.notify_one());
        drop(gate.1.wait(gate.0.lock().unwrap()).unwrap());
        other.join().unwrap();
    });
    assert!(seen.deadlocks > 0 && seen.complete > 0, "{seen:?}");
}

/// L24.
#[test]
fn notify_one_wakes_any() {
    let seen = explore(|| {
        let gate = Arc::new((Mutex::new((0, Vec::new())), Condvar::new()));
        let handles = [1, 2].map(|thread| {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                let mut state = gate.0.lock().unwrap();
                state.0 += 1;
                while state.0 < 10 {
                    state = gate.1.wait(state).unwrap();
                }
                state.0 = 0;
                state.1.push(thread);
                state.0 = 10;
                gate.1.notify_one();
            })
        });
        let both_wait = {
            let mut state = gate.0.lock().unwrap();
            let both = state.0 == 2;
            state.0 += 10;
            gate.1.notify_one();
            both
        };
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        let order = gate.0.lock().unwrap().1.clone();
        (both_wait, order)
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert!(seen.outcomes.contains(&(true, vec![1, 2])), "{seen:?}");
    assert!(seen.outcomes.contains(&(true, vec![2, 1])), "{seen:?}");
}

#[test]
fn one_notification_for_two_is_too_few() {
    let seen = explore(|| {
        let gate = Arc::new(Gate::default());
        let handles = [1, 2].map(|_| {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                drop(gate.1.wait_while(gate.0.lock().unwrap(), |value| *value == 0).unwrap());
            })
        });
        *gate.0.lock().unwrap() = 1;
        gate.1.notify_one();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
    });
    assert!(seen.deadlocks > 0 && seen.failures.is_empty(), "{seen:?}");
}

#[test]
fn notify_all_is_enough_for_two() {
    let seen = explore(|| {
        let gate = Arc::new(Gate::default());
        let handles = [1, 2].map(|_| {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                drop(gate.1.wait_while(gate.0.lock().unwrap(), |value| *value == 0).unwrap());
            })
        });
        *gate.0.lock().unwrap() = 1;
        gate.1.notify_all();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
    });
    assert!(seen.is_clean() && seen.complete > 0, "{seen:?}");
}

/// L25.
#[test]
fn a_wait_alone_times_out() {
    let seen = explore(|| {
        let gate = Gate::default();
        let (guard, result) = gate.1.wait_timeout(gate.0.lock().unwrap(), SOON).unwrap();
        drop(guard);
        result.timed_out()
    });
    assert!(seen.is_clean(), "{seen:?}");
    // Not timed out: it woke up for no reason.
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [false, true]);
    assert_eq!((seen.complete, seen.set_aside), (2, 0));
}

#[test]
fn a_wait_while_times_out_or_not() {
    let seen = explore(|| {
        let gate = Arc::new(Gate::default());
        let other = Arc::clone(&gate);
        let other = thread::spawn(move || {
            *other.0.lock().unwrap() = 1;
            other.1.notify_one();
        });
        let guard = gate.0.lock().unwrap();
        let waited = gate.1.wait_timeout_while(guard, SOON, |value| *value == 0);
        let (guard, result) = waited.unwrap();
        let found = (result.timed_out(), *guard);
        drop(guard);
        other.join().unwrap();
        found
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(false, 1), (true, 0)]);
}

#[test]
fn a_poisoned_mutex_is_reported_by_the_wait() {
    let seen = explore(|| {
        let gate = Arc::new(Gate::default());
        let other = Arc::clone(&gate);
        let other = thread::spawn(move || {
            let mut value = other.0.lock().unwrap_or_else(|error| error.into_inner());
            *value = 1;
            other.1.notify_one();
            panic!("on purpose");
        });
        let poisoned = match gate.0.lock() {
            Err(_) => None,
            Ok(guard) => Some(gate.1.wait_while(guard, |value| *value == 0).is_err()),
        };
        assert!(other.join().is_err());
        poisoned
    });
    assert!(seen.is_clean(), "{seen:?}");
    // The second is never false: the value changes only as the lock is poisoned.
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [None, Some(true)]);
}

#[test]
fn a_barrier_has_one_leader_and_lets_all_go() {
    let seen = explore(|| {
        let shared = Arc::new((Barrier::new(2), Mutex::new(0)));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            *other.1.lock().unwrap() += 1;
            other.0.wait().is_leader()
        });
        let mine = shared.0.wait().is_leader();
        let found = *shared.1.lock().unwrap();
        (mine, other.join().unwrap(), found)
    });
    assert!(seen.is_clean(), "{seen:?}");
    let expected = [(false, true, 1), (true, false, 1)];
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), expected);
    // Either asks first, and leads or not.
    assert_eq!(seen.complete, 4);
}

#[test]
fn arriving_happens_before_leaving() {
    let seen = explore(|| {
        let shared = Arc::new((Barrier::new(3), [Bare::default(), Bare::default()]));
        let handles = [0, 1].map(|mine| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.1[mine].set(1);
                shared.0.wait();
                shared.1[1 - mine].get()
            })
        });
        shared.0.wait();
        let found = shared.1[0].get() + shared.1[1].get();
        found + handles.map(|handle| handle.join().unwrap()).iter().sum::<u32>()
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!((seen.outcomes.into_iter().collect::<Vec<_>>(), seen.complete), (vec![4], 1));
}

/// A notification alone synchronises nothing.
#[test]
fn a_notification_hands_nothing_over() {
    let seen = explore(|| {
        let shared = Arc::new((Gate::default(), Bare::default()));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            other.1.set(1);
            other.0.1.notify_one();
        });
        let waited = shared.0.1.wait_timeout(shared.0.0.lock().unwrap(), SOON);
        if !waited.unwrap().1.timed_out() {
            shared.1.get();
        }
        other.join().unwrap();
    });
    assert!(seen.races() > 0, "{seen:?}");
}

#[test]
fn a_barrier_has_rounds() {
    let seen = explore(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let other = thread::spawn(move || [other.wait().is_leader(), other.wait().is_leader()]);
        let mine = [barrier.wait().is_leader(), barrier.wait().is_leader()];
        let others = other.join().unwrap();
        assert!(mine[0] != others[0] && mine[1] != others[1]);
        mine
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!((seen.outcomes.len(), seen.complete), (4, 16), "{seen:?}");
}

#[test]
fn a_barrier_for_more_than_come_is_a_deadlock() {
    let seen = explore(|| {
        assert!(Barrier::new(0).wait().is_leader());
        Barrier::new(2).wait();
    });
    assert_eq!((seen.complete, seen.deadlocks), (0, 1), "{seen:?}");
}

#[test]
fn outside_of_a_model_they_are_stds() {
    let gate = Arc::new((Mutex::new(0), Condvar::new(), Barrier::new(2)));
    let other = Arc::clone(&gate);
    let other = thread::spawn(move || {
        other.2.wait();
        *other.0.lock().unwrap() = 1;
        other.1.notify_all();
    });
    gate.2.wait();
    let value = gate.1.wait_while(gate.0.lock().unwrap(), |value| *value == 0).unwrap();
    assert_eq!(*value, 1);
    let (value, result) = gate.1.wait_timeout(value, Duration::from_millis(1)).unwrap();
    let waited = gate.1.wait_timeout_while(value, Duration::from_millis(1), |_| true);
    assert!(result.timed_out() && waited.unwrap().1.timed_out());
    other.join().unwrap();
    assert_eq!(format!("{:?}", gate.1), format!("{:?}", std::sync::Condvar::new()));
    assert_eq!(format!("{:?}", gate.2), format!("{:?}", std::sync::Barrier::new(2)));
}
