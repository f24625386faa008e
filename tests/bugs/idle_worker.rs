//! tokio: a task came between a worker's look and its sleep (tokio-rs/tokio#8056, 2026).
//!
//! With a queue in several parts, a worker looks at each under its lock, and then counts itself as idle and
//! waits. Who submits pushes, and notifies only if a worker is idle. A task that is pushed after the look, and before the
//! count, is never run. Repaired (in the end by going back to one queue) here by looking again once it is counted.
//!
//! Simplified: one part, one worker.

use super::bug::bug;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

#[derive(Default)]
struct Pool {
    tasks: Mutex<u32>,
    idle: AtomicUsize,
    lock: Mutex<u32>,
    condition: Condvar,
}

impl Pool {
    fn take(&self) -> bool {
        let mut tasks = self.tasks.lock().unwrap();
        let has_task = *tasks > 0;
        *tasks -= u32::from(has_task);
        has_task
    }

    fn work(&self, looks_again: bool) {
        if self.take() {
            return;
        }
        let mut notified = self.lock.lock().unwrap();
        self.idle.fetch_add(1, SeqCst);
        if looks_again && self.take() {
            return;
        }
        while *notified == 0 {
            notified = self.condition.wait(notified).unwrap();
        }
        self.take();
    }

    fn submit(&self) {
        *self.tasks.lock().unwrap() += 1;
        if self.idle.load(SeqCst) > 0 {
            *self.lock.lock().unwrap() += 1;
            self.condition.notify_one();
        }
    }
}

fn program(looks_again: bool) {
    let pool = Arc::new(Pool::default());
    let theirs = Arc::clone(&pool);
    let worker = thread::spawn(move || theirs.work(looks_again));
    pool.submit();
    worker.join().unwrap();
}

bug! {
    "deadlock" in 14 steps,
    objects: ["condition"],
    sites: [("fn work", "condition.wait"), ("fn program", "worker.join")],
    broken: program(false),
    fixed: program(true),
}
