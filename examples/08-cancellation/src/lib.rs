//! A search asks two mirrors and takes the first answer; how the other one learns that it may stop is the trap.

#![forbid(unsafe_code)]

use raddle_shims::go::{self, Context, Sender, chan, select};

/// A mirror that has an answer, or none and then waits for one until it is told to stop.
fn ask(ctx: &Context, answer: Option<u32>, answers: &Sender<u32>) {
    let slow = chan::<u32>(0);
    match answer {
        Some(answer) => answers.send(answer),
        None => select! {
            recv(slow) -> late => answers.send(late.unwrap_or(0)),
            recv(ctx.done()) -> _ => {}
        },
    }
}

/// The first answer of two mirrors, of which one has none.
fn first(ctx: &Context) -> Option<u32> {
    let answers = chan(2);
    for answer in [Some(7), None] {
        let (ctx, answers) = (ctx.clone(), answers.sender());
        go::go(move || ask(&ctx, answer, &answers));
    }
    answers.recv()
}

/// The context of the mirrors does not come from that of the caller.
pub mod broken_parent {
    use super::{Context, first};
    use raddle_shims::go::context;

    /// Searches as long as the context is not over.
    pub fn search(_ctx: &Context) -> Option<u32> {
        let (ctx, _cancel) = context::with_cancel(&context::background());
        first(&ctx)
    }
}

/// The context of the mirrors comes from that of the caller, which is never over, and is not cancelled itself.
pub mod broken_cancel {
    use super::{Context, first};
    use raddle_shims::go::context;

    /// Searches as long as the context is not over.
    pub fn search(ctx: &Context) -> Option<u32> {
        let (ctx, _cancel) = context::with_cancel(ctx);
        first(&ctx)
    }
}

/// It comes from that of the caller, and is cancelled when there is an answer.
pub mod fixed {
    use super::{Context, first};
    use raddle_shims::go::context;

    /// Searches as long as the context is not over.
    pub fn search(ctx: &Context) -> Option<u32> {
        let (ctx, cancel) = context::with_cancel(ctx);
        let answer = first(&ctx);
        cancel.cancel();
        answer
    }
}
