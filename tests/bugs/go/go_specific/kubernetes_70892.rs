//! kubernetes#70892: workers who are given one node each all compute the results of every node.
//!
//! `ParallelizeUntil` hands pieces to workers over a channel. The function for a piece ignores its number,
//! goes through all configurations, and writes each result. Repaired by computing the result of the piece
//! alone.
//!
//! Left out: priorities; two workers and two pieces, as in the kernel, and two results.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::context::{self, Context};
use raddle_shims::go::{WaitGroup, chan, select};
use std::sync::Arc;

fn parallelize(
    ctx: &Context,
    workers: usize,
    pieces: usize,
    work: Arc<dyn Fn(usize) + Send + Sync>,
) {
    let to_process = chan(pieces);
    (0..pieces).for_each(|piece| to_process.send(piece));
    to_process.close();
    let group = Arc::new(WaitGroup::new());
    group.add(workers as i32);
    for _ in 0..workers {
        go!(ctx, to_process, work, group => {
            for piece in &to_process {
                select! {
                    recv(ctx.done()) -> _ => break,
                    default => work(piece),
                }
            }
            group.done();
        });
    }
    group.wait();
}

fn program(fixed: bool) {
    let results: Arc<[Var<Vec<u32>>; 2]> = Arc::default();
    let process = |result: &Var<Vec<u32>>| {
        if result.with(|list| list.first() != Some(&4)) {
            result.set(vec![7, 8, 9]);
        }
    };
    let process_node = move |index: usize| match fixed {
        true => process(&results[index]),
        false => results.iter().for_each(process),
    };
    parallelize(&context::background(), 2, 2, Arc::new(process_node));
}

kernel!("kubernetes#70892": "data-race");
