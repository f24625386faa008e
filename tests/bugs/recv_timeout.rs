//! std: a receiver with a time limit left its wake-up token behind (rust-lang/rust#39364, 2017 to 2022).
//!
//! A receiver that waits leaves a token and makes the count -1; a sender that finds -1 takes the token and wakes it. A
//! receiver whose time runs out makes the count right again, may find that a message has come, and returns with it, before
//! the sender has taken the token. The next time it wants to wait it asserts that there is none. Repaired (at last, by
//! another channel); here by waiting until the token is taken.
//!
//! Simplified: one kind of channel, where the real one changed from one to another.

use super::bug::bug;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};
use raddle_shims::thread::{self, Thread};
use std::time::Duration;

#[derive(Default)]
struct Packet {
    count: AtomicIsize,
    to_wake: AtomicUsize,
}

impl Packet {
    fn send(&self, receiver: &Thread) {
        if self.count.fetch_add(1, SeqCst) == -1 {
            self.to_wake.store(0, SeqCst);
            receiver.unpark();
        }
    }

    /// Whether a message came in time.
    fn receive(&self, waits: bool) -> bool {
        assert_eq!(self.to_wake.load(SeqCst), 0, "nobody waits");
        self.to_wake.store(1, SeqCst);
        if self.count.fetch_sub(1, SeqCst) > 0 {
            self.to_wake.store(0, SeqCst);
            return true;
        }
        thread::park_timeout(Duration::from_millis(1));
        if self.count.fetch_add(1, SeqCst) < 0 {
            self.to_wake.store(0, SeqCst);
            return false;
        }
        while waits && self.to_wake.load(SeqCst) != 0 {
            thread::yield_now();
        }
        self.count.fetch_sub(1, SeqCst);
        true
    }
}

fn program(waits: bool) {
    let packet = Arc::new(Packet::default());
    let theirs = Arc::clone(&packet);
    let receiver = thread::current();
    let sender = thread::spawn(move || theirs.send(&receiver));
    for _ in 0..2 {
        packet.receive(waits);
    }
    sender.join().unwrap();
}

bug! {
    "panic" in 12 steps,
    objects: ["to_wake"],
    sites: [("fn send", "fetch_add"), ("fn receive", "assert_eq")],
    broken: program(false),
    fixed: program(true),
}
