//! internment: a value was interned again while its last owner freed it (RUSTSEC-2020-0017, 2020).
//!
//! Who drops the last reference counts to 0 and then locks the map to remove the entry. In between another thread locks the
//! map, finds the entry, and counts to 1: it now owns what is about to be freed. Repaired by counting under the lock.
//!
//! Simplified: a map of one entry; freeing is a plain write, use a plain read.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

struct Interner {
    /// Whether the entry is in the map.
    map: Mutex<bool>,
    count: AtomicUsize,
    entry: UnsafeCell<&'static str>,
}

// SAFETY: it is freed when nobody has a reference. (The bug is that somebody may.)
unsafe impl Sync for Interner {}

impl Interner {
    fn drop_reference(&self, within: bool) {
        let locked = within.then(|| self.map.lock().unwrap());
        if self.count.fetch_sub(1, AcqRel) == 1 {
            *locked.unwrap_or_else(|| self.map.lock().unwrap()) = false;
            // SAFETY: as above.
            self.entry.with_mut(|entry| unsafe { *entry = "freed" });
        }
    }

    /// The entry, if it is in the map.
    fn intern(&self) -> Option<&'static str> {
        let map = self.map.lock().unwrap();
        if !*map {
            return None;
        }
        self.count.fetch_add(1, Relaxed);
        drop(map);
        // SAFETY: as above.
        Some(self.entry.with(|entry| unsafe { *entry }))
    }
}

fn program(within: bool) {
    let interner = Arc::new(Interner {
        map: Mutex::new(true),
        count: AtomicUsize::new(1),
        entry: UnsafeCell::new("value"),
    });
    let theirs = Arc::clone(&interner);
    let other = thread::spawn(move || theirs.intern());
    interner.drop_reference(within);
    assert_ne!(other.join().unwrap(), Some("freed"));
}

bug! {
    "data-race" in 11 steps,
    objects: ["entry"],
    sites: [("fn drop_reference", "with_mut"), ("fn intern", "entry.with")],
    broken: program(false),
    fixed: program(true),
}
