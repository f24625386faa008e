//! once_cell: a weak compare-exchange that failed for no reason (matklad/once_cell#186, 2022).
//!
//! The cell's state goes from "incomplete" to "running" by `compare_exchange_weak`. That may fail although the
//! state is "incomplete", and this branch was held to be unreachable. On x86 it never happens, on Arm it does.
//! Repaired by trying again.
//!
//! Simplified: nothing is parked. One thread is enough; the second is there to have something to win.

use super::bug::Bug;
use raddle::Kind;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU8, Ordering::*};
use raddle_shims::thread;

const INCOMPLETE: u8 = 0;
const COMPLETE: u8 = 2;

#[derive(Default)]
struct State(AtomicU8);

impl State {
    /// Whether the caller was the first.
    fn initialise(&self, retries: bool) -> bool {
        loop {
            match self.0.compare_exchange_weak(INCOMPLETE, COMPLETE, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(COMPLETE) => return false,
                Err(_) if retries => {}
                Err(state) => unreachable!("the exchange failed although the state is {state}"),
            }
        }
    }
}

fn program(retries: bool) {
    let state = Arc::new(State::default());
    let theirs = Arc::clone(&state);
    let other = thread::spawn(move || theirs.initialise(retries));
    let mine = state.initialise(retries);
    assert!(mine != other.join().unwrap());
}

/// The bug.
pub const BUG: Bug = Bug {
    name: "bugs::once_cell_weak::broken",
    kind: Kind::Panic,
    steps_max: 4,
    objects: &[],
    sites: &[("match self.0", "unreachable!")],
    broken: || program(false),
    fixed: || program(true),
};

#[raddle::test(expect = "panic")]
fn broken() {
    (BUG.broken)();
}

#[raddle::test]
fn fixed() {
    (BUG.fixed)();
}

#[test]
fn found_and_verified() {
    BUG.check();
}
