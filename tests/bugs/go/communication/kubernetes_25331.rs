//! kubernetes#25331: a watch that fails sends its error to somebody who has stopped listening.
//!
//! `run` gets an error, cancels its own context, and sends the error on the result channel, which has no
//! room. Whoever watches has called `Stop` and does not read. Repaired by offering the result only until the
//! context is over, and not cancelling it.
//!
//! Left out: results that are no errors.

use crate::harness::{go, kernel};
use raddle_shims::go::context::{self, CancelFunc, Context};
use raddle_shims::go::{Chan, chan, select};

#[derive(Clone)]
struct WatchChan {
    ctx: Context,
    cancel: CancelFunc,
    results: Chan<bool>,
    errors: Chan<&'static str>,
}

impl WatchChan {
    fn stop(&self) {
        self.errors.send("it fails");
        self.cancel.cancel();
    }

    fn run(&self, fixed: bool) {
        select! {
            recv(self.errors) -> error => {
                let result = error.is_some();
                if fixed {
                    select! {
                        send(self.results, result) => {}
                        recv(self.ctx.done()) -> _ => {}
                    }
                } else {
                    self.cancel.cancel();
                    self.results.send(result);
                }
            }
            recv(self.ctx.done()) -> _ => {}
        }
    }
}

fn program(fixed: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let watch = WatchChan { ctx, cancel, results: chan(0), errors: chan(0) };
    go!(watch => watch.run(fixed));
    go!(watch => watch.stop());
}

kernel!("kubernetes#25331": "task-leak");
