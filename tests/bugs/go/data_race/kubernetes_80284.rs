//! kubernetes#80284: two clients configure one authenticator, and each sets what is to be called when certificates rotate.
//!
//! Nothing orders the two assignments. Repaired by a lock.
//!
//! Left out: what is called.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, WaitGroup};
use std::sync::Arc;

type Callback = Box<dyn Fn() + Send>;

#[derive(Default)]
struct Authenticator {
    lock: Mutex,
    on_rotate: Var<Option<Callback>>,
}

impl Authenticator {
    fn update_transport_config(&self, fixed: bool) {
        let close_all: Callback = Box::new(|| {});
        if fixed {
            self.lock.lock();
        }
        self.on_rotate.set(Some(close_all));
        if fixed {
            self.lock.unlock();
        }
    }
}

fn program(fixed: bool) {
    let (authenticator, group) = (Arc::new(Authenticator::default()), Arc::new(WaitGroup::new()));
    group.add(2);
    for _ in 0..2 {
        go!(authenticator, group => {
            authenticator.update_transport_config(fixed);
            group.done();
        });
    }
    group.wait();
}

kernel!("kubernetes#80284": "data-race");
