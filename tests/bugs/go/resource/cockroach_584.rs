//! cockroach#584: gossip leaves a loop with its lock held when it is closed, and locks again in the next.
//!
//! `bootstrap` and `manage` both look, in a loop, whether gossip is closed, and break out without unlocking.
//! Repaired by unlocking before.
//!
//! Left out: gossip.

use crate::harness::kernel;
use crate::var::Var;
use raddle_shims::go::Mutex;

struct Gossip {
    lock: Mutex,
    closed: Var<bool>,
}

impl Gossip {
    fn bootstrap(&self, fixed: bool) {
        self.lock.lock();
        if self.closed.get() && !fixed {
            return;
        }
        self.lock.unlock();
    }

    fn manage(&self, fixed: bool) {
        self.lock.lock();
        if self.closed.get() && !fixed {
            return;
        }
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let gossip = Gossip { lock: Mutex::new(), closed: Var::new(true) };
    raddle_shims::go::go(move || {
        gossip.bootstrap(fixed);
        gossip.manage(fixed);
    });
}

kernel!("cockroach#584": "task-leak");
