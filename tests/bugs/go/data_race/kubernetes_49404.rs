//! kubernetes#49404: a test looks whether a handler was called while the handler says so.
//!
//! The handler runs in the goroutine of a connection, which the server's goroutine starts, and sets a
//! variable of the test. Repaired by a channel on which the handler says that it has been called.
//!
//! Left out: HTTP.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{WaitGroup, chan};
use std::sync::Arc;

type Handler = Arc<dyn Fn() + Send + Sync>;

struct Server {
    handlers: Vec<Handler>,
    running: Arc<WaitGroup>,
}

impl Server {
    fn start(&self) {
        let handler = self.handlers.first().map(Arc::clone).expect("it has one");
        self.running.go(move || {
            go!(handler => handler());
        });
    }
}

fn program(fixed: bool) {
    let (called, calls) = (Arc::new(Var::new(false)), chan::<()>(1));
    let (theirs, says) = (Arc::clone(&called), calls.sender());
    let handler: Handler = Arc::new(move || {
        theirs.set(true);
        says.send(());
    });
    let server = Server { handlers: vec![handler], running: Arc::new(WaitGroup::new()) };
    server.start();
    if fixed {
        calls.recv();
        assert!(called.get());
    } else {
        called.get();
    }
}

kernel!("kubernetes#49404": "data-race");
