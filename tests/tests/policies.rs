//! What is found does not depend on how it is searched: policies, spawn order, pieces.

use raddle_engine::explore::{
    Exhaustive, Explorer, Fault, Limit, Limits, Outcome, Policy, Schedule,
};
use raddle_engine::memory::Model;
use raddle_litmus::key::{Found, GraphKey};
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::program::Program;
use raddle_litmus::report::{explore_on, explore_with, settings};
use raddle_litmus::scripted::Scripted;
use raddle_tests::support::{MODELS, POLICIES, found, random_programs, with_yields};

/// Programs whose executions all end normally, so that sets of graphs can be compared.
fn shape() -> Shape {
    Shape { plain: false, ..Shape::default() }
}

/// Adds what a piece found; a graph that is there already was reached twice.
fn add(sum: &mut Found, piece: Found, what: &str) {
    for (key, (times, outcome)) in piece.graphs {
        assert_eq!(times, 1, "{what}: twice in one piece: {key:?}");
        let before = sum.graphs.insert(key.clone(), (times, outcome));
        assert!(before.is_none(), "{what}: in two pieces: {key:?}");
    }
}

fn keys(found: &Found) -> Vec<&GraphKey> {
    found.graphs.keys().collect()
}

#[test]
fn every_policy_finds_the_same() {
    for program in random_programs(1, 200, &shape()) {
        for model in MODELS {
            let first = found(&program, model, POLICIES[0]);
            for policy in &POLICIES[1..] {
                let other = found(&program, model, *policy);
                assert_eq!(first.graphs, other.graphs, "{} {model} {policy:?}", program.name);
                assert_eq!(first.deadlock, other.deadlock, "{} {model} {policy:?}", program.name);
            }
        }
    }
}

/// A thread that has yielded is let go after the others, which changes in what order executions come, and nothing else.
#[test]
fn yields_change_nothing() {
    for (seed, program) in (0..).zip(random_programs(20_000, 200, &shape())) {
        let yielding = with_yields(&program, seed);
        for model in MODELS {
            let truth = found(&program, model, Policy::default());
            let policy = POLICIES[seed as usize % POLICIES.len()];
            let other = found(&yielding, model, policy);
            assert_eq!(truth.graphs, other.graphs, "{} {model} {policy:?}", program.name);
            assert_eq!(truth.deadlock, other.deadlock, "{} {model} {policy:?}", program.name);
        }
    }
}

/// Who goes next must not depend on whether the events before were replayed.
#[test]
fn yields_are_noted_in_replays() {
    let programs = random_programs(20_000, 1_000, &shape());
    let caught = (0..).zip(&programs).any(|(seed, program)| {
        let yielding = with_yields(program, seed);
        MODELS.into_iter().any(|model| {
            let truth = found(program, model, Policy::default());
            let policy = POLICIES[seed as usize % POLICIES.len()];
            let broken = Exhaustive::with_policy(policy).with_fault(Fault::ForgetsYields);
            let world = Scripted::new(&yielding);
            let search = explore_with(&yielding, world, broken, settings(model));
            search.map_or(true, |(other, _)| truth.graphs != other.graphs)
        })
    });
    assert!(caught, "the fault changed nothing");
}

#[test]
fn the_order_of_spawning_changes_nothing() {
    let shape = Shape { joins: false, spawns: false, ..shape() };
    for program in random_programs(5_000, 150, &shape) {
        let count = program.threads.len() as u32;
        let forward: Vec<u32> = (0..count).collect();
        let backward: Vec<u32> = (0..count).rev().collect();
        let mut rotated = forward.clone();
        rotated.rotate_left(1);
        for model in MODELS {
            let truth = found(&program, model, Policy::default());
            for order in [&forward, &backward, &rotated] {
                let world = Scripted::spawning(&program, order);
                let search = explore_with(&program, world, Exhaustive::new(), settings(model));
                let (other, _) = search.expect("a scripted world is deterministic");
                assert_eq!(truth.graphs, other.graphs, "{} {model} {order:?}", program.name);
            }
        }
    }
}

/// Explores a node, and gives away a piece of the work after every `rounds` executions, `generations`
/// times over.
fn explore_in_pieces(
    program: &Program,
    (model, policy): (Model, Policy),
    node: Option<Schedule>,
    (rounds, generations): (u64, u32),
    sum: &mut Found,
) -> u32 {
    let what = format!("{} {model} {policy:?}", program.name);
    let strategy = match node {
        Some(node) => Exhaustive::below(node, policy),
        None => Exhaustive::with_policy(policy),
    };
    let mut explorer = Explorer::new(strategy, settings(model));
    let mut pieces = Vec::new();
    let mut executions = 0;
    loop {
        executions += rounds;
        explorer.set_limits(Limits { executions: Some(executions), ..Limits::default() });
        let (found, outcome) = explore_on(&mut explorer, program, Scripted::new(program))
            .expect("a scripted world is deterministic");
        add(sum, found, &what);
        let unfinished = matches!(outcome, Outcome::Incomplete(_, Limit::Executions(_)));
        if !unfinished {
            let whole = matches!(outcome, Outcome::Verified(_));
            assert_eq!(
                whole,
                pieces.is_empty(),
                "{what}: only a whole search verifies: {outcome:?}"
            );
            break;
        }
        if generations > 0 {
            let (strategy, run) = explorer.strategy_mut();
            pieces.extend(strategy.split(run));
        }
    }
    let mut count = pieces.len() as u32;
    for piece in pieces {
        let rest = (rounds, generations - 1);
        count += explore_in_pieces(program, (model, policy), Some(piece), rest, sum);
    }
    count
}

#[test]
fn pieces_add_up_to_the_whole() {
    let mut pieces = 0;
    for (i, program) in random_programs(20_000, 250, &shape()).iter().enumerate() {
        let policy = POLICIES[i % POLICIES.len()];
        for model in MODELS {
            let truth = found(program, model, policy);
            let mut sum = Found::default();
            let how = (1 + i as u64 % 4, 3);
            pieces += explore_in_pieces(program, (model, policy), None, how, &mut sum);
            assert_eq!(keys(&truth), keys(&sum), "{} {model} {policy:?}", program.name);
            assert_eq!(truth.graphs, sum.graphs, "{} {model} {policy:?}", program.name);
        }
    }
    assert!(pieces > 1_000, "only {pieces} pieces were given away");
}

#[test]
fn a_piece_gives_the_same_again() {
    for program in random_programs(30_000, 50, &shape()) {
        for model in MODELS {
            let mut explorer = Explorer::new(Exhaustive::new(), settings(model));
            explorer.set_limits(Limits { executions: Some(1), ..Limits::default() });
            explore_on(&mut explorer, &program, Scripted::new(&program)).expect("deterministic");
            let (strategy, run) = explorer.strategy_mut();
            for piece in strategy.split(run) {
                let again = |piece: &Schedule| {
                    let below = Exhaustive::below(piece.clone(), Policy::default());
                    let world = Scripted::new(&program);
                    explore_with(&program, world, below, settings(model)).expect("deterministic").0
                };
                assert_eq!(again(&piece), again(&piece), "{} {model}", program.name);
            }
        }
    }
}
