//! grpc-go#1424: the balancer's watcher returns without saying so to whoever dials.
//!
//! `DialContext` waits in a goroutine until the watcher has seen the first addresses. If the balancer is
//! closed before it notifies, the watcher's loop ends without a word. Repaired by closing the channel in any
//! case.
//!
//! Left out: addresses; the watcher tears down the one connection there is.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, chan};
use std::sync::Arc;

struct ClientConn {
    addresses: Chan<bool>,
    connections: Vec<Mutex>,
}

impl ClientConn {
    fn watch(&self, done: &Chan<()>, fixed: bool) {
        for _ in &self.addresses {
            for connection in &self.connections {
                connection.lock();
                connection.unlock();
            }
        }
        if fixed {
            done.close();
        }
    }
}

fn program(fixed: bool) {
    let connections = vec![Mutex::new()];
    let conn = Arc::new(ClientConn { addresses: chan(0), connections });
    let waits = chan::<()>(1);
    go!(conn, waits => {
        let done = chan(0);
        go!(conn, done => conn.watch(&done, fixed));
        done.recv();
        waits.close();
    });
    conn.addresses.close();
}

kernel!("grpc#1424": "task-leak");
