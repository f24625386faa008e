//! Variables in memory that was only zeroed, and programs that take long.

#![allow(clippy::disallowed_methods, reason = "how long a program takes is what is tested")]

use raddle::{Builder, Kind};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::{thread, time};
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

struct Slot {
    state: AtomicU32,
    value: UnsafeCell<u32>,
}

// SAFETY: the accesses are what is tested; in each execution only one thread runs at a time.
unsafe impl Sync for Slot {}

/// A slot as queues make them: zeroed memory, which with std is an initialised one.
fn zeroed() -> Box<Slot> {
    // SAFETY: every field is valid if its bytes are zero, which std promises of its own types.
    Box::new(unsafe { MaybeUninit::zeroed().assume_init() })
}

#[test]
fn zeroed_memory_is_a_variable() {
    let outcome = raddle::explore(|| {
        let slot: &'static Slot = Box::leak(zeroed());
        let other = thread::spawn(|| slot.state.fetch_add(1, Relaxed));
        slot.state.fetch_add(1, Relaxed);
        other.join().unwrap();
        assert_eq!(slot.state.load(Relaxed), 2);
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

#[test]
fn a_report_may_be_about_zeroed_memory() {
    let outcome = raddle::explore(|| {
        let slot: &'static Slot = Box::leak(zeroed());
        let other = thread::spawn(|| {
            // SAFETY: the race is found before the access.
            slot.value.with_mut(|value| unsafe { *value = 1 });
        });
        // SAFETY: as above.
        slot.value.with_mut(|value| unsafe { *value = 2 });
        other.join().unwrap();
    });
    let violation = outcome.violation().expect("nothing orders the writes");
    assert_eq!(violation.kind, Kind::DataRace, "{}", violation.report);
}

#[test]
fn exclusive_accesses_are_reported_where_they_are() {
    let outcome = raddle::explore(|| {
        let slot: &'static mut Slot = Box::leak(zeroed());
        let address = std::ptr::from_mut(slot) as usize;
        // SAFETY: the box is leaked; the race is found before the access.
        let other =
            thread::spawn(move || unsafe { *(*(address as *mut Slot)).value.get_mut() = 1 });
        // SAFETY: as above.
        unsafe { (*(address as *mut Slot)).value.with_mut(|value| *value = 2) };
        other.join().unwrap();
    });
    let violation = outcome.violation().expect("nothing orders the writes");
    assert!(!violation.report.contains("shims/src/cell.rs"), "{}", violation.report);
}

#[test]
fn a_thread_that_works_for_long_is_not_taken_for_one_that_is_blocked() {
    let outcome = Builder::new().patience("100ms").explore(|| {
        let (x, start) = (AtomicU32::new(0), Instant::now());
        while start.elapsed() < Duration::from_millis(400) {
            x.store(1, Relaxed);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

#[test]
fn a_wait_of_no_time_does_not_stop_the_clock() {
    let outcome = Builder::new().max_events(100).explore(|| {
        let deadline = time::Instant::now() + Duration::from_millis(1);
        while let Some(left) = deadline.checked_duration_since(time::Instant::now()) {
            thread::park_timeout(left);
        }
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}
