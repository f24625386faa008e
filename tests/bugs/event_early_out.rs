//! event-listener: a notification ended early on an old count (smol-rs/event-listener#138, commit 85e3474, 2024).
//!
//! `notify` did not take the lock of the list if an atomic count said that nobody needs to be notified. That count may be
//! old: the condition is stored, the count is read, and neither sees what the listener does between. The listener, who has come and looks at
//! the condition once more, may miss that as well. Repaired by always taking the lock.
//!
//! Simplified: one listener, a list that is one thread. No interleaving shows it, which `sc` confirms.

use super::bug::bug;
use raddle_shims::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread::{self, Thread};

#[derive(Default)]
struct Event {
    list: Mutex<Option<Thread>>,
    listeners: AtomicUsize,
    condition: AtomicBool,
}

impl Event {
    fn listen(&self) {
        {
            let mut list = self.list.lock().unwrap();
            *list = Some(thread::current());
            self.listeners.store(1, Release);
        }
        while !self.condition.load(Acquire) {
            thread::park();
        }
    }

    fn notify(&self, ends_early: bool) {
        self.condition.store(true, Release);
        if ends_early && self.listeners.load(Acquire) == 0 {
            return;
        }
        if let Some(listener) = self.list.lock().unwrap().take() {
            listener.unpark();
        }
    }
}

fn program(ends_early: bool) {
    let event = Arc::new(Event::default());
    let theirs = Arc::clone(&event);
    let listener = thread::spawn(move || theirs.listen());
    event.notify(ends_early);
    listener.join().unwrap();
}

bug! {
    "deadlock" in 10 steps under rc20 alone,
    objects: ["t1"],
    sites: [("fn listen", "thread::park"), ("fn program", "listener.join")],
    broken: program(true),
    fixed: program(false),
}
