//! tokio: the scheduler looked for a searching worker with a load (tokio-rs/tokio#1768, #1788, 2019).
//!
//! Who submits a task pushes it and wakes a worker, unless one is searching. A worker that gives up searching
//! says so by `fetch_sub(1, SeqCst)`, looks at the queue once more, and parks. With `load(SeqCst)` on the
//! submitter's side, the load may come before the `fetch_sub` and the worker's last look may still miss the task,
//! because neither the push nor the look is SeqCst: the task waits for ever. Repaired by `fetch_add(0, SeqCst)`,
//! which the `fetch_sub` then reads from and synchronises with.
//!
//! Simplified: one worker, a queue that is one flag. No interleaving shows it, which `sc` confirms.

use super::bug::bug;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*};
use raddle_shims::thread;

struct Scheduler {
    searching: AtomicUsize,
    tasks: AtomicUsize,
}

impl Scheduler {
    fn search_and_park(&self) {
        self.searching.fetch_sub(1, SeqCst);
        while self.tasks.load(Acquire) == 0 {
            thread::park();
        }
    }

    fn submit(&self, worker: &thread::Thread, modifies: bool) {
        self.tasks.store(1, Release);
        let searching = match modifies {
            true => self.searching.fetch_add(0, SeqCst),
            false => self.searching.load(SeqCst),
        };
        if searching == 0 {
            worker.unpark();
        }
    }
}

fn program(modifies: bool) {
    let scheduler =
        Arc::new(Scheduler { searching: AtomicUsize::new(1), tasks: AtomicUsize::new(0) });
    let theirs = Arc::clone(&scheduler);
    let worker = thread::spawn(move || theirs.search_and_park());
    scheduler.submit(worker.thread(), modifies);
    worker.join().unwrap();
}

bug! {
    "deadlock" in 12 steps under rc20 alone,
    objects: ["t1"],
    sites: [("fn search", "thread::park"), ("fn program", "worker.join")],
    broken: program(false),
    fixed: program(true),
}
