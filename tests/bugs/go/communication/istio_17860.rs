//! istio#17860: the agent ends when no proxy runs, although one is just being restarted.
//!
//! `Run` takes the exit status of a proxy off the list of those that are active and returns if the list is
//! empty. A second `Restart`, which waits until the first proxy is live or long enough has passed, then
//! starts a proxy whose status nobody receives. Repaired by reporting the status only as long as the agent's
//! context lasts.
//!
//! Left out: proxies, of which none is ever live.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::context::{self, Context};
use raddle_shims::go::{Chan, Mutex, Ticker, Timer, chan, select, sleep};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const NS: Duration = Duration::from_nanos(1);

struct Agent {
    lock: Mutex,
    status: Chan<u32>,
    active: Var<BTreeSet<u32>>,
    epoch: Var<u32>,
    ctx: Context,
}

impl Agent {
    fn run(&self) {
        loop {
            select! {
                recv(self.status) -> epoch => {
                    self.lock.lock();
                    let epoch = epoch.expect("nobody closes it");
                    let none = self.active.update(|active| {
                        active.remove(&epoch);
                        active.is_empty()
                    });
                    self.lock.unlock();
                    if none {
                        return;
                    }
                }
                recv(self.ctx.done()) -> _ => return,
            }
        }
    }

    fn restart(self: &Arc<Self>, fixed: bool) {
        self.lock.lock();
        self.wait_until_live();
        let epoch = self.epoch.get() + 1;
        self.epoch.set(epoch);
        self.active.update(|active| active.insert(epoch));
        let agent = Arc::clone(self);
        go!(agent => agent.run_wait(epoch, fixed));
        self.lock.unlock();
    }

    fn run_wait(&self, epoch: u32, fixed: bool) {
        let done = if fixed { self.ctx.done() } else { Chan::nil().receiver() };
        select! {
            send(self.status, epoch) => {}
            recv(done) -> _ => {}
        }
    }

    fn wait_until_live(&self) {
        if self.active.with(BTreeSet::is_empty) {
            return;
        }
        let (interval, timer) = (Ticker::new(30 * NS), Timer::new(100 * NS));
        loop {
            select! {
                recv(timer.c()) -> _ => break,
                recv(interval.c()) -> _ => {}
            }
        }
        interval.stop();
    }
}

fn program(fixed: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (active, epoch) = (Var::default(), Var::new(0));
    let agent = Arc::new(Agent { lock: Mutex::new(), status: chan(0), active, epoch, ctx });
    go!(agent => agent.run());
    agent.restart(fixed);
    go!(agent => agent.restart(fixed));
    sleep(200 * NS);
    cancel.cancel();
}

kernel!("istio#17860": "task-leak", time = "virtual");
