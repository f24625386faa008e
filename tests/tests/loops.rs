//! Loops that only read do what operations that wait do: on threads, with every guard of a program as a loop,
//! the executions are those of the oracle for the program with guards, each once.

use raddle_engine::explore::{Exhaustive, Fault, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::{check, check_loops, difference as found_difference, oracle};
use raddle_litmus::key::Found;
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::program::{Comparison, Instruction, Program};
use raddle_litmus::report::explore_threads;
use raddle_litmus::threaded::Guards;
use raddle_tests::support::{MODELS, POLICIES, programs_of};
use std::collections::BTreeSet;

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

/// How loops that look before they exchange differ from the oracle. Where none was ever kept waiting at its
/// exchange, what was looked at are events that the oracle does not have; then what can be seen must be the same.
fn look_difference(
    program: &Program,
    (model, guards): (Model, Guards),
    (policy, fault): (Policy, Option<Fault>),
) -> Option<(bool, String)> {
    let truth = oracle(program, model)?;
    let strategy = || match fault {
        Some(fault) => Exhaustive::with_policy(policy).with_fault(fault),
        None => Exhaustive::with_policy(policy),
    };
    let found = explore_threads(program, model, guards, strategy);
    let (found, outcome) = found.unwrap_or_else(|divergence| panic!("{divergence}"));
    let names = format!("{} [{model} {policy:?} {guards:?}]", program.name);
    let fails = |found: &Found| (found.race, found.assertion);
    if truth.race || truth.assertion || fails(&found) != fails(&truth) {
        let differs = fails(&found) != fails(&truth);
        return differs.then(|| (false, format!("{names} {:?}", fails(&found))));
    }
    let sees = |found: &Found| -> BTreeSet<Vec<u64>> {
        found.graphs.values().map(|(_, seen)| seen.clone()).collect()
    };
    let (mine, theirs) = (sees(&found), sees(&truth));
    if mine != theirs || found.deadlock != truth.deadlock {
        return Some((false, format!("{names} {mine:?} instead of {theirs:?}")));
    }
    let coverage = outcome.coverage();
    if found.graphs.keys().any(|key| !truth.graphs.contains_key(key)) {
        // Whoever looks and is not kept waiting later.
        return (guards != Guards::UntriedLooks).then_some((true, names));
    }
    let difference = found_difference(&found, &truth).or_else(|| {
        let guards = check(program, model, strategy(), &truth).map(|guards| guards.redundant);
        let more = guards.is_ok_and(|guards| coverage.redundant > guards);
        more.then(|| format!("{} redundant", coverage.redundant))
    });
    difference.map(|difference| (false, format!("{names} {difference}")))
}

/// What is seen by looking before an exchange nobody can tell from what the exchange sees.
#[test]
fn loops_that_look_before_they_exchange() {
    let shapes = [
        Shape { max_locations: 1, max_events: 8, ..shape() },
        Shape { max_events: 8, ..shape() },
        Shape { sc_only: true, max_locations: 2, ..shape() },
        Shape { plain: true, max_events: 8, ..shape() },
    ];
    let (mut wrong, mut compared, mut performed) = (Vec::new(), 0, 0);
    for (number, shape) in shapes.iter().enumerate() {
        for seed in 0..400 {
            let program = program_of_seed(seed + 10_000 * number as u64, shape);
            if !has_exchange_loop(&program.threads.concat()) {
                continue;
            }
            for model in MODELS {
                let policy = POLICIES[seed as usize % POLICIES.len()];
                for guards in [Guards::Looks, Guards::LooksLater, Guards::UntriedLooks] {
                    compared += 1;
                    match look_difference(&program, (model, guards), (policy, None)) {
                        Some((true, _)) => performed += 1,
                        Some((false, difference)) => wrong.push(difference),
                        None => {}
                    }
                }
            }
        }
    }
    println!("{compared} compared, in {performed} nobody was kept waiting");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 200 && performed < compared / 2, "{performed} of {compared}");
}

/// Whether it has a read-modify-write that waits for one value.
fn has_exchange_loop(code: &[Instruction]) -> bool {
    code.iter().any(|instruction| match instruction {
        Instruction::FetchAdd { until: Some(guard), .. }
        | Instruction::Swap { until: Some(guard), .. }
        | Instruction::Rmw { until: Some(guard), .. } => guard.cmp == Comparison::Eq,
        Instruction::IfEq { then, .. } => has_exchange_loop(then),
        Instruction::If { then, otherwise, .. } => {
            has_exchange_loop(then) || has_exchange_loop(otherwise)
        }
        Instruction::Repeat { body, .. } => has_exchange_loop(body),
        _ => false,
    })
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
