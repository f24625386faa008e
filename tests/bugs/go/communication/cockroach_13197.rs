//! cockroach#13197: a transaction that is neither committed nor rolled back leaves the goroutine that waits for its end.
//!
//! `DB.begin` makes a context that can be cancelled, and a goroutine that waits until it is; only `Rollback`
//! and `Commit` cancel it. Repaired by rolling back.
//!
//! Left out: the database.

use crate::harness::{go, kernel};
use raddle_shims::go::context::{self, CancelFunc, Context};

struct Tx {
    ctx: Context,
    cancel: CancelFunc,
}

impl Tx {
    fn begin(parent: &Context) -> Tx {
        let (ctx, cancel) = context::with_cancel(parent);
        go!(ctx => ctx.done().recv());
        Tx { ctx, cancel }
    }

    fn rollback(&self) {
        self.cancel.cancel();
        assert_eq!(self.ctx.err(), Some(context::Error::Canceled));
    }
}

fn program(fixed: bool) {
    let tx = Tx::begin(&context::background());
    if fixed {
        tx.rollback();
    }
}

kernel!("cockroach#13197": "task-leak");
