//! How good the estimate of the number of executions is after one percent of a search, on the families and on random programs, under both models.

use raddle_engine::explore::{Exhaustive, Explorer, Limits};
use raddle_engine::memory::Model;
use raddle_litmus::families;
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::program::Program;
use raddle_litmus::report::settings;
use raddle_litmus::scripted::Scripted;

/// Families large enough for an estimate and small enough to be explored.
const FAMILIES: [&str; 33] = [
    "lastzero(10)",
    "lastzero(13)",
    "fib_bench(3)",
    "fib_bench(4)",
    "casrot(8)",
    "casrot(9)",
    "casw(4)",
    "casw(5)",
    "ainc(7)",
    "ainc(8)",
    "binc(5)",
    "cinc(4)",
    "inc(4)",
    "rw(5)",
    "wrw(4)",
    "coa(4)",
    "big0",
    "p(3,3)",
    "p_lock(3,2)",
    "p_lock(3,3)",
    "p(4,2)",
    "lock_n(3,3)",
    "lock_n(4,2)",
    "lockinc(6)",
    "lockinc(7)",
    "lock2inc(6)",
    "n_writers(6)",
    "n_writers(7)",
    "readers(12)",
    "readers(16)",
    "ticketlock(6)",
    "ticketlock(7)",
    "wainc(5)",
];

/// The number of executions, if it is at most `most`.
fn count(program: &Program, model: Model, most: u64) -> Option<u64> {
    let limits = Limits { executions: Some(most), ..Limits::default() };
    let mut world = Scripted::new(program);
    let mut settings = settings(model);
    settings.estimate_from = u64::MAX;
    let mut explorer = Explorer::new(Exhaustive::new(), settings);
    explorer.set_limits(limits);
    let outcome = explorer.explore(&mut world, &mut ()).expect("scripts are deterministic");
    let coverage = outcome.coverage();
    (coverage.all() < most).then_some(coverage.executions)
}

/// The estimate after so many executions.
fn estimate(program: &Program, model: Model, executions: u64) -> f64 {
    let limits = Limits { executions: Some(executions), ..Limits::default() };
    let mut explorer = Explorer::new(Exhaustive::new(), settings(model));
    explorer.set_limits(limits);
    let outcome = explorer.explore(&mut Scripted::new(program), &mut ());
    outcome.expect("scripts are deterministic").coverage().estimate.unwrap_or(f64::NAN)
}

fn main() {
    let named = FAMILIES.map(|name| families::named(name).expect("a known family"));
    let shape = Shape { max_events: 16, max_threads: 5, ..Shape::default() };
    let random = (0..).map(|seed| program_of_seed(seed, &shape)).take(2_000);
    let mut ratios = [Vec::new(), Vec::new()];
    for (is_random, program) in
        named.into_iter().map(|p| (false, p)).chain(random.map(|p| (true, p)))
    {
        for model in [Model::Sc, Model::Rc20] {
            let Some(all) = count(&program, model, 1_000_000) else { continue };
            if all < 500 {
                continue;
            }
            let ratio = estimate(&program, model, (all / 100).max(32)) / all as f64;
            ratios[usize::from(is_random)].push(ratio);
            if !is_random || !(0.5..=2.0).contains(&ratio) {
                println!("{:14} {:4} {all:9} {ratio:6.2}", program.name, model.to_string());
            }
        }
    }
    for (what, mut ratios) in ["families", "random programs"].into_iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        let within = ratios.iter().filter(|ratio| (0.5..=2.0).contains(*ratio)).count();
        let at = |part: f64| ratios[((ratios.len() - 1) as f64 * part) as usize];
        println!(
            "{} {what}: {within} within 2x; least {:.2}, 5 % {:.2}, 25 % {:.2}, median {:.2}, 75 % {:.2}, 95 % {:.2}, greatest {:.2}",
            ratios.len(),
            at(0.0),
            at(0.05),
            at(0.25),
            at(0.5),
            at(0.75),
            at(0.95),
            at(1.0),
        );
    }
}
