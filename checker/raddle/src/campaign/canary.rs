//! A program with a bug, in every test binary: a campaign that does not find it could not find anything.

use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::thread;
use std::sync::Arc;

/// What it is called in reports and tokens.
pub(super) const NAME: &str = "raddle::canary";

/// Two threads publish a value and a flag; the reader takes the flag for a proof that the value is there. It fails
/// only if the reader runs in between, or reads an old value, so a campaign that neither switches threads nor reads old
/// values does not find it.
pub(super) fn program() {
    let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let theirs = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        theirs.0.store(1, Relaxed);
        theirs.1.store(1, Relaxed);
        theirs.0.store(2, Relaxed);
    });
    let flag = shared.1.load(Relaxed);
    let value = shared.0.load(Relaxed);
    writer.join().expect("the writer does not panic");
    assert!(flag == 0 || value == 2, "the canary: flag {flag}, value {value}");
}
