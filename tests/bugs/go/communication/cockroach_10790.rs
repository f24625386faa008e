//! cockroach#10790: when its context is over, a replica starts goroutines that drain channels to which nobody sends any more.
//!
//! `beginCmds` waits for each command before its own to be done, or for the context; in the second case
//! goroutines receive from the channels for it. Whoever sends to those ends with the context as well.
//! Repaired by having the sender close them all.
//!
//! Left out: commands, and the command queue that knows the channels.

use crate::harness::{go, kernel};
use raddle_shims::go::context::{self, Context};
use raddle_shims::go::{Chan, Mutex, chan, select};
use std::sync::Arc;

struct Replica {
    chans: [Chan<bool>; 2],
    lock: Mutex,
    quiescer: Chan<()>,
}

impl Replica {
    fn begin_commands(self: &Arc<Self>, ctx: &Context) {
        for chan in &self.chans {
            select! {
                recv(chan) -> _ => {}
                recv(ctx.done()) -> _ => {
                    let replica = Arc::clone(self);
                    go!(replica => replica.drain());
                }
            }
        }
    }

    fn drain(&self) {
        for chan in &self.chans {
            chan.recv();
        }
    }

    /// What the commands before do.
    fn send(&self, ctx: &Context, fixed: bool) {
        for chan in &self.chans {
            select! {
                send(chan, true) => {}
                recv(ctx.done()) -> _ => break,
            }
        }
        if fixed {
            self.chans.iter().for_each(|chan| chan.close());
        }
    }

    fn quiesce(&self) {
        self.lock.lock();
        self.quiescer.close();
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let chans = [chan(0), chan(0)];
    let replica = Arc::new(Replica { chans, lock: Mutex::new(), quiescer: chan(0) });
    let (ctx, cancel) = context::with_cancel(&context::background());
    go!(replica, ctx => replica.send(&ctx, fixed));
    go!(replica, ctx => replica.begin_commands(&ctx));
    go!(cancel => cancel.cancel());
    replica.quiesce();
}

kernel!("cockroach#10790": "task-leak");
