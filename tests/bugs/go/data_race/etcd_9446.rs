//! etcd#9446: a transaction's buffer is reset while another goroutine looks something up in it.
//!
//! `reset` deletes from the map, and `Range` reads it, without any lock. Repaired by one.
//!
//! Left out: buckets of what.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{RWMutex, WaitGroup};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Default)]
struct ReadTx {
    lock: RWMutex,
    buckets: Var<BTreeSet<&'static str>>,
}

impl ReadTx {
    fn reset(&self, fixed: bool) {
        if fixed {
            self.lock.lock();
        }
        self.buckets.update(BTreeSet::clear);
        if fixed {
            self.lock.unlock();
        }
    }

    fn range(&self, fixed: bool) -> bool {
        if fixed {
            self.lock.rlock();
        }
        let found = self.buckets.with(|buckets| buckets.contains("1"));
        if fixed {
            self.lock.runlock();
        }
        found
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.add(3);
    go!(group => {
        let tx = Arc::new(ReadTx::default());
        tx.buckets.update(|buckets| buckets.insert("1"));
        go!(tx, group => {
            tx.reset(fixed);
            group.done();
        });
        go!(tx, group => {
            tx.range(fixed);
            group.done();
        });
        group.done();
    });
    group.wait();
}

kernel!("etcd#9446": "data-race");
