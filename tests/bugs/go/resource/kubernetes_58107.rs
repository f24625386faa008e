//! kubernetes#58107: a worker waits for its queue with a read lock held, so that a writer waits, and with him all other workers.
//!
//! Two workers take from two queues, each under the same lock for reading. Where the first queue is empty,
//! its worker waits at a condition; a sync then waits to write, and keeps the second worker out, although
//! there is something in its queue. Repaired by taking from the queue before the lock.
//!
//! Left out: one item and one sync. What is in the first queue is put there by the second worker, so that no
//! signal is lost in the repaired form; in the kernel signals come from outside, and those that nobody waits
//! for are lost.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Cond, Mutex, RWMutex};
use std::sync::Arc;

#[derive(Default)]
struct Queue {
    lock: Mutex,
    cond: Cond,
    items: Var<Vec<u32>>,
}

impl Queue {
    fn get(&self) -> Option<u32> {
        self.lock.lock();
        while self.items.with(Vec::is_empty) {
            self.cond.wait(&self.lock);
        }
        let item = self.items.update(Vec::pop);
        self.lock.unlock();
        item
    }

    fn put(&self, item: u32) {
        self.lock.lock();
        self.items.update(|items| items.push(item));
        self.cond.signal();
        self.lock.unlock();
    }
}

#[derive(Default)]
struct Controller {
    lock: RWMutex,
    queue: Queue,
    missing_usage: Queue,
}

impl Controller {
    fn worker(&self, queue: &Queue, work: impl FnMut(u32), fixed: bool) {
        if fixed {
            let item = queue.get();
            self.lock.rlock();
            item.into_iter().for_each(work);
        } else {
            self.lock.rlock();
            queue.get().into_iter().for_each(work);
        }
        self.lock.runlock();
    }

    fn sync(&self) {
        self.lock.lock();
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let controller = Arc::new(Controller::default());
    go!(controller => controller.worker(&controller.queue, drop, fixed));
    go!(controller => {
        let put = |item| controller.queue.put(item);
        controller.worker(&controller.missing_usage, put, fixed);
    });
    go!(controller => controller.sync());
    controller.missing_usage.put(1);
}

kernel!("kubernetes#58107": "task-leak");
