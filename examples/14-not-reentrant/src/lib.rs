//! Random numbers for retries, from a generator that keeps its state in a static.

/// One step of a linear congruential generator.
const fn step(state: u64) -> u64 {
    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

/// The state is a plain static, as in many a C library: the routine is not for two threads.
pub mod broken {
    use super::step;
    use raddle_shims::cell::{Access, UnsafeCell};

    struct State(UnsafeCell<u64>);

    // SAFETY: wrong. That the callers of one thread take turns says nothing of other threads.
    unsafe impl Sync for State {}

    static STATE: State = State(UnsafeCell::new(1));

    /// The next random number.
    pub fn random() -> u64 {
        STATE.0.with_mut(|state| {
            // SAFETY: wrong, as above.
            let state = unsafe { &mut *state };
            *state = step(*state);
            *state >> 32
        })
    }
}

/// The state is behind a lock. (A generator for each caller, passed as `&mut`, would do as well.)
pub mod fixed {
    use super::step;
    use raddle_shims::sync::{Mutex, PoisonError};

    static STATE: Mutex<u64> = Mutex::new(1);

    /// The next random number.
    pub fn random() -> u64 {
        let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
        *state = step(*state);
        *state >> 32
    }
}
