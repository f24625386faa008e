//! futures: a receiver that was dropped left a message behind (rust-lang/futures-rs#2304, commit f7654fe1, 2021).
//!
//! A sender counts its message and then pushes it. A receiver that is dropped closes the channel and takes messages out until
//! there is none; one that is counted but not yet pushed stays. If it keeps the channel alive, as a request
//! does that holds the way for its reply, neither is ever freed. Repaired by waiting until all that is counted has come.
//!
//! Simplified: what a message holds is the channel itself.

use super::bug::bug;
use raddle_shims::sync::Mutex;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raddle_shims::thread;
use raddle_shims::track::Arc;

const OPEN: usize = 1 << 31;

struct Channel {
    /// Whether it is open, and the number of messages.
    state: AtomicUsize,
    pushed: AtomicUsize,
    queue: Mutex<Vec<Arc<Channel>>>,
}

fn send(channel: &Arc<Channel>, message: Arc<Channel>) {
    if channel.state.compare_exchange(OPEN, OPEN + 1, SeqCst, SeqCst).is_ok() {
        channel.queue.lock().unwrap().push(message);
        channel.pushed.fetch_add(1, SeqCst);
    }
}

fn drop_receiver(channel: &Channel, waits: bool) {
    let counted = channel.state.fetch_and(!OPEN, SeqCst) & !OPEN;
    while waits && channel.pushed.load(SeqCst) < counted {
        thread::yield_now();
    }
    let left = std::mem::take(&mut *channel.queue.lock().unwrap());
    drop(left);
}

fn program(waits: bool) {
    let channel = Arc::new(Channel {
        state: AtomicUsize::new(OPEN),
        pushed: AtomicUsize::new(0),
        queue: Mutex::default(),
    });
    let theirs = Arc::clone(&channel);
    let sender = thread::spawn(move || send(&theirs, Arc::clone(&theirs)));
    drop_receiver(&channel, waits);
    sender.join().unwrap();
}

bug! {
    "leak" in 25 steps,
    objects: [],
    sites: [("fn program", "Arc::new"), ("fn program", "Arc::clone(&theirs)")],
    broken: program(false),
    fixed: program(true),
}
