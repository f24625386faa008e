//! Loops that only read do what operations that wait do: on threads, with every guard of a program as a loop,
//! the executions are those of the oracle for the program with guards, each once.

use raddle_engine::explore::{Exhaustive, Fault, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::{check_loops, oracle};
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::program::Program;
use raddle_tests::support::{MODELS, POLICIES, programs_of};

fn shape() -> Shape {
    Shape { awaits: true, plain: false, ..Shape::default() }
}

/// How the loops differ from the oracle; none if they agree or the oracle gives up.
fn difference(
    program: &Program,
    model: Model,
    policy: Policy,
    fault: Option<Fault>,
) -> Option<String> {
    let truth = oracle(program, model)?;
    let strategy = || {
        let strategy = Exhaustive::with_policy(policy);
        match fault {
            Some(fault) => strategy.with_fault(fault),
            None => strategy,
        }
    };
    let difference = check_loops(program, model, strategy, &truth).err()?;
    Some(format!("{} [{model} {policy:?}] {difference}", program.name))
}

#[test]
fn known_programs() {
    let files = ["rows.json", "counts.json", "litmus/random-a.json"];
    let programs = files.into_iter().flat_map(programs_of).filter(|program| {
        let counts = program.expect.values().filter_map(|expected| expected.executions);
        program.objects.is_empty() && counts.max().unwrap_or(0) <= 500
    });
    let mut wrong = Vec::new();
    for program in programs {
        for model in MODELS {
            wrong.extend(difference(&program, model, Policy::default(), None));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn random_programs_with_every_policy() {
    let shapes = [
        shape(),
        Shape { max_locations: 1, ..shape() },
        Shape { sc_only: true, max_locations: 2, ..shape() },
        Shape { plain: true, ..shape() },
    ];
    let mut wrong = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        for seed in 0..60 {
            let program = program_of_seed(seed + 1_000 * number as u64, shape);
            for model in MODELS {
                let policy = POLICIES[seed as usize % POLICIES.len()];
                wrong.extend(difference(&program, model, policy, None));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Under `sc` a turn is taken back or given up at once, so neither condition is ever asked there.
#[test]
fn planted_faults_are_caught() {
    for fault in [Fault::GivesUpTurns, Fault::HangsOnOldValues] {
        let caught = POLICIES.into_iter().find_map(|policy| {
            (0..300).find_map(|seed| {
                let shape = Shape { max_locations: 1, ..shape() };
                let program = program_of_seed(seed, &shape);
                difference(&program, Model::Rc20, policy, Some(fault))
            })
        });
        assert!(caught.is_some(), "{fault:?} changed nothing");
    }
}
