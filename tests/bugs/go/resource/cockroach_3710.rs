//! cockroach#3710: the store scans its replicas with the read lock held, and the status of each is asked for under it again.
//!
//! `ForceRaftLogScanAndProcess` takes the store's lock for reading, and offers each replica to a queue, which
//! asks for its Raft status, which takes the same lock for reading. A writer in between makes both wait.
//! Repaired by copying the replicas and unlocking before.
//!
//! Left out: Raft; there are two replicas.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, RWMutex};
use std::sync::Arc;

struct Store {
    lock: RWMutex,
    queue: Mutex,
    replicas: Var<Vec<u32>>,
}

impl Store {
    fn force_scan(&self, fixed: bool) {
        self.lock.rlock();
        let replicas = self.replicas.get();
        if fixed {
            self.lock.runlock();
        }
        replicas.iter().for_each(|replica| self.maybe_add(*replica));
        if !fixed {
            self.lock.runlock();
        }
    }

    /// To the queue.
    fn maybe_add(&self, _replica: u32) {
        self.queue.lock();
        self.raft_status();
        self.queue.unlock();
    }

    fn raft_status(&self) {
        self.lock.rlock();
        self.lock.runlock();
    }

    fn process_raft(&self) -> Vec<u32> {
        self.lock.lock();
        let replicas = self.replicas.get();
        self.lock.unlock();
        replicas
    }
}

fn program(fixed: bool) {
    let (lock, queue) = (RWMutex::new(), Mutex::new());
    let store = Arc::new(Store { lock, queue, replicas: Var::new(vec![1, 2]) });
    go!(store => store.force_scan(fixed));
    go!(store => go!(store => store.process_raft()));
}

kernel!("cockroach#3710": "task-leak");
