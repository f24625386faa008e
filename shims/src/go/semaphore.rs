//! Package `golang.org/x/sync/semaphore`.

use super::channel::{Chan, chan};
use super::context::{Context, Error};
use super::{lock, lock_real, select};
use crate::sync::Mutex;
use std::collections::VecDeque;

/// As `semaphore.Weighted`: permits that are acquired some at a time, first come first served.
///
/// Who wants many is not overtaken by those who want few.
///
/// ```
/// use raddle_shims::go::{Semaphore, context};
/// let permits = Semaphore::new(3);
/// permits.acquire(&context::background(), 2).unwrap();
/// assert!(!permits.try_acquire(2));
/// permits.release(2);
/// ```
pub struct Semaphore {
    size: u64,
    state: Mutex<State>,
    /// What those wait for who wait for permits, in reports.
    name: std::sync::Mutex<Option<String>>,
}

struct State {
    held: u64,
    waiters: VecDeque<Waiter>,
}

struct Waiter {
    wants: u64,
    /// Closed when it has them.
    ready: Chan<()>,
}

impl State {
    /// Lets those go on for whom there is enough, from the first on.
    #[track_caller]
    fn notify(&mut self, size: u64) {
        while let Some(first) = self.waiters.front() {
            if size - self.held < first.wants {
                return;
            }
            self.held += first.wants;
            first.ready.close();
            self.waiters.pop_front();
        }
    }
}

impl Semaphore {
    /// One with so many permits.
    #[track_caller]
    pub fn new(size: u64) -> Semaphore {
        let state = Mutex::new(State { held: 0, waiters: VecDeque::new() });
        Semaphore { size, state, name: std::sync::Mutex::new(None) }
    }

    /// Gives it a name for reports, which `raddle::label!` calls: who waits for permits of `sem` receives from
    /// `sem.turn`. Nothing happens outside of a model.
    pub fn label(&self, name: impl Into<String>) {
        let name = name.into();
        super::label(&self.state, name.clone());
        *lock_real(&self.name) = Some(name);
    }

    /// Waits for so many permits, or until the context is over; for more than there are, always until then.
    ///
    /// # Errors
    /// If the context is over, why; then nothing has been acquired.
    #[track_caller]
    pub fn acquire(&self, ctx: &Context, permits: u64) -> Result<(), Error> {
        if let Some(error) = ctx.err() {
            return Err(error);
        }
        let mut state = lock(&self.state);
        if self.size - state.held >= permits && state.waiters.is_empty() {
            state.held += permits;
            return Ok(());
        }
        if permits > self.size {
            drop(state);
            ctx.done().recv();
            return Err(ctx.err().unwrap_or(Error::Canceled));
        }
        let ready = chan(0);
        if let Some(name) = &*lock_real(&self.name) {
            ready.label(format!("{name}.turn"));
        }
        state.waiters.push_back(Waiter { wants: permits, ready: ready.clone() });
        drop(state);
        select! {
            recv(ready) -> _ => match ctx.err() {
                // Both happened: it counts as over.
                Some(error) => {
                    self.release(permits);
                    Err(error)
                }
                None => Ok(()),
            },
            recv(ctx.done()) -> _ => {
                self.give_up(&ready, permits);
                Err(ctx.err().unwrap_or(Error::Canceled))
            }
        }
    }

    /// Leaves the queue, or gives back what it has got meanwhile.
    #[track_caller]
    fn give_up(&self, ready: &Chan<()>, permits: u64) {
        let mut state = lock(&self.state);
        if ready.try_recv().is_ok() {
            state.held -= permits;
        } else {
            // It waits: its channel is the only one that is open and nobody else's.
            state.waiters.retain(|waiter| !waiter.ready.is(ready));
        }
        state.notify(self.size);
    }

    /// Acquires so many permits, if there are enough and nobody waits; whether it did.
    #[track_caller]
    pub fn try_acquire(&self, permits: u64) -> bool {
        let mut state = lock(&self.state);
        let enough = self.size - state.held >= permits && state.waiters.is_empty();
        if enough {
            state.held += permits;
        }
        enough
    }

    /// Gives back so many.
    ///
    /// # Panics
    /// If fewer are held: "semaphore: released more than held".
    #[track_caller]
    pub fn release(&self, permits: u64) {
        let mut state = lock(&self.state);
        let left = state.held.checked_sub(permits);
        state.held = left.expect("semaphore: released more than held");
        state.notify(self.size);
    }
}
