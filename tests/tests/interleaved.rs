//! Accesses that are ordered as Go's are, beside others and beside objects: the same classes of executions as the naive oracles find, each
//! once, in every model.

use raddle_engine::explore::{Exhaustive, Fault};
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::{check, check_loops, difference, fuzz, oracle};
use raddle_litmus::key::Found;
use raddle_litmus::oracle::generate::{self, Shape};
use raddle_litmus::oracle::mixed::{self, Mix};
use raddle_litmus::program::{Order, Program};
use raddle_litmus::report::explore;
use raddle_litmus::threaded::Guards;
use raddle_tests::support::{MODELS, POLICIES};

/// The locations of the program of a seed that are so.
fn chosen(seed: u64) -> impl Fn(u32) -> bool {
    move |location| seed >> location & 1 == 1
}

fn atomics(seed: u64) -> Program {
    generate::program_of_seed(seed, &Shape::default()).interleaved(chosen(seed))
}

fn with_objects(seed: u64) -> Program {
    mixed::program_of_seed(seed, &Mix::default()).interleaved(chosen(seed))
}

/// Compares what random programs come to, and fails with the smallest that differs.
fn agree(model: Model, generate: fn(u64) -> Program, (first, count): (u64, u64)) {
    let policy = POLICIES[first as usize % POLICIES.len()];
    let check = |program: &Program, truth: &Found| {
        check(program, model, Exhaustive::with_policy(policy), truth)
    };
    let tally = fuzz(model, generate, (first, count), check, |program, difference| {
        panic!("[{model}, {policy:?}] {difference}\n{program:#?}")
    });
    assert_eq!(tally.programs, count);
}

#[test]
fn random_programs() {
    for model in MODELS {
        agree(model, atomics, (1, 400));
        for policy in 0..POLICIES.len() as u64 {
            agree(model, atomics, (10_000 + policy, 60));
        }
    }
}

#[test]
fn random_programs_with_objects() {
    for model in MODELS {
        agree(model, with_objects, (1, 300));
        for policy in 0..POLICIES.len() as u64 {
            agree(model, with_objects, (20_000 + policy, 40));
        }
    }
}

#[test]
fn random_programs_with_a_clock() {
    let timed = |seed| {
        let mix = Mix { time: true, ..Mix::default() };
        mixed::program_of_seed(seed, &mix).interleaved(chosen(seed))
    };
    MODELS.into_iter().for_each(|model| agree(model, timed, (1, 300)));
}

/// Waiting as loops, on threads.
#[test]
fn loops() {
    let program = |seed| {
        let shape = Shape { awaits: true, plain: false, ..Shape::default() };
        generate::program_of_seed(seed, &shape).interleaved(chosen(seed))
    };
    for model in MODELS {
        let check = |program: &Program, truth: &Found| {
            check_loops(program, (model, Guards::Loops), Exhaustive::new, truth)
        };
        let tally = fuzz(model, program, (1, 300), check, |program, difference| {
            panic!("[{model}] {difference}\n{program:#?}")
        });
        assert_eq!(tally.programs, 300);
    }
}

/// The first of 1,000 random programs on which the oracle, asked about what `other` makes of it, differs from the search.
fn told_apart(
    generate: fn(u64) -> Program,
    other: impl Fn(Program, u64) -> Program,
) -> Option<String> {
    (0..1_000).find_map(|seed| {
        let program = generate(seed);
        let truth = oracle(&other(program.clone(), seed), Model::Rc20)?;
        difference(&explore(&program, Model::Rc20).0, &truth)
    })
}

/// With SeqCst in their place there is more under `rc20`, where channels or relaxed accesses take part; so the oracle would notice.
#[test]
fn seq_cst_is_less() {
    let weaker = |program: Program, seed| program.ordered(Order::SeqCst, chosen(seed));
    let found = told_apart(with_objects, weaker);
    let found = found.expect("a program tells them apart");
    assert!(found.starts_with("missing"), "{found}");
}

#[test]
fn a_search_that_does_not_reverse_them_is_caught() {
    let caught = (0..1_000).find_map(|seed| {
        let program = atomics(seed);
        let truth = oracle(&program, Model::Rc20)?;
        let broken = Exhaustive::new().with_fault(Fault::ForgetsInterleaved);
        check(&program, Model::Rc20, broken, &truth).err()
    });
    let difference = caught.expect("the fault changes something");
    assert!(difference.starts_with("missing"), "{difference}");
}

/// Some accesses of a location cannot be so and others not.
#[test]
fn all_accesses_of_a_location_or_none() {
    let json = |second: &str| {
        format!(
            r#"[{{"name":"mixed","locations":1,"threads":[[
                {{"op":"store","loc":0,"ord":"interleaved","val":1}},
                {{"op":"load","loc":0,"ord":"{second}","reg":0}}]]}}]"#
        )
    };
    assert!(Program::parse_list(&json("interleaved")).is_ok());
    let error = Program::parse_list(&json("seq_cst")).expect_err("it is refused");
    assert!(error.contains("location 0 is interleaved in some of its accesses only"), "{error}");
}
