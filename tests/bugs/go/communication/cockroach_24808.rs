//! cockroach#24808: `Start` sends to a channel that may be full before it starts whoever receives from it.
//!
//! The compactor's channel has room for one suggestion. One is there already when `Start` adds its own, so
//! that the main goroutine waits for a worker that it has not started. Repaired by adding a suggestion only
//! if there is none.
//!
//! Left out: what a compaction does.

use crate::harness::kernel;
use raddle_shims::go::{Chan, WaitGroup, chan, select};
use std::sync::Arc;

#[derive(Clone)]
struct Stopper {
    workers: Arc<WaitGroup>,
    stopped: Chan<()>,
}

impl Stopper {
    fn run_worker(&self, work: impl FnOnce() + Send + 'static) {
        self.workers.add(1);
        let workers = Arc::clone(&self.workers);
        raddle_shims::go::go(move || {
            work();
            workers.done();
        });
    }

    fn stop(&self) {
        self.stopped.close();
        self.workers.wait();
    }
}

#[derive(Clone)]
struct Compactor {
    suggestions: Chan<()>,
}

impl Compactor {
    fn start(&self, stopper: &Stopper, fixed: bool) {
        if fixed {
            let _there_is_one = self.suggestions.try_send(());
        } else {
            self.suggestions.send(());
        }
        let (stopped, suggestions) = (stopper.stopped.clone(), self.suggestions.clone());
        stopper.run_worker(move || {
            loop {
                select! {
                    recv(stopped) -> _ => return,
                    recv(suggestions) -> _ => {}
                }
            }
        });
    }
}

fn program(fixed: bool) {
    let stopper = Stopper { workers: Arc::new(WaitGroup::new()), stopped: chan(0) };
    let compactor = Compactor { suggestions: chan(1) };
    compactor.suggestions.send(());
    compactor.start(&stopper, fixed);
    stopper.stop();
}

kernel!("cockroach#24808": "deadlock");
