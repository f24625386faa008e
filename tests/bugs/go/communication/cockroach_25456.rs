//! cockroach#25456: a test processes a replica in a queue that goes on until the node quiesces, which it never does.
//!
//! The consistency queue waits for the stopper's quiescing channel; the test that calls it in its own
//! goroutine is the one that would close that channel afterwards. Repaired by stopping the stopper before.
//!
//! Left out: the consistency check itself.

use crate::harness::kernel;
use raddle_shims::go::{Chan, chan};
use std::sync::Arc;

struct Stopper {
    quiescer: Chan<()>,
}

struct Store {
    stopper: Arc<Stopper>,
    queue: ConsistencyQueue,
}

struct Replica {
    store: Arc<Store>,
}

struct ConsistencyQueue;

impl ConsistencyQueue {
    fn process(&self, replica: &Replica) {
        replica.store.stopper.quiescer.recv();
    }
}

fn program(fixed: bool) {
    let stopper = Arc::new(Stopper { quiescer: chan(0) });
    let store = Arc::new(Store { stopper: Arc::clone(&stopper), queue: ConsistencyQueue });
    let replica = Replica { store: Arc::clone(&store) };
    if fixed {
        stopper.quiescer.close();
    }
    for _ in 0..2 {
        store.queue.process(&replica);
    }
    if !fixed {
        stopper.quiescer.close();
    }
}

kernel!("cockroach#25456": "deadlock");
