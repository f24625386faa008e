//! Workers load shards and tell what they do; the room for what they tell is the trap.

#![forbid(unsafe_code)]

use raddle_shims::sync::atomic::{AtomicBool, Ordering::SeqCst};
use raddle_shims::sync::mpsc::SyncSender;

/// What a worker tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Event {
    /// There was no index, so the worker built it.
    IndexBuilt,
    /// The shard is loaded.
    Loaded(u32),
}

fn load(shard: u32, has_index: &AtomicBool, events: &SyncSender<Event>) {
    if !has_index.load(SeqCst) {
        has_index.store(true, SeqCst);
        events.send(Event::IndexBuilt).expect("somebody listens");
    }
    events.send(Event::Loaded(shard)).expect("somebody listens");
}

/// Waits for the workers and then reads what they told: it must fit into the channel.
pub mod broken {
    use super::{Event, load};
    use raddle_shims::sync::{Arc, atomic::AtomicBool, mpsc};
    use raddle_shims::thread;

    /// Loads the shards, each by a thread; tells what happened.
    ///
    /// # Panics
    /// If a worker panics.
    pub fn load_all(shards: u32) -> Vec<Event> {
        let has_index = Arc::new(AtomicBool::new(false));
        // One event from each worker, and one from the worker that comes first.
        let (sender, receiver) = mpsc::sync_channel(shards as usize + 1);
        let start = |shard| {
            let (has_index, sender) = (Arc::clone(&has_index), sender.clone());
            thread::spawn(move || load(shard, &has_index, &sender))
        };
        let workers: Vec<_> = (0..shards).map(start).collect();
        for worker in workers {
            worker.join().expect("workers do not panic");
        }
        drop(sender);
        receiver.iter().collect()
    }
}

/// Reads while the workers run, until the last of them has hung up: any room is enough.
pub mod fixed {
    use super::{Event, load};
    use raddle_shims::sync::{Arc, atomic::AtomicBool, mpsc};
    use raddle_shims::thread;

    /// Loads the shards, each by a thread; tells what happened.
    ///
    /// # Panics
    /// If a worker panics.
    pub fn load_all(shards: u32) -> Vec<Event> {
        let has_index = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = mpsc::sync_channel(1);
        let start = |shard| {
            let (has_index, sender) = (Arc::clone(&has_index), sender.clone());
            thread::spawn(move || load(shard, &has_index, &sender))
        };
        let workers: Vec<_> = (0..shards).map(start).collect();
        drop(sender);
        let events = receiver.iter().collect();
        for worker in workers {
            worker.join().expect("workers do not panic");
        }
        events
    }
}
