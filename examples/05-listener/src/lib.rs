//! A listener takes events from a channel; how it learns that no more will come is the trap.

#![forbid(unsafe_code)]

/// The channel is never closed.
pub mod broken {
    use raddle_shims::go::{self, chan};

    /// Handles two events; what was handled is sent back.
    pub fn serve() -> Vec<u32> {
        let (events, handled) = (chan(0), chan(2));
        let (listens, replies) = (events.receiver(), handled.sender());
        go::go(move || listens.iter().for_each(|event: u32| replies.send(10 * event)));
        events.send(1);
        events.send(2);
        vec![handled.recv().unwrap_or(0), handled.recv().unwrap_or(0)]
    }
}

/// The listener also looks at a context, which is cancelled in the end.
pub mod fixed {
    use raddle_shims::go::{self, chan, context, select};

    /// Handles two events; what was handled is sent back.
    pub fn serve() -> Vec<u32> {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let (events, handled) = (chan(0), chan(2));
        let (listens, replies) = (events.receiver(), handled.sender());
        go::go(move || {
            loop {
                select! {
                    recv(listens) -> event => replies.send(10 * event.unwrap_or(0)),
                    recv(ctx.done()) -> _ => return,
                }
            }
        });
        events.send(1_u32);
        events.send(2);
        let both = vec![handled.recv().unwrap_or(0), handled.recv().unwrap_or(0)];
        cancel.cancel();
        both
    }
}
