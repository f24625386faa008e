//! Cells of the face: their accesses last, and creating one is a write.

mod support;

use loom::cell::{Cell, UnsafeCell};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::*};
use loom::thread;
use support::{failure, outcomes};

/// A cell that threads share, which its users answer for.
struct Shared<T>(UnsafeCell<T>);
// SAFETY: the tests are about whether its users do what is needed.
unsafe impl<T: Send> Sync for Shared<T> {}

#[test]
fn accesses_without_order_are_a_race() {
    let message = failure(|| {
        let cell = Arc::new(Shared(UnsafeCell::new(1)));
        let theirs = cell.clone();
        thread::spawn(move || {
            // SAFETY: none; the race is what is looked for.
            theirs.0.with_mut(|value| unsafe { *value = 2 });
        });
        // SAFETY: as above.
        cell.0.with(|value| unsafe { *value });
    });
    assert!(message.contains("race"), "{message}");
}

#[test]
fn an_access_lasts_until_its_closure_ends() {
    // Checked at its beginning alone, the read would come before the write.
    let message = failure(|| {
        let shared = Arc::new((Shared(UnsafeCell::new(1)), AtomicBool::new(false)));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            if theirs.1.load(Acquire) {
                // SAFETY: none; the race is what is looked for.
                theirs.0.0.with_mut(|value| unsafe { *value = 2 });
            }
        });
        shared.0.0.with(|value| {
            shared.1.store(true, Release);
            // SAFETY: as above.
            unsafe { *value }
        });
        other.join().unwrap();
    });
    assert!(message.contains("race") || message.contains("in use"), "{message}");
}

#[test]
fn an_access_lasts_as_long_as_its_pointer() {
    let message = failure(|| {
        let shared = Arc::new((Shared(UnsafeCell::new(1)), AtomicBool::new(false)));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            if theirs.1.load(Acquire) {
                let value = theirs.0.0.get();
                // SAFETY: none; the race is what is looked for.
                assert!(unsafe { *value.deref() } > 0);
            }
        });
        let value = shared.0.0.get_mut();
        shared.1.store(true, Release);
        // SAFETY: as above.
        unsafe { *value.deref() = 2 };
        drop(value);
        other.join().unwrap();
    });
    assert!(message.contains("race") || message.contains("in use"), "{message}");
}

#[test]
fn one_thread_may_not_hold_two_pointers_one_of_them_mutable() {
    let message = failure(|| {
        let cell = UnsafeCell::new(1);
        let reads = cell.get();
        cell.with_mut(|_| ());
        drop(reads);
    });
    assert!(message.contains("a mutable pointer to a cell is taken"), "{message}");
    loom::model(|| {
        let cell = UnsafeCell::new(1);
        let (first, second) = (cell.get(), cell.get());
        cell.with(|_| ());
        drop((first, second));
        cell.with_mut(|_| ());
    });
}

#[test]
fn creating_a_cell_or_an_atomic_is_a_write() {
    for order in [Relaxed, Release] {
        let model = move || {
            let place = Arc::new(AtomicPtr::new(std::ptr::null_mut::<AtomicUsize>()));
            let theirs = place.clone();
            let other = thread::spawn(move || {
                let fresh = Box::into_raw(Box::new(AtomicUsize::new(7)));
                theirs.store(fresh, order);
            });
            let found = place.load(Acquire);
            if !found.is_null() {
                // SAFETY: it lives until the other thread has been joined.
                assert_eq!(unsafe { &*found }.load(Relaxed), 7);
            }
            other.join().unwrap();
            // SAFETY: nobody else uses it any more.
            drop(unsafe { Box::from_raw(place.load(Relaxed)) });
        };
        match order {
            Relaxed => assert!(failure(model).contains("race")),
            _ => loom::model(model),
        }
    }
}

#[test]
fn with_mut_and_unsync_load_are_plain_accesses() {
    loom::model(|| {
        let mut counter = AtomicUsize::new(1);
        counter.with_mut(|value| *value += 1);
        counter.fetch_add(1, Relaxed);
        // SAFETY: nobody else uses it.
        assert_eq!(unsafe { counter.unsync_load() }, 3);
        assert_eq!(counter.into_inner(), 3);
    });
    let message = failure(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        thread::spawn(move || theirs.store(1, Relaxed));
        // SAFETY: none; the race is what is looked for.
        unsafe { counter.unsync_load() };
    });
    assert!(message.contains("race"), "{message}");
}

#[test]
fn cells_work() {
    loom::model(|| {
        let (one, two) = (Cell::new(1), Cell::new(2));
        one.swap(&two);
        two.set(two.get() + 10);
        assert_eq!((one.get(), two.replace(0), two.take(), one.clone()), (2, 11, 0, Cell::from(2)));
        assert!(one > Cell::default() && one.into_inner() == 2);
    });
}

#[test]
fn what_an_atomic_was_made_with_is_there() {
    let seen = outcomes(|| {
        let counter = Arc::new(AtomicUsize::new(5));
        let theirs = counter.clone();
        let other = thread::spawn(move || theirs.load(Relaxed));
        counter.store(6, Relaxed);
        other.join().unwrap()
    });
    assert_eq!(seen, [5, 6]);
}
