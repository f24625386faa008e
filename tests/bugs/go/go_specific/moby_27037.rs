//! moby#27037: versions are formatted by goroutines that all look at the loop's counter.
//!
//! The goroutine of one round reads the counter while the loop counts on. Repaired by a copy for each.
//!
//! Left out: what is done with a version; three rounds, not five.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::WaitGroup;
use std::sync::Arc;

fn program(fixed: bool) {
    let (group, i) = (Arc::new(WaitGroup::new()), Arc::new(Var::new(17)));
    while i.get() <= 19 {
        group.add(1);
        if fixed {
            let own = i.get();
            go!(group => {
                assert!(format!("v1.{own}").len() == 5);
                group.done();
            });
        } else {
            go!(group, i => {
                assert!(format!("v1.{}", i.get()).len() == 5);
                group.done();
            });
        }
        i.update(|i| *i += 1);
    }
    group.wait();
}

kernel!("moby#27037": "data-race");
