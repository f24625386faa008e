//! cockroach#18101: a context ends whoever receives from a channel, but not whoever sends to it.
//!
//! `restore` receives spans that are ready for import, and returns when its context is over. The goroutine
//! that splits and scatters goes on to send eight spans to a channel with room for six. Repaired by giving it
//! the context as well.
//!
//! Left out: spans.

use crate::harness::{go, kernel};
use raddle_shims::go::context::{self, Context};
use raddle_shims::go::{Chan, chan, select};

const ROOM: usize = 6;

fn split_and_scatter(ctx: &Context, ready: &Chan<bool>, fixed: bool) {
    let never = Chan::nil().receiver();
    let done = if fixed { ctx.done() } else { never };
    for span in 0..ROOM + 2 {
        select! {
            send(ready, span != 0) => {}
            recv(done) -> _ => break,
        }
    }
    ready.close();
}

fn restore(ctx: &Context, fixed: bool) -> bool {
    let ready = chan(ROOM);
    go!(ctx, ready => split_and_scatter(&ctx, &ready, fixed));
    match ready.recv() {
        Some(span) => {
            ctx.done().recv();
            span
        }
        None => true,
    }
}

fn program(fixed: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    go!(ctx => restore(&ctx, fixed));
    go!(cancel => cancel.cancel());
}

kernel!("cockroach#18101": "task-leak");
