//! What one small execution costs, coroutines and shims included.

use raddle::Outcome;
use raddle_benches::programs::{adds, explored, idle, many, p, sampled};
use raddle_benches::{median, time};

/// A search.
type Search = Box<dyn Fn() -> Outcome>;

fn main() {
    println!("program          executions  us/execution (median of 15)");
    // The first two are searches of many small executions, the next ones are small searches, to which the start
    // of a worker and the making of stacks adds its part.
    let programs: [(&str, Search); 8] = [
        ("P(2,2) x 1000", Box::new(|| explored(many(1_000, p(2, 2))))),
        ("2 adds x 1000", Box::new(|| explored(many(1_000, adds(2))))),
        ("P(2,2)", Box::new(|| explored(p(2, 2)))),
        ("P(3,1)", Box::new(|| explored(p(3, 1)))),
        ("P(3,2)", Box::new(|| explored(p(3, 2)))),
        ("fetch_add(7)", Box::new(|| explored(adds(7)))),
        ("P(2,2) sampled", Box::new(|| sampled(20_000, p(2, 2)))),
        ("4 idle, sampled", Box::new(|| sampled(20_000, idle))),
    ];
    for (name, run) in programs {
        let mut times = Vec::new();
        let mut executions = 0;
        for _ in 0..15 {
            let elapsed = time(&mut || executions = run().coverage().executions);
            times.push(elapsed.as_nanos() as f64 / 1e3 / executions as f64);
        }
        println!("{name:16} {executions:10}  {:.2}", median(times));
    }
}
