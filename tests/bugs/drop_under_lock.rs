//! tokio: a task that is dropped woke another while the scheduler was locked (tokio-rs/tokio#2062, 2020).
//!
//! The scheduler empties its queue under its lock. Dropping a task runs what the task owns, here something that wakes
//! another task, for which it has to lock the queue. Repaired by dropping tasks when the lock is released.
//!
//! Simplified: waking is one more task in the queue.

use super::bug::bug;
use raddle_shims::sync::{Arc, Mutex, Weak};
use raddle_shims::thread;

#[derive(Default)]
struct Scheduler {
    queue: Mutex<Vec<Task>>,
}

/// What wakes another task when it is dropped, if there still is a scheduler.
struct Task(Weak<Scheduler>);

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(scheduler) = self.0.upgrade() {
            scheduler.queue.lock().unwrap().push(Task(Weak::new()));
        }
    }
}

impl Scheduler {
    fn shut_down(&self, unlocks_first: bool) {
        let mut queue = self.queue.lock().unwrap();
        let tasks = std::mem::take(&mut *queue);
        if unlocks_first {
            drop(queue);
        }
        drop(tasks);
    }
}

fn program(unlocks_first: bool) {
    let scheduler = Arc::new(Scheduler::default());
    let task = Task(Arc::downgrade(&scheduler));
    let theirs = Arc::clone(&scheduler);
    let other = thread::spawn(move || theirs.queue.lock().unwrap().push(task));
    scheduler.shut_down(unlocks_first);
    other.join().unwrap();
}

bug! {
    "deadlock" in 8 steps,
    objects: ["queue"],
    sites: [("fn drop", "queue.lock"), ("fn shut_down", "queue.lock")],
    broken: program(false),
    fixed: program(true),
}
