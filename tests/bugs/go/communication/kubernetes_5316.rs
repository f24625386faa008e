//! kubernetes#5316: a request that takes too long is given up, and then nobody takes its result.
//!
//! `finishRequest` runs the request in a goroutine, which sends the result, or an error on another channel,
//! and waits for either or until the time is over. Neither channel has room. Repaired by giving each room for
//! one.
//!
//! Left out: the request sleeps for 2 ms and fails or not.

use crate::harness::{go, kernel};
use raddle_shims::go::{chan, select, sleep};
use std::time::Duration;

type Request = fn() -> Result<(), &'static str>;

fn finish_request(timeout: Duration, request: Request, fixed: bool) {
    let room = usize::from(fixed);
    let (results, errors) = (chan(room), chan(room));
    go!(results, errors => match request() {
        Ok(()) => results.send(true),
        Err(error) => errors.send(error),
    });
    select! {
        recv(results) -> _ => {}
        recv(errors) -> _ => {}
        after(timeout) => {}
    }
}

fn program(fixed: bool) {
    let request = || {
        sleep(Duration::from_millis(2));
        if raddle::choose(2) == 0 { Ok(()) } else { Err("it fails") }
    };
    raddle_shims::go::go(move || finish_request(Duration::from_millis(1), request, fixed));
}

kernel!("kubernetes#5316": "task-leak", time = "virtual");
