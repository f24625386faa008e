//! Mutexes: what can happen in a model, and that they are std's outside of it.

mod support;

use raddle_shims::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex, TryLockError};
use raddle_shims::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::explore;

#[test]
fn increments_are_not_lost() {
    let seen = explore(|| {
        let total = Arc::new(Mutex::new(0));
        let other = Arc::clone(&total);
        let other = thread::spawn(move || *other.lock().unwrap() += 1);
        *total.lock().unwrap() += 1;
        other.join().unwrap();
        *total.lock().unwrap()
    });
    assert_eq!((seen.outcomes.len(), seen.complete), (1, 2), "{seen:?}");
    assert!(seen.is_clean() && seen.outcomes.contains(&2), "{seen:?}");
}

#[test]
fn three_threads_lock_in_any_order() {
    let seen = explore(|| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let handles = [1, 2].map(|thread| {
            let order = Arc::clone(&order);
            thread::spawn(move || order.lock().unwrap().push(thread))
        });
        order.lock().unwrap().push(0);
        for handle in handles {
            handle.join().unwrap();
        }
        Arc::into_inner(order).unwrap().into_inner().unwrap()
    });
    assert_eq!((seen.outcomes.len(), seen.complete), (6, 6), "{seen:?}");
    assert!(seen.is_clean(), "{seen:?}");
}

/// L4.
#[test]
fn try_lock_fails_while_locked() {
    let seen = explore(|| {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || other.try_lock().is_ok());
        drop(lock.lock().unwrap());
        other.join().unwrap()
    });
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [false, true]);
    assert_eq!((seen.complete, seen.deadlocks), (3, 0));
}

/// L6.
#[test]
fn a_failed_try_lock_holds_nothing() {
    let seen = explore(|| {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || drop(other.try_lock()));
        let mine = lock.try_lock();
        let got = mine.is_ok();
        drop(mine);
        other.join().unwrap();
        drop(lock.lock().unwrap());
        got
    });
    assert!(seen.is_clean() && seen.outcomes.len() == 2, "{seen:?}");
}

#[test]
fn locking_twice_is_a_deadlock() {
    let seen = explore(|| {
        let lock = Mutex::new(());
        let _first = lock.lock().unwrap();
        let _second = lock.lock().unwrap();
    });
    assert_eq!((seen.complete, seen.deadlocks), (0, 1), "{seen:?}");
}

#[test]
fn opposite_orders_deadlock() {
    let seen = explore(|| {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let other = Arc::clone(&locks);
        let other = thread::spawn(move || {
            let _b = other.1.lock().unwrap();
            let _a = other.0.lock().unwrap();
        });
        {
            let _a = locks.0.lock().unwrap();
            let _b = locks.1.lock().unwrap();
        }
        other.join().unwrap();
    });
    assert!(seen.deadlocks > 0 && seen.complete > 0 && seen.failures.is_empty(), "{seen:?}");
}

/// L30.
#[test]
fn a_panic_poisons() {
    let seen = explore(|| {
        let lock = Mutex::new(1);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _guard = lock.lock().unwrap();
            panic!("on purpose");
        }));
        assert!(caught.is_err() && lock.is_poisoned());
        assert!(matches!(lock.try_lock(), Err(TryLockError::Poisoned(_))));
        let value = *lock.lock().unwrap_err().into_inner();
        lock.clear_poison();
        let healed = lock.lock().is_ok();
        (value, healed, lock.into_inner().is_ok())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(1, true, true)]);
}

/// A guard that is taken and dropped while a destructor runs during unwinding does not poison.
#[test]
fn unwinding_alone_does_not_poison() {
    struct Locks<'a>(&'a Mutex<u32>);
    impl Drop for Locks<'_> {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let seen = explore(|| {
        let lock = Mutex::new(0);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _locks = Locks(&lock);
            panic!("on purpose");
        }));
        (caught.is_err(), lock.into_inner().ok())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(true, Some(1))]);
}

/// L29, with a lock: the panic of one thread is told to whoever joins it and whoever locks.
#[test]
fn a_panicking_thread_poisons_for_others() {
    let seen = explore(|| {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || {
            let _guard = other.lock().unwrap();
            panic!("on purpose");
        });
        let poisoned = lock.lock().is_err();
        (poisoned, other.join().is_err(), lock.is_poisoned())
    });
    assert!(seen.is_clean(), "{seen:?}");
    let expected = [(false, true, true), (true, true, true)];
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(seen.complete, 2);
}

/// A relaxed flag that is set under the lock is seen under the lock.
#[test]
fn unlocking_happens_before_locking() {
    let seen = explore(|| {
        let shared = Arc::new((Mutex::new(false), AtomicU32::new(0)));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let mut done = other.0.lock().unwrap();
            other.1.store(1, Relaxed);
            *done = true;
        });
        let seen = {
            let done = shared.0.lock().unwrap();
            (*done, shared.1.load(Relaxed))
        };
        other.join().unwrap();
        seen
    });
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(false, 0), (true, 1)]);
}

/// A static holds its initial value at the start of each execution, whatever code outside did with it.
#[test]
fn statics_are_new_in_each_execution() {
    static COUNT: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    COUNT.lock().unwrap().push(7);
    let seen = explore(|| {
        let other = thread::spawn(|| COUNT.lock().unwrap().push(1));
        COUNT.lock().unwrap().push(2);
        other.join().unwrap();
        COUNT.lock().unwrap().clone()
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [vec![1, 2], vec![2, 1]]);
    assert_eq!(*COUNT.lock().unwrap(), [7]);
}

#[test]
fn unsized_contents_and_debug() {
    let seen = explore(|| {
        let lock: Arc<Mutex<[u32]>> = Arc::new(Mutex::new([1, 2, 3]));
        lock.lock().unwrap()[1] = 7;
        let free = format!("{lock:?}");
        let _guard = lock.lock().unwrap();
        (free, format!("{lock:?}"))
    });
    let free = "Mutex { data: [1, 7, 3], poisoned: false, .. }".to_owned();
    let locked = "Mutex { data: <locked>, poisoned: false, .. }".to_owned();
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(free, locked)]);
}

/// Without a lock around it, it is a lost update: the search does tell.
#[test]
fn a_flag_is_no_lock() {
    let seen = explore(|| {
        let shared = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
        let other = Arc::clone(&shared);
        let add = |shared: &(AtomicBool, AtomicU32)| {
            shared.1.store(shared.1.load(Relaxed) + 1, Relaxed);
        };
        let other = thread::spawn(move || add(&other));
        add(&shared);
        other.join().unwrap();
        shared.1.load(Relaxed)
    });
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn outside_of_a_model_it_is_stds() {
    let lock = Arc::new(Mutex::new(0));
    let threads = [0; 4].map(|_| {
        let lock = Arc::clone(&lock);
        thread::spawn(move || (0..1000).for_each(|_| *lock.lock().unwrap() += 1))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*lock.lock().unwrap(), 4000);
    let guard = lock.lock().unwrap();
    assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    drop(guard);
    let poisoning = Arc::clone(&lock);
    let panicked = thread::spawn(move || {
        let _guard = poisoning.lock().unwrap();
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert!(panicked.join().is_err() && lock.is_poisoned());
    let theirs = std::sync::Mutex::new(4000);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _guard = theirs.lock().unwrap();
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert_eq!(format!("{lock:?}"), format!("{theirs:?}"));
    lock.clear_poison();
    assert_eq!(Arc::into_inner(lock).unwrap().into_inner().unwrap(), 4000);
}
