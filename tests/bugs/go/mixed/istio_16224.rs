//! istio#16224: a test's event handler reports under the lock that the test takes before it listens.
//!
//! The handler locks, and sends to the test that it was called. The test creates something, which calls the
//! handler, and then locks to look at what came of it. If the handler is first it waits for the test, which
//! waits for the lock. Repaired by reporting after unlocking.
//!
//! Left out: configurations.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, chan, select};
use std::sync::Arc;

type Handler = Box<dyn Fn(u32) + Send + Sync>;

struct Monitor {
    handlers: Vec<Handler>,
    events: Chan<u32>,
}

impl Monitor {
    fn run(&self, stop: &Chan<()>) {
        loop {
            select! {
                recv(stop) -> _ => return,
                recv(self.events) -> event => {
                    let event = event.expect("nobody closes it");
                    self.handlers.iter().for_each(|handler| handler(event));
                }
            }
        }
    }
}

fn program(fixed: bool) {
    let (lock, done, stop) = (Arc::new(Mutex::new()), chan(0), chan::<()>(0));
    let (theirs, reports) = (Arc::clone(&lock), done.sender());
    let handler: Handler = Box::new(move |_| {
        theirs.lock();
        if fixed {
            theirs.unlock();
            reports.send(true);
        } else {
            reports.send(true);
            theirs.unlock();
        }
    });
    let monitor = Arc::new(Monitor { handlers: vec![handler], events: chan(0) });
    go!(monitor, stop => monitor.run(&stop));
    monitor.events.send(0);
    lock.lock();
    lock.unlock();
    done.recv();
    stop.close();
}

kernel!("istio#16224": "deadlock");
