//! kubernetes#81091: a plugin counts its calls, which come from several workers.
//!
//! The scheduler filters nodes in parallel; each worker runs all filter plugins. Repaired by counting
//! atomically.
//!
//! Left out: nodes; two workers, two pieces, one plugin, as in the kernel.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::atomic::Int32;
use raddle_shims::go::{Chan, WaitGroup, chan, select};
use std::sync::Arc;

#[derive(Default)]
struct FilterPlugin {
    called: Var<i32>,
    fixed_called: Int32,
}

impl FilterPlugin {
    fn filter(&self, fixed: bool) {
        if fixed {
            self.fixed_called.add(1);
        } else {
            self.called.update(|called| *called += 1);
        }
    }
}

fn parallelize(workers: usize, pieces: usize, work: Arc<dyn Fn() + Send + Sync>) {
    let (stop, to_process) = (Chan::<()>::nil(), chan(pieces));
    (0..pieces).for_each(|piece| to_process.send(piece));
    to_process.close();
    let group = Arc::new(WaitGroup::new());
    group.add(workers as i32);
    for _ in 0..workers {
        go!(stop, to_process, work, group => {
            for _piece in &to_process {
                select! {
                    recv(stop) -> _ => break,
                    default => work(),
                }
            }
            group.done();
        });
    }
    group.wait();
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || {
        let plugin = Arc::new(FilterPlugin::default());
        let theirs = Arc::clone(&plugin);
        parallelize(2, 2, Arc::new(move || theirs.filter(fixed)));
        if fixed {
            assert_eq!(plugin.fixed_called.load(), 2);
        }
    });
    group.wait();
}

kernel!("kubernetes#81091": "data-race");
