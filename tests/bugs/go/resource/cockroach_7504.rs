//! cockroach#7504: a lease is released under its lock and then taken from the name cache; looked up it is the other way round.
//!
//! `Release` locks the table, then the lease, then the name cache. `AcquireByName` locks the name cache and
//! then the lease. Repaired by finding the lease under the cache's lock and locking it after unlocking that.
//!
//! Left out: there is one table, with two leases.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, WaitGroup};
use std::collections::BTreeMap;
use std::sync::Arc;

struct Lease {
    lock: Mutex,
    id: usize,
}

#[derive(Default)]
struct NameCache {
    lock: Mutex,
    leases: Var<BTreeMap<usize, Arc<Lease>>>,
}

impl NameCache {
    fn acquire(&self, id: usize, fixed: bool) {
        self.lock.lock();
        let lease = self.leases.with(|leases| leases.get(&id).cloned());
        if fixed {
            self.lock.unlock();
        }
        if let Some(lease) = lease {
            lease.lock.lock();
            lease.lock.unlock();
        }
        if !fixed {
            self.lock.unlock();
        }
    }

    fn remove(&self, lease: &Lease) {
        self.lock.lock();
        self.leases.update(|leases| leases.remove(&lease.id));
        self.lock.unlock();
    }
}

struct Table {
    lock: Mutex,
    names: Arc<NameCache>,
    active: Var<Vec<Arc<Lease>>>,
}

impl Table {
    fn release(&self, id: usize) {
        self.lock.lock();
        let lease = self.active.with(|active| Arc::clone(&active[id]));
        lease.lock.lock();
        self.active.update(|active| active.retain(|other| other.id != id));
        self.names.remove(&lease);
        lease.lock.unlock();
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let leases = [0, 1].map(|id| Arc::new(Lease { lock: Mutex::new(), id }));
    let names = Arc::new(NameCache::default());
    names.leases.update(|all| all.extend(leases.iter().map(|it| (it.id, Arc::clone(it)))));
    let (active, lock) = (Var::new(leases.to_vec()), Mutex::new());
    let table = Arc::new(Table { lock, names: Arc::clone(&names), active });
    let group = Arc::new(WaitGroup::new());
    group.add(2);
    go!(names, group => {
        names.acquire(0, fixed);
        group.done();
    });
    go!(table, group => {
        table.release(0);
        group.done();
    });
    group.wait();
}

kernel!("cockroach#7504": "deadlock");
