//! moby#28462: a container's state changes under the lock that its health monitor takes between two looks at its stop channel.
//!
//! `StateChanged` locks the container and sends to the monitor to stop. The monitor looks whether it should,
//! and else handles a probe's result under the lock. If it has just looked, each waits for the other.
//! Repaired by closing the channel, which waits for nobody.
//!
//! Left out: the monitor probes twice before it only waits to be stopped.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, chan, select};
use std::sync::Arc;

const PROBES: usize = 2;

struct Container {
    lock: Mutex,
    stop: Chan<()>,
}

impl Container {
    fn state_changed(&self, fixed: bool) {
        self.lock.lock();
        if fixed {
            self.stop.close();
        } else {
            self.stop.send(());
        }
        self.lock.unlock();
    }

    fn monitor(&self) {
        for _ in 0..PROBES {
            select! {
                recv(self.stop) -> _ => return,
                default => self.handle_probe_result(),
            }
        }
        self.stop.recv();
    }

    fn handle_probe_result(&self) {
        self.lock.lock();
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let container = Arc::new(Container { lock: Mutex::new(), stop: chan(0) });
    go!(container => container.monitor());
    go!(container => container.state_changed(fixed));
}

kernel!("moby#28462": "task-leak");
