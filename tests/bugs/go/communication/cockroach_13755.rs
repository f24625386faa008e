//! cockroach#13755: the rows of a query are not closed, and the goroutine that waits for their context stays.
//!
//! `Rows` cancels its context when it is closed, and closes itself when the context is over. A test reads
//! rows and forgets them. Repaired by closing them.
//!
//! Left out: the query. Closing closes once, as the original does by a flag.

use crate::harness::{go, kernel};
use raddle_shims::go::context::{self, CancelFunc, Context, Error};
use raddle_shims::go::{Mutex, Once};
use std::sync::Arc;

struct Rows {
    cancel: CancelFunc,
    once: Once,
    lock: Mutex,
}

impl Rows {
    fn query(parent: &Context) -> Arc<Rows> {
        let (ctx, cancel) = context::with_cancel(parent);
        let rows = Arc::new(Rows { cancel, once: Once::new(), lock: Mutex::new() });
        go!(rows => {
            ctx.done().recv();
            rows.close(ctx.err());
        });
        rows
    }

    fn close(&self, _why: Option<Error>) {
        self.once.do_once(|| {
            self.lock.lock();
            self.cancel.cancel();
            self.lock.unlock();
        });
    }
}

fn program(fixed: bool) {
    let rows = Rows::query(&context::background());
    if fixed {
        rows.close(None);
    }
}

kernel!("cockroach#13755": "task-leak");
