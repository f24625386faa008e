//! The oracles against the ground truth and against each other.

use super::generate::{Shape, program_of_seed};
use super::shrink::shrink;
use super::{Model, Stuck, axiomatic, interleaving};
use crate::key::Found;
use crate::program::Program;

const LIMIT: usize = 1_000_000;

macro_rules! ground_truth {
    ($($file:literal),*) => {
        [$(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/data/litmus/",
            $file
        ))),*]
    };
}

fn ground_truth() -> Vec<Program> {
    ground_truth!("random-a.json", "random-b.json", "release-sequences.json")
        .iter()
        .flat_map(|json| Program::parse_list(json).expect("the file is well-formed"))
        .collect()
}

fn check(program: &Program, model: &str, found: &Found) {
    let expected = &program.expect[model];
    let name = format!("{} under {model}", program.name);
    let mut outcomes: Vec<_> = found.graphs.values().map(|(_, outcome)| outcome.clone()).collect();
    outcomes.sort();
    outcomes.dedup();
    let mut wanted = expected.outcomes.clone().expect("outcomes are given");
    wanted.sort();
    assert_eq!(outcomes, wanted, "{name}");
    assert_eq!(found.graphs.len() as u64, expected.executions.expect("a count is given"), "{name}");
    assert_eq!(
        (found.blocked, found.deadlock, found.race, found.assertion),
        (0, false, false, false)
    );
}

#[test]
fn both_oracles_agree_with_the_ground_truth() {
    for program in ground_truth() {
        for (model, name) in [(Model::Sc, "sc"), (Model::Rc20, "rc20")] {
            check(&program, name, &axiomatic::explore(&program, model, LIMIT).expect("small"));
        }
        check(&program, "sc", &interleaving::explore(&program, LIMIT).expect("small"));
    }
}

fn agree(program: &Program, stuck: Stuck) -> bool {
    let one = axiomatic::explore_with(program, Model::Sc, stuck, LIMIT).expect("small");
    let other = interleaving::explore_with(program, stuck, LIMIT).expect("small");
    one == other || one.race && other.race
}

/// Two definitions of sequential consistency, and of happens-before, give the same executions.
#[test]
fn the_oracles_agree_on_random_programs() {
    let shape = Shape { max_events: 8, asserts: true, ..Shape::default() };
    for seed in 0..500 {
        let program = program_of_seed(seed, &shape);
        program.check().unwrap_or_else(|e| panic!("{e}: {program:?}"));
        for stuck in [Stuck::NoPlacement, Stuck::LatestValue] {
            if !agree(&program, stuck) {
                let least = shrink(program, |smaller| !agree(smaller, stuck));
                let json = serde_json::to_string(&least).expect("programs can be written");
                panic!("seed {seed}, {stuck:?}: {json}");
            }
        }
    }
}
