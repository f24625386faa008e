//! The explorer against the naive oracles on random programs: the same graphs, each once.

use proptest::prelude::*;
use raddle_engine::explore::{Exhaustive, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::{self, check, fuzz};
use raddle_litmus::key::Found;
use raddle_litmus::oracle::generate::{Shape, program_of_seed, programs};
use raddle_litmus::program::Program;
use raddle_tests::support::{MODELS, POLICIES};

/// Compares `count` programs from seed `first` on and fails with the smallest program that differs.
fn agree(model: Model, shape: &Shape, first: u64, count: u64, policy: Policy) {
    let check = |program: &Program, truth: &Found| {
        check(program, model, Exhaustive::with_policy(policy), truth)
    };
    let generate = |seed| program_of_seed(seed, shape);
    let tally = fuzz(model, generate, (first, count), check, |program, difference| {
        panic!("[{model}, {policy:?}] {difference}\n{program:#?}")
    });
    assert_eq!(tally.programs, count);
    assert!(tally.executions > count, "the programs have no alternatives");
    if model == Model::Sc {
        assert_eq!(tally.redundant, 0, "conflicts in causal order leave nothing to be repeated");
    }
}

#[test]
fn two_thousand_programs_under_sc() {
    agree(Model::Sc, &Shape::default(), 1, 2_000, Policy::default());
}

#[test]
fn two_thousand_programs_under_rc20() {
    agree(Model::Rc20, &Shape::default(), 1, 2_000, Policy::default());
}

#[test]
fn programs_of_every_shape() {
    let basic = Shape {
        awaits: false,
        weak: false,
        plain: false,
        joins: false,
        choose: false,
        spawns: false,
        assumes: false,
        fences: false,
        ..Shape::default()
    };
    let shapes = [
        Shape { awaits: true, max_locations: 1, ..basic },
        Shape { awaits: true, joins: true, spawns: true, ..basic },
        Shape { weak: true, max_locations: 1, ..basic },
        Shape { sc_only: true, fences: true, ..basic },
        Shape { fences: true, awaits: true, ..basic },
        Shape { plain: true, fences: true, joins: true, ..basic },
        Shape { assumes: true, choose: true, asserts: true, ..basic },
    ];
    for (i, shape) in shapes.iter().enumerate() {
        for model in MODELS {
            agree(model, shape, 10_000 * (i as u64 + 1), 150, POLICIES[i % POLICIES.len()]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn every_policy_finds_what_the_oracle_finds(program in programs(Shape::default())) {
        for model in MODELS {
            let Some(truth) = fuzz::oracle(&program, model) else { continue };
            for policy in POLICIES {
                let checked = fuzz::check(&program, model, Exhaustive::with_policy(policy), &truth);
                prop_assert!(checked.is_ok(), "[{}, {:?}] {:?}", model, policy, checked);
            }
        }
    }
}
