//! etcd#6873: stopping the watch broadcasts holds the lock that the goroutine needs which is waited for.
//!
//! A goroutine takes updates from a channel and coalesces each under the lock, until the channel is closed.
//! `stop` closes it and waits for the goroutine's end with the lock held. If an update has just been taken,
//! each waits for the other. Repaired by unlocking before the wait.
//!
//! Left out: broadcasts.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, chan};
use std::sync::Arc;

struct Broadcasts {
    lock: Mutex,
    updates: Chan<u32>,
    done: Chan<()>,
}

impl Broadcasts {
    fn new() -> Arc<Broadcasts> {
        let broadcasts = Broadcasts { lock: Mutex::new(), updates: chan(1), done: chan(0) };
        let broadcasts = Arc::new(broadcasts);
        go!(broadcasts => {
            for update in &broadcasts.updates {
                broadcasts.coalesce(update);
            }
            broadcasts.done.close();
        });
        broadcasts
    }

    fn coalesce(&self, _update: u32) {
        self.lock.lock();
        self.lock.unlock();
    }

    fn update(&self) {
        let _full = self.updates.try_send(0);
    }

    fn stop(&self, fixed: bool) {
        self.lock.lock();
        self.updates.close();
        if fixed {
            self.lock.unlock();
            self.done.recv();
        } else {
            self.done.recv();
            self.lock.unlock();
        }
    }
}

fn program(fixed: bool) {
    let broadcasts = Broadcasts::new();
    broadcasts.update();
    go!(broadcasts => broadcasts.stop(fixed));
}

kernel!("etcd#6873": "task-leak");
