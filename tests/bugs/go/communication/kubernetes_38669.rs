//! kubernetes#38669: a watcher sends what it starts with before anybody can read it.
//!
//! `process` sends the initial events on the result channel, and only then looks at the input, whose closing
//! is what `Stop` tells it by. Who makes a watcher and stops it without reading leaves it waiting. Repaired
//! by giving the result room for the initial events.
//!
//! Left out: what events are.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Mutex, chan};
use std::sync::Arc;

struct CacheWatcher {
    lock: Mutex,
    input: Chan<u32>,
    result: Chan<u32>,
    stopped: Var<bool>,
}

impl CacheWatcher {
    fn new(room: usize, initial: Vec<u32>, fixed: bool) -> Arc<CacheWatcher> {
        let result_room = if fixed { room.max(initial.len()) } else { room };
        let (input, result) = (chan(room), chan(result_room));
        let watcher = CacheWatcher { lock: Mutex::new(), input, result, stopped: Var::new(false) };
        let watcher = Arc::new(watcher);
        go!(watcher => watcher.process(initial));
        watcher
    }

    fn process(&self, initial: Vec<u32>) {
        for event in initial {
            self.result.send(event);
        }
        for event in &self.input {
            self.result.send(event);
        }
        self.stop();
        self.result.close();
    }

    fn stop(&self) {
        self.lock.lock();
        if !self.stopped.get() {
            self.stopped.set(true);
            self.input.close();
        }
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    CacheWatcher::new(0, vec![1, 2], fixed).stop();
}

kernel!("kubernetes#38669": "task-leak");
