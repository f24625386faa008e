//! moby#4951: a device is deleted with its lock held, while the lock of all devices is dropped and taken again.
//!
//! `DeleteDevice` locks all devices, then the one, and drops the first lock while it waits for the device to
//! go. Another deletion of the same device takes that lock meanwhile and waits for the device's. Repaired by
//! locking the device before all devices.
//!
//! Left out: devices, and how long their removal takes.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, sleep};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

struct DeviceSet {
    lock: Mutex,
    infos: Var<BTreeMap<&'static str, Arc<Mutex>>>,
}

impl DeviceSet {
    fn delete(&self, name: &str, fixed: bool) {
        self.lock.lock();
        let info = self.infos.with(|infos| infos.get(name).cloned()).expect("it is there");
        if fixed {
            self.lock.unlock();
            info.lock();
            self.lock.lock();
        } else {
            info.lock();
        }
        self.remove_and_wait();
        info.unlock();
        self.lock.unlock();
    }

    fn remove_and_wait(&self) {
        self.lock.unlock();
        sleep(Duration::from_nanos(300));
        self.lock.lock();
    }
}

fn program(fixed: bool) {
    let infos = ["info1", "info2"].map(|name| (name, Arc::new(Mutex::new())));
    let devices = DeviceSet { lock: Mutex::new(), infos: Var::new(infos.into()) };
    let devices = Arc::new(devices);
    go!(devices => devices.delete("info1", fixed));
    go!(devices => devices.delete("info1", fixed));
}

kernel!("moby#4951": "task-leak");
