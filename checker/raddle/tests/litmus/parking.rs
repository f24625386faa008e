//! Unparking threads that wait for something else.
//!
//! A park may return for no reason, which is explored beside the return that the token causes; so each test
//! has a twin without the token, which must deadlock.

use raddle::{Kind, Outcome};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// The token is kept: no deadlock with it, and one without.
#[track_caller]
fn needs_its_token(program: fn(bool)) {
    for model in crate::MODELS {
        let with = raddle::Builder::new().model(model).explore(move || program(true));
        assert!(with.is_verified(), "{model}: {with:?}");
        let without = raddle::Builder::new().model(model).explore(move || program(false));
        let Outcome::Violation(violation) = without else { panic!("{model}: {without:?}") };
        assert_eq!(violation.kind, Kind::Deadlock, "{model}");
    }
}

/// L26: a thread that waits for a lock is unparked: harmless, and the token is kept.
#[test]
fn a_thread_that_waits_for_a_lock_is_unparked() {
    needs_its_token(|token| {
        let lock = Arc::new(Mutex::new(0));
        let guard = lock.lock().unwrap();
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || {
            *theirs.lock().unwrap() += 1;
            thread::park();
        });
        if token {
            other.thread().unpark();
        }
        drop(guard);
        other.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 1);
    });
}

/// L27: `unpark(t) || t: lock; unlock; park` returns.
#[test]
fn a_token_outlives_a_critical_section() {
    needs_its_token(|token| {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || {
            drop(theirs.lock().unwrap());
            thread::park();
        });
        if token {
            other.thread().unpark();
        }
        drop(lock.lock().unwrap());
        other.join().unwrap();
    });
}

/// L28: a thread that waits for the end of another one is unparked: harmless, and the token is kept.
#[test]
fn a_thread_that_joins_is_unparked() {
    needs_its_token(|token| {
        let other = thread::spawn(|| {
            thread::spawn(|| {}).join().unwrap();
            thread::park();
        });
        if token {
            other.thread().unpark();
        }
        other.join().unwrap();
    });
}

/// Two unparks leave one token.
#[test]
fn tokens_do_not_add_up() {
    let outcome = raddle::explore(|| {
        let other = thread::spawn(|| {
            thread::park();
            thread::park();
        });
        other.thread().unpark();
        other.thread().unpark();
        other.join().unwrap();
    });
    assert_eq!(outcome.violation().map(|it| it.kind), Some(Kind::Deadlock), "{outcome:?}");
}
