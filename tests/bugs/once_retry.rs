//! spin: an initialiser that fails lets the others believe the impossible (RUSTSEC-2023-0031, 2023).
//!
//! `Once::try_call_once` sets the state back to "incomplete" when its closure fails. Another caller, who has
//! seen "running" and waits, took it for granted that what follows "running" is never "incomplete", and went on
//! to `unreachable_unchecked`. Repaired by starting again.
//!
//! Simplified: no value, and an `unreachable!` that can be seen instead of undefined behaviour.

use super::bug::bug;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU8, Ordering::*};
use raddle_shims::{hint, thread};

const INCOMPLETE: u8 = 0;
const RUNNING: u8 = 1;
const COMPLETE: u8 = 2;

#[derive(Default)]
struct Once {
    status: AtomicU8,
}

impl Once {
    /// Whether it is complete, as soon as nobody is running.
    fn poll(&self) -> bool {
        loop {
            match self.status.load(Acquire) {
                RUNNING => hint::spin_loop(),
                status => return status == COMPLETE,
            }
        }
    }

    fn try_call_once(&self, init: fn() -> Result<(), ()>, retries: bool) -> Result<(), ()> {
        loop {
            match self.status.compare_exchange(INCOMPLETE, RUNNING, Acquire, Acquire) {
                Ok(_) => {
                    let result = init();
                    let status = if result.is_ok() { COMPLETE } else { INCOMPLETE };
                    self.status.store(status, Release);
                    return result;
                }
                Err(COMPLETE) => return Ok(()),
                Err(_) if self.poll() => return Ok(()),
                Err(_) if retries => {}
                Err(_) => unreachable!("it was running and now it is incomplete"),
            }
        }
    }
}

fn program(retries: bool) {
    let once = Arc::new(Once::default());
    let theirs = Arc::clone(&once);
    let other = thread::spawn(move || theirs.try_call_once(|| Err(()), retries).is_ok());
    assert!(once.try_call_once(|| Ok(()), retries).is_ok());
    other.join().unwrap();
}

bug! {
    "panic" in 7 steps,
    objects: ["status"],
    sites: [("Err(_) if retries", "unreachable!")],
    broken: program(false),
    fixed: program(true),
}
