//! grpc-go#660: a benchmark's loop returns when it is told to stop, while the call of this round still wants to say that it is done.
//!
//! Each round starts a goroutine that sends its result on a channel without room. `stop` is as good as the
//! result, and then nobody receives. Repaired by giving the channel room for one.
//!
//! Left out: after two rounds the loop only waits to be stopped.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, chan, select};

const ROUNDS: usize = 2;

fn close_loop_unary(stop: &Chan<bool>, fixed: bool) {
    for _ in 0..ROUNDS {
        let done = chan(usize::from(fixed));
        go!(done => match raddle::choose(2) {
            0 => done.send(false),
            _ => done.send(true),
        });
        select! {
            recv(stop) -> _ => return,
            recv(done) -> _ => {}
        }
    }
    stop.recv();
}

fn program(fixed: bool) {
    let stop = chan(0);
    go!(stop => close_loop_unary(&stop, fixed));
    go!(stop => stop.send(true));
}

kernel!("grpc#660": "task-leak");
