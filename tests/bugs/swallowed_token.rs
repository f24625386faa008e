//! std: `park` inside of the library swallowed a token that was meant for its caller (rust-lang/rust#145816, 2025).
//!
//! A thread has one token, however often it is unparked. The first use of standard output, say, parks in a `Once`; a token
//! that the program has sent already ends that wait, and when the program parks for it, it is gone. Repaired here as
//! std documents it: who parks looks at a condition of its own.
//!
//! Simplified: the library's wait is a flag, and both wake-ups come from one thread.

use super::bug::bug;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::*};
use raddle_shims::thread;

#[derive(Default)]
struct Shared {
    initialised: AtomicBool,
    requested: AtomicBool,
}

impl Shared {
    fn wait_inside_of_the_library(&self) {
        while !self.initialised.load(Acquire) {
            thread::park();
        }
    }

    fn wait_for_request(&self, looks: bool) {
        if !looks {
            thread::park();
        }
        while looks && !self.requested.load(Acquire) {
            thread::park();
        }
    }

    fn act(&self, waiter: &thread::Thread) {
        self.requested.store(true, Release);
        waiter.unpark();
        self.initialised.store(true, Release);
        waiter.unpark();
    }
}

fn program(looks: bool) {
    let shared = Arc::new(Shared::default());
    let theirs = Arc::clone(&shared);
    let waiter = thread::current();
    let other = thread::spawn(move || theirs.act(&waiter));
    shared.wait_inside_of_the_library();
    shared.wait_for_request(looks);
    other.join().unwrap();
}

bug! {
    "deadlock" in 12 steps,
    objects: ["main"],
    sites: [("fn wait_for_request", "thread::park"), ("fn act", "waiter.unpark")],
    broken: program(false),
    fixed: program(true),
}
