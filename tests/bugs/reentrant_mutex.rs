//! parking_lot: a re-entrant mutex counted after it had unlocked (commit da16c2c, 0.8.1, 2019).
//!
//! The number of times that the owner has locked is a plain cell, which the mutex protects. The last unlock wrote
//! it after it had released the mutex, when the next owner may write it already. Repaired by writing first.
//!
//! Simplified: the mutex is a flag that is waited for, and the owner is not remembered.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::*};
use raddle_shims::{hint, thread};

struct Reentrant {
    locked: AtomicBool,
    count: UnsafeCell<u32>,
}

// SAFETY: the count is only used by the thread that has locked. (The bug is that it is not.)
unsafe impl Sync for Reentrant {}

impl Reentrant {
    fn count_as(&self, count: u32) {
        // SAFETY: as above.
        self.count.with_mut(|place| unsafe { *place = count });
    }

    fn lock(&self) {
        while self.locked.swap(true, Acquire) {
            hint::spin_loop();
        }
        self.count_as(1);
    }

    fn unlock(&self, counts_first: bool) {
        if counts_first {
            self.count_as(0);
        }
        self.locked.store(false, Release);
        if !counts_first {
            self.count_as(0);
        }
    }
}

fn program(counts_first: bool) {
    let mutex = Arc::new(Reentrant { locked: AtomicBool::new(false), count: UnsafeCell::new(0) });
    let theirs = Arc::clone(&mutex);
    let other = thread::spawn(move || {
        theirs.lock();
        theirs.unlock(counts_first);
    });
    mutex.lock();
    mutex.unlock(counts_first);
    other.join().unwrap();
}

bug! {
    "data-race" in 8 steps,
    objects: ["count"],
    sites: [("fn count_as", "with_mut")],
    broken: program(false),
    fixed: program(true),
}
