//! `sync.WaitGroup`.

use super::lock_real;
#[cfg(feature = "model")]
use crate::kernel::{Action, GAVE_UP, Patience, REUSED, Value};
#[cfg(feature = "model")]
use crate::model::{Object, ops};
use std::sync::{Arc, Condvar, Mutex};

/// As `sync.WaitGroup`: waits for a number of goroutines to be done.
///
/// A `done` is synchronised before the return of any `wait` that it unblocks. Additions commute, and so do `done`s, so
/// any number of workers that are added before the first is started is one execution.
///
/// A group may be used again when all have returned who waited for it. One that is used again earlier panics, as in Go, in the
/// goroutine that adds to it or in one that waits; Go notices by luck, a model always. The first `add` of a group that is
/// concurrent with a `wait` shows in that the `wait` may return early.
///
/// ```
/// use raddle_shims::go::WaitGroup;
/// use std::sync::Arc;
/// let group = Arc::new(WaitGroup::new());
/// for _ in 0..3 {
///     group.go(|| {});
/// }
/// group.wait();
/// ```
pub struct WaitGroup {
    state: Mutex<State>,
    zero: Condvar,
    #[cfg(feature = "model")]
    object: Object,
}

struct State {
    count: i64,
    /// Who waits, or has been told that the count is 0 and not returned.
    waiters: u32,
    /// Who waits has been told, by a count of 0, how often.
    rounds: u64,
}

const MISUSE: &str = "sync: WaitGroup misuse: Add called concurrently with Wait";
const REUSE: &str = "sync: WaitGroup is reused before previous Wait has returned";

/// What is wrong with an addition.
enum Wrong {
    Negative,
    Reused,
}

impl WaitGroup {
    /// A group of nobody.
    #[track_caller]
    pub const fn new() -> WaitGroup {
        WaitGroup {
            state: Mutex::new(State { count: 0, waiters: 0, rounds: 0 }),
            zero: Condvar::new(),
            #[cfg(feature = "model")]
            object: Object::new(),
        }
    }

    /// Adds to the number of those who are not done. What makes it positive must happen before `wait`.
    ///
    /// # Panics
    /// If the number is then negative: "sync: negative WaitGroup counter". If it was 0, and not all have returned who waited
    /// for that: "sync: WaitGroup misuse: Add called concurrently with Wait"; or one of these panics.
    #[track_caller]
    pub fn add(&self, delta: i32) {
        match self.count(delta) {
            Ok(()) => {}
            Err(Wrong::Negative) => panic!("sync: negative WaitGroup counter"),
            Err(Wrong::Reused) => panic!("{MISUSE}"),
        }
    }

    /// One is done.
    ///
    /// # Panics
    /// As [`add`](Self::add).
    #[track_caller]
    pub fn done(&self) {
        self.add(-1);
    }

    #[track_caller]
    fn count(&self, delta: i32) -> Result<(), Wrong> {
        in_model!(model => match self.act(&model, Action::Count(delta), Patience::Forever) {
            GAVE_UP => Err(Wrong::Negative),
            // Either may notice.
            REUSED if ops::choose(&model, 2, std::panic::Location::caller()) == 0 => {
                Err(Wrong::Reused)
            }
            _ => Ok(()),
        });
        let mut state = lock_real(&self.state);
        if delta > 0 && state.count == 0 && state.waiters > 0 {
            return Err(Wrong::Reused);
        }
        state.count += i64::from(delta);
        if state.count == 0 && delta < 0 {
            state.rounds += 1;
            self.zero.notify_all();
        }
        if state.count < 0 { Err(Wrong::Negative) } else { Ok(()) }
    }

    /// Waits until everybody is done.
    ///
    /// # Panics
    /// If the group is used again before this has returned: "sync: WaitGroup is reused before previous Wait has returned"; or
    /// [`add`](Self::add) panics.
    #[track_caller]
    pub fn wait(&self) {
        in_model!(model => {
            self.act(&model, Action::Register, Patience::Forever);
            assert!(self.act(&model, Action::AwaitZero, Patience::Forever) != REUSED, "{REUSE}");
        });
        let mut state = lock_real(&self.state);
        if state.count <= 0 {
            return;
        }
        let round = state.rounds;
        state.waiters += 1;
        while state.rounds == round {
            state = self.zero.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        state.waiters -= 1;
        let is_reused = state.count != 0;
        drop(state);
        assert!(!is_reused, "{REUSE}");
    }

    /// Starts a goroutine that is waited for, as `WaitGroup.Go`.
    #[track_caller]
    pub fn go<R>(self: &Arc<Self>, f: impl FnOnce() -> R + Send + 'static) {
        self.add(1);
        let group = Arc::clone(self);
        super::go(move || {
            f();
            group.done();
        });
    }
}

modelled!(WaitGroup, WaitGroup, Value(0));

impl Default for WaitGroup {
    #[track_caller]
    fn default() -> WaitGroup {
        WaitGroup::new()
    }
}
