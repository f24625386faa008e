//! crossbeam-channel: both sides freed the channel's memory too early (#382, commit 9178ce15, 2019).
//!
//! Each side counts its ends. The last sender disconnects the channel and then looks whether receivers are left,
//! to free the channel if not; the last receiver does the same. When both let go at the same time, both see that
//! nobody is left: both free, and one of them may touch what the other has freed. Repaired by a flag that
//! decides: who finds it set already frees.
//!
//! Simplified: one sender and one receiver, no messages; freeing is a plain write, use a plain read.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use raddle_shims::thread;

struct Counter {
    senders: AtomicUsize,
    receivers: AtomicUsize,
    destroy: AtomicBool,
    memory: UnsafeCell<u32>,
}

// SAFETY: it is freed by the last side alone. (The bug is that it is not.)
unsafe impl Sync for Counter {}

impl Counter {
    fn new() -> Counter {
        Counter {
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(1),
            destroy: AtomicBool::new(false),
            memory: UnsafeCell::new(1),
        }
    }

    fn disconnect(&self) {
        // SAFETY: as above.
        self.memory.with(|memory| assert_eq!(unsafe { *memory }, 1, "used after it was freed"));
    }

    fn free(&self) {
        // SAFETY: as above.
        self.memory.with_mut(|memory| unsafe {
            assert_eq!(*memory, 1, "freed twice");
            *memory = 0;
        });
    }

    fn release(&self, mine: &AtomicUsize, theirs: &AtomicUsize, has_flag: bool) {
        if mine.fetch_sub(1, AcqRel) == 1 {
            self.disconnect();
            let is_last =
                if has_flag { self.destroy.swap(true, AcqRel) } else { theirs.load(Acquire) == 0 };
            if is_last {
                self.free();
            }
        }
    }
}

fn program(has_flag: bool) {
    let counter = Arc::new(Counter::new());
    let theirs = Arc::clone(&counter);
    let receiver =
        thread::spawn(move || theirs.release(&theirs.receivers, &theirs.senders, has_flag));
    counter.release(&counter.senders, &counter.receivers, has_flag);
    receiver.join().unwrap();
}

bug! {
    "data-race" in 10 steps,
    objects: ["memory"],
    sites: [("fn disconnect", "self.memory.with"), ("fn free", "self.memory.with_mut")],
    broken: program(false),
    fixed: program(true),
}
