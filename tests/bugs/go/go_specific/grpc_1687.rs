//! grpc-go#1687: what is written after the status goes to a channel that writing the status has closed.
//!
//! The transport runs functions that it is sent over `writes`, until that or `closed` is closed.
//! `WriteStatus` closes `writes`; a `Write` after it sends there. Repaired by closing `closed`, at which
//! every sender looks.
//!
//! Left out: HTTP.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, chan, select};

type Write = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
struct Transport {
    closed: Chan<()>,
    writes: Chan<Write>,
}

impl Transport {
    fn perform(&self, write: Write) {
        if self.closed.try_recv().is_ok() {
            return;
        }
        select! {
            send(self.writes, write) => {}
            recv(self.closed) -> _ => {}
        }
    }

    fn write_status(&self, fixed: bool) {
        self.perform(Box::new(|| {}));
        if fixed {
            self.closed.close();
        } else {
            self.writes.close();
        }
    }

    fn write(&self) {
        self.perform(Box::new(|| {}));
    }

    fn run_stream(&self) {
        loop {
            select! {
                recv(self.writes) -> write => match write {
                    Some(write) => write(),
                    None => return,
                },
                recv(self.closed) -> _ => return,
            }
        }
    }
}

fn program(fixed: bool) {
    let transport = Transport { closed: chan(0), writes: chan(0) };
    go!(transport => {
        transport.write_status(fixed);
        transport.write();
    });
    transport.run_stream();
}

kernel!("grpc#1687": "panic" of "send on closed channel");
