//! How the estimate of the number of executions sharpens as a search runs, under both models.

use raddle_engine::explore::{Exhaustive, Explorer, Limits};
use raddle_engine::memory::Model;
use raddle_litmus::families;
use raddle_litmus::report::settings;
use raddle_litmus::scripted::Scripted;

fn main() {
    for name in ["lastzero(10)", "fib_bench(4)", "casrot(8)", "ainc(7)", "lockinc(6)"] {
        for model in [Model::Sc, Model::Rc20] {
            let program = families::named(name).expect("a known family");
            let mut world = Scripted::new(&program);
            let mut explorer = Explorer::new(Exhaustive::new(), settings(model));
            print!("{name:13} {model:4}");
            for executions in [32, 64, 128, 256, 512, 1_024, 4_096, 16_384, 100_000] {
                explorer.set_limits(Limits { executions: Some(executions), ..Limits::default() });
                let outcome =
                    explorer.explore(&mut world, &mut ()).expect("scripts are deterministic");
                let coverage = outcome.coverage();
                let estimate = coverage.estimate.unwrap_or(f64::NAN);
                print!("  {} -> {estimate:.0}", coverage.executions);
            }
            println!();
        }
    }
}
