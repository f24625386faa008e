//! Every program of `tests/data` has the executions, and the outcomes, that are known for it.

use raddle_litmus::report::{differences, explore};
use raddle_tests::support::{MODELS, programs_of};

fn check(file: &str) {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for program in programs_of(file) {
        for model in MODELS {
            let Some(expected) = program.expect.get(model.name()) else { continue };
            let (found, outcome) = explore(&program, model);
            let lines = differences(&found, outcome.coverage(), expected);
            wrong.extend(lines.iter().map(|line| format!("{} [{model}] {line}", program.name)));
            compared += 1;
        }
    }
    assert!(compared > 0, "{file} expects nothing");
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}

#[test]
fn ground_truth_a() {
    check("litmus/random-a.json");
}

#[test]
fn ground_truth_b() {
    check("litmus/random-b.json");
}

#[test]
fn ground_truth_of_release_sequences() {
    check("litmus/release-sequences.json");
}

#[test]
fn published_counts_of_the_literature() {
    check("literature.json");
}

#[test]
fn rows_that_are_easily_got_wrong() {
    check("rows.json");
}

#[test]
fn the_table_of_counts() {
    check("counts.json");
}
