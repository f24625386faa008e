//! Loops that only read do what operations that wait do: on threads, with every guard of a program as a loop,
//! the executions are those of the oracle for the program with guards, each once.

use raddle_engine::explore::{Exhaustive, Fault, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::{check, check_loops, oracle};
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::program::Program;
use raddle_litmus::threaded::Guards;
use raddle_tests::support::{MODELS, POLICIES, programs_of};

fn shape() -> Shape {
    Shape { awaits: true, plain: false, ..Shape::default() }
}

/// How the loops differ from the oracle; none if they agree or the oracle gives up.
fn difference(
    program: &Program,
    (model, guards): (Model, Guards),
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
    let difference = check_loops(program, (model, guards), strategy, &truth).err()?;
    Some(format!("{} [{model} {policy:?} {guards:?}] {difference}", program.name))
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
            wrong.extend(difference(&program, (model, Guards::Loops), Policy::default(), None));
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
                for guards in [Guards::Loops, Guards::UntriedLoops, Guards::Awaits] {
                    wrong.extend(difference(&program, (model, guards), policy, None));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A thread whose turn was taken back, and whose read got a guard only then, was made to turn although the guard refused
/// the newest value.
#[test]
fn a_guard_that_comes_after_a_turn_was_taken_back() {
    let program = program_of_seed(941_483, &Shape { plain: true, ..shape() });
    for model in MODELS {
        assert_eq!(difference(&program, (model, Guards::Loops), Policy::default(), None), None);
    }
}

/// A false assumption gives an execution up; a loop does not.
#[test]
fn loops_give_up_no_more_than_guards() {
    let shapes = [shape(), Shape { max_locations: 1, ..shape() }];
    for (seed, shape) in (0..120).flat_map(|seed| shapes.iter().map(move |shape| (seed, shape))) {
        let program = program_of_seed(seed, shape);
        let Some(truth) = oracle(&program, Model::Sc) else { continue };
        let guards = check(&program, Model::Sc, Exhaustive::new(), &truth);
        let like = |guards| check_loops(&program, (Model::Sc, guards), Exhaustive::new, &truth);
        let found = [guards, like(Guards::Loops), like(Guards::Awaits)];
        let [guards, loops, awaits] = found.map(|found| {
            let coverage = found.unwrap_or_else(|difference| panic!("{seed}: {difference}"));
            coverage.set_aside + coverage.moot
        });
        assert_eq!((loops, awaits), (guards, guards), "{}", program.name);
    }
}

/// What the conditions are about must be reached to be missed. Where values are tried, hardly a turn is left that
/// could be given up; and where they are not, under `sc` every turn is taken back or given up at once.
#[test]
fn planted_faults_are_caught() {
    use Model::{Rc20, Sc};
    let faults = [
        (Fault::GivesUpTurns, Rc20, Guards::UntriedLoops),
        (Fault::HangsOnOldValues, Rc20, Guards::UntriedLoops),
        (Fault::RefusesTried, Sc, Guards::Loops),
        (Fault::RefusesTried, Rc20, Guards::Loops),
        (Fault::ForgetsHold, Rc20, Guards::Loops),
    ];
    for (fault, model, guards) in faults {
        let caught = POLICIES.into_iter().find_map(|policy| {
            (0..300).find_map(|seed| {
                let shape = Shape { max_locations: 1, ..shape() };
                let program = program_of_seed(seed, &shape);
                difference(&program, (model, guards), policy, Some(fault))
            })
        });
        assert!(caught.is_some(), "{fault:?} changed nothing under {model}");
    }
}
