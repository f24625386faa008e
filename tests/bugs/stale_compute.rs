//! moka: a value was read before its key was locked (moka-rs/moka#574, 2026).
//!
//! `and_compute_with` locks the key, computes, and stores. The value that it computed from had been read before, so what
//! another thread stored in between is lost. Repaired by reading under the lock.
//!
//! Simplified: a cache of one entry.

use super::bug::bug;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::*};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

#[derive(Default)]
struct Cache {
    key: Mutex<()>,
    value: AtomicU32,
}

impl Cache {
    fn compute(&self, within: bool) {
        let before = self.value.load(Acquire);
        let _key = self.key.lock().unwrap();
        let before = if within { self.value.load(Acquire) } else { before };
        self.value.store(before + 1, Release);
    }
}

fn program(within: bool) {
    let cache = Arc::new(Cache::default());
    let theirs = Arc::clone(&cache);
    let other = thread::spawn(move || theirs.compute(within));
    cache.compute(within);
    other.join().unwrap();
    assert_eq!(cache.value.load(Acquire), 2, "one of the two is lost");
}

bug! {
    "panic" in 12 steps,
    objects: ["value"],
    sites: [("fn compute", "value.store"), ("fn program", "assert_eq")],
    broken: program(false),
    fixed: program(true),
}
