//! Asking a thread whether it has finished: only then is it an event that a thread has.

use raddle::{Coverage, Outcome};
use raddle_shims::hint::spin_loop;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::thread;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Explores a program; what its executions returned, and what was covered. A search that started again has the
/// answers of both attempts.
fn explored<T: Ord + Send + 'static>(
    program: impl Fn() -> T + Send + Sync + 'static,
) -> (BTreeSet<T>, Coverage) {
    let seen = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let theirs = std::sync::Arc::clone(&seen);
    let outcome = raddle::explore(move || {
        let answer = program();
        theirs.lock().unwrap().insert(answer);
    });
    let Outcome::Verified(coverage) = outcome else { panic!("{outcome:?}") };
    (std::mem::take(&mut seen.lock().unwrap()), coverage)
}

#[test]
fn both_answers_are_found() {
    let (seen, coverage) = explored(|| {
        let other = thread::spawn(|| {});
        let finished = other.is_finished();
        other.join().unwrap();
        finished
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
    assert_eq!(coverage.executions, 2);
}

#[test]
fn threads_answer_for_themselves() {
    let (seen, coverage) = explored(|| {
        let others = [thread::spawn(|| {}), thread::spawn(|| {})];
        let finished = [others[0].is_finished(), others[1].is_finished()];
        others.into_iter().for_each(|other| other.join().unwrap());
        finished
    });
    let all = [[false, false], [false, true], [true, false], [true, true]];
    assert_eq!(seen, BTreeSet::from(all));
    assert_eq!(coverage.executions, 4);
}

/// The flag orders nothing, as std's does not promise to.
#[test]
fn a_finished_thread_has_not_synchronised() {
    let (seen, coverage) = explored(|| {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, Relaxed));
        let found = (other.is_finished(), x.load(Relaxed));
        other.join().unwrap();
        found
    });
    assert_eq!(seen, BTreeSet::from([(false, 0), (false, 1), (true, 0), (true, 1)]));
    assert_eq!(coverage.executions, 4);
}

#[test]
fn a_loop_can_wait_for_it() {
    let (seen, _) = explored(|| {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, Relaxed));
        while !other.is_finished() {
            spin_loop();
        }
        other.join().unwrap();
        x.load(Relaxed)
    });
    assert_eq!(seen, BTreeSet::from([1]));
}

#[test]
fn threads_of_a_scope_are_asked_as_well() {
    let (seen, coverage) = explored(|| {
        thread::scope(|s| {
            let other = s.spawn(|| {});
            other.is_finished()
        })
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
    assert_eq!(coverage.executions, 2);
}

/// Two spawns and two joins, and nothing else.
#[test]
fn where_nobody_asks_there_is_no_event() {
    let (_, coverage) = explored(|| {
        let others = [thread::spawn(|| {}), thread::spawn(|| {})];
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    assert_eq!((coverage.executions, coverage.operations), (1, 4));
}

/// A destructor may ask when the execution is over, and gets an answer that lets it end.
#[test]
fn destructors_may_ask_at_the_end() {
    struct Waits(Option<thread::JoinHandle<()>>);
    impl Drop for Waits {
        fn drop(&mut self) {
            if let Some(other) = self.0.take() {
                let _ = other.is_finished();
            }
        }
    }
    let outcome = raddle::explore(|| {
        let _waits = Waits(Some(thread::spawn(|| {})));
        panic!("it fails");
    });
    let Outcome::Violation(violation) = outcome else { panic!("{outcome:?}") };
    assert!(violation.message.contains("it fails"), "{violation:?}");
}
