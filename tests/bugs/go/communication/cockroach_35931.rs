//! cockroach#35931: cancelling a flow tells its receivers one after the other, and the first may be full.
//!
//! Each receiver has room for one message. The one on the left has one already, so that the message about its
//! cancellation waits, and the one on the right is never told. Repaired by telling each in a goroutine of its
//! own.
//!
//! Left out: the map of flows holds one flow; the receivers read only in the repaired form, as nobody comes
//! so far in the other.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, chan};

#[derive(Clone)]
struct Receiver {
    rows: Chan<u32>,
}

impl Receiver {
    fn push(&self) {
        self.rows.send(0);
    }
}

struct Registry {
    lock: Mutex,
    streams: Vec<Receiver>,
}

impl Registry {
    fn cancel(&self, fixed: bool) {
        self.lock.lock();
        let timed_out = self.streams.clone();
        self.lock.unlock();
        for receiver in timed_out {
            if fixed {
                go!(receiver => receiver.push());
            } else {
                receiver.push();
            }
        }
    }
}

fn program(fixed: bool) {
    let (left, right) = (Receiver { rows: chan(1) }, Receiver { rows: chan(1) });
    left.push();
    let registry = Registry { lock: Mutex::new(), streams: vec![left.clone(), right.clone()] };
    registry.cancel(fixed);
    right.rows.recv();
    left.rows.recv();
    left.rows.recv();
}

kernel!("cockroach#35931": "deadlock");
