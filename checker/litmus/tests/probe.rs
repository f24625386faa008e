//! Random sweeps estimate the number of executions without bias.

use raddle_engine::explore::{Explorer, Limits, Policy, Probe, Settings};
use raddle_engine::memory::Model;
use raddle_litmus::families;
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::report::{explore, settings};
use raddle_litmus::scripted::Scripted;

/// The seed is fixed. The sweeps are the narrowest there are; those of these programs deviate by less than 1 relative to the number, so the mean of 1,000 by less
/// than 3.2 %; 13 % would be four deviations.
#[test]
fn the_mean_of_many_sweeps_is_the_number_of_executions() {
    let names = [
        "lockinc(4)",
        "ainc(4)",
        "lastzero(4)",
        "fib_bench(2)",
        "casrot(5)",
        "readers(9)",
        "p_lock(3,1)",
    ];
    let families = names.map(|name| families::named(name).expect("a known family"));
    let shape = Shape { max_events: 12, ..Shape::default() };
    let random = (0..30).map(|seed| program_of_seed(seed, &shape));
    for program in families.into_iter().chain(random) {
        for model in [Model::Sc, Model::Rc20] {
            let outcome = explore(&program, model).1;
            let truth = outcome.coverage().executions as f64;
            let mut world = Scripted::new(&program);
            let settings = Settings { stop_at_failure: false, ..settings(model) };
            let mut probe = Explorer::new(Probe::new(Policy::WritesFirst, 7), settings);
            let mut runs = 0;
            while probe.strategy_mut().0.sweeps() < 1_000 {
                runs += 1_000;
                probe.set_limits(Limits { executions: Some(runs), ..Limits::default() });
                probe.explore(&mut world, &mut ()).expect("scripts are deterministic");
            }
            let mean = probe.strategy_mut().0.executions().expect("sweeps were made");
            let error = (mean - truth).abs() / truth.max(1.0);
            assert!(error < 0.13, "{} {model}: {mean} instead of {truth}", program.name);
        }
    }
}
