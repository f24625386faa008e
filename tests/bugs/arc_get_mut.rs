//! std: `Arc::get_mut` looked at the count with a relaxed load (rust-lang/rust#51780, CVE-2018-25008, 2018).
//!
//! Another owner reads the value and lets go of it by `fetch_sub(1, Release)`. The relaxed load may see that
//! the count is 1 without anything ordering the other owner's reads before the `&mut` that it gives out.
//! Repaired by an acquire load.
//!
//! Simplified: no weak references, so one counter. The counts are right in every interleaving: it is seen by who
//! judges races along happens-before and honours the orderings.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicUsize, Ordering, fence};
use raddle_shims::thread;

struct Inner {
    strong: AtomicUsize,
    value: UnsafeCell<u32>,
}

struct Counted(*const Inner);

// SAFETY: what is behind the pointer is only written by the last owner. (The bug is that it is not.)
unsafe impl Send for Counted {}

impl Counted {
    fn new(value: u32) -> Counted {
        let strong = AtomicUsize::new(1);
        Counted(Box::into_raw(Box::new(Inner { strong, value: UnsafeCell::new(value) })))
    }

    fn inner(&self) -> &Inner {
        // SAFETY: it is freed by the last owner alone.
        unsafe { &*self.0 }
    }

    fn share(&self) -> Counted {
        self.inner().strong.fetch_add(1, Ordering::Relaxed);
        Counted(self.0)
    }

    fn get(&self) -> u32 {
        // SAFETY: owners read, and a writer is the only owner.
        self.inner().value.with(|value| unsafe { *value })
    }

    fn set_if_alone(&mut self, value: u32, look: Ordering) {
        if self.inner().strong.load(look) == 1 {
            // SAFETY: this is the only owner.
            self.inner().value.with_mut(|place| unsafe { *place = value });
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.inner().strong.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            // SAFETY: made by `Box::into_raw`, and this was the last owner.
            drop(unsafe { Box::from_raw(self.0.cast_mut()) });
        }
    }
}

fn program(look: Ordering) {
    let mut mine = Counted::new(1);
    let theirs = mine.share();
    let other = thread::spawn(move || theirs.get());
    mine.set_if_alone(2, look);
    assert_eq!(other.join().unwrap(), 1);
}

bug! {
    "data-race" in 6 steps,
    objects: ["value"],
    sites: [],
    broken: program(Ordering::Relaxed),
    fixed: program(Ordering::Acquire),
}
