//! How memory grows: with the executions of a search, with the length of one of them, and with the length of a sample.

use memory_stats::memory_stats;
use raddle::{Builder, Outcome};
use raddle_benches::programs::{adds, steps};

/// What the process has in memory, in MiB, less what it had before the run.
fn grown(run: impl FnOnce() -> Outcome) -> (f64, Outcome) {
    let resident = || memory_stats().map_or(f64::NAN, |stats| stats.physical_mem as f64);
    let before = resident();
    let outcome = run();
    ((resident() - before) / f64::from(1 << 20), outcome)
}

fn main() {
    println!("what                                        number  MiB more than before");
    for executions in [10_000, 100_000, 1_000_000, 10_000_000] {
        let search = || Builder::new().iterations(executions).explore(adds(11));
        let (more, outcome) = grown(search);
        let number = outcome.coverage().executions;
        println!("executions of a search of fetch_add(11) {number:10}  {more:.1}");
    }
    for each in [500, 5_000, 50_000] {
        let search = || Builder::new().max_events(60_000).iterations(3).explore(steps(2, each));
        let (more, outcome) = grown(search);
        let number = outcome.coverage().operations / outcome.coverage().runs().max(1);
        println!("operations of an execution of a search  {number:10}  {more:.1}");
    }
    for each in [5_000, 50_000, 500_000] {
        let sample = Builder::new().strategy("random").max_events(1_000_000).iterations(2);
        let (more, outcome) = grown(|| sample.explore(steps(2, each)));
        let number = outcome.coverage().operations / outcome.coverage().runs().max(1);
        println!("operations of a sampled execution       {number:10}  {more:.1}");
    }
}
