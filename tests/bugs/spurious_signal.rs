//! crossbeam: a waiter took its value when it woke for no reason (crossbeam-rs/crossbeam#98, commit bf1fb562, 2017).
//!
//! A waiter in the queue parks until its signal is ready, and then takes the value beside it. The flag was relaxed on both
//! sides: `unpark` makes up for that, but a thread that parks may also wake for no reason, or come later than the
//! flag. Repaired by release and acquire.
//!
//! Simplified: the waiter is in the queue from the beginning.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, Ordering, Ordering::*};
use raddle_shims::thread::{self, Thread};

struct Signal {
    waiter: Thread,
    value: UnsafeCell<Option<u32>>,
    ready: AtomicBool,
}

// SAFETY: the waiter takes the value when it is ready. (The bug is that nothing orders that.)
unsafe impl Sync for Signal {}

impl Signal {
    fn give(&self, value: u32, store: Ordering) {
        // SAFETY: as above.
        self.value.with_mut(|place| unsafe { *place = Some(value) });
        self.ready.store(true, store);
        self.waiter.unpark();
    }

    fn wait(&self, load: Ordering) -> Option<u32> {
        while !self.ready.load(load) {
            thread::park();
        }
        // SAFETY: as above.
        self.value.with_mut(|value| unsafe { (*value).take() })
    }
}

fn program(store: Ordering, load: Ordering) {
    let signal = Arc::new(Signal {
        waiter: thread::current(),
        value: UnsafeCell::new(None),
        ready: AtomicBool::new(false),
    });
    let theirs = Arc::clone(&signal);
    let other = thread::spawn(move || theirs.give(5, store));
    assert_eq!(signal.wait(load), Some(5));
    other.join().unwrap();
}

bug! {
    "data-race" in 6 steps,
    objects: ["value"],
    sites: [("fn give", "with_mut"), ("fn wait", "with_mut")],
    broken: program(Relaxed, Relaxed),
    fixed: program(Release, Acquire),
}
