//! `sync.RWMutex`.

use super::lock_real;
#[cfg(feature = "model")]
use crate::kernel::{Action, GAVE_UP, Patience, READ_WRITE, TRANSFERABLE, Value};
#[cfg(feature = "model")]
use crate::model::Object;
use std::sync::{Condvar, Mutex};

/// As `sync.RWMutex`: a lock for one writer or any number of readers, in which a writer that waits keeps new
/// readers out.
///
/// So a goroutine that holds it for reading and asks for it again waits for ever if a writer has come in between ("this
/// prohibits recursive read-locking", says the documentation), and a read lock cannot become a write lock.
///
/// ```
/// use raddle_shims::go::RWMutex;
/// let lock = RWMutex::new();
/// lock.rlock();
/// assert!(lock.try_rlock() && !lock.try_lock());
/// lock.runlock();
/// lock.runlock();
/// ```
pub struct RWMutex {
    state: Mutex<State>,
    changed: Condvar,
    #[cfg(feature = "model")]
    object: Object,
}

struct State {
    readers: i64,
    written: bool,
    /// Writers that wait or hold it.
    intents: u64,
}

impl RWMutex {
    /// One that is free.
    #[track_caller]
    pub const fn new() -> RWMutex {
        RWMutex {
            state: Mutex::new(State { readers: 0, written: false, intents: 0 }),
            changed: Condvar::new(),
            #[cfg(feature = "model")]
            object: Object::new(),
        }
    }

    /// Waits until no writer holds it or waits for it, and takes it for reading.
    #[track_caller]
    pub fn rlock(&self) {
        in_model!(model => { self.act(&model, Action::ReadLock, Patience::Forever); });
        let mut state = lock_real(&self.state);
        while state.intents > 0 {
            state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        state.readers += 1;
    }

    /// The same, if that is possible at once.
    #[track_caller]
    pub fn try_rlock(&self) -> bool {
        in_model!(model => self.act(&model, Action::ReadLock, Patience::None) != GAVE_UP);
        let mut state = lock_real(&self.state);
        let free = state.intents == 0;
        state.readers += i64::from(free);
        free
    }

    /// A reader leaves.
    ///
    /// # Panics
    /// If there is none: "sync: RUnlock of unlocked RWMutex".
    #[track_caller]
    pub fn runlock(&self) {
        assert!(self.leave_reading(), "sync: RUnlock of unlocked RWMutex");
    }

    #[track_caller]
    fn leave_reading(&self) -> bool {
        in_model!(model => self.act(&model, Action::ReadUnlock, Patience::Forever) != GAVE_UP);
        let mut state = lock_real(&self.state);
        state.readers -= 1;
        self.changed.notify_all();
        state.readers >= 0
    }

    /// It as a [`Locker`](super::Locker) whose `lock` and `unlock` are [`rlock`](Self::rlock) and
    /// [`runlock`](Self::runlock), as `RWMutex.RLocker`.
    pub const fn rlocker(&self) -> RLocker<'_> {
        RLocker(self)
    }

    /// Keeps new readers out, waits until nobody holds it, and takes it for writing.
    #[track_caller]
    pub fn lock(&self) {
        in_model!(model => {
            self.act(&model, Action::IntendWrite, Patience::Forever);
            self.act(&model, Action::WriteLock, Patience::Forever);
        });
        let mut state = lock_real(&self.state);
        state.intents += 1;
        while state.readers > 0 || state.written {
            state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        state.written = true;
    }

    /// Takes it for writing, if nobody holds it.
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        in_model!(model => self.act(&model, Action::WriteLock, Patience::None) != GAVE_UP);
        let mut state = lock_real(&self.state);
        let free = state.readers <= 0 && !state.written;
        if free {
            state.intents += 1;
            state.written = true;
        }
        free
    }

    /// The writer leaves.
    ///
    /// # Panics
    /// If there is none: "sync: Unlock of unlocked RWMutex".
    #[track_caller]
    pub fn unlock(&self) {
        assert!(self.leave_writing(), "sync: Unlock of unlocked RWMutex");
    }

    #[track_caller]
    fn leave_writing(&self) -> bool {
        in_model!(model => self.act(&model, Action::WriteUnlock, Patience::Forever) != GAVE_UP);
        let mut state = lock_real(&self.state);
        state.intents = state.intents.saturating_sub(1);
        self.changed.notify_all();
        std::mem::replace(&mut state.written, false)
    }
}

/// The reading side of an [`RWMutex`], as what `RWMutex.RLocker` returns.
#[derive(Clone, Copy)]
pub struct RLocker<'a>(&'a RWMutex);

impl RLocker<'_> {
    /// As [`RWMutex::rlock`].
    #[track_caller]
    pub fn lock(&self) {
        self.0.rlock();
    }

    /// As [`RWMutex::runlock`].
    ///
    /// # Panics
    /// If there is no reader: "sync: RUnlock of unlocked RWMutex".
    #[track_caller]
    pub fn unlock(&self) {
        self.0.runlock();
    }
}

modelled!(RWMutex, RwLock, Value(READ_WRITE.0 | TRANSFERABLE.0));

impl Default for RWMutex {
    #[track_caller]
    fn default() -> RWMutex {
        RWMutex::new()
    }
}
