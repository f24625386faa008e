//! Real threads do what scripts do: the same executions, each once, and the same outcomes, whether a
//! program is interpreted by the scripted world or runs on coroutines through the shims.

use raddle_engine::explore::Exhaustive;
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::difference;
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::program::Program;
use raddle_litmus::report::{differences, explore, explore_threads};
use raddle_litmus::threaded::Guards;
use raddle_tests::support::{MODELS, programs_of, random_programs};

/// How the two worlds differ; none if they agree.
fn compare(program: &Program, model: Model) -> Option<String> {
    let (script, outcome) = explore(program, model);
    let (threads, same) = match explore_threads(program, model, Guards::Asked, Exhaustive::new) {
        Ok(explored) => explored,
        Err(divergence) => return Some(divergence),
    };
    let failed = script.race || script.assertion;
    let (one, two) = (outcome.coverage().executions, same.coverage().executions);
    difference(&threads, &script)
        .or_else(|| (!failed && one != two).then(|| format!("{two} executions instead of {one}")))
        .map(|line| format!("{} [{model}] {line}", program.name))
}

fn compare_file(file: &str) {
    let programs = programs_of(file);
    assert!(!programs.is_empty());
    let mut wrong = Vec::new();
    for program in &programs {
        for model in MODELS {
            let Some(expected) = program.expect.get(model.name()) else { continue };
            // The long ones are left to the command: `raddle-litmus --world threads`.
            if expected.executions.is_some_and(|count| count > 3_000) {
                continue;
            }
            wrong.extend(compare(program, model));
            let (found, outcome) = explore_threads(program, model, Guards::Asked, Exhaustive::new)
                .expect("it is deterministic");
            wrong.extend(differences(&found, outcome.coverage(), expected));
        }
    }
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}

#[test]
fn ground_truth() {
    compare_file("litmus/random-a.json");
    compare_file("litmus/random-b.json");
    compare_file("litmus/release-sequences.json");
}

#[test]
fn rows_and_counts() {
    compare_file("rows.json");
    compare_file("counts.json");
}

#[test]
fn literature() {
    compare_file("literature.json");
}

/// Random programs with spawns, joins, guards, assumptions, choices, plain accesses and assertions.
#[test]
fn random() {
    let shape = Shape::default();
    let mut wrong = Vec::new();
    for program in random_programs(70_000, 400, &shape) {
        for model in MODELS {
            wrong.extend(compare(&program, model));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong[..wrong.len().min(5)].join("\n"));
}
