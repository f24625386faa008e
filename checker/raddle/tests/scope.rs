//! What is said of a scope whose threads panic.

use raddle::{Builder, Kind, Outcome};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::thread;

/// A scope that panics because of its threads has told whoever catches that.
#[test]
fn a_caught_panic_of_a_scope_is_no_failure() {
    let outcome = raddle::explore(|| {
        let caught = std::panic::catch_unwind(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("within"));
            });
        });
        let payload = caught.expect_err("the thread panics");
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"a scoped thread panicked"));
    });
    assert!(matches!(&outcome, Outcome::Verified(_)), "{outcome:?}");
}

/// Goes on without an end.
fn busy() {
    let beat = AtomicU32::new(0);
    loop {
        beat.fetch_add(1, Relaxed);
    }
}

fn cut(program: fn()) -> Outcome {
    Builder::new().max_events(40).explore(program)
}

/// At the limit of events nobody can wait for the end, where a scope would tell.
#[test]
fn a_panic_in_a_scope_that_does_not_end_is_reported() {
    let all: [fn(); 4] = [
        || {
            thread::scope(|scope| {
                scope.spawn(|| panic!("within"));
                busy();
            });
        },
        || {
            thread::scope(|scope| {
                scope.spawn(busy);
                scope.spawn(|| panic!("within"));
            });
        },
        // Of a thread that was left to itself nobody is told either.
        || {
            thread::spawn(|| panic!("within"));
            busy();
        },
        // Whether the handle goes before or after the panic.
        || {
            let handle = thread::spawn(|| panic!("within"));
            while !handle.is_finished() {}
            drop(handle);
            busy();
        },
    ];
    for (number, program) in all.into_iter().enumerate() {
        let outcome = cut(program);
        let Outcome::Violation(violation) = outcome else { panic!("{number}: {outcome:?}") };
        assert_eq!(
            (violation.kind, violation.message.as_str()),
            (Kind::Panic, "within"),
            "{number}"
        );
        let report = &violation.report;
        assert!(report.starts_with("error[panic]: within\n"), "{report}");
        assert!(report.contains("t1 panicked\n") || report.contains("t2 panicked\n"), "{report}");
        // The token repeats it.
        let token = violation.token.as_deref().expect("a failing execution has a token");
        let again = Builder::new().max_events(40).replay(token, program).expect("a valid token");
        assert_eq!(again.map(|again| again.message), Some(violation.message));
    }
}

/// Whoever has the handle may still ask.
#[test]
fn a_panic_that_somebody_may_be_told_of_is_none_at_the_limit() {
    let all: [fn(); 3] = [
        || {
            let handle = thread::spawn(|| panic!("within"));
            busy();
            handle.join().expect_err("it panics");
        },
        || {
            thread::scope(|scope| {
                let handle = scope.spawn(|| panic!("within"));
                busy();
                handle.join().expect_err("it panics");
            });
        },
        || {
            let handle = thread::spawn(|| panic!("within"));
            handle.join().expect_err("it panics");
            busy();
        },
    ];
    for (number, program) in all.into_iter().enumerate() {
        let outcome = cut(program);
        assert!(matches!(&outcome, Outcome::Incomplete(..)), "{number}: {outcome:?}");
    }
}
