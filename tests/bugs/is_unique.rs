//! std: `Arc::is_unique` looked at two counts, one after the other (rust-lang/rust#24880, 2015).
//!
//! There is one `Arc` and one `Weak`. The first look says that there is one `Arc`; then the `Weak` is upgraded and dropped; the
//! second look says that there is no `Weak`. So the caller writes to what the other reads. Repaired by locking
//! the count of weak ones for the second look.
//!
//! Simplified: the counts alone, and a value that is never freed.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*};
use raddle_shims::thread;

const LOCKED: usize = usize::MAX;

struct Counts {
    strong: AtomicUsize,
    weak: AtomicUsize,
    value: UnsafeCell<u32>,
}

// SAFETY: only who is alone writes. (The bug is that it is not.)
unsafe impl Sync for Counts {}

impl Counts {
    fn is_unique(&self) -> bool {
        self.strong.load(Acquire) == 1 && self.weak.load(Acquire) == 0
    }

    fn is_unique_locked(&self) -> bool {
        if self.weak.compare_exchange(0, LOCKED, Acquire, Relaxed).is_err() {
            return false;
        }
        let is_unique = self.strong.load(Acquire) == 1;
        self.weak.store(0, Release);
        is_unique
    }

    fn upgrade_and_read(&self) -> u32 {
        self.strong.fetch_add(1, Relaxed);
        self.weak.fetch_sub(1, Release);
        // SAFETY: as above.
        let value = self.value.with(|value| unsafe { *value });
        self.strong.fetch_sub(1, Release);
        value
    }
}

fn program(is_unique: fn(&Counts) -> bool) {
    let counts = Arc::new(Counts {
        strong: AtomicUsize::new(1),
        weak: AtomicUsize::new(1),
        value: UnsafeCell::new(1),
    });
    let theirs = Arc::clone(&counts);
    let other = thread::spawn(move || theirs.upgrade_and_read());
    if is_unique(&counts) {
        // SAFETY: as above.
        counts.value.with_mut(|value| unsafe { *value = 2 });
    }
    let value = other.join().unwrap();
    assert!([1, 2].contains(&value));
}

bug! {
    "data-race" in 8 steps,
    objects: ["value"],
    sites: [("fn upgrade_and", "value.with"), ("fn program", "with_mut")],
    broken: program(Counts::is_unique),
    fixed: program(Counts::is_unique_locked),
}
