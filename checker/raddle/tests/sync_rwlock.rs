//! Reader-writer locks: what can happen in a model, and that they are std's outside of it.

mod support;

use raddle_shims::sync::atomic::{AtomicBool, Ordering::Relaxed};
use raddle_shims::sync::{Arc, RwLock, TryLockError};
use raddle_shims::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::{Bare, explore};

#[test]
fn a_writer_is_alone() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || *other.write().unwrap() += 1);
        let read = *lock.read().unwrap();
        *lock.write().unwrap() += 1;
        other.join().unwrap();
        (read, *lock.read().unwrap())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(0, 2), (1, 2)]);
}

#[test]
fn two_writers_have_two_orders() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(Vec::new()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || other.write().unwrap().push(1));
        lock.write().unwrap().push(0);
        other.join().unwrap();
        Arc::into_inner(lock).unwrap().into_inner().unwrap()
    });
    assert_eq!((seen.outcomes.len(), seen.complete), (2, 2), "{seen:?}");
}

/// Before the reader or after it; that it waits for the reader to leave is no difference.
#[test]
fn a_writer_comes_before_or_after_a_reader() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || *other.write().unwrap() += 1);
        drop(lock.read().unwrap());
        other.join().unwrap();
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.complete, 2, "{seen:?}");
}

/// L5.
#[test]
fn try_read_fails_while_written() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || other.try_read().is_ok());
        drop(lock.write().unwrap());
        other.join().unwrap()
    });
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [false, true]);
    // It fails in one; a reader that gets in does so before the writer or after it.
    assert_eq!((seen.complete, seen.deadlocks), (3, 0));
}

#[test]
fn try_write_fails_while_read() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || other.try_write().is_ok());
        drop(lock.read().unwrap());
        other.join().unwrap()
    });
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [false, true]);
}

#[test]
fn readers_are_together() {
    let seen = explore(|| {
        let shared = Arc::new((RwLock::new(()), RwLock::new(())));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let _guard = other.0.read().unwrap();
            let _inner = other.1.read().unwrap();
        });
        {
            let _guard = shared.1.read().unwrap();
            let _inner = shared.0.read().unwrap();
        }
        other.join().unwrap();
    });
    assert!(seen.is_clean() && seen.complete > 0, "{seen:?}");
}

/// S9: no deadlock without a writer.
#[test]
fn reading_twice_is_fine_without_a_writer() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || drop(other.read().unwrap()));
        let first = lock.read().unwrap();
        drop(lock.read().unwrap());
        drop(first);
        other.join().unwrap();
    });
    assert!(seen.is_clean(), "{seen:?}");
}

/// S9: the writer comes before both, between, or after both; only between it deadlocks.
#[test]
fn reading_twice_deadlocks_if_a_writer_waits_in_between() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || drop(other.write().unwrap()));
        let first = lock.read().unwrap();
        let second = lock.read().unwrap();
        drop((first, second));
        other.join().unwrap();
    });
    assert!(seen.failures.is_empty(), "{seen:?}");
    // Before both; after both, whether it waits for them or not.
    assert_eq!((seen.deadlocks, seen.complete), (1, 2), "{seen:?}");
}

/// A writer that only tries never keeps readers out.
#[test]
fn reading_twice_is_fine_with_a_writer_that_does_not_wait() {
    let seen = explore(|| {
        let lock = Arc::new(RwLock::new(()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || drop(other.try_write()));
        let first = lock.read().unwrap();
        drop(lock.read().unwrap());
        drop(first);
        other.join().unwrap();
    });
    assert!(seen.is_clean(), "{seen:?}");
}

/// L21: what a reader did is not known to later readers.
#[test]
fn readers_do_not_synchronise() {
    let seen = explore(|| {
        let shared = Arc::new((RwLock::new(()), AtomicBool::new(false), Bare::default()));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let (lock, flag, data) = &*other;
            data.set(1);
            drop(lock.read().unwrap());
            flag.store(true, Relaxed);
        });
        let (lock, flag, data) = &*shared;
        if flag.load(Relaxed) {
            drop(lock.read().unwrap());
            data.get();
        }
        other.join().unwrap();
    });
    assert!(seen.races() > 0 && seen.deadlocks == 0, "{seen:?}");
}

