//! What one step of a long sampled execution costs, coroutines and shims included.

use raddle::Builder;
use raddle_benches::programs::steps;
use raddle_benches::{median, time};

fn main() {
    println!("| strategy | model | 2 x 5,000 | 50 x 200 | ratio |\n|---|---|---|---|---|");
    for model in ["sc", "rc20"] {
        for strategy in ["random", "pct", "pos", "urw", "surw", "portfolio"] {
            let cost = |threads: usize, each: usize| {
                let (iterations, mut times) = (20, Vec::new());
                for _ in 0..7 {
                    let check = Builder::new().strategy(strategy).model(model);
                    let check = check.iterations(iterations);
                    let mut check = Some(check);
                    let elapsed = time(&mut || {
                        let check = check.take().expect("it is run once");
                        check.explore(steps(threads, each));
                    });
                    let all = iterations as f64 * (threads * each) as f64;
                    times.push(elapsed.as_nanos() as f64 / all);
                }
                median(times)
            };
            let (few, many) = (cost(2, 5_000), cost(50, 200));
            println!("| {strategy} | {model} | {few:.0} ns | {many:.0} ns | {:.2} |", many / few);
        }
    }
}
