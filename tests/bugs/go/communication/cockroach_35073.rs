//! cockroach#35073: an outbox that fails to start does not tell those who push rows into its channel.
//!
//! The channel has room for 16 rows. The outbox ends without having received any, and without marking itself
//! as closed, so that another push waits for ever. Repaired by marking it as closed, and taking one row out
//! for whoever waits already.
//!
//! Left out: rows, and the connection that fails.

use crate::harness::{go, kernel};
use raddle_shims::go::atomic::Uint32;
use raddle_shims::go::{Chan, WaitGroup, chan};
use std::sync::Arc;

const NEED_MORE_ROWS: u32 = 0;
const CONSUMER_CLOSED: u32 = 2;
const ROWS: usize = 16;

struct RowChannel {
    status: Uint32,
    rows: Chan<u32>,
}

impl RowChannel {
    fn push(&self) {
        if self.status.load() == NEED_MORE_ROWS {
            self.rows.send(0);
        }
    }

    fn consumer_closed(&self) {
        self.status.store(CONSUMER_CLOSED);
        let _none = self.rows.try_recv();
    }
}

/// The outbox: it cannot connect.
fn run(rows: &RowChannel, group: &WaitGroup, fixed: bool) {
    if fixed {
        rows.consumer_closed();
    }
    group.done();
}

fn program(fixed: bool) {
    let outbox = Arc::new(RowChannel { status: Uint32::new(NEED_MORE_ROWS), rows: chan(ROWS) });
    let (group, pushers) = (Arc::new(WaitGroup::new()), Arc::new(WaitGroup::new()));
    (0..ROWS).for_each(|_| outbox.push());
    pushers.add(1);
    go!(outbox, pushers => {
        outbox.push();
        pushers.done();
    });
    group.add(1);
    go!(outbox, group => run(&outbox, &group, fixed));
    group.wait();
    outbox.push();
    pushers.wait();
}

kernel!("cockroach#35073": "deadlock");
