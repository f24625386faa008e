//! Onces, once cells and lazy values: what can happen in a model, and that they are std's outside of it.

mod support;

use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, LazyLock, Once, OnceLock};
use raddle_shims::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::explore;

fn text(payload: &(dyn std::any::Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

#[test]
fn it_runs_once_and_before_both_go_on() {
    let seen = explore(|| {
        let shared = Arc::new((Once::new(), AtomicU32::new(0)));
        let run = |shared: &(Once, AtomicU32)| {
            shared.0.call_once(|| {
                shared.1.fetch_add(1, Relaxed);
            });
            shared.1.load(Relaxed)
        };
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || run(&other));
        let mine = run(&shared);
        (mine, other.join().unwrap(), shared.0.is_completed())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(1, 1, true)]);
    assert_eq!(seen.complete, 2);
}

#[test]
fn calling_it_from_itself_is_a_deadlock() {
    let seen = explore(|| {
        let once = Once::new();
        once.call_once(|| once.call_once(|| {}));
    });
    assert_eq!((seen.complete, seen.deadlocks), (0, 1), "{seen:?}");
}

#[test]
fn a_panic_poisons() {
    let seen = explore(|| {
        let once = Once::new();
        let first = catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("on purpose"))));
        let second = catch_unwind(AssertUnwindSafe(|| once.call_once(|| {})));
        let waited = catch_unwind(AssertUnwindSafe(|| once.wait()));
        let mut poisoned = None;
        once.call_once_force(|state| poisoned = Some(state.is_poisoned()));
        once.wait();
        let (second, waited) = (second.unwrap_err(), waited.unwrap_err());
        (text(&*first.unwrap_err()), text(&*second), text(&*waited), poisoned)
    });
    assert!(seen.is_clean(), "{seen:?}");
    let poisoned = Some("Once instance has previously been poisoned");
    let expected = (Some("on purpose"), poisoned, poisoned, Some(true));
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_wait_is_for_the_end() {
    let seen = explore(|| {
        let shared = Arc::new((Once::new(), OnceLock::new()));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            other.0.call_once(|| {});
            other.1.set(3).unwrap();
        });
        shared.0.wait();
        let value = *shared.1.wait();
        other.join().unwrap();
        value
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!((seen.outcomes.into_iter().collect::<Vec<_>>(), seen.complete), (vec![3], 1));
}

#[test]
fn waiting_for_nobody_is_a_deadlock() {
    let seen = explore(|| *OnceLock::<u32>::new().wait());
    assert_eq!((seen.complete, seen.deadlocks), (0, 1), "{seen:?}");
}

#[test]
fn one_value_wins() {
    let seen = explore(|| {
        let cell = Arc::new(OnceLock::new());
        let other = Arc::clone(&cell);
        let other = thread::spawn(move || *other.get_or_init(|| 1));
        let mine = cell.set(2);
        let others = other.join().unwrap();
        (mine, others, cell.get().copied())
    });
    assert!(seen.is_clean(), "{seen:?}");
    let expected = [(Ok(()), 2, Some(2)), (Err(2), 1, Some(1))];
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn get_finds_it_or_not() {
    let seen = explore(|| {
        let cell = Arc::new(OnceLock::new());
        let other = Arc::clone(&cell);
        let other = thread::spawn(move || other.set(1));
        let found = cell.get().copied();
        other.join().unwrap().unwrap();
        let mut cell = Arc::into_inner(cell).unwrap();
        *cell.get_mut().unwrap() += 1;
        let taken = cell.take();
        (found, taken, cell.get().copied(), cell.set(5), cell.into_inner())
    });
    assert!(seen.is_clean(), "{seen:?}");
    let rest = (Some(2), None, Ok(()), Some(5));
    let expected = [None, Some(1)].map(|found| (found, rest.0, rest.1, rest.2, rest.3));
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_once_cell_survives_a_panic() {
    let seen = explore(|| {
        let cell = OnceLock::new();
        let failed = catch_unwind(AssertUnwindSafe(|| *cell.get_or_init(|| panic!("on purpose"))));
        (failed.is_err(), cell.get().copied(), *cell.get_or_init(|| 4), format!("{cell:?}"))
    });
    assert!(seen.is_clean(), "{seen:?}");
    let expected = (true, None, 4, "OnceLock(4)".to_owned());
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_lazy_static_is_computed_once_in_each_execution() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    static VALUE: LazyLock<Vec<u32>> = LazyLock::new(|| {
        RUNS.fetch_add(1, Relaxed);
        vec![1, 2, 3]
    });
    assert_eq!(VALUE.len(), 3);
    let seen = explore(|| {
        let other = thread::spawn(|| VALUE.iter().sum::<u32>());
        let mine = VALUE.len();
        (mine, other.join().unwrap(), RUNS.load(Relaxed))
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(3, 6, 1)]);
    assert_eq!(RUNS.load(Relaxed), 1);
}

#[test]
fn a_lazy_value_that_panics_is_poisoned() {
    let seen = explore(|| {
        let value: LazyLock<u32> = LazyLock::new(|| panic!("on purpose"));
        let first = catch_unwind(AssertUnwindSafe(|| *value));
        let second = catch_unwind(AssertUnwindSafe(|| *value));
        (text(&*first.unwrap_err()), text(&*second.unwrap_err()))
    });
    assert!(seen.is_clean(), "{seen:?}");
    let expected = (Some("on purpose"), Some("LazyLock instance has previously been poisoned"));
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [expected]);
}

/// Once it is done, looking at it costs no executions.
#[test]
fn readers_of_a_value_that_is_there_are_not_ordered() {
    let seen = explore(|| {
        let cell = Arc::new(OnceLock::from(1));
        let handles = [0; 3].map(|_| {
            let cell = Arc::clone(&cell);
            thread::spawn(move || *cell.get_or_init(|| 2) + *cell.get().unwrap())
        });
        handles.map(|handle| handle.join().unwrap())
    });
    assert_eq!((seen.outcomes.into_iter().collect::<Vec<_>>(), seen.complete), (vec![[2; 3]], 1));
}

#[test]
fn outside_of_a_model_they_are_stds() {
    static START: Once = Once::new();
    static CELL: OnceLock<u32> = OnceLock::new();
    static LAZY: LazyLock<u32> = LazyLock::new(|| 7);
    let handles = [0; 4].map(|_| {
        thread::spawn(|| {
            START.call_once(|| assert!(CELL.set(1).is_ok()));
            *CELL.get().unwrap() + *LAZY
        })
    });
    assert!(handles.into_iter().all(|handle| handle.join().unwrap() == 8));
    assert!(START.is_completed() && CELL.set(2) == Err(2));
    assert_eq!(format!("{CELL:?} {LAZY:?}"), "OnceLock(1) LazyLock(7)");
    assert_eq!(CELL.clone(), OnceLock::from(1));
}
