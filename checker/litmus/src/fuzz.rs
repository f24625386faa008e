//! The explorer against the oracles on random programs.

use crate::key::Found;
use crate::oracle::shrink::shrink;
use crate::oracle::{self, Stuck};
use crate::program::Program;
use crate::report::{explore_threads, explore_with, settings_for};
use crate::scripted::Scripted;
use crate::threaded::Guards;
use raddle_engine::explore::{Coverage, Exhaustive, Outcome};
use raddle_engine::memory::Model;

/// The most partial graphs that an oracle may visit before a program is skipped.
pub const ORACLE_LIMIT: usize = 60_000;

/// What the oracle for that model finds; none if the program is too large for it, or not a program.
pub fn oracle(program: &Program, model: Model) -> Option<Found> {
    program.check().ok()?;
    match model {
        Model::Sc => oracle::interleaving::explore_with(program, Stuck::LatestValue, ORACLE_LIMIT),
        Model::Rc20 => oracle::axiomatic::explore_with(
            program,
            oracle::Model::Rc20,
            Stuck::LatestValue,
            ORACLE_LIMIT,
        ),
    }
}

/// How the search and the oracle differ; none if they agree.
pub fn difference(found: &Found, truth: &Found) -> Option<String> {
    if found.race != truth.race {
        return Some(format!("race: {} instead of {}", found.race, truth.race));
    }
    if found.assertion != truth.assertion {
        return Some(format!("assertion: {} instead of {}", found.assertion, truth.assertion));
    }
    if truth.race || truth.assertion {
        return None;
    }
    if let Some((key, (times, _))) = found.graphs.iter().find(|(_, (times, _))| *times > 1) {
        return Some(format!("duplicated {times} times: {key:?}"));
    }
    if let Some(missing) = truth.graphs.keys().find(|key| !found.graphs.contains_key(*key)) {
        let (mine, all) = (found.graphs.len(), truth.graphs.len());
        return Some(format!("missing, {mine} of {all} found: {missing:?}"));
    }
    if let Some(extra) = found.graphs.keys().find(|key| !truth.graphs.contains_key(*key)) {
        return Some(format!("extra: {extra:?}"));
    }
    let wrong = found.graphs.iter().find(|(key, (_, outcome))| truth.graphs[*key].1 != *outcome);
    if let Some((key, (_, outcome))) = wrong {
        return Some(format!("outcome {outcome:?} instead of {:?}", truth.graphs[key].1));
    }
    (found.deadlock != truth.deadlock)
        .then(|| format!("deadlock: {} instead of {}", found.deadlock, truth.deadlock))
}

/// Explores a program with a strategy and compares with what the oracle found.
pub fn check(
    program: &Program,
    model: Model,
    strategy: Exhaustive,
    truth: &Found,
) -> Result<Coverage, String> {
    let settings = settings_for(program, model);
    let explored = explore_with(program, Scripted::new(program), strategy, settings);
    agrees(explored.map_err(|divergence| divergence.to_string()), truth)
}

/// The same with every guard that can be written as a loop as one, on threads.
pub fn check_loops(
    program: &Program,
    (model, guards): (Model, Guards),
    strategy: impl Fn() -> Exhaustive,
    truth: &Found,
) -> Result<Coverage, String> {
    agrees(explore_threads(program, model, guards, strategy), truth)
}

fn agrees(explored: Result<(Found, Outcome), String>, truth: &Found) -> Result<Coverage, String> {
    let (found, outcome) = explored?;
    match difference(&found, truth) {
        Some(difference) => Err(difference),
        None => Ok(*outcome.coverage()),
    }
}

/// What a run of many programs saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Programs compared.
    pub programs: u64,
    /// Programs too large for the oracle.
    pub skipped: u64,
    /// Executions of the compared programs.
    pub executions: u64,
    /// Executions that repeated another to their end.
    pub redundant: u64,
    /// Executions that were given up: somebody waited there for what never comes.
    pub given_up: u64,
}

/// Compares the programs that `generate` makes of seeds from `first` on until `count` have been compared; each difference, on a
/// shrunk program, goes to `report`, and ends the run if that returns false.
pub fn fuzz(
    model: Model,
    generate: impl Fn(u64) -> Program,
    (first, count): (u64, u64),
    check: impl Fn(&Program, &Found) -> Result<Coverage, String>,
    mut report: impl FnMut(&Program, &str) -> bool,
) -> Tally {
    let mut tally = Tally::default();
    let mut seed = first;
    while tally.programs < count {
        let program = generate(seed);
        seed += 1;
        let Some(truth) = oracle(&program, model) else {
            tally.skipped += 1;
            continue;
        };
        tally.programs += 1;
        match check(&program, &truth) {
            Ok(coverage) => {
                tally.executions += coverage.executions;
                tally.redundant += coverage.redundant;
                tally.given_up += coverage.set_aside + coverage.moot;
            }
            Err(_) => {
                let differs =
                    |p: &Program| oracle(p, model).and_then(|truth| check(p, &truth).err());
                let small = shrink(program, |p| differs(p).is_some());
                let difference = differs(&small).unwrap_or_default();
                if !report(&small, &difference) {
                    break;
                }
            }
        }
    }
    tally
}
