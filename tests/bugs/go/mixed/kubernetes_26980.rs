//! kubernetes#26980: a listener waits with its lock held until it is stopped, and the test that stops it wants the lock before.
//!
//! `pop` waits at a condition until there is a notification, and then hands it on, or stops, all under the
//! lock. Nobody takes what it hands on, and the test closes the stop channel last. Repaired by unlocking
//! while it hands on.
//!
//! Left out: handing on, as in the kernel: there is nobody to take it. The condition's lock is a mutex, not a
//! read-write lock of which only the write side is used.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Cond, Mutex, chan};
use std::sync::Arc;

#[derive(Default)]
struct Listener {
    lock: Mutex,
    cond: Cond,
    pending: Var<Vec<u32>>,
}

impl Listener {
    fn add(&self, notification: u32) {
        self.lock.lock();
        self.pending.update(|pending| pending.push(notification));
        self.cond.broadcast();
        self.lock.unlock();
    }

    fn pop(&self, stop: &Chan<()>, fixed: bool) {
        self.lock.lock();
        while self.pending.with(Vec::is_empty) {
            if stop.try_recv().is_ok() {
                return self.lock.unlock();
            }
            self.cond.wait(&self.lock);
        }
        if fixed {
            self.lock.unlock();
            stop.recv();
        } else {
            stop.recv();
            self.lock.unlock();
        }
    }
}

fn program(fixed: bool) {
    let (listener, stop) = (Arc::new(Listener::default()), chan(0));
    listener.add(1);
    go!(listener, stop => listener.pop(&stop, fixed));
    let result = chan::<()>(0);
    go!(listener, result => {
        listener.lock.lock();
        result.close();
    });
    result.recv();
    listener.lock.unlock();
    stop.close();
}

kernel!("kubernetes#26980": "deadlock");
