//! serving#3148: a test adds a reaction to a fake client that the controller uses already.
//!
//! `Invokes` goes through the chain of reactions; `PrependReactor` replaces it. The controller was started
//! before. Repaired by adding reactions first.
//!
//! Left out: what the controller creates, and the interfaces on the way; one worker, as in the kernel.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::WaitGroup;
use std::sync::Arc;

#[derive(Default)]
struct Fake {
    reactions: Var<Vec<u32>>,
}

impl Fake {
    fn invokes(&self) -> u32 {
        self.reactions.with(|reactions| reactions.iter().sum())
    }

    fn prepend_reactor(&self) {
        self.reactions.update(|reactions| reactions.insert(0, 1));
    }
}

struct Controller {
    client: Arc<Fake>,
}

impl Controller {
    fn run(self: &Arc<Self>, workers: i32) {
        let group = Arc::new(WaitGroup::new());
        for _ in 0..workers {
            let controller = Arc::clone(self);
            group.add(1);
            go!(controller, group => {
                controller.client.invokes();
                group.done();
            });
        }
        group.wait();
    }
}

fn program(fixed: bool) {
    let all = Arc::new(WaitGroup::new());
    all.go(move || {
        let client = Arc::new(Fake::default());
        let controller = Arc::new(Controller { client: Arc::clone(&client) });
        let group = Arc::new(WaitGroup::new());
        if fixed {
            client.prepend_reactor();
        }
        group.go(move || controller.run(1));
        if !fixed {
            client.prepend_reactor();
        }
        group.wait();
    });
    all.wait();
}

kernel!("serving#3148": "data-race");
