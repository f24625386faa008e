//! once_cell: a weak compare-exchange that failed for no reason (matklad/once_cell#186, 2022).
//!
//! The cell's state goes from "incomplete" to "running" by `compare_exchange_weak`. That may fail although the
//! state is "incomplete", and this branch was held to be unreachable. On x86 it never happens, on Arm it does.
//! Repaired by trying again.
//!
//! Simplified: nothing is parked. One thread is enough; the second is there to have something to win.

use super::bug::bug;
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

bug! {
    "panic" in 4 steps,
    objects: [],
    sites: [("match self.0", "unreachable!")],
    broken: program(false),
    fixed: program(true),
}

#[test]
fn the_failure_for_no_reason_makes_the_difference() {
    let report = BUG.found(raddle::Builder::new()).report_in(1_000);
    let passes = "passes if at step 3 the exchange does not fail for no reason instead";
    assert!(report.contains(passes), "{report}");
}
