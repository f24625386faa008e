//! serving#6472: a probe is queued before it is said how many there are.
//!
//! `IsReady` adds its items to the work queue and then, plainly, their number to `pendingCount`. A worker
//! that has taken an item counts down atomically. Repaired by counting up, atomically, before anything is
//! queued.
//!
//! Left out: probes; rate limits of the queue.

use crate::harness::{go, kernel};
use crate::var::{Number, Var};
use raddle_shims::go::{Chan, Mutex, WaitGroup, chan};
use std::collections::VecDeque;
use std::sync::Arc;

type State = Arc<Number>;

#[derive(Default)]
struct Queue {
    lock: Mutex,
    items: Var<VecDeque<State>>,
}

impl Queue {
    fn get(&self) -> Option<State> {
        self.lock.lock();
        let item = self.items.update(VecDeque::pop_front);
        self.lock.unlock();
        item
    }

    fn add(&self, item: &State) {
        self.lock.lock();
        self.items.update(|items| items.push_back(Arc::clone(item)));
        self.lock.unlock();
    }
}

fn is_ready(queue: &Queue, fixed: bool) {
    let pending = Arc::new(Number::new(0));
    if fixed {
        pending.add(1);
        queue.add(&pending);
    } else {
        queue.add(&pending);
        pending.add_plainly(1);
    }
}

fn start(queue: &Arc<Queue>) -> Chan<()> {
    let (group, ended) = (Arc::new(WaitGroup::new()), chan(0));
    for _ in 0..2 {
        group.add(1);
        go!(queue, group => {
            if let Some(pending) = queue.get() {
                pending.add(u64::MAX);
            }
            group.done();
        });
    }
    go!(group, ended => {
        group.wait();
        ended.close();
    });
    ended
}

fn program(fixed: bool) {
    let queue = Arc::new(Queue::default());
    queue.add(&Arc::new(Number::new(1)));
    let cancelled = start(&queue);
    is_ready(&queue, fixed);
    cancelled.recv();
}

kernel!("serving#6472": "data-race");
