//! moby#33781: a health monitor that is stopped leaves the probe that it has just started.
//!
//! The monitor starts a probe each interval, which sends its result on a channel without room. If the monitor
//! is stopped before, it cancels the probe's context and returns, and the probe, which does not look at it,
//! waits for ever. Repaired by receiving the result before it returns.
//!
//! Left out: what is probed.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, chan, context, select, sleep};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_nanos(50);

fn monitor(stop: &Chan<bool>, fixed: bool) {
    loop {
        select! {
            recv(stop) -> _ => return,
            after(INTERVAL) => {}
        }
        let results = chan(0);
        let (ctx, cancel) = context::with_timeout(&context::background(), INTERVAL);
        go!(results => {
            results.send(true);
            results.close();
        });
        select! {
            recv(stop) -> _ => {
                if fixed {
                    results.recv();
                }
                cancel.cancel();
                return;
            }
            recv(results) -> _ => cancel.cancel(),
            recv(ctx.done()) -> _ => {
                cancel.cancel();
                results.recv();
            }
        }
    }
}

fn program(fixed: bool) {
    let stop = chan(0);
    go!(stop => monitor(&stop, fixed));
    go!(stop => {
        sleep(INTERVAL);
        stop.send(true);
    });
}

kernel!("moby#33781": "task-leak", time = "virtual");
