//! etcd#4876: a test sets the interval of progress reports while a server that runs already reads it.
//!
//! `ProgressReportInterval` is a global variable. The watch server's goroutine makes its ticker from it.
//! Repaired by a lock around both.
//!
//! Left out: the ticker, and what it reports.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{RWMutex, WaitGroup};
use std::sync::Arc;

static INTERVAL: Var<u32> = Var::new(10);
static LOCK: RWMutex = RWMutex::new();

fn set_interval(seconds: u32, fixed: bool) {
    if fixed {
        LOCK.lock();
    }
    INTERVAL.set(seconds);
    if fixed {
        LOCK.unlock();
    }
}

fn send_loop(fixed: bool) {
    if fixed {
        LOCK.rlock();
    }
    let interval = INTERVAL.get();
    if fixed {
        LOCK.runlock();
    }
    assert!(interval == 10 || interval == 3);
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.add(3);
    go!(group => {
        go!(group => {
            set_interval(3, fixed);
            group.done();
        });
        go!(group => {
            raddle_shims::go::go(move || send_loop(fixed));
            group.done();
        });
        group.done();
    });
    group.wait();
}

kernel!("etcd#4876": "data-race");
