//! cockroach#35501: checks are validated in goroutines that all look at the loop's variable.
//!
//! Before Go 1.22 the variable of a `range` loop is one for all rounds. The goroutine of one round reads it
//! while the loop assigns the next check. Repaired by a copy for each.
//!
//! Left out: table descriptors; three checks, not ten.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::WaitGroup;
use std::sync::Arc;

fn validate_in_txn(name: &str) {
    assert!(!name.is_empty());
}

fn validate_checks(checks: &[&'static str], fixed: bool) {
    let variable = Arc::new(Var::new(""));
    for check in checks {
        variable.set(check);
        if fixed {
            let own = variable.get();
            raddle_shims::go::go(move || validate_in_txn(own));
        } else {
            go!(variable => validate_in_txn(variable.get()));
        }
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || validate_checks(&["first", "second", "third"], fixed));
    group.wait();
}

kernel!("cockroach#35501": "data-race");
