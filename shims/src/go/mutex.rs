//! `sync.Mutex`.

use super::rwmutex::RLocker;
use super::{RWMutex, lock_real};
#[cfg(feature = "model")]
use crate::kernel::{Action, GAVE_UP, Patience, TRANSFERABLE, Value};
#[cfg(feature = "model")]
use crate::model::Object;
use std::sync::{Condvar, Mutex as Real};

/// As `sync.Mutex`: it guards nothing in particular, belongs to no goroutine, and any of them may unlock it.
///
/// An `unlock` is synchronised before later `lock`s. It is not re-entrant and knows no poison. For data of your own, `raddle_shims::sync::Mutex` is
/// the one that Rust's type system understands.
///
/// ```
/// use raddle_shims::go::Mutex;
/// let lock = Mutex::new();
/// lock.lock();
/// assert!(!lock.try_lock());
/// lock.unlock();
/// ```
pub struct Mutex {
    held: Real<bool>,
    free: Condvar,
    #[cfg(feature = "model")]
    object: Object,
}

impl Mutex {
    /// One that is free.
    #[track_caller]
    pub const fn new() -> Mutex {
        Mutex {
            held: Real::new(false),
            free: Condvar::new(),
            #[cfg(feature = "model")]
            object: Object::new(),
        }
    }

    /// Waits until it is free, and takes it.
    #[track_caller]
    pub fn lock(&self) {
        in_model!(model => { self.act(&model, Action::Lock, Patience::Forever); });
        let mut held = lock_real(&self.held);
        while *held {
            held = self.free.wait(held).unwrap_or_else(|e| e.into_inner());
        }
        *held = true;
    }

    /// Takes it, if it is free; whether it was.
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        in_model!(model => self.act(&model, Action::Lock, Patience::None) != GAVE_UP);
        !std::mem::replace(&mut *lock_real(&self.held), true)
    }

    /// Frees it.
    ///
    /// # Panics
    /// If it is free: "sync: unlock of unlocked mutex". In Go that is fatal, so it is not to be caught.
    #[track_caller]
    pub fn unlock(&self) {
        assert!(self.release(), "sync: unlock of unlocked mutex");
    }

    #[track_caller]
    fn release(&self) -> bool {
        in_model!(model => self.act(&model, Action::Unlock, Patience::Forever) != GAVE_UP);
        let was_held = std::mem::replace(&mut *lock_real(&self.held), false);
        self.free.notify_one();
        was_held
    }
}

modelled!(Mutex, Mutex, TRANSFERABLE);

impl Default for Mutex {
    #[track_caller]
    fn default() -> Mutex {
        Mutex::new()
    }
}

/// As `sync.Locker`: what can be locked and unlocked.
pub trait Locker {
    /// Waits until it is free, and takes it.
    fn lock(&self);
    /// Gives it back.
    ///
    /// # Panics
    /// If it is free, with the message of the type.
    fn unlock(&self);
}

macro_rules! locker {
    ($name:ty: $lock:ident, $unlock:ident) => {
        impl Locker for $name {
            #[track_caller]
            fn lock(&self) {
                <$name>::$lock(self);
            }

            #[track_caller]
            fn unlock(&self) {
                <$name>::$unlock(self);
            }
        }
    };
}

locker!(Mutex: lock, unlock);
locker!(RWMutex: lock, unlock);
locker!(RLocker<'_>: lock, unlock);
