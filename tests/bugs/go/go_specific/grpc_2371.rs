//! grpc-go#2371: a connection that is closed has no balancer any more, and its resolver hands addresses to it.
//!
//! `Close` sets both wrappers to nil, under the lock. The resolver's goroutine calls the balancer under the
//! lock as well, but does not look whether it is there. Repaired by looking.
//!
//! Left out: two connections, not ten; what a nil pointer does is said by an `expect`.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, RWMutex, chan};
use std::sync::Arc;

#[derive(Clone)]
struct BalancerWrapper {
    updates: Chan<()>,
}

impl BalancerWrapper {
    fn handle_resolved(&self) {
        let _old = self.updates.try_recv();
        self.updates.send(());
    }
}

#[derive(Default)]
struct ClientConn {
    lock: RWMutex,
    balancer: Var<Option<BalancerWrapper>>,
}

impl ClientConn {
    fn dial() -> Arc<ClientConn> {
        let conn = Arc::new(ClientConn::default());
        conn.balancer.set(Some(BalancerWrapper { updates: chan(1) }));
        conn
    }

    /// In the resolver's goroutine.
    fn handle_service_config(&self, fixed: bool) {
        self.lock.lock();
        let balancer = self.balancer.get();
        if !fixed || balancer.is_some() {
            balancer.expect("invalid memory address or nil pointer dereference").handle_resolved();
        }
        self.lock.unlock();
    }

    fn close(&self) {
        self.lock.lock();
        self.balancer.set(None);
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    for _ in 0..2 {
        let conn = ClientConn::dial();
        go!(conn => conn.handle_service_config(fixed));
        go!(conn => conn.close());
    }
}

kernel!("grpc#2371": "panic" of "nil pointer dereference");
