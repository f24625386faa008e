//! istio#16742: a node's labels are updated under the read lock of the map of all nodes, while they are pushed under none.
//!
//! `WorkloadUpdate` goes through the connections and writes to each node. A connection that has just been
//! added pushes its routes, for which it reads the node's labels. Repaired by a lock for each node.
//!
//! Left out: routes; there is one connection.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, RWMutex, WaitGroup};
use std::sync::Arc;

#[derive(Default)]
struct Proxy {
    lock: Mutex,
    labels: Var<Vec<&'static str>>,
}

#[derive(Default)]
struct DiscoveryServer {
    clients_lock: RWMutex,
    clients: Var<Vec<Arc<Proxy>>>,
}

impl DiscoveryServer {
    fn stream_resources(&self, fixed: bool) {
        let node = Arc::new(Proxy::default());
        self.clients_lock.lock();
        self.clients.update(|clients| clients.push(Arc::clone(&node)));
        self.clients_lock.unlock();
        self.push_route(&node, fixed);
    }

    fn push_route(&self, node: &Proxy, fixed: bool) -> usize {
        if fixed {
            node.lock.lock();
        }
        let labels = node.labels.with(Vec::len);
        if fixed {
            node.lock.unlock();
        }
        labels
    }

    fn workload_update(&self, fixed: bool) {
        self.clients_lock.rlock();
        for node in self.clients.get() {
            if fixed {
                node.lock.lock();
            }
            node.labels.set(Vec::new());
            if fixed {
                node.lock.unlock();
            }
        }
        self.clients_lock.runlock();
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.add(3);
    go!(group => {
        let server = Arc::new(DiscoveryServer::default());
        go!(server, group => {
            server.stream_resources(fixed);
            group.done();
        });
        go!(server, group => {
            server.workload_update(fixed);
            group.done();
        });
        group.done();
    });
    group.wait();
}

kernel!("istio#16742": "data-race");
