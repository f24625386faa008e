//! syncthing#4829: the addresses of a mapping are cleared under its lock, and whoever is notified takes it for reading.
//!
//! Repaired by notifying after unlocking.
//!
//! Left out: network address translation; there is one mapping with one address.

use crate::harness::kernel;
use crate::var::Var;
use raddle_shims::go::RWMutex;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
struct Mapping {
    lock: RWMutex,
    addresses: Var<BTreeMap<&'static str, u32>>,
}

impl Mapping {
    fn clear_addresses(&self, fixed: bool) {
        self.lock.lock();
        let removed = self.addresses.update(std::mem::take);
        if fixed {
            self.lock.unlock();
        }
        if !removed.is_empty() {
            self.notify(removed.len());
        }
        if !fixed {
            self.lock.unlock();
        }
    }

    fn notify(&self, _removed: usize) {
        self.lock.rlock();
        self.lock.runlock();
    }
}

#[derive(Default)]
struct Service {
    lock: RWMutex,
    mappings: Var<Vec<Arc<Mapping>>>,
}

impl Service {
    fn new_mapping(&self) -> Arc<Mapping> {
        let mapping = Arc::new(Mapping::default());
        self.lock.lock();
        self.mappings.update(|mappings| mappings.push(Arc::clone(&mapping)));
        self.lock.unlock();
        mapping
    }

    fn remove_mapping(&self, mapping: &Arc<Mapping>, fixed: bool) {
        self.lock.lock();
        let existing = self.mappings.get();
        let same = existing.iter().filter(|existing| Arc::ptr_eq(existing, mapping));
        same.for_each(|mapping| mapping.clear_addresses(fixed));
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let service = Service::default();
    let mapping = service.new_mapping();
    mapping.addresses.update(|addresses| addresses.insert("test", 0));
    service.remove_mapping(&mapping, fixed);
}

kernel!("syncthing#4829": "deadlock");
