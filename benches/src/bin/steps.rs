//! What one step of a long sampled execution costs, coroutines and shims included.

use raddle::Builder;
use raddle_benches::programs::{additions, steps};
use raddle_benches::{median, time};

/// How many executions are sampled at once, and how often.
const ITERATIONS: u64 = 20;
const TURNS: usize = 7;

/// The nanoseconds of a step of a program that has so many.
fn cost(model: &str, strategy: &str, count: usize, program: &dyn Fn() -> Program) -> f64 {
    let mut times = Vec::new();
    for _ in 0..TURNS {
        let check = Builder::new().strategy(strategy).model(model).iterations(ITERATIONS);
        let mut run = Some((check, program()));
        let elapsed = time(&mut || {
            let (check, program) = run.take().expect("it is run once");
            check.explore(program);
        });
        times.push(elapsed.as_nanos() as f64 / (ITERATIONS as f64 * count as f64));
    }
    median(times)
}

type Program = Box<dyn Fn() + Send + Sync>;
type MakeProgram = fn(usize, usize) -> Program;

fn main() {
    println!(
        "| operations | strategy | model | 2 x 5,000 | 50 x 200 | ratio |\n|---|---|---|---|---|---|"
    );
    for model in ["sc", "rc20"] {
        for strategy in ["random", "pct", "pos", "urw", "surw", "portfolio"] {
            let programs: [(&str, MakeProgram); 2] = [
                ("relaxed", |threads, each| Box::new(steps(threads, each))),
                ("SeqCst", |threads, each| Box::new(additions(threads, each))),
            ];
            for (operations, program) in programs {
                let cost = |threads, each| {
                    cost(model, strategy, threads * each, &|| program(threads, each))
                };
                let (few, many) = (cost(2, 5_000), cost(50, 200));
                let ratio = many / few;
                println!(
                    "| {operations} | {strategy} | {model} | {few:.0} ns | {many:.0} ns | {ratio:.2} |"
                );
            }
        }
    }
}
