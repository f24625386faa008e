//! grpc-go#3090: a resolver that is just being built is asked to resolve again.
//!
//! Building the resolver updates the wrapper's state, which starts a goroutine that resolves now, under the
//! lock. The field that it uses is assigned when building has returned, without the lock. Repaired by a lock
//! of its own for polling, so that the other can be held while the resolver is built.
//!
//! Left out: what is resolved.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, WaitGroup};
use std::sync::Arc;

#[derive(Clone)]
struct Resolver;

impl Resolver {
    fn build(wrapper: &Arc<ResolverWrapper>, fixed: bool) -> Resolver {
        wrapper.update_state(fixed);
        Resolver
    }

    fn resolve_now(&self) {}
}

#[derive(Default)]
struct ResolverWrapper {
    lock: Mutex,
    polling: Mutex,
    resolver: Var<Option<Resolver>>,
}

impl ResolverWrapper {
    fn dial(fixed: bool) {
        let wrapper = Arc::new(ResolverWrapper::default());
        if fixed {
            wrapper.lock.lock();
        }
        let resolver = Resolver::build(&wrapper, fixed);
        wrapper.resolver.set(Some(resolver));
        if fixed {
            wrapper.lock.unlock();
        }
    }

    fn update_state(self: &Arc<Self>, fixed: bool) {
        let (wrapper, polling) = (Arc::clone(self), if fixed { &self.polling } else { &self.lock });
        polling.lock();
        go!(wrapper => {
            wrapper.lock.lock();
            wrapper.resolver.get().expect("nil pointer dereference").resolve_now();
            wrapper.lock.unlock();
        });
        polling.unlock();
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || ResolverWrapper::dial(fixed));
    group.wait();
}

kernel!("grpc#3090": "data-race");
