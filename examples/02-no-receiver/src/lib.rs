//! A message goes through a channel without room; that sending waits for somebody who receives is the trap.

#![forbid(unsafe_code)]

/// Sends, and would then receive.
pub mod broken {
    use raddle_shims::go::chan;

    /// What comes out of the channel.
    pub fn echo(message: u32) -> Option<u32> {
        let line = chan(0);
        line.send(message);
        line.recv()
    }
}

/// Somebody else sends.
pub mod fixed {
    use raddle_shims::go::{self, chan};

    /// What comes out of the channel.
    pub fn echo(message: u32) -> Option<u32> {
        let line = chan(0);
        let sender = line.sender();
        go::go(move || sender.send(message));
        line.recv()
    }
}
