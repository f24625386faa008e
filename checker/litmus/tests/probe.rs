//! Random descents estimate the number of executions without bias.

use raddle_engine::explore::{Explorer, Limits, Policy, Probe};
use raddle_engine::memory::Model;
use raddle_litmus::families;
use raddle_litmus::report::{explore, settings};
use raddle_litmus::scripted::Scripted;

/// The relative deviation of one descent is below 3 on these programs, so that of the mean of 4,000 is
/// below 5 %; 20 % would be four deviations. The seed is fixed.
#[test]
fn the_mean_of_many_descents_is_the_number_of_executions() {
    for name in ["lockinc(3)", "ainc(3)", "lastzero(3)", "fib_bench(2)", "casrot(4)"] {
        for model in [Model::Sc, Model::Rc20] {
            let program = families::named(name).expect("a known family");
            let truth = explore(&program, model).1.coverage().executions as f64;
            let mut world = Scripted::new(&program);
            let mut probe = Explorer::new(Probe::new(Policy::WritesFirst, 7), settings(model));
            let mut runs = 0;
            while probe.strategy_mut().0.descents() < 4_000 {
                runs += 1_000;
                probe.set_limits(Limits { executions: Some(runs), ..Limits::default() });
                probe.explore(&mut world, &mut ()).expect("scripts are deterministic");
            }
            let mean = probe.strategy_mut().0.executions().expect("descents were made");
            let error = (mean - truth).abs() / truth;
            assert!(error < 0.2, "{name} {model}: {mean} instead of {truth}");
        }
    }
}
