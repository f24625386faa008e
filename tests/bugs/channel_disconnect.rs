//! crossbeam-channel: a sender wiped out the mark of a disconnection (commit 9d423946, 2018).
//!
//! The index of the tail and the bit that says "disconnected" are one word. The sender that fills the last slot
//! of a block installs the next block and wrote the new index by a plain `store`; a disconnection that came in
//! between was lost, and the other side waited for it for ever. Repaired by `fetch_add`.
//!
//! Simplified: blocks of one slot, whose contents do not matter; the side that waits is the sender itself.

use super::bug::bug;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*};
use raddle_shims::thread;

const DISCONNECTED: usize = 1;
const STEP: usize = 2;

#[derive(Default)]
struct Channel {
    tail: AtomicUsize,
}

impl Channel {
    fn send(&self, adds: bool) {
        let tail = self.tail.load(Acquire);
        if tail & DISCONNECTED != 0 {
            return;
        }
        // Every message fills a block.
        if adds {
            self.tail.fetch_add(STEP, Release);
        } else {
            self.tail.store(tail + STEP, Release);
        }
    }

    fn disconnect(&self) {
        self.tail.fetch_or(DISCONNECTED, SeqCst);
    }

    fn wait_for_disconnection(&self) {
        while self.tail.load(Acquire) & DISCONNECTED == 0 {
            thread::yield_now();
        }
    }
}

fn program(adds: bool) {
    let channel = Arc::new(Channel::default());
    let theirs = Arc::clone(&channel);
    let receiver = thread::spawn(move || theirs.disconnect());
    channel.send(adds);
    channel.wait_for_disconnection();
    receiver.join().unwrap();
}

bug! {
    "livelock" in 12 steps,
    objects: ["tail"],
    sites: [("fn wait_for", "self.tail.load"), ("fn send", "self.tail.store")],
    broken: program(false),
    fixed: program(true),
}
