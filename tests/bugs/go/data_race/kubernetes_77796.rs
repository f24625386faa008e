//! kubernetes#77796: a cacher empties its buffer of watchers under the lock and goes through it without.
//!
//! Every dispatch does both; the cacher's own goroutine dispatches, and a test from three others. Repaired by
//! going through a copy that is made under the lock.
//!
//! Left out: watchers; two goroutines of the test, not three.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{RWMutex, sleep};
use std::sync::Arc;
use std::time::Duration;

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

    fn start_dispatching(&self) -> Vec<u32> {
        self.lock.lock();
        self.buffer.update(Vec::clear);
        let copy = self.buffer.get();
        self.lock.unlock();
        copy
    }

    fn dispatch(&self, fixed: bool) {
        let copy = self.start_dispatching();
        let watchers = if fixed { copy.len() } else { self.buffer.with(Vec::len) };
        assert_eq!(watchers, 0);
    }
}

fn program(fixed: bool) {
    let cacher = Cacher::start(fixed);
    for _ in 0..2 {
        go!(cacher => cacher.dispatch(fixed));
        sleep(Duration::from_millis(10));
    }
}

kernel!("kubernetes#77796": "data-race");
