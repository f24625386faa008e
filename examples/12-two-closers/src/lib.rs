//! Workers tell that they have failed by closing a channel; that more than one may fail is the trap.

#![forbid(unsafe_code)]

/// Looks whether it is closed, and closes it.
pub mod broken {
    use raddle_shims::go::{self, Chan, chan};

    fn fail(failed: &Chan<()>) {
        if failed.try_recv().is_err() {
            failed.close();
        }
    }

    /// Two workers fail; waits for the first.
    pub fn work() {
        let failed = chan(0);
        for _ in 0..2 {
            let failed = failed.clone();
            go::go(move || fail(&failed));
        }
        failed.recv();
    }
}

/// Whoever receives closes it when it has enough.
pub mod broken_receiver {
    use raddle_shims::go::{self, chan};

    /// Two workers fail; waits for the first.
    pub fn work() {
        let failed = chan(1);
        for worker in 0..2 {
            let failed = failed.sender();
            go::go(move || failed.send(worker));
        }
        failed.recv();
        failed.close();
    }
}

/// Closes it once.
pub mod fixed {
    use raddle_shims::go::{self, Once, chan};
    use std::sync::Arc;

    /// Two workers fail; waits for the first.
    pub fn work() {
        let (failed, once) = (chan::<()>(0), Arc::new(Once::new()));
        for _ in 0..2 {
            let (failed, once) = (failed.clone(), Arc::clone(&once));
            go::go(move || once.do_once(|| failed.close()));
        }
        failed.recv();
    }
}
