//! moby#17176: cleaning up deleted devices returns with the lock held if there are none.
//!
//! The test that shows it gives the lock a millisecond; the goroutine that wants it stays. Repaired by
//! unlocking on this path too.
//!
//! Left out: devices.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, chan, select};
use std::sync::Arc;
use std::time::Duration;

#[derive(Default)]
struct DeviceSet {
    lock: Mutex,
    deleted: Var<usize>,
}

impl DeviceSet {
    fn clean_up(&self, fixed: bool) {
        self.lock.lock();
        if self.deleted.get() == 0 && !fixed {
            return;
        }
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let (devices, done) = (Arc::new(DeviceSet::default()), chan(0));
    devices.clean_up(fixed);
    go!(devices, done => {
        devices.lock.lock();
        done.send(true);
        devices.lock.unlock();
    });
    select! {
        recv(done) -> _ => {}
        after(Duration::from_millis(1)) => {}
    }
}

kernel!("moby#17176": "task-leak", time = "virtual");
