//! `sync.Cond`.

use super::{Locker, lock_real};
#[cfg(feature = "model")]
use crate::kernel::{Action, Patience, Value};
#[cfg(feature = "model")]
use crate::model::Object;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex as Real};

/// As `sync.Cond`: goroutines wait for an event and are told of it.
///
/// Signals wake in the order of waiting, and nobody wakes up for no reason. Unlike Go's it does not own its
/// lock: `wait` is given it, any [`Locker`].
///
/// ```
/// use raddle_shims::go::{Cond, Mutex};
/// let (lock, ready) = (Mutex::new(), Cond::new());
/// lock.lock();
/// ready.signal();
/// lock.unlock();
/// ```
pub struct Cond {
    queue: Real<VecDeque<Arc<Ticket>>>,
    #[cfg(feature = "model")]
    object: Object,
}

#[derive(Default)]
struct Ticket {
    called: Real<bool>,
    changed: Condvar,
}

impl Ticket {
    fn call(&self) {
        *lock_real(&self.called) = true;
        self.changed.notify_one();
    }
}

impl Cond {
    /// One at which nobody waits.
    #[track_caller]
    pub const fn new() -> Cond {
        Cond {
            queue: Real::new(VecDeque::new()),
            #[cfg(feature = "model")]
            object: Object::new(),
        }
    }

    /// Unlocks, waits to be told, and locks again. The condition must be tested in a loop: others may have had the lock
    /// in between.
    #[track_caller]
    pub fn wait(&self, lock: &(impl Locker + ?Sized)) {
        in_model!(model => {
            self.act(&model, Action::Enqueue, Patience::Forever);
            lock.unlock();
            self.act(&model, Action::Wake, Patience::Forever);
            lock.lock();
        });
        let ticket = Arc::new(Ticket::default());
        lock_real(&self.queue).push_back(Arc::clone(&ticket));
        lock.unlock();
        let mut called = lock_real(&ticket.called);
        while !*called {
            called = ticket.changed.wait(called).unwrap_or_else(|e| e.into_inner());
        }
        drop(called);
        lock.lock();
    }

    /// Tells the one that has waited longest, if there is one.
    #[track_caller]
    pub fn signal(&self) {
        in_model!(model => { self.act(&model, Action::NotifyOldest, Patience::Forever); });
        let oldest = lock_real(&self.queue).pop_front();
        oldest.iter().for_each(|ticket| ticket.call());
    }

    /// Tells everybody who waits.
    #[track_caller]
    pub fn broadcast(&self) {
        in_model!(model => { self.act(&model, Action::NotifyAll, Patience::Forever); });
        let all = std::mem::take(&mut *lock_real(&self.queue));
        all.iter().for_each(|ticket| ticket.call());
    }
}

modelled!(Cond, Condvar, Value(0));

impl Default for Cond {
    #[track_caller]
    fn default() -> Cond {
        Cond::new()
    }
}
