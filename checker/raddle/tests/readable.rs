//! Reports name the cause, for a reader who has only them: which panic was first, what would have ordered a race,
//! what the program's own choices are.

use raddle::{Kind, Outcome, Violation};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicBool, Ordering, Ordering::*, fence};
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

#[track_caller]
fn found(kind: Kind, program: impl Fn() + Send + Sync + 'static) -> Violation {
    match raddle::explore(program) {
        Outcome::Violation(violation) if violation.kind == kind => *violation,
        outcome => panic!("a {kind} was expected, but came {outcome:?}"),
    }
}

#[track_caller]
fn assert_tells(violation: &Violation, texts: &[&str]) {
    // Where lines are broken does not matter here.
    let report = violation.report.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in texts {
        assert!(report.contains(text), "{text:?} is missing in\n{}", violation.report);
    }
}

#[test]
fn a_panic_that_was_passed_on_is_told_where_it_began() {
    let violation = found(Kind::Panic, || {
        let middle = thread::spawn(|| thread::spawn(|| panic!("no such key")).join().unwrap());
        middle.join().expect("the worker is fine");
    });
    let own = "main panicked in turn: the worker is fine: Any { .. }";
    assert_eq!(violation.message, format!("no such key\n{own}"));
    let texts = [
        "error[panic]: no such key main panicked in turn: the worker is fine: Any { .. }",
        "(1) t2 panicked",
        "(2) main panicked in turn, as it unwrapped what joining t2 gave",
    ];
    assert_tells(&violation, &texts);
}

/// Only the message of `unwrap` on what a thread left behind makes it a panic that was passed on.
#[test]
fn another_panic_after_a_join_is_its_own() {
    let violation = found(Kind::Panic, || {
        let other = thread::spawn(|| panic!("below"));
        assert!(other.join().is_ok(), "the worker is fine");
    });
    assert_eq!(violation.message, "the worker is fine");
    assert!(!violation.report.contains("in turn"), "{}", violation.report);
}

struct Message {
    text: UnsafeCell<u32>,
    ready: AtomicBool,
}

// SAFETY: the checker tells when that is wrong.
unsafe impl Sync for Message {}

/// One thread writes and says so, the other reads if it was told.
fn announce(written: Ordering, read: Ordering, fences: bool) -> Violation {
    found(Kind::DataRace, move || {
        let message = Message { text: UnsafeCell::new(0), ready: AtomicBool::new(false) };
        let message = Arc::new(message);
        let theirs = Arc::clone(&message);
        thread::spawn(move || {
            // SAFETY: nobody reads yet, if the orderings are enough.
            theirs.text.with_mut(|text| unsafe { *text = 1 });
            theirs.ready.store(true, written);
        });
        if message.ready.load(read) {
            if fences {
                fence(Acquire);
            }
            // SAFETY: it has been written, if the orderings are enough.
            message.text.with(|text| unsafe { *text });
        }
    })
}

#[test]
fn a_race_tells_which_ordering_is_missing() {
    let write =
        "wrote `message.ready` with relaxed, not release, at checker/raddle/tests/readable.rs:";
    let read =
        "read `message.ready` with relaxed, not acquire, at checker/raddle/tests/readable.rs:";
    let violation = announce(Relaxed, Acquire, false);
    assert_tells(&violation, &[write, "with release there, the two accesses would be ordered"]);
    let violation = announce(Release, Relaxed, false);
    assert_tells(&violation, &[read, "with acquire there, the two accesses would be ordered"]);
    let violation = announce(Relaxed, Relaxed, false);
    assert_tells(&violation, &[write, read, "with both there, the two accesses would be ordered"]);
}

/// A fence acquires what reads before it have seen.
#[test]
fn a_fence_is_an_ordering_as_well() {
    let violation = announce(Relaxed, Relaxed, true);
    let write = "wrote `message.ready` with relaxed, not release";
    assert_tells(&violation, &[write, "with release there, the two accesses would be ordered"]);
    assert!(!violation.report.contains("not acquire"), "{}", violation.report);
}

#[test]
fn a_wake_up_for_no_reason_is_no_choice_of_the_program() {
    let violation = found(Kind::Panic, || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        if !*ready {
            // Wrong: there is no loop.
            ready = pair.1.wait(ready).unwrap();
        }
        assert!(*ready, "nobody has notified");
    });
    assert_tells(&violation, &["wake up for no reason"]);
    assert!(!violation.report.contains("choose"), "{}", violation.report);
    let violation = found(Kind::Panic, || assert_eq!(raddle::choose(2), 0));
    assert_tells(&violation, &["choose 1 of 0..2"]);
}
