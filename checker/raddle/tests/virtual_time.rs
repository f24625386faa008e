//! `time = "virtual"`: a clock that goes on only when no thread can do anything else.

use raddle::{Builder, Outcome};
use raddle_shims::sync::{self, Arc, mpsc};
use raddle_shims::thread;
use raddle_shims::time::{Duration, Instant};
use std::collections::BTreeSet;
use std::sync::Mutex;

const MILLISECOND: Duration = Duration::from_millis(1);

fn explore(model: impl Fn() + Send + Sync + 'static) -> Outcome {
    Builder::new().time("virtual").explore(model)
}

/// How many executions a program has that nothing is wrong with.
fn executions(model: impl Fn() + Send + Sync + 'static) -> u64 {
    let outcome = explore(model);
    assert!(outcome.is_verified(), "{outcome:?}");
    let coverage = outcome.coverage();
    assert_eq!((coverage.redundant, coverage.set_aside), (0, 0));
    coverage.executions
}

#[test]
fn a_sleep_lasts_as_long_as_it_says() {
    let sleeps = executions(|| {
        let start = Instant::now();
        thread::sleep(5 * MILLISECOND);
        assert_eq!(start.elapsed(), 5 * MILLISECOND);
    });
    assert_eq!(sleeps, 1);
}

#[test]
fn threads_meet_in_the_order_of_their_times() {
    let order = executions(|| {
        let log = Arc::new(sync::Mutex::new(0));
        let threads: Vec<_> = [3, 1, 2]
            .map(|at| {
                let log = Arc::clone(&log);
                thread::spawn(move || {
                    thread::sleep(at * MILLISECOND);
                    let mut log = log.lock().unwrap();
                    *log = 10 * *log + at;
                })
            })
            .into();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*log.lock().unwrap(), 123);
    });
    assert_eq!(order, 1);
}

#[test]
fn a_time_limit_is_over_when_its_time_has_come() {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    for (sent, expected) in [(5, vec![true]), (15, vec![false]), (10, vec![false, true])] {
        found.lock().unwrap().clear();
        let seen = Arc::clone(&found);
        let outcome = explore(move || {
            let (sender, receiver) = mpsc::channel();
            let sending = thread::spawn(move || {
                thread::sleep(sent * MILLISECOND);
                let _ = sender.send(());
                // The sender is not gone before the receiver gives up.
                thread::sleep(100 * MILLISECOND);
            });
            let start = Instant::now();
            let received = receiver.recv_timeout(10 * MILLISECOND).is_ok();
            assert_eq!(start.elapsed(), sent.min(10) * MILLISECOND);
            seen.lock().unwrap().insert(received);
            sending.join().unwrap();
        });
        assert!(outcome.is_verified(), "{outcome:?}");
        assert_eq!(found.lock().unwrap().iter().copied().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn parked_threads_wake_up_in_time() {
    let wakes = executions(|| {
        let start = Instant::now();
        thread::park_timeout(7 * MILLISECOND);
        assert_eq!(start.elapsed(), 7 * MILLISECOND);
    });
    assert_eq!(wakes, 1);
}

#[test]
fn a_loop_with_a_deadline_ends() {
    let polls = executions(|| {
        let end = Instant::now() + 5 * MILLISECOND;
        let mut turns = 0;
        while Instant::now() < end {
            thread::sleep(2 * MILLISECOND);
            turns += 1;
        }
        assert_eq!(turns, 3);
    });
    assert_eq!(polls, 1);
}

#[test]
fn a_failure_is_replayed_with_its_clock() {
    let outcome = explore(|| {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            thread::sleep(10 * MILLISECOND);
            let _ = sender.send(1);
        });
        assert!(receiver.recv_timeout(10 * MILLISECOND).is_ok(), "nothing came");
    });
    let violation = outcome.violation().expect("the limit may be over first");
    assert!(violation.report.contains("nothing came"), "{}", violation.report);
    assert!(violation.token.is_some(), "{}", violation.report);
}
