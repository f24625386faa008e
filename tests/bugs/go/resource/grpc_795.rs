//! grpc-go#795: a server that is stopped gracefully keeps its lock, and stopping it again takes it again.
//!
//! `GracefulStop` unlocks on no path. Repaired by unlocking on each.
//!
//! Left out: connections.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::Mutex;
use std::sync::Arc;

#[derive(Default)]
struct Server {
    lock: Mutex,
    drains: Var<bool>,
}

impl Server {
    fn graceful_stop(&self, fixed: bool) {
        self.lock.lock();
        if self.drains.get() {
            if fixed {
                self.lock.unlock();
            } else {
                self.lock.lock();
            }
            return;
        }
        self.drains.set(true);
        if fixed {
            self.lock.unlock();
        }
    }

    fn serve(&self) {
        self.lock.lock();
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let server = Arc::new(Server::default());
    go!(server => server.serve());
    for _ in 0..3 {
        server.graceful_stop(fixed);
    }
}

kernel!("grpc#795": "deadlock");
