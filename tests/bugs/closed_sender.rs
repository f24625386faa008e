//! futures: a sender parked itself on a channel that had just been closed (commit 5f53404c, 2016).
//!
//! A sender that finds the channel full puts itself on the list of those that are parked. A receiver that closes marks
//! the channel and wakes all on the list. If that happens between the sender's look at the mark and its entry in
//! the list, nobody wakes it. Repaired by looking again after the entry.
//!
//! Simplified: the channel is always full, and one sender is parked.

use super::bug::bug;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::SeqCst};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread::{self, Thread};

struct Channel {
    is_open: AtomicBool,
    parked: Mutex<Option<Thread>>,
    woken: AtomicBool,
}

impl Channel {
    fn send(&self, looks_again: bool) {
        if !self.is_open.load(SeqCst) {
            return;
        }
        *self.parked.lock().unwrap() = Some(thread::current());
        if looks_again && !self.is_open.load(SeqCst) {
            return;
        }
        while !self.woken.load(SeqCst) {
            thread::park();
        }
    }

    fn close(&self) {
        self.is_open.store(false, SeqCst);
        if let Some(sender) = self.parked.lock().unwrap().take() {
            self.woken.store(true, SeqCst);
            sender.unpark();
        }
    }
}

fn program(looks_again: bool) {
    let channel = Channel {
        is_open: AtomicBool::new(true),
        parked: Mutex::new(None),
        woken: AtomicBool::new(false),
    };
    let channel = Arc::new(channel);
    let theirs = Arc::clone(&channel);
    let sender = thread::spawn(move || theirs.send(looks_again));
    channel.close();
    sender.join().unwrap();
}

bug! {
    "deadlock" in 12 steps,
    objects: ["t1"],
    sites: [("fn send", "thread::park"), ("fn program", "sender.join")],
    broken: program(false),
    fixed: program(true),
}
