//! moby#36114: disks are added to a virtual machine under its lock, and removing them again locks once more.
//!
//! Repaired by a removal for those who hold the lock.
//!
//! Left out: disks.

use crate::harness::kernel;
use crate::var::Var;
use raddle_shims::go::Mutex;

#[derive(Default)]
struct ServiceVm {
    lock: Mutex,
    disks: Var<Vec<u32>>,
}

impl ServiceVm {
    fn hot_add(&self, fixed: bool) {
        self.lock.lock();
        self.disks.update(|disks| disks.push(1));
        if fixed {
            self.remove_locked();
        } else {
            self.hot_remove();
        }
        self.lock.unlock();
    }

    fn hot_remove(&self) {
        self.lock.lock();
        self.remove_locked();
        self.lock.unlock();
    }

    fn remove_locked(&self) {
        self.disks.update(Vec::clear);
    }
}

fn program(fixed: bool) {
    let machine = ServiceVm::default();
    raddle_shims::go::go(move || machine.hot_add(fixed));
}

kernel!("moby#36114": "task-leak");
