//! grpc-go#1460: keepalive sleeps with the lock held that a new stream needs to wake it.
//!
//! If there is no stream, `keepalive` waits at the channel `awaken` under the client's lock. `NewStream`
//! locks, and if its stream is the first one it wakes keepalive. Repaired by unlocking before the wait, and
//! noting that it sleeps so that it is woken only then.
//!
//! Left out: streams and pings.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Mutex, chan};
use std::sync::Arc;

struct Client {
    lock: Mutex,
    awaken: Chan<()>,
    streams: Var<usize>,
    sleeps: Var<bool>,
}

impl Client {
    fn keepalive(&self, fixed: bool) {
        self.lock.lock();
        if self.streams.get() > 0 {
            self.lock.unlock();
        } else if fixed {
            self.sleeps.set(true);
            self.lock.unlock();
            self.awaken.recv();
        } else {
            self.awaken.recv();
            self.lock.unlock();
        }
    }

    fn new_stream(&self, fixed: bool) {
        self.lock.lock();
        self.streams.update(|streams| *streams += 1);
        if self.streams.get() == 1 {
            if fixed && self.sleeps.get() {
                self.awaken.send(());
            } else {
                let _nobody = self.awaken.try_send(());
            }
        }
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let (streams, sleeps) = (Var::new(0), Var::new(false));
    let client = Arc::new(Client { lock: Mutex::new(), awaken: chan(0), streams, sleeps });
    go!(client => client.keepalive(fixed));
    go!(client => client.new_stream(fixed));
}

kernel!("grpc#1460": "task-leak");
