//! kubernetes#30872: the federated informer asks its queue with its lock held, and the queue tells it with its own.
//!
//! `ClustersSynced` locks the informer and then the queue. The controller pops from the queue, under its
//! lock, and the handler adds a cluster to the informer, under its. Repaired by asking after the informer is
//! unlocked.
//!
//! Left out: the controller pops twice at most; there are no clusters.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Mutex, RWMutex, chan};
use std::sync::Arc;

#[derive(Default)]
struct Informer {
    lock: Mutex,
    stop: Var<Chan<()>>,
    queue: RWMutex,
}

impl Informer {
    fn clusters_synced(&self, fixed: bool) {
        self.lock.lock();
        if fixed {
            self.lock.unlock();
        }
        self.queue.lock();
        self.queue.unlock();
        if !fixed {
            self.lock.unlock();
        }
    }

    fn start(self: &Arc<Self>) {
        self.lock.lock();
        let (stop, informer) = (chan(0), Arc::clone(self));
        self.stop.set(stop.clone());
        go!(informer => {
            for _ in 0..2 {
                if stop.try_recv().is_ok() {
                    return;
                }
                informer.pop();
            }
        });
        self.lock.unlock();
    }

    /// In the controller.
    fn pop(&self) {
        self.queue.lock();
        self.add_cluster();
        self.queue.unlock();
    }

    fn add_cluster(&self) {
        self.lock.lock();
        self.lock.unlock();
    }

    fn stop(&self) {
        self.lock.lock();
        self.stop.get().close();
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let (informer, stop) = (Arc::new(Informer::default()), chan::<()>(0));
    informer.start();
    go!(informer, stop => {
        stop.recv();
        informer.stop();
    });
    go!(informer => informer.clusters_synced(fixed));
    stop.close();
}

kernel!("kubernetes#30872": "task-leak");
