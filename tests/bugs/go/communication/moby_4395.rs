//! moby#4395: `Go` sends the result of a function to a caller who may not want it.
//!
//! It runs the function in a goroutine and returns the channel, without room, on which the result will be.
//! Repaired by giving it room for one.
//!
//! Left out: what the function does.

use crate::harness::{go, kernel};
use raddle_shims::go::{Receiver, chan};

type Failure = Result<(), &'static str>;

fn start(f: fn() -> Failure, fixed: bool) -> Receiver<Failure> {
    let results = chan(usize::from(fixed));
    go!(results => results.send(f()));
    results.receiver()
}

fn program(fixed: bool) {
    start(|| Err("it fails"), fixed);
}

kernel!("moby#4395": "task-leak");
