//! A client waits for a reply, but not for ever; what becomes of a reply that comes later is the trap.

#![forbid(unsafe_code)]

use raddle_shims::go::{Chan, select};
use std::time::Duration;

/// The reply, if it comes in time.
fn wait(reply: &Chan<u32>) -> Option<u32> {
    select! {
        recv(reply) -> reply => reply,
        after(Duration::from_millis(10)) => None,
    }
}

/// The worker needs somebody who receives.
pub mod broken {
    use raddle_shims::go::{self, chan};

    /// Asks a worker.
    pub fn ask() -> Option<u32> {
        let reply = chan(0);
        let theirs = reply.sender();
        go::go(move || theirs.send(42));
        super::wait(&reply)
    }
}

/// There is room for the reply.
pub mod fixed {
    use raddle_shims::go::{self, chan};

    /// Asks a worker.
    pub fn ask() -> Option<u32> {
        let reply = chan(1);
        let theirs = reply.sender();
        go::go(move || theirs.send(42));
        super::wait(&reply)
    }
}
