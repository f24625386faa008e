//! moby#29733: plugins are deactivated, and whoever waits until one is active is never told again.
//!
//! `Handle` sets `activated` to false for each plugin. Only activation signals, and it has happened before.
//! Repaired by activating each plugin again, and signalling.
//!
//! Left out: what handlers do.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Cond, Mutex, RWMutex, chan};
use std::sync::Arc;

struct Plugin {
    lock: Mutex,
    active: Cond,
    activated: Var<bool>,
}

impl Plugin {
    fn wait_active(&self) {
        self.lock.lock();
        while !self.activated.get() {
            self.active.wait(&self.lock);
        }
        self.lock.unlock();
    }

    fn set_active(&self, active: bool) {
        self.lock.lock();
        self.activated.set(active);
        if active {
            self.active.broadcast();
        }
        self.lock.unlock();
    }
}

fn handle(handlers: &RWMutex, plugins: &[Arc<Plugin>], fixed: bool) {
    handlers.lock();
    for plugin in plugins {
        plugin.set_active(false);
        if fixed {
            plugin.set_active(true);
        }
    }
    handlers.unlock();
}

fn program(fixed: bool) {
    let plugin = Plugin { lock: Mutex::new(), active: Cond::new(), activated: Var::new(false) };
    let (plugin, handlers) = (Arc::new(plugin), Arc::new(RWMutex::new()));
    go!(plugin => plugin.set_active(true));
    for round in 0..2 {
        let done = chan::<()>(0);
        go!(plugin, done => {
            plugin.wait_active();
            done.close();
        });
        done.recv();
        if round == 0 {
            handle(&handlers, std::slice::from_ref(&plugin), fixed);
        }
    }
}

kernel!("moby#29733": "deadlock");
