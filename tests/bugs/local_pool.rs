//! futures: the local executor was woken without seeing what for (rust-lang/futures-rs#2608, commit f57302d6, 2022).
//!
//! The waker sets a flag by a relaxed `swap` and unparks the executor. One that has not parked yet sees the flag
//! alone, and polls its future again with nothing that orders the poll behind what the waker's thread did before.
//! Repaired by a releasing swap, and an acquiring one in the executor.
//!
//! Simplified: the future is a plain value.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, Ordering, Ordering::*};
use raddle_shims::thread::{self, Thread};

struct Notify {
    unparked: AtomicBool,
    executor: Thread,
    value: UnsafeCell<u32>,
}

// SAFETY: the value is read after it is announced. (The bug is that it is not.)
unsafe impl Sync for Notify {}

impl Notify {
    fn wake(&self, order: Ordering) {
        if !self.unparked.swap(true, order) {
            self.executor.unpark();
        }
    }

    fn run(&self) -> u32 {
        while !self.unparked.swap(false, Acquire) {
            thread::park();
        }
        // SAFETY: as above.
        self.value.with(|value| unsafe { *value })
    }
}

fn program(order: Ordering) {
    let notify = Arc::new(Notify {
        unparked: AtomicBool::new(false),
        executor: thread::current(),
        value: UnsafeCell::new(0),
    });
    let theirs = Arc::clone(&notify);
    let other = thread::spawn(move || {
        // SAFETY: as above.
        theirs.value.with_mut(|value| unsafe { *value = 5 });
        theirs.wake(order);
    });
    assert_eq!(notify.run(), 5);
    other.join().unwrap();
}

bug! {
    "data-race" in 6 steps,
    objects: ["value"],
    sites: [("fn run", "value.with"), ("fn program", "with_mut")],
    broken: program(Relaxed),
    fixed: program(Release),
}
