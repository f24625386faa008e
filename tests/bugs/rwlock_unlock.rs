//! spin: a reader-writer lock was unlocked by a relaxed store (RUSTSEC-2019-0013, 2019).
//!
//! Nobody is inside together with a writer, but what the writer wrote is not ordered before what the next one reads or
//! writes. Repaired by a releasing store.
//!
//! Simplified: one bit for the writer, and nobody gives way.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering, Ordering::*};
use raddle_shims::{hint, thread};

const WRITER: usize = 1;
const READER: usize = 2;

struct RwLock {
    lock: AtomicUsize,
    data: UnsafeCell<u32>,
}

// SAFETY: the lock protects the data. (The bug is that it does not.)
unsafe impl Sync for RwLock {}

impl RwLock {
    fn read(&self) -> u32 {
        while self.lock.fetch_add(READER, Acquire) & WRITER != 0 {
            self.lock.fetch_sub(READER, Release);
            while self.lock.load(Relaxed) & WRITER != 0 {
                hint::spin_loop();
            }
        }
        // SAFETY: as above.
        let value = self.data.with(|data| unsafe { *data });
        self.lock.fetch_sub(READER, Release);
        value
    }

    fn write(&self, value: u32, unlock: Ordering) {
        while self.lock.compare_exchange(0, WRITER, Acquire, Relaxed).is_err() {
            hint::spin_loop();
        }
        // SAFETY: as above.
        self.data.with_mut(|data| unsafe { *data = value });
        match unlock {
            Relaxed => self.lock.store(0, Relaxed),
            _ => _ = self.lock.fetch_and(!WRITER, unlock),
        }
    }
}

fn program(unlock: Ordering) {
    let lock = Arc::new(RwLock { lock: AtomicUsize::new(0), data: UnsafeCell::new(1) });
    let theirs = Arc::clone(&lock);
    let writer = thread::spawn(move || theirs.write(2, unlock));
    assert!([1, 2].contains(&lock.read()));
    writer.join().unwrap();
}

bug! {
    "data-race" in 8 steps,
    objects: ["data"],
    sites: [("fn read", "data.with"), ("fn write", "data.with_mut")],
    broken: program(Relaxed),
    fixed: program(Release),
}
