//! parking_lot: who gave up waiting looked at a flag that another one wrote (commit 52231a8, 2017).
//!
//! A thread parks on a condition variable until `should_park` is unset. If its time runs out, it locks the queue and looks
//! at the flag to see whether it has been taken out of the queue meanwhile. But who unparks wrote the flag under the
//! thread's own mutex, after it had unlocked the queue. Repaired by writing it before the queue is unlocked.
//!
//! Simplified: the queue has room for one.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;
use std::time::Duration;

struct Parker {
    queue: Mutex<bool>,
    own: Mutex<()>,
    unparked: Condvar,
    should_park: UnsafeCell<bool>,
}

// SAFETY: it is written under both locks. (The bug is that it is not.)
unsafe impl Sync for Parker {}

impl Parker {
    fn should_park(&self) -> bool {
        // SAFETY: as above.
        self.should_park.with(|flag| unsafe { *flag })
    }

    /// Whether its time has run out.
    fn park(&self) -> bool {
        let mut own = self.own.lock().unwrap();
        while self.should_park() {
            let (guard, result) =
                self.unparked.wait_timeout(own, Duration::from_millis(1)).unwrap();
            own = guard;
            if result.timed_out() {
                drop(own);
                let mut queue = self.queue.lock().unwrap();
                let was_left = self.should_park();
                *queue = false;
                return was_left;
            }
        }
        false
    }

    fn unpark(&self, within: bool) {
        let mut queue = self.queue.lock().unwrap();
        if !std::mem::take(&mut *queue) {
            return;
        }
        let held = within.then_some(queue);
        let own = self.own.lock().unwrap();
        // SAFETY: as above.
        self.should_park.with_mut(|flag| unsafe { *flag = false });
        drop(held);
        drop(own);
        self.unparked.notify_one();
    }
}

fn program(within: bool) {
    let parker = Arc::new(Parker {
        queue: Mutex::new(true),
        own: Mutex::new(()),
        unparked: Condvar::new(),
        should_park: UnsafeCell::new(true),
    });
    let theirs = Arc::clone(&parker);
    let other = thread::spawn(move || theirs.unpark(within));
    parker.park();
    other.join().unwrap();
}

bug! {
    "data-race" in 20 steps,
    objects: ["should_park"],
    sites: [("fn should_park", "flag"), ("fn unpark", "with_mut")],
    broken: program(false),
    fixed: program(true),
}
