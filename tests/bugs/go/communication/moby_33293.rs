//! moby#33293: a function sends an error on the channel that it has not returned yet.
//!
//! Nobody else has the channel, which has no room. Repaired by giving it room for one.
//!
//! Left out: what fails; whether it does is anybody's choice.

use crate::harness::kernel;
use raddle_shims::go::{Receiver, chan};

fn container_wait(fixed: bool) -> Receiver<&'static str> {
    let errors = chan(usize::from(fixed));
    if raddle::choose(2) == 1 {
        errors.send("it fails");
    }
    errors.close();
    errors.receiver()
}

fn program(fixed: bool) {
    raddle_shims::go::go(move || container_wait(fixed).recv());
}

kernel!("moby#33293": "task-leak");
