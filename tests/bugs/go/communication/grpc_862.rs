//! grpc-go#862: a connection that could not be dialled is not closed, and goes on trying.
//!
//! `DialContext` makes the connection, starts the goroutine that connects and connects again, and returns nil
//! when the caller's context is over. Its clean-up closes what it returns, which is nil. Repaired by closing
//! the connection itself.
//!
//! Left out: addresses, of which there is one that never answers; the context with a time limit that each
//! attempt makes and cancels. The goroutine never waits for ever: timers alone keep it alive, so it is looked
//! at up to a limit.

use crate::harness::{go, kernel};
use raddle_shims::go::context::{self, CancelFunc, Context};
use raddle_shims::go::select;
use std::time::Duration;

const NS: Duration = Duration::from_nanos(1);

#[derive(Clone)]
struct ClientConn {
    ctx: Context,
    cancel: CancelFunc,
}

impl ClientConn {
    fn reset_transport(&self) {
        for retries in 1.. {
            select! {
                recv(self.ctx.done()) -> _ => return,
                after(2 * NS * retries) => {}
            }
        }
    }
}

fn dial_context(ctx: &Context, fixed: bool) -> Option<ClientConn> {
    let (own, cancel) = context::with_cancel(&context::background());
    let conn = ClientConn { ctx: own, cancel };
    go!(conn => conn.reset_transport());
    let dialled: Option<ClientConn> = None;
    ctx.done().recv();
    if let Some(conn) = &dialled {
        conn.cancel.cancel();
    }
    if fixed {
        conn.cancel.cancel();
    }
    dialled
}

fn program(fixed: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    go!(ctx => dial_context(&ctx, fixed));
    go!(cancel => cancel.cancel());
}

kernel!("grpc#862": "live-leak", time = "virtual", max_events = 40);
