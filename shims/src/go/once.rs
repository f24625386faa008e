//! `sync.Once` and what is made of it.

use super::lock_real;
#[cfg(feature = "model")]
use crate::kernel::{Action, Begun, Patience, Value};
#[cfg(feature = "model")]
use crate::model::Object;
use std::sync::{Arc, Condvar, Mutex};

/// As `sync.Once`: does something exactly once, and whoever comes meanwhile waits until it has been done.
///
/// A call of `do_once` from within waits for itself. If what is done panics it counts as done.
///
/// ```
/// use raddle_shims::go::Once;
/// let (once, mut times) = (Once::new(), 0);
/// once.do_once(|| times += 1);
/// once.do_once(|| times += 1);
/// assert_eq!(times, 1);
/// ```
pub struct Once {
    state: Mutex<State>,
    changed: Condvar,
    #[cfg(feature = "model")]
    object: Object,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Running,
    Done,
}

/// Makes it done, also if it panics.
struct Completes<'a>(&'a Once);

impl Drop for Completes<'_> {
    fn drop(&mut self) {
        self.0.complete();
    }
}

impl Once {
    /// One that has done nothing.
    #[track_caller]
    pub const fn new() -> Once {
        Once {
            state: Mutex::new(State::Fresh),
            changed: Condvar::new(),
            #[cfg(feature = "model")]
            object: Object::new(),
        }
    }

    /// Calls `f`, if it is the first to; returns when the first call has. Go calls it `Do`.
    #[track_caller]
    pub fn do_once(&self, f: impl FnOnce()) {
        if self.begin() {
            let _completes = Completes(self);
            f();
        }
    }

    /// Whether the caller is the first; else waits.
    #[track_caller]
    fn begin(&self) -> bool {
        in_model!(model => {
            let begun = self.act(&model, Action::Begin { force: true }, Patience::Forever);
            Begun::from_value(begun) == Some(Begun::Claimed)
        });
        let mut state = lock_real(&self.state);
        while *state == State::Running {
            state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        let first = *state == State::Fresh;
        if first {
            *state = State::Running;
        }
        first
    }

    #[track_caller]
    fn complete(&self) {
        in_model!(model => { self.act(&model, Action::Complete, Patience::Forever); });
        *lock_real(&self.state) = State::Done;
        self.changed.notify_all();
    }
}

modelled!(Once, Once, Value(0));

impl Default for Once {
    #[track_caller]
    fn default() -> Once {
        Once::new()
    }
}

/// A function that calls `f` at most once, as `sync.OnceFunc`. Clones share that.
#[track_caller]
pub fn once_func(f: impl FnOnce() + Send + 'static) -> impl Fn() + Clone + Send + Sync + 'static {
    let value = once_value(f);
    move || value()
}

/// A function that calls `f` once and gives everybody a clone of what it returned, as `sync.OnceValue`.
///
/// # Panics
/// Whenever the function is called after `f` has panicked. Go panics with the same value again; here only the
/// first call does.
#[track_caller]
pub fn once_value<T: Clone + Send + 'static>(
    f: impl FnOnce() -> T + Send + 'static,
) -> impl Fn() -> T + Clone + Send + Sync + 'static {
    let shared = Arc::new((Once::new(), Mutex::new((Some(f), None))));
    move || {
        let (once, state) = &*shared;
        once.do_once(|| {
            let f = lock_real(state).0.take();
            let value = f.map(|f| f());
            lock_real(state).1 = value;
        });
        lock_real(state).1.clone().expect("the function of a once panicked when it was called")
    }
}

/// The same for a function with two results, as `sync.OnceValues`.
///
/// ```
/// use raddle_shims::go::once_values;
/// let parse = once_values(|| ("7".parse::<u32>().ok(), "7"));
/// assert_eq!((parse(), parse()), ((Some(7), "7"), (Some(7), "7")));
/// ```
///
/// # Panics
/// As [`once_value`].
#[track_caller]
pub fn once_values<T: Clone + Send + 'static, U: Clone + Send + 'static>(
    f: impl FnOnce() -> (T, U) + Send + 'static,
) -> impl Fn() -> (T, U) + Clone + Send + Sync + 'static {
    once_value(f)
}
