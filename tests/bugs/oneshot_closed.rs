//! tokio: a oneshot sender said "sent" on a channel that was closed (tokio-rs/tokio#4225, RUSTSEC-2021-0124, 2021).
//!
//! The sender puts the value into the cell and sets the bit "sent"; if the bit "closed" was there before, it takes
//! the value back. But the receiver that has closed looks for "sent" too, finds it, and takes the value at the same
//! time. Repaired by not setting "sent" where "closed" is.
//!
//! Simplified: no tasks that are woken.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*};
use raddle_shims::thread;

const SENT: usize = 1;
const CLOSED: usize = 2;

struct Channel {
    state: AtomicUsize,
    value: UnsafeCell<Option<u32>>,
}

// SAFETY: the value is used by the side that the state says. (The bug is that it is not.)
unsafe impl Sync for Channel {}

impl Channel {
    fn take(&self) -> Option<u32> {
        // SAFETY: as above.
        self.value.with_mut(|value| unsafe { (*value).take() })
    }

    /// The state before.
    fn complete(&self, looks: bool) -> usize {
        if !looks {
            return self.state.fetch_or(SENT, AcqRel);
        }
        let mut state = self.state.load(Relaxed);
        while state & CLOSED == 0 {
            match self.state.compare_exchange(state, state | SENT, AcqRel, Acquire) {
                Ok(_) => break,
                Err(other) => state = other,
            }
        }
        state
    }

    /// The value, if it was not sent.
    fn send(&self, value: u32, looks: bool) -> Option<u32> {
        // SAFETY: as above.
        self.value.with_mut(|place| unsafe { *place = Some(value) });
        if self.complete(looks) & CLOSED == 0 { None } else { self.take() }
    }

    fn close(&self) {
        self.state.fetch_or(CLOSED, AcqRel);
    }

    fn try_receive(&self) -> Option<u32> {
        if self.state.load(Acquire) & SENT == 0 { None } else { self.take() }
    }
}

fn program(looks: bool) {
    let channel = Channel { state: AtomicUsize::new(0), value: UnsafeCell::new(None) };
    let channel = Arc::new(channel);
    let theirs = Arc::clone(&channel);
    let sender = thread::spawn(move || theirs.send(7, looks));
    channel.close();
    let received = channel.try_receive();
    let returned = sender.join().unwrap();
    assert!(received.is_some() != returned.is_some());
}

bug! {
    "data-race" in 8 steps,
    objects: ["value"],
    sites: [("fn take", "with_mut")],
    broken: program(false),
    fixed: program(true),
}
