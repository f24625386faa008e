//! A guard that lives through what it decides is a recursive read (rust-lang/rust#101194, 2022, as intended).
//!
//! The guard of `match a.read().x { … }` is a temporary that lives until the end of the match; at that time that of the
//! first operand of `||` lived through the second, too. If a writer queues up between two reads, the second waits behind the
//! writer, and the writer for the first. Repaired by one guard for both.
//!
//! Nothing is left out but what it is for.

use super::bug::bug;
use raddle_shims::sync::{Arc, RwLock};
use raddle_shims::thread;

#[derive(Default)]
struct Queue {
    length: usize,
    is_closed: bool,
}

fn is_idle(queue: &RwLock<Queue>) -> bool {
    match queue.read().unwrap().length {
        0 => !queue.read().unwrap().is_closed,
        _ => false,
    }
}

fn is_idle_once(queue: &RwLock<Queue>) -> bool {
    let queue = queue.read().unwrap();
    queue.length == 0 && !queue.is_closed
}

fn program(is_idle: fn(&RwLock<Queue>) -> bool) {
    let queue = Arc::new(RwLock::new(Queue::default()));
    let theirs = Arc::clone(&queue);
    let writer = thread::spawn(move || theirs.write().unwrap().is_closed = true);
    is_idle(&queue);
    writer.join().unwrap();
}

bug! {
    "deadlock" in 6 steps,
    objects: ["queue"],
    sites: [
        ("fn is_idle", "match queue.read"),
        ("fn is_idle", "0 => "),
        ("fn program", "theirs.write"),
    ],
    broken: program(is_idle),
    fixed: program(is_idle_once),
}
