//! kubernetes#79631: a pod is looked up in the heap that the queue's goroutine pops from under its lock.
//!
//! `flushBackoffQCompleted` deletes from the heap's map with the queue locked; a test asks the heap itself.
//! Repaired by asking with the queue locked.
//!
//! Left out: pods.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, RWMutex, WaitGroup, chan};
use std::collections::BTreeSet;
use std::sync::Arc;

struct PriorityQueue {
    lock: RWMutex,
    stop: Chan<()>,
    backoff: Var<BTreeSet<&'static str>>,
}

impl PriorityQueue {
    fn start() -> Arc<PriorityQueue> {
        let backoff = Var::new(BTreeSet::from(["1"]));
        let queue = Arc::new(PriorityQueue { lock: RWMutex::new(), stop: chan(0), backoff });
        go!(queue => {
            if queue.stop.try_recv().is_err() {
                queue.flush();
                queue.stop.recv();
            }
        });
        queue
    }

    fn flush(&self) {
        self.lock.lock();
        self.backoff.update(|backoff| backoff.remove("1"));
        self.lock.unlock();
    }

    fn has(&self, pod: &str, fixed: bool) -> bool {
        if fixed {
            self.lock.rlock();
        }
        let has = self.backoff.with(|backoff| backoff.contains(pod));
        if fixed {
            self.lock.runlock();
        }
        has
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || {
        let queue = PriorityQueue::start();
        queue.has("1", fixed);
        queue.stop.close();
    });
    group.wait();
}

kernel!("kubernetes#79631": "data-race");
