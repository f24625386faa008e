//! serving#3068: a pool of workers is waited for while work is still given to it.
//!
//! `Wait` closes the channel of work, once; `Go` counts and sends on it, in another goroutine. Repaired by a
//! lock and a flag: work that comes after `Wait` is refused.
//!
//! Left out: two pieces of work, not five; who gives it does not sleep in between.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::atomic::Int32;
use raddle_shims::go::{Chan, Mutex, Once, WaitGroup, chan};
use std::sync::Arc;

type Work = Box<dyn FnOnce() + Send>;

const PIECES: i32 = 2;

struct Pool {
    group: WaitGroup,
    work: Chan<Work>,
    once: Once,
    lock: Mutex,
    closed: Var<bool>,
}

impl Pool {
    fn new(workers: usize, room: usize) -> Arc<Pool> {
        let (group, once, lock) = (WaitGroup::new(), Once::new(), Mutex::new());
        let pool = Arc::new(Pool { group, work: chan(room), once, lock, closed: Var::new(false) });
        for _ in 0..workers {
            go!(pool => for work in &pool.work {
                work();
                pool.group.done();
            });
        }
        pool
    }

    fn give(&self, work: Work, fixed: bool) {
        if fixed {
            self.lock.lock();
        }
        if !fixed || !self.closed.get() {
            self.group.add(1);
            self.work.send(work);
        }
        if fixed {
            self.lock.unlock();
        }
    }

    fn wait(self: &Arc<Self>, fixed: bool) {
        self.once.do_once(|| {
            if fixed {
                self.lock.lock();
                self.closed.set(true);
                self.lock.unlock();
            }
            self.work.close();
            let pool = Arc::clone(self);
            go!(pool => pool.group.wait());
        });
    }
}

fn program(fixed: bool) {
    let (pool, executed) = (Pool::new(1, 5), Arc::new(Int32::new(0)));
    let group = Arc::new(WaitGroup::new());
    group.add(PIECES);
    go!(pool, executed, group => for _ in 0..PIECES {
        let executed = Arc::clone(&executed);
        let work = Box::new(move || {
            executed.add(1);
        });
        pool.give(work, fixed);
        group.done();
    });
    pool.wait(fixed);
    group.wait();
    assert!(executed.load() <= PIECES);
}

kernel!("serving#3068": "panic" of "send on closed channel");
