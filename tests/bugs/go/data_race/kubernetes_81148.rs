//! kubernetes#81148: a test changes when a pod became unschedulable, while the queue's goroutine looks at it.
//!
//! The goroutine reads the times of all pods with the queue locked; the test writes one without. Repaired by
//! locking.
//!
//! Left out: time itself.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, RWMutex, WaitGroup, chan};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
struct PodInfo {
    timestamp: Var<i64>,
}

struct PriorityQueue {
    lock: RWMutex,
    unschedulable: Var<BTreeMap<&'static str, Arc<PodInfo>>>,
}

impl PriorityQueue {
    fn start(stop: &Chan<()>) -> Arc<PriorityQueue> {
        let queue = PriorityQueue { lock: RWMutex::new(), unschedulable: Var::default() };
        let queue = Arc::new(queue);
        go!(queue, stop => {
            if stop.try_recv().is_err() {
                queue.flush();
                stop.recv();
            }
        });
        queue
    }

    fn flush(&self) {
        self.lock.lock();
        for info in self.unschedulable.get().values() {
            info.timestamp.get();
        }
        self.lock.unlock();
    }

    fn add_or_update(&self, pod: &'static str) -> Arc<PodInfo> {
        let info = Arc::new(PodInfo::default());
        self.lock.lock();
        self.unschedulable.update(|pods| pods.insert(pod, Arc::clone(&info)));
        self.lock.unlock();
        info
    }
}

fn program(fixed: bool) {
    let (stop, group) = (chan(0), Arc::new(WaitGroup::new()));
    let stops = stop.clone();
    group.go(move || {
        let queue = PriorityQueue::start(&stops);
        let info = queue.add_or_update("1");
        if fixed {
            queue.lock.lock();
        }
        info.timestamp.set(-60);
        if fixed {
            queue.lock.unlock();
        }
    });
    group.wait();
    stop.close();
}

kernel!("kubernetes#81148": "data-race");
