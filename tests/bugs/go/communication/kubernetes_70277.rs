//! kubernetes#70277: `WaitFor` returns early, and the poller that it started goes on until its time is over.
//!
//! The poller sends ticks until its `done` channel is closed or its time limit is over. `WaitFor` returns as
//! soon as the condition holds, without closing that channel: it is the caller's, who closes it when he is
//! through. A test waits for it before. Repaired by giving the poller a channel of its own, which `WaitFor`
//! closes on return.
//!
//! Left out: the time limit is 3 ticks, not 20,000.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Ticker, Timer, chan, select};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(1);

fn poller(done: &Chan<()>) -> Chan<()> {
    let ticks = chan(0);
    go!(done, ticks => {
        let (tick, timer) = (Ticker::new(INTERVAL), Timer::new(3 * INTERVAL));
        loop {
            select! {
                recv(tick.c()) -> _ => {
                    let _nobody = ticks.try_send(());
                }
                recv(timer.c()) -> _ => break,
                recv(done) -> _ => break,
            }
        }
        timer.stop();
        tick.stop();
        ticks.close();
    });
    ticks
}

fn wait_for(wait: impl FnOnce(&Chan<()>) -> Chan<()>, holds: fn() -> bool, done: &Chan<()>) {
    let ticks = wait(done);
    loop {
        let open = ticks.recv().is_some();
        if holds() || !open {
            break;
        }
    }
}

fn program(fixed: bool) {
    let stop = chan(0);
    let mut waited = Chan::nil();
    let wait = |done: &Chan<()>| {
        waited = done.clone();
        poller(done)
    };
    if fixed {
        let own = chan(0);
        wait_for(wait, || true, &own);
        own.close();
    } else {
        wait_for(wait, || true, &stop);
    }
    waited.recv();
    stop.close();
}

kernel!("kubernetes#70277": "deadlock", time = "virtual");
