//! kubernetes#10182: the status manager sends with the lock held that its receiver takes after each message.
//!
//! `SetPodStatus` sends on a channel without room under the lock. The goroutine that receives then deletes
//! the status under the same lock. If a second status comes in between, each waits for the other. Repaired by
//! sending after unlocking.
//!
//! Left out: statuses.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, RWMutex, chan};
use std::sync::Arc;

struct StatusManager {
    lock: RWMutex,
    statuses: Chan<bool>,
}

impl StatusManager {
    fn start(self: &Arc<Self>) {
        let manager = Arc::clone(self);
        go!(manager => (0..2).for_each(|_| manager.sync_batch()));
    }

    fn sync_batch(&self) {
        self.statuses.recv();
        self.delete_pod_status();
    }

    fn delete_pod_status(&self) {
        self.lock.lock();
        self.lock.unlock();
    }

    fn set_pod_status(&self, fixed: bool) {
        self.lock.lock();
        if fixed {
            self.lock.unlock();
            self.statuses.send(true);
        } else {
            self.statuses.send(true);
            self.lock.unlock();
        }
    }
}

fn program(fixed: bool) {
    let manager = Arc::new(StatusManager { lock: RWMutex::new(), statuses: chan(0) });
    go!(manager => manager.start());
    go!(manager => manager.set_pod_status(fixed));
    go!(manager => manager.set_pod_status(fixed));
}

kernel!("kubernetes#10182": "task-leak");
