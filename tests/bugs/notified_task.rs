//! tokio: waking a task that is notified already told it nothing (tokio-rs/tokio#7622, 2025).
//!
//! Who wakes a task stores something first. If the task was marked as notified, `wake_by_ref` left it at a look. Then
//! nothing orders the task's next poll behind that store, although it comes later: the poll may miss it, and nobody
//! wakes the task again. Repaired by writing the mark again, so that the poll reads from this wake-up.
//!
//! Simplified: one flag is what is stored. No interleaving shows it, which `sc` confirms.

use super::bug::bug;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::*};
use raddle_shims::thread::{self, Thread};

struct Task {
    notified: AtomicBool,
    ready: AtomicBool,
    worker: Thread,
}

impl Task {
    fn wake(&self, writes: bool) {
        self.ready.store(true, Relaxed);
        if !writes && self.notified.load(Acquire) {
            return;
        }
        if !self.notified.swap(true, AcqRel) {
            self.worker.unpark();
        }
    }

    fn run(&self) {
        loop {
            while !self.notified.swap(false, AcqRel) {
                thread::park();
            }
            if self.ready.load(Relaxed) {
                return;
            }
        }
    }
}

fn program(writes: bool) {
    let task = Arc::new(Task {
        notified: AtomicBool::new(true),
        ready: AtomicBool::new(false),
        worker: thread::current(),
    });
    let theirs = Arc::clone(&task);
    let other = thread::spawn(move || theirs.wake(writes));
    task.run();
    other.join().unwrap();
}

bug! {
    "deadlock" in 9 steps under rc20 alone,
    objects: ["main"],
    sites: [("fn run", "thread::park")],
    broken: program(false),
    fixed: program(true),
}
