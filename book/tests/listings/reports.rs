//! Programs that fail, for their reports.

use crate::Shown;
use raddle::Kind;

pub const REPORTS: &[Shown] = &[
    ("reports.md", "book::listings::reports::transfer", Kind::Deadlock, transfer_both_ways),
    ("reports.md", "book::listings::reports::lost", Kind::Deadlock, lost_wake_up),
];

use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

// region: deadlock
fn transfer(from: &Mutex<u64>, to: &Mutex<u64>) {
    let mut giver = from.lock().unwrap();
    let mut taker = to.lock().unwrap();
    *giver -= 1;
    *taker += 1;
}

fn transfer_both_ways() {
    let ann = Arc::new(Mutex::new(100));
    let bob = Arc::new(Mutex::new(100));
    let other = thread::spawn({
        let (ann, bob) = (Arc::clone(&ann), Arc::clone(&bob));
        move || transfer(&bob, &ann)
    });
    transfer(&ann, &bob);
    other.join().unwrap();
}
// end: deadlock

// region: lost
fn lost_wake_up() {
    let ready = Arc::new(Mutex::new(false));
    let changed = Arc::new(Condvar::new());
    let other = thread::spawn({
        let (ready, changed) = (Arc::clone(&ready), Arc::clone(&changed));
        move || {
            *ready.lock().unwrap() = true;
            changed.notify_one();
        }
    });
    if !*ready.lock().unwrap() {
        // Wrong: between the look and the wait the lock is free.
        let guard = ready.lock().unwrap();
        drop(changed.wait(guard).unwrap());
    }
    other.join().unwrap();
}
// end: lost

#[raddle::test(expect = "deadlock", name = "book::listings::reports::transfer")]
fn both_ways() {
    transfer_both_ways();
}

#[raddle::test(expect = "deadlock", name = "book::listings::reports::lost")]
fn lost() {
    lost_wake_up();
}
