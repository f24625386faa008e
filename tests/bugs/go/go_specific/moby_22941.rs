//! moby#22941: requests are written by goroutines that all look at the loop's variable.
//!
//! Each test case is a pair, a request and what is expected; the goroutine reads the pair's first half while
//! the loop assigns the next pair. The pipe's own lock does not help. Repaired by a copy for each.
//!
//! Left out: what is expected; the pipe forgets what is written to it.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::Mutex;
use std::sync::Arc;

#[derive(Default)]
struct Pipe {
    lock: Mutex,
    written: Var<usize>,
}

impl Pipe {
    fn write(&self, request: &str) {
        self.lock.lock();
        self.written.update(|written| *written += request.len());
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let (server, pair) = (Arc::new(Pipe::default()), Arc::new(Var::new(("", ""))));
    for test in [("GET /foo\n", "GET /foo\r\n"), ("GET /bar\n", "GET /bar\r\n")] {
        pair.set(test);
        if fixed {
            let own = pair.get();
            go!(server => server.write(own.0));
        } else {
            go!(server, pair => server.write(pair.get().0));
        }
    }
}

kernel!("moby#22941": "data-race");
