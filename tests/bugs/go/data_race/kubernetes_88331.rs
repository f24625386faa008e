//! kubernetes#88331: the length of a heap is asked for while the queue's goroutine pops from it under its lock.
//!
//! `Len` reads the slice that `Pop` cuts. Repaired by a lock around both.
//!
//! Left out: pods; there are two.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, RWMutex, WaitGroup, chan};
use std::sync::Arc;

struct PriorityQueue {
    lock: RWMutex,
    stop: Chan<()>,
    backoff: Var<Vec<u32>>,
}

impl PriorityQueue {
    fn run() -> Arc<PriorityQueue> {
        let backoff = Var::new(vec![1, 2]);
        let queue = Arc::new(PriorityQueue { lock: RWMutex::new(), stop: chan(0), backoff });
        go!(queue => {
            if queue.stop.try_recv().is_err() {
                queue.flush_completed();
                queue.stop.recv();
            }
        });
        queue
    }

    fn flush_completed(&self) {
        self.lock.lock();
        self.backoff.update(Vec::pop);
        self.lock.unlock();
    }

    fn len(&self, fixed: bool) -> usize {
        if fixed {
            self.lock.rlock();
        }
        let len = self.backoff.with(Vec::len);
        if fixed {
            self.lock.runlock();
        }
        len
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || {
        let queue = PriorityQueue::run();
        assert!(queue.len(fixed) >= 1);
        queue.stop.close();
    });
    group.wait();
}

kernel!("kubernetes#88331": "data-race");
