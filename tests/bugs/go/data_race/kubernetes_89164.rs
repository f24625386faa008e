//! kubernetes#89164: a test dispatches an event, and waits for it, while the cacher dispatches one of its own.
//!
//! The bug of kubernetes#77796 on another path: the buffer of watchers is emptied under the lock and gone
//! through without. Repaired by holding the lock for both.
//!
//! Left out: watchers; two rounds of the test, not three.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{RWMutex, WaitGroup};
use std::sync::Arc;

#[derive(Default)]
struct Cacher {
    lock: RWMutex,
    buffer: Var<Vec<u32>>,
}

impl Cacher {
    fn start(fixed: bool) -> Arc<Cacher> {
        let cacher = Arc::new(Cacher::default());
        go!(cacher => cacher.dispatch(fixed));
        cacher
    }

    fn dispatch(&self, fixed: bool) {
        self.lock.lock();
        self.buffer.update(Vec::clear);
        if !fixed {
            self.lock.unlock();
        }
        assert_eq!(self.buffer.with(Vec::len), 0);
        if fixed {
            self.lock.unlock();
        }
    }
}

fn program(fixed: bool) {
    let cacher = Cacher::start(fixed);
    for _ in 0..2 {
        let group = Arc::new(WaitGroup::new());
        let theirs = Arc::clone(&cacher);
        group.go(move || theirs.dispatch(fixed));
        group.wait();
    }
}

kernel!("kubernetes#89164": "data-race");
