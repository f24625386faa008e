//! async-channel: a channel without senders came to life again (smol-rs/async-channel#60, commit 14ba707, 2023).
//!
//! `WeakSender::upgrade` counted itself by `fetch_add` and looked afterwards: if the count had been 0 the channel was
//! closed, so it stored 0 and gave up. A second upgrade in between saw 1 and succeeded. Repaired by a
//! compare-exchange that does not count from 0.
//!
//! Nothing is left out but the channel.

use super::bug::bug;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*};
use raddle_shims::thread;

struct Weak {
    senders: AtomicUsize,
}

impl Weak {
    /// Whether there is a sender now.
    fn upgrade(&self, looks_first: bool) -> bool {
        if !looks_first {
            let was_closed = self.senders.fetch_add(1, Relaxed) == 0;
            if was_closed {
                self.senders.store(0, Relaxed);
            }
            return !was_closed;
        }
        let mut count = self.senders.load(Relaxed);
        while count != 0 {
            match self.senders.compare_exchange(count, count + 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(other) => count = other,
            }
        }
        false
    }
}

fn program(looks_first: bool) {
    let weak = Arc::new(Weak { senders: AtomicUsize::new(1) });
    let theirs = Arc::clone(&weak);
    let other = thread::spawn(move || theirs.upgrade(looks_first));
    weak.senders.fetch_sub(1, Relaxed);
    let mine = weak.upgrade(looks_first);
    let others = other.join().unwrap();
    assert!(others || !mine, "the last sender is gone, and there is one");
}

bug! {
    "panic" in 6 steps,
    objects: ["senders"],
    sites: [("fn upgrade", "fetch_add"), ("fn program", "assert!(others")],
    broken: program(false),
    fixed: program(true),
}
