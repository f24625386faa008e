//! etcd#10492: a lease is renewed with the lessor's lock held, and the checkpointer that it calls takes it again.
//!
//! Repaired by unlocking before the call, and locking again after it.
//!
//! Left out: leases.

use crate::harness::kernel;
use crate::var::Var;
use raddle_shims::go::RWMutex;
use std::sync::Arc;

type Checkpointer = Arc<dyn Fn(&Lessor) + Send + Sync>;

#[derive(Default)]
struct Lessor {
    lock: RWMutex,
    checkpointer: Var<Option<Checkpointer>>,
}

impl Lessor {
    fn checkpoint(&self) {
        self.lock.lock();
        self.lock.unlock();
    }

    fn set_checkpointer(&self, checkpointer: Checkpointer) {
        self.lock.lock();
        self.checkpointer.set(Some(checkpointer));
        self.lock.unlock();
    }

    fn renew(&self, fixed: bool) {
        self.lock.lock();
        if let Some(checkpointer) = self.checkpointer.get() {
            if fixed {
                self.lock.unlock();
            }
            checkpointer(self);
            if fixed {
                self.lock.lock();
            }
        }
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let lessor = Lessor::default();
    lessor.set_checkpointer(Arc::new(Lessor::checkpoint));
    lessor.renew(fixed);
}

kernel!("etcd#10492": "deadlock");