/// What a reader did is known to the next writer, and through it to later readers.
#[test]
fn a_writer_synchronises_with_earlier_readers() {
    let seen = explore(|| {
        let shared = Arc::new((RwLock::new(0), AtomicBool::new(false), Bare::default()));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let (lock, flag, data) = &*other;
            data.set(1);
            drop(lock.read().unwrap());
            flag.store(true, Relaxed);
        });
        let (lock, flag, data) = &*shared;
        let mut found = None;
        if flag.load(Relaxed) {
            drop(lock.write().unwrap());
            found = Some(data.get());
        }
        other.join().unwrap();
        found
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [None, Some(1)]);
}

/// A reader knows of a writer although other readers came in between.
#[test]
fn readers_synchronise_with_the_writer_before_them() {
    let seen = explore(|| {
        let shared = Arc::new((RwLock::new(false), Bare::default()));
        let (writer, reader) = (Arc::clone(&shared), Arc::clone(&shared));
        let writer = thread::spawn(move || {
            let mut ready = writer.0.write().unwrap();
            writer.1.set(1);
            *ready = true;
        });
        let reader = thread::spawn(move || drop(reader.0.read().unwrap()));
        let ready = shared.0.read().unwrap();
        let found = ready.then(|| shared.1.get());
        drop(ready);
        writer.join().unwrap();
        reader.join().unwrap();
        found
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [None, Some(1)]);
}

/// L30: a writer poisons, a reader does not.
#[test]
fn a_panicking_writer_poisons() {
    let seen = explore(|| {
        let lock = RwLock::new(1);
        let read = catch_unwind(AssertUnwindSafe(|| {
            let _guard = lock.read().unwrap();
            panic!("on purpose");
        }));
        let before = lock.is_poisoned();
        let written = catch_unwind(AssertUnwindSafe(|| {
            let _guard = lock.write().unwrap();
            panic!("on purpose");
        }));
        assert!(read.is_err() && written.is_err());
        assert!(lock.read().is_err() && lock.write().is_err());
        assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
        let after = lock.is_poisoned();
        lock.clear_poison();
        (before, after, lock.into_inner().is_ok())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(false, true, true)]);
}

#[test]
fn statics_are_new_in_each_execution() {
    static COUNT: RwLock<u32> = RwLock::new(5);
    *COUNT.write().unwrap() += 1;
    let seen = explore(|| {
        let other = thread::spawn(|| *COUNT.write().unwrap() += 10);
        let read = *COUNT.read().unwrap();
        other.join().unwrap();
        (read, *COUNT.read().unwrap())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [(5, 15), (15, 15)]);
    assert_eq!(*COUNT.read().unwrap(), 6);
}

#[test]
fn outside_of_a_model_it_is_stds() {
    let lock = Arc::new(RwLock::new(0));
    let threads = [0; 4].map(|_| {
        let lock = Arc::clone(&lock);
        thread::spawn(move || {
            for _ in 0..500 {
                *lock.write().unwrap() += 1;
                assert!(*lock.read().unwrap() > 0);
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let guard = lock.read().unwrap();
    assert!(lock.try_read().is_ok());
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    drop(guard);
    assert_eq!(format!("{lock:?}"), format!("{:?}", std::sync::RwLock::new(2000)));
    let poisoning = Arc::clone(&lock);
    let panicked = thread::spawn(move || {
        let _guard = poisoning.write().unwrap();
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert!(panicked.join().is_err() && lock.is_poisoned());
    assert_eq!(*lock.read().unwrap_err().into_inner(), 2000);
}
