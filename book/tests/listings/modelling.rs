//! How code becomes a model.

use raddle::{Builder, Kind, Outcome};

// region: statics
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

static NEXT: AtomicU32 = AtomicU32::new(1);

fn ticket() -> u32 {
    NEXT.fetch_add(1, Relaxed)
}

#[raddle::test]
fn tickets_differ() {
    let other = thread::spawn(ticket);
    let mine = ticket();
    let theirs = other.join().unwrap();
    assert_ne!(mine, theirs);
    // The static is as new in every execution.
    assert_eq!(mine + theirs, 3);
}
// end: statics

// region: choose
#[derive(Debug)]
struct Broken;

/// A device that may fail, and is tried twice.
fn read(device: impl Fn() -> Result<u8, Broken>) -> Result<u8, Broken> {
    device().or_else(|_| device())
}

#[raddle::test]
fn one_failure_is_survived() {
    let fails = AtomicU32::new(0);
    let device = || {
        if raddle::choose(2) == 1 {
            fails.fetch_add(1, Relaxed);
            return Err(Broken);
        }
        Ok(7)
    };
    let result = read(device);
    // Of executions with two failures nothing is claimed.
    raddle::assume(fails.load(Relaxed) < 2);
    assert_eq!(result.unwrap(), 7);
}
// end: choose

// region: spin
use raddle_shims::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};

#[raddle::test]
fn a_loop_that_waits_is_one_execution() {
    let ready = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&ready);
    let other = thread::spawn(move || theirs.store(true, Release));
    while !ready.load(Acquire) {
        raddle_shims::hint::spin_loop();
    }
    other.join().unwrap();
}
// end: spin

// region: time
use raddle_shims::sync::mpsc;
use raddle_shims::time::Duration;

fn answer_within(limit: u64) -> Result<u32, mpsc::RecvTimeoutError> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(10));
        let _ = sender.send(1);
    });
    receiver.recv_timeout(Duration::from_millis(limit))
}

#[raddle::test(time = "virtual")]
fn twenty_milliseconds_are_enough() {
    assert_eq!(answer_within(20), Ok(1));
}

#[raddle::test(expect = "panic")]
fn nothing_is_known_of_time_by_default() {
    assert_eq!(answer_within(20), Ok(1));
}
// end: time

// region: label
#[raddle::test]
fn names_for_reports() {
    let [first, second] = [1, 2].map(AtomicU32::new);
    raddle::label!(first, second);
    let slots = [3, 4].map(AtomicU32::new);
    raddle::label!(slots[0] => "slot 0");
    raddle::label!(slots[1] => "slot 1");
    let sum: u32 =
        [&first, &second, &slots[0], &slots[1]].map(|slot| slot.load(Relaxed)).iter().sum();
    assert_eq!(sum, 10);
}
// end: label

// region: leak
use raddle_shims::track::Tracked;

/// Forgets the connection if there is nothing to send.
fn send(connection: Tracked<u32>, bytes: &[u8]) {
    if bytes.is_empty() {
        std::mem::forget(connection);
    }
}

#[raddle::test(expect = "leak")]
fn every_connection_is_closed() {
    send(Tracked::new("connection", 7), b"");
}
// end: leak

// region: bound
#[test]
fn how_much_was_explored() {
    let outcome = Builder::new().iterations(2).explore(|| {
        let hits = Arc::new(Mutex::new(0));
        let counts = [(); 3].map(|()| {
            let hits = Arc::clone(&hits);
            thread::spawn(move || *hits.lock().unwrap() += 1)
        });
        counts.into_iter().for_each(|count| count.join().unwrap());
        assert_eq!(*hits.lock().unwrap(), 3);
    });
    // There are 3! = 6 executions.
    let Outcome::Incomplete(coverage, limit) = outcome else { panic!("{outcome:?}") };
    assert_eq!((coverage.executions, limit), (2, raddle::Limit::Executions(2)));
}
// end: bound

#[test]
fn the_spinning_loop_has_one_execution() {
    let outcome = raddle::explore(|| {
        let ready = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&ready);
        let other = thread::spawn(move || theirs.store(true, Release));
        while !ready.load(Acquire) {
            raddle_shims::hint::spin_loop();
        }
        other.join().unwrap();
    });
    assert!(outcome.is_verified());
    assert!(outcome.coverage().executions <= 3, "{outcome:?}");
}

/// The kinds of the page on reports are all there are.
#[test]
fn every_kind_is_explained() {
    let page = crate::pages::pages().into_iter().find(|page| page.name == "reports.md");
    let text = page.expect("the page exists").text;
    for (_, name) in Kind::ALL {
        assert!(text.contains(&format!("| `{name}` |")), "{name}");
    }
}
