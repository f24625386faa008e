//! cockroach#1462: a worker looks whether to stop, and then sends to one that has stopped.
//!
//! The transport's worker sends events until the stopper says to stop; another worker takes them, until the
//! same. If that is first, the send waits for ever, and `Stop` for the worker. Repaired by waiting for the
//! stopper while sending.
//!
//! Left out: after two events the transport's worker only waits to be stopped.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Cond, Mutex, WaitGroup, chan, select};
use std::sync::Arc;

const EVENTS: usize = 2;

struct Stopper {
    stopper: Chan<()>,
    stop: WaitGroup,
    lock: Mutex,
    drain: Cond,
    draining: Var<bool>,
    tasks: Var<usize>,
}

impl Stopper {
    fn run_worker(self: &Arc<Self>, work: impl FnOnce() + Send + 'static) {
        let stopper = Arc::clone(self);
        stopper.stop.add(1);
        go!(stopper => {
            work();
            stopper.stop.done();
        });
    }

    fn stop(&self) {
        self.lock.lock();
        self.draining.set(true);
        while self.tasks.get() > 0 {
            self.drain.wait(&self.lock);
        }
        self.lock.unlock();
        self.stopper.close();
        self.stop.wait();
    }
}

fn transport(events: &Chan<u32>, stopper: &Stopper, fixed: bool) {
    for _ in 0..EVENTS {
        select! {
            recv(stopper.stopper) -> _ => return,
            default => {}
        }
        let stopped = if fixed { stopper.stopper.clone() } else { Chan::nil() };
        select! {
            recv(stopped) -> _ => return,
            send(events, 0) => {}
        }
    }
    stopper.stopper.recv();
}

fn process_events(events: &Chan<u32>, stopper: &Stopper) {
    loop {
        select! {
            recv(events) -> _ => {}
            recv(stopper.stopper) -> _ => return,
        }
    }
}

fn program(fixed: bool) {
    let (lock, drain, stop) = (Mutex::new(), Cond::new(), WaitGroup::new());
    let (draining, tasks) = (Var::new(false), Var::new(0));
    let stopper = Stopper { stopper: chan(0), stop, lock, drain, draining, tasks };
    let (stopper, events) = (Arc::new(stopper), chan(0));
    let (theirs, sends) = (Arc::clone(&stopper), events.clone());
    stopper.run_worker(move || transport(&sends, &theirs, fixed));
    let theirs = Arc::clone(&stopper);
    stopper.run_worker(move || process_events(&events, &theirs));
    stopper.stop();
}

kernel!("cockroach#1462": "deadlock");
