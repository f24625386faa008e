//! moby#25384: a loop that starts a goroutine for each plugin waits for all of them when it has started the first.
//!
//! The wait group counts every plugin, and is waited for in the loop's body. With one plugin nobody notices.
//! Repaired by waiting behind the loop.
//!
//! Left out: what is done for a plugin.

use crate::harness::{go, kernel};
use raddle_shims::go::WaitGroup;
use std::sync::Arc;

fn init(plugins: usize, fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.add(plugins as i32);
    for _ in 0..plugins {
        go!(group => group.done());
        if !fixed {
            group.wait();
        }
    }
    group.wait();
}

fn program(fixed: bool) {
    raddle_shims::go::go(move || init(2, fixed));
}

kernel!("moby#25384": "task-leak");
