//! A circuit breaker that is open lets one probe through after a while; that only one may be the first is the trap.

#![forbid(unsafe_code)]

use raddle_shims::go::atomic::Int64;

const OPEN: i64 = 1;
const HALF_OPEN: i64 = 2;

/// Sees that it is open, and makes it half open.
pub mod broken {
    use super::{HALF_OPEN, Int64, OPEN};

    /// Whether the caller is the probe.
    pub fn probe(state: &Int64) -> bool {
        if state.load() != OPEN {
            return false;
        }
        state.store(HALF_OPEN);
        true
    }

    /// How many of two callers probe.
    pub fn probes() -> i64 {
        super::probes(probe)
    }
}

/// Makes it half open if it is open, in one step.
pub mod fixed {
    use super::{HALF_OPEN, Int64, OPEN};

    /// Whether the caller is the probe.
    pub fn probe(state: &Int64) -> bool {
        state.compare_and_swap(OPEN, HALF_OPEN)
    }

    /// How many of two callers probe.
    pub fn probes() -> i64 {
        super::probes(probe)
    }
}

fn probes(probe: fn(&Int64) -> bool) -> i64 {
    use raddle_shims::go::{self, chan};
    use std::sync::Arc;
    let (state, results) = (Arc::new(Int64::new(OPEN)), chan(2));
    for _ in 0..2 {
        let (state, results) = (Arc::clone(&state), results.sender());
        go::go(move || results.send(i64::from(probe(&state))));
    }
    results.iter().take(2).sum()
}
