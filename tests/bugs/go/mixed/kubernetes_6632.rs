//! kubernetes#6632: a frame is written with the lock held that the monitor needs to close what the writer waits at.
//!
//! `WriteFrame` tells the monitor to start its time anew, on a channel without room, under the write lock.
//! When the connection is closed the monitor locks, closes that channel, and ends; if the writer is first it
//! waits for ever. Repaired by a goroutine that drains the channel.
//!
//! Left out: frames and the time limit.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Mutex, chan};
use std::sync::Arc;

struct Framer {
    reset: Var<Option<Chan<bool>>>,
    lock: Mutex,
    closed: Chan<bool>,
}

impl Framer {
    fn monitor(&self, reset: Chan<bool>, fixed: bool) {
        self.closed.recv();
        if fixed {
            go!(reset => reset.iter().for_each(drop));
        }
        self.lock.lock();
        reset.close();
        self.reset.set(None);
        self.lock.unlock();
    }

    fn write_frame(&self) {
        self.lock.lock();
        if let Some(reset) = self.reset.get() {
            reset.send(true);
        }
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let (reset, closed) = (chan(0), chan(0));
    let framer = Framer { reset: Var::new(Some(reset.clone())), lock: Mutex::new(), closed };
    let framer = Arc::new(framer);
    go!(framer => framer.closed.send(true));
    go!(framer => framer.monitor(reset, fixed));
    go!(framer => framer.write_frame());
}

kernel!("kubernetes#6632": "task-leak");
