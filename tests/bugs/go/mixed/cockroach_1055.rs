//! cockroach#1055: a node quiesces under the lock, while tasks that started before are never finished.
//!
//! `StartTask` looks whether the stopper drains, and if not adds to a wait group under the lock. `Quiesce`
//! and `Stop` set the flag and wait for the group, both under the lock. A task that has looked before waits
//! for the lock, or one that is never done is waited for. Repaired by finishing the task, and by counting
//! with the lock held when looking, waiting without it.
//!
//! Left out: two stoppers, not three. `draining` is atomic throughout; in the kernel `Quiesce` writes it
//! plainly, which is another bug.

use crate::harness::{go, kernel};
use raddle_shims::go::atomic::Int32;
use raddle_shims::go::{Chan, Mutex, WaitGroup, chan};
use std::sync::Arc;

struct Stopper {
    stopper: Chan<()>,
    stop: WaitGroup,
    lock: Mutex,
    draining: Int32,
    drain: WaitGroup,
}

impl Stopper {
    fn new() -> Arc<Stopper> {
        let (stop, drain) = (WaitGroup::new(), WaitGroup::new());
        let (lock, draining) = (Mutex::new(), Int32::new(0));
        Arc::new(Stopper { stopper: chan(0), stop, lock, draining, drain })
    }

    fn start_task(&self, fixed: bool) -> bool {
        if !fixed && self.draining.load() != 0 {
            return false;
        }
        self.lock.lock();
        let starts = !fixed || self.draining.load() == 0;
        if starts {
            self.drain.add(1);
        }
        self.lock.unlock();
        starts
    }

    fn drain(&self, fixed: bool) {
        self.lock.lock();
        self.draining.store(1);
        if fixed {
            self.lock.unlock();
            self.drain.wait();
        } else {
            self.drain.wait();
            self.lock.unlock();
        }
    }

    fn stop(&self, fixed: bool) {
        self.drain(fixed);
        self.stopper.close();
        self.stop.wait();
    }

    fn worker(&self, fixed: bool) {
        if self.start_task(fixed) && fixed {
            self.drain.done();
        }
        self.stopper.recv();
        self.stop.done();
    }
}

fn program(fixed: bool) {
    let stoppers = [(); 2].map(|()| Stopper::new());
    for stopper in &stoppers {
        stopper.stop.add(1);
        go!(stopper => stopper.worker(fixed));
    }
    let done = chan::<()>(0);
    go!(stoppers, done => {
        stoppers.iter().for_each(|stopper| stopper.drain(fixed));
        stoppers.iter().for_each(|stopper| stopper.stop(fixed));
        done.close();
    });
    done.recv();
}

kernel!("cockroach#1055": "deadlock");
