//! tokio: a worker was taken off the count of idle ones twice (tokio-rs/tokio#7922, commit f21f2693f, 2026).
//!
//! Who submits a task takes an idle worker off the count and notifies it. If the pool shuts down before that worker runs,
//! it finds both its notification and the shutdown, and for the latter takes itself off once more: the count
//! is less than 0. Repaired by doing so only if it was not notified.
//!
//! Simplified: one worker, no tasks.

use super::bug::bug;
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

#[derive(Default)]
struct State {
    idle: u32,
    notified: u32,
    is_shut_down: bool,
}

#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    condition: Condvar,
}

impl Pool {
    fn work(&self, remembers: bool) {
        let mut state = self.state.lock().unwrap();
        state.idle += 1;
        let mut was_notified = false;
        while !state.is_shut_down {
            state = self.condition.wait(state).unwrap();
            if state.notified > 0 {
                state.notified -= 1;
                was_notified = true;
                break;
            }
        }
        if state.is_shut_down && !(remembers && was_notified) {
            state.idle = state.idle.checked_sub(1).expect("this worker is counted as idle");
        }
    }

    fn submit(&self) {
        let mut state = self.state.lock().unwrap();
        if state.idle > 0 {
            state.idle -= 1;
            state.notified += 1;
            self.condition.notify_one();
        }
    }

    fn shut_down(&self) {
        self.state.lock().unwrap().is_shut_down = true;
        self.condition.notify_all();
    }
}

fn program(remembers: bool) {
    let pool = Arc::new(Pool::default());
    let theirs = Arc::clone(&pool);
    let worker = thread::spawn(move || theirs.work(remembers));
    pool.submit();
    pool.shut_down();
    worker.join().unwrap();
}

bug! {
    "panic" in 20 steps,
    objects: ["state"],
    sites: [("fn work", "expect("), ("fn submit", "state.lock"), ("fn shut_down", "state.lock")],
    broken: program(false),
    fixed: program(true),
}
