//! Two goroutines exchange a number over two channels; who goes first is the trap.

#![forbid(unsafe_code)]

/// Both receive before they send.
pub mod broken {
    use raddle_shims::go::{self, chan};

    /// Lets the two talk, and goes on.
    pub fn talk() {
        let (ping, pong) = (chan(0), chan(0));
        let (theirs, ours) = (ping.clone(), pong.clone());
        go::go(move || {
            let number: u32 = theirs.recv().unwrap_or(0);
            ours.send(number + 1);
        });
        go::go(move || {
            let number = pong.recv().unwrap_or(0);
            ping.send(number + 1);
        });
    }
}

/// One of them begins.
pub mod fixed {
    use raddle_shims::go::{self, chan};

    /// Lets the two talk, and goes on.
    pub fn talk() {
        let (ping, pong) = (chan(0), chan(0));
        let (theirs, ours) = (ping.clone(), pong.clone());
        go::go(move || {
            let number: u32 = theirs.recv().unwrap_or(0);
            ours.send(number + 1);
        });
        go::go(move || {
            ping.send(1);
            pong.recv();
        });
    }
}
