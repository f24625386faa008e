//! flume: a receiver said that all senders are gone, and lost the last message (zesterer/flume#120, commit 5a17b3b, 2023).
//!
//! The receiver finds no message, and asks whether the channel is disconnected. If the sender sends and is dropped in
//! between, the answer is yes, and the message is never received. Repaired by looking for a message once more.
//!
//! Simplified: room for one message.

use super::bug::bug;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::SeqCst};
use raddle_shims::sync::mpsc::TryRecvError;
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

#[derive(Default)]
struct Channel {
    message: Mutex<Option<u32>>,
    is_disconnected: AtomicBool,
}

impl Channel {
    fn send_and_drop(&self, message: u32) {
        *self.message.lock().unwrap() = Some(message);
        self.is_disconnected.store(true, SeqCst);
    }

    fn pop(&self) -> Option<u32> {
        self.message.lock().unwrap().take()
    }

    fn try_receive(&self, looks_again: bool) -> Result<u32, TryRecvError> {
        if let Some(message) = self.pop() {
            return Ok(message);
        }
        if !self.is_disconnected.load(SeqCst) {
            return Err(TryRecvError::Empty);
        }
        let latest = if looks_again { self.pop() } else { None };
        latest.ok_or(TryRecvError::Disconnected)
    }
}

fn program(looks_again: bool) {
    let channel = Arc::new(Channel::default());
    let theirs = Arc::clone(&channel);
    let sender = thread::spawn(move || theirs.send_and_drop(7));
    let received = channel.try_receive(looks_again);
    assert_ne!(received, Err(TryRecvError::Disconnected), "the message is lost");
    sender.join().unwrap();
}

bug! {
    "panic" in 9 steps,
    objects: [],
    sites: [
        ("fn send_and_drop", "message.lock"),
        ("fn try_receive", "is_disconnected"),
        ("fn program", "assert_ne"),
    ],
    broken: program(false),
    fixed: program(true),
}
