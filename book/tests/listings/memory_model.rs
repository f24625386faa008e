//! Litmus tests of the chapter on the memory model.

use crate::Shown;
use raddle::{Builder, Kind};

pub const REPORTS: &[Shown] = &[(
    "memory-model.md",
    "book::listings::memory_model::announced_too_weakly",
    Kind::DataRace,
    announced_relaxed,
)];

// region: passing
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, AtomicU32, Ordering, Ordering::*};
use raddle_shims::thread;

struct Message {
    text: UnsafeCell<u64>,
    ready: AtomicBool,
}

// SAFETY: the text is written before `ready` is set, and read after.
unsafe impl Sync for Message {}

fn announced(store: Ordering) {
    let message = Arc::new(Message { text: UnsafeCell::new(0), ready: AtomicBool::new(false) });
    let theirs = Arc::clone(&message);
    let sender = thread::spawn(move || {
        // SAFETY: nobody reads before `ready` is set.
        theirs.text.with_mut(|text| unsafe { *text = 42 });
        theirs.ready.store(true, store);
    });
    if message.ready.load(Acquire) {
        // SAFETY: the text has been written.
        assert_eq!(message.text.with(|text| unsafe { *text }), 42);
    }
    sender.join().unwrap();
}

#[raddle::test]
fn announced_by_release() {
    announced(Release);
}

#[raddle::test(expect = "data-race")]
fn announced_too_weakly() {
    announced(Relaxed);
}
// end: passing

fn announced_relaxed() {
    announced(Relaxed);
}

// region: buffering
/// Two threads, each of which stores and then reads what the other stores.
fn both_read_zero(order: [Ordering; 2]) -> bool {
    let [x, y] = [0, 0].map(|zero| Arc::new(AtomicU32::new(zero)));
    let other = thread::spawn({
        let (x, y) = (Arc::clone(&x), Arc::clone(&y));
        move || {
            y.store(1, order[0]);
            x.load(order[1])
        }
    });
    x.store(1, order[0]);
    let here = y.load(order[1]);
    (here, other.join().unwrap()) == (0, 0)
}

#[raddle::test]
fn one_of_them_sees_the_other() {
    assert!(!both_read_zero([SeqCst, SeqCst]));
}

#[raddle::test(expect = "panic")]
fn release_and_acquire_are_not_enough() {
    assert!(!both_read_zero([Release, Acquire]));
}

#[raddle::test(model = "sc")]
fn interleavings_alone_do_not_show_it() {
    assert!(!both_read_zero([Release, Acquire]));
}
// end: buffering

#[test]
fn the_counts_are_those_of_the_page() {
    let count = |model: &str, order| {
        let outcome = Builder::new().model(model).explore(move || {
            both_read_zero(order);
        });
        assert!(outcome.is_verified());
        outcome.coverage().executions
    };
    assert_eq!(count("rc20", [Release, Acquire]), 4);
    assert_eq!(count("rc20", [SeqCst, SeqCst]), 3);
    assert_eq!(count("sc", [Release, Acquire]), 3);
}
