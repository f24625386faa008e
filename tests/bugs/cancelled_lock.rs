//! tokio: a lock that was given to a future that is dropped stayed locked (tokio-rs/tokio#1898, #1902, 2019).
//!
//! Who unlocks gives the permit to the first waiting future at once. If that is dropped before it is polled again, by
//! a time limit, say, nobody has the permit any more, and the next who locks waits for ever. Repaired by giving
//! the permit back in `Drop`.
//!
//! Simplified: one waiting future, and a permit that threads wait for.

use super::bug::bug;
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

#[derive(Default)]
enum Waiter {
    #[default]
    Nobody,
    Queued,
    Assigned,
}

#[derive(Default)]
struct State {
    is_free: bool,
    waiter: Waiter,
}

#[derive(Default)]
struct Semaphore {
    state: Mutex<State>,
    freed: Condvar,
}

impl Semaphore {
    fn acquire(&self) {
        let mut state = self.state.lock().unwrap();
        while !state.is_free {
            state = self.freed.wait(state).unwrap();
        }
        state.is_free = false;
    }

    fn release(&self) {
        let mut state = self.state.lock().unwrap();
        match state.waiter {
            Waiter::Queued => state.waiter = Waiter::Assigned,
            _ => state.is_free = true,
        }
        self.freed.notify_one();
    }
}

/// The future of one lock.
struct Lock<'a> {
    semaphore: &'a Semaphore,
    gives_back: bool,
}

impl Lock<'_> {
    /// Whether it has the permit.
    fn poll(&mut self) -> bool {
        let mut state = self.semaphore.state.lock().unwrap();
        let is_free = std::mem::take(&mut state.is_free);
        if !is_free {
            state.waiter = Waiter::Queued;
        }
        is_free
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        let mut state = self.semaphore.state.lock().unwrap();
        if let Waiter::Assigned = std::mem::take(&mut state.waiter)
            && self.gives_back
        {
            drop(state);
            self.semaphore.release();
        }
    }
}

fn program(gives_back: bool) {
    let semaphore = Arc::new(Semaphore::default());
    let theirs = Arc::clone(&semaphore);
    let other = thread::spawn(move || {
        let mut lock = Lock { semaphore: &theirs, gives_back };
        let has_permit = lock.poll();
        drop(lock);
        if has_permit {
            theirs.release();
        }
    });
    semaphore.release();
    semaphore.acquire();
    other.join().unwrap();
}

bug! {
    "deadlock" in 20 steps,
    objects: ["freed", "state"],
    sites: [("fn acquire", "freed.wait"), ("fn drop", "state.lock")],
    broken: program(false),
    fixed: program(true),
}
