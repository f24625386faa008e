//! User code on std: two reads in one condition (rust-lang/rust#101194, 2022, as documented).
//!
//! In `while a.read().. || b.read()..` the first guard is a temporary that lives to the end of the condition, so
//! the second read is taken while the first is held. If both are the same lock and a writer waits in between,
//! the second read waits for the writer and the writer for the first read. Repaired by letting go of the first.
//!
//! Nothing is left out but what is in the locks. It needs readers that wait behind a writer that waits.

use crate::{assert_found, assert_verified};
use raddle::Kind;
use raddle_shims::sync::{Arc, RwLock};
use raddle_shims::thread;

#[derive(Default)]
struct Queue {
    waiting: u32,
    running: u32,
}

fn is_busy_in_one_condition(queue: &RwLock<Queue>) -> bool {
    if queue.read().unwrap().waiting > 0 || queue.read().unwrap().running > 0 {
        return true;
    }
    false
}

fn is_busy_in_two(queue: &RwLock<Queue>) -> bool {
    let is_waiting = queue.read().unwrap().waiting > 0;
    let is_running = queue.read().unwrap().running > 0;
    is_waiting || is_running
}

fn program(is_busy: fn(&RwLock<Queue>) -> bool) {
    let queue = Arc::new(RwLock::new(Queue::default()));
    let theirs = Arc::clone(&queue);
    let other = thread::spawn(move || theirs.write().unwrap().running += 1);
    is_busy(&queue);
    other.join().unwrap();
}

#[raddle::test(expect = "deadlock")]
fn broken() {
    program(is_busy_in_one_condition);
}

#[raddle::test]
fn fixed() {
    program(is_busy_in_two);
}

#[test]
fn found_and_verified() {
    let name = "bugs::rwlock_condition::broken";
    assert_found(name, Kind::Deadlock, 5, || program(is_busy_in_one_condition));
    assert_verified(|| program(is_busy_in_two));
}
