//! grpc-go#1748: a test sets the minimal time of a connection back while a goroutine that it has started reads it.
//!
//! Dialling starts the balancer's watcher, which connects, which starts the goroutine that resets the
//! transport, which reads the global variable. The test's clean-up should run after that has ended, and does
//! not wait. Repaired by waiting.
//!
//! Left out: sub-connections; the watcher looks twice for a balancer, not ten times.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, WaitGroup};
use std::sync::Arc;

static MIN_CONNECT_TIMEOUT: Var<u32> = Var::new(10);

#[derive(Default)]
struct BalancerWrapper {
    lock: Mutex,
    /// Whether the builder has made it.
    has_balancer: Var<bool>,
    connection: Mutex,
    running: WaitGroup,
}

impl BalancerWrapper {
    fn switch_balancer() -> Arc<BalancerWrapper> {
        let wrapper = Arc::new(BalancerWrapper::default());
        wrapper.running.add(1);
        go!(wrapper => {
            wrapper.watch();
            wrapper.running.done();
        });
        wrapper.lock.lock();
        wrapper.has_balancer.set(true);
        wrapper.lock.unlock();
        wrapper
    }

    fn watch(self: &Arc<Self>) {
        for _ in 0..2 {
            self.lock.lock();
            let there = self.has_balancer.get();
            self.lock.unlock();
            if there {
                self.connect();
            }
        }
    }

    fn connect(self: &Arc<Self>) {
        self.connection.lock();
        self.running.add(1);
        let wrapper = Arc::clone(self);
        go!(wrapper => {
            assert_eq!(MIN_CONNECT_TIMEOUT.get(), 10);
            wrapper.running.done();
        });
        self.connection.unlock();
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || {
        let backup = MIN_CONNECT_TIMEOUT.get();
        let wrapper = BalancerWrapper::switch_balancer();
        if fixed {
            wrapper.running.wait();
        }
        MIN_CONNECT_TIMEOUT.set(backup);
    });
    group.wait();
}

kernel!("grpc#1748": "data-race");
