//! Timings of the explorer on programs whose counts are known.

use crate::families;
use crate::scripted::Scripted;
use raddle_engine::explore::{Coverage, Exhaustive, Explorer, Limits};
use raddle_engine::memory::Model;
use std::time::{Duration, Instant};

/// The programs of the benchmark.
pub const PROGRAMS: [&str; 9] = [
    "readers(16)",
    "lastzero(13)",
    "fib_bench(4)",
    "fib_bench(5)",
    "casrot(8)",
    "ainc(7)",
    "iriw(acq_rel)",
    "iriw(seq_cst)",
    "lockinc(7)",
];

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What was explored, all repetitions together.
    pub coverage: Coverage,
    /// Operations performed, replayed ones included.
    pub operations: u64,
    /// The time it took.
    pub time: Duration,
}

/// Explores a program again and again for about `least`, at least once, at most `executions` in each
/// run; none for an unknown name.
pub fn measure(
    name: &str,
    model: Model,
    least: Duration,
    executions: Option<u64>,
) -> Option<Sample> {
    let program = families::named(name)?;
    let mut world = Scripted::new(&program);
    let settings = crate::report::settings(model);
    let limits = Limits { executions, ..Limits::default() };
    let start = Instant::now();
    let mut sum = Coverage::default();
    let mut operations = 0;
    loop {
        let mut explorer = Explorer::new(Exhaustive::new(), settings);
        explorer.set_limits(limits);
        let outcome = explorer.explore(&mut world, &mut ()).ok()?;
        let coverage = outcome.coverage();
        sum.executions += coverage.executions;
        sum.set_aside += coverage.set_aside;
        sum.redundant += coverage.redundant;
        sum.events += coverage.events;
        operations += coverage.operations;
        if start.elapsed() >= least {
            return Some(Sample { coverage: sum, operations, time: start.elapsed() });
        }
    }
}

/// The table: a line for each program and model.
pub fn table(
    names: &[String],
    only: Option<Model>,
    least: Duration,
    executions: Option<u64>,
) -> String {
    let mut text = String::from(
        "program          model  executions    executions/s   ns/execution   ns/event   ns/operation\n",
    );
    for name in names {
        for (model, model_name, _) in
            Model::ALL.into_iter().filter(|m| only.is_none_or(|x| x == m.0))
        {
            let Some(sample) = measure(name, model, least, executions) else {
                text += &format!("{name}: no such program\n");
                break;
            };
            let nanos = sample.time.as_nanos() as f64;
            let runs = sample.coverage.runs() as f64;
            text += &format!(
                "{name:16} {model_name:5} {:11} {:15.0} {:14.0} {:10.0} {:14.1}\n",
                sample.coverage.executions,
                runs * 1e9 / nanos,
                nanos / runs,
                nanos / sample.coverage.events as f64,
                nanos / sample.operations as f64,
            );
        }
    }
    text
}
