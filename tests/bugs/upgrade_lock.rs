//! parking_lot: an upgradable read became a write without acquiring (Amanieu/parking_lot#294, commit c866ba8, 2021).
//!
//! Who has the upgradable read waits until it is the only reader, and takes the lock for writing by a relaxed exchange. The
//! reads of those that have left are then not ordered before its writes. Repaired by an acquiring exchange.
//!
//! Simplified: the upgradable read is there from the beginning; where the real one waits, it gives up.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering, Ordering::*};
use raddle_shims::thread;

const WRITER: usize = 1;
const READER: usize = 2;

struct RwLock {
    state: AtomicUsize,
    data: UnsafeCell<u32>,
}

// SAFETY: the lock protects the data. (The bug is that it does not.)
unsafe impl Sync for RwLock {}

impl RwLock {
    fn read_and_unlock(&self) -> u32 {
        // SAFETY: as above.
        let value = self.data.with(|data| unsafe { *data });
        self.state.fetch_sub(READER, Release);
        value
    }

    fn upgrade_and_write(&self, value: u32, success: Ordering) {
        if self.state.compare_exchange(READER, WRITER, success, Relaxed).is_ok() {
            // SAFETY: as above.
            self.data.with_mut(|data| unsafe { *data = value });
        }
    }
}

fn program(success: Ordering) {
    let lock = RwLock { state: AtomicUsize::new(2 * READER), data: UnsafeCell::new(1) };
    let lock = Arc::new(lock);
    let theirs = Arc::clone(&lock);
    let reader = thread::spawn(move || theirs.read_and_unlock());
    lock.upgrade_and_write(2, success);
    assert_eq!(reader.join().unwrap(), 1);
}

bug! {
    "data-race" in 6 steps,
    objects: ["data"],
    sites: [("fn read_and", "data.with"), ("fn upgrade_and", "with_mut")],
    broken: program(Relaxed),
    fixed: program(Acquire),
}
