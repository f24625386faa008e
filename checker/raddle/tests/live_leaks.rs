//! Threads that go on for ever after the main thread has ended are told apart from those that wait, from those that only
//! have much to do, and from loops of the main thread.

use raddle::{Builder, Kind, Outcome};
use raddle_shims::go::{self, chan, select};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex, mpsc};
use raddle_shims::thread;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn builder() -> Builder {
    Builder::new().max_events(40)
}

#[track_caller]
fn lives_on(builder: Builder, text: &str, program: impl Fn() + Send + Sync + 'static) {
    let outcome = builder.explore(program);
    let Outcome::Violation(violation) = outcome else { panic!("{outcome:?}") };
    assert_eq!(violation.kind, Kind::LiveLeak, "{}", violation.report);
    let report = violation.report.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(report.contains(text), "{text:?} is not in\n{}", violation.report);
    assert!(violation.token.is_some(), "{}", violation.report);
}

/// Counts up and up.
fn count(hits: &AtomicU32) {
    loop {
        hits.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_thread_that_retries_for_ever() {
    let text = "main has ended, and 1 thread goes on without an end: t1, with 40 operations since";
    lives_on(builder(), text, || {
        let hits = Arc::new(AtomicU32::new(0));
        thread::spawn(move || count(&hits));
    });
}

#[test]
fn a_timer_that_keeps_a_thread_alive() {
    let text = "main has ended, and 1 thread goes on without an end: t1, with 40 operations since";
    lives_on(builder().time("virtual"), text, || {
        let quit = chan::<()>(0);
        go::go(move || {
            loop {
                select! {
                    recv(quit) -> _ => return,
                    after(SECOND) => {}
                }
            }
        });
    });
}

#[test]
fn a_thread_that_only_sleeps() {
    lives_on(builder(), "t1, with 10000 operations since", || {
        thread::spawn(|| {
            loop {
                thread::sleep(SECOND);
            }
        });
    });
}

/// A server that nobody stops: what it starts for each request belongs to it.
#[test]
fn a_thread_that_starts_others_for_ever() {
    lives_on(builder(), "t1, with 40 operations since", || {
        go::go(|| {
            let hits = Arc::new(AtomicU32::new(0));
            loop {
                let theirs = Arc::clone(&hits);
                let handler = thread::spawn(move || _ = theirs.fetch_add(1, Relaxed));
                handler.join().unwrap();
            }
        });
    });
    // One that main started, and that does something all the time, may yet stop it.
    let outcome = builder().max_events(12).max_preemptions(1).explore(|| {
        let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            while theirs.1.load(Relaxed) == 0 {
                go::go(|| {});
            }
        });
        thread::spawn(move || {
            (0..11).for_each(|_| _ = shared.0.fetch_add(1, Relaxed));
            shared.1.store(1, Relaxed);
        });
    });
    assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
}

/// Those that wait beside it are told, and not called dead: the one that goes on may yet wake them.
#[test]
fn who_waits_beside_it_is_told() {
    let text = "t1 waits to receive from channel `never`";
    lives_on(builder(), text, || {
        let never = chan::<()>(0);
        let theirs = never.clone();
        go::go(move || never.recv());
        go::go(move || {
            count(&AtomicU32::new(0));
            theirs.close();
        });
    });
}

/// So are those that wait beside it in loops. When the execution is repeated they come to their loops last, behind what
/// goes on for ever.
#[test]
fn who_turns_beside_it_waits() {
    lives_on(builder(), "t1, with 40 operations", || {
        let stop = Arc::new(AtomicU32::new(0));
        thread::spawn(|| count(&AtomicU32::new(0)));
        thread::spawn(move || while stop.load(Relaxed) == 0 {});
    });
    lives_on(builder(), "t1, with 40 operations", || {
        let (sender, receiver) = mpsc::channel::<()>();
        thread::spawn(|| count(&AtomicU32::new(0)));
        thread::spawn(move || {
            let _kept = sender;
            while receiver.try_recv().is_err() {}
        });
    });
    lives_on(builder(), "t1, with 40 operations", || {
        let ready = Arc::new(Mutex::new(false));
        thread::spawn(|| count(&AtomicU32::new(0)));
        thread::spawn(move || while !*ready.lock().unwrap() {});
    });
}

#[test]
fn main_must_have_ended_long_before() {
    // It never ends.
    let outcome = builder().explore(|| count(&AtomicU32::new(0)));
    assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
    // It ends when the other has done most of what it is allowed to.
    let outcome = builder().explore(|| {
        let (hits, done) = (Arc::new(AtomicU32::new(0)), chan::<()>(0));
        let theirs = done.clone();
        go::go(move || {
            (0..30).for_each(|_| _ = hits.fetch_add(1, Relaxed));
            theirs.close();
            (0..30).for_each(|_| _ = hits.fetch_add(1, Relaxed));
        });
        done.recv();
    });
    assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
    // Who ends in time is no leak.
    let outcome = builder().explore(|| {
        let hits = AtomicU32::new(0);
        thread::spawn(move || (0..39).for_each(|_| _ = hits.fetch_add(1, Relaxed)));
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// A thread that has much to do, and does it alone, comes to the limit as one that never ends does. It is looked whether it
/// has ended sixteen times later.
#[test]
fn who_only_has_much_to_do_is_no_leak() {
    let works = |operations: u32| {
        move || {
            let hits = AtomicU32::new(0);
            thread::spawn(move || (0..operations).for_each(|_| _ = hits.fetch_add(1, Relaxed)));
        }
    };
    let outcome = builder().explore(works(600));
    assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
    lives_on(builder(), "t1, with 40 operations since", works(700));
    // A check says which limit it is that is too low.
    let checked = std::panic::catch_unwind(|| builder().check(works(600)));
    let message = checked.expect_err("it is not complete");
    let report = message.downcast_ref::<String>().expect("a report is a text");
    assert!(report.contains("raise `max_events`"), "{report}");
}

/// A thread that is told to stop, and in some executions is kept from seeing it until it comes to the limit.
#[test]
fn who_is_told_to_stop_is_no_leak() {
    for model in ["sc", "rc20"] {
        let outcome = builder().max_events(12).model(model).explore(|| {
            let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                while theirs.1.load(Relaxed) == 0 {
                    theirs.0.fetch_add(1, Relaxed);
                }
            });
            shared.1.store(1, Relaxed);
        });
        assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
    }
}

#[test]
fn it_can_be_allowed() {
    let outcome = builder().check_task_leaks(false).explore(|| {
        thread::spawn(|| count(&AtomicU32::new(0)));
    });
    assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
}

#[raddle::test(expect = "live-leak", max_events = 40)]
fn it_can_be_expected() {
    thread::spawn(|| count(&AtomicU32::new(0)));
}
