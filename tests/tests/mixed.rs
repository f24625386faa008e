//! The explorer against the naive oracles on random programs that mix blocking objects with atomics: the same
//! classes of executions, each once.

use raddle_engine::explore::{Exhaustive, Fault, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::{check, fuzz, oracle};
use raddle_litmus::key::Found;
use raddle_litmus::objects::ObjectKind;
use raddle_litmus::oracle::mixed::{Mix, program_of_seed};
use raddle_litmus::program::Program;
use raddle_tests::support::{MODELS, POLICIES};

/// Compares `count` programs from seed `first` on and fails with the smallest program that differs.
fn agree(model: Model, mix: Mix, first: u64, count: u64, policy: Policy) {
    let check = |program: &Program, truth: &Found| {
        check(program, model, Exhaustive::with_policy(policy), truth)
    };
    let generate = |seed| program_of_seed(seed, &mix);
    let tally = fuzz(model, generate, (first, count), check, |program, difference| {
        panic!("[{model}, {policy:?}] {difference}\n{program:#?}")
    });
    assert_eq!(tally.programs, count);
    // Dead ends come where somebody waits for what was overtaken, and are rare.
    assert!(tally.redundant * 50 < tally.executions, "{tally:?}");
}

#[test]
fn programs_under_sc() {
    agree(Model::Sc, Mix::default(), 1, 400, Policy::default());
}

#[test]
fn programs_under_rc20() {
    agree(Model::Rc20, Mix::default(), 1, 400, Policy::default());
}

#[test]
fn every_policy_finds_the_same() {
    for (i, policy) in POLICIES.into_iter().enumerate() {
        for model in MODELS {
            agree(model, Mix::default(), 10_000 + 100 * i as u64, 60, policy);
        }
    }
}

#[test]
fn objects_of_every_kind() {
    for kind in [
        ObjectKind::Mutex,
        ObjectKind::Rwlock,
        ObjectKind::Condvar,
        ObjectKind::Semaphore,
        ObjectKind::Counter,
        ObjectKind::Barrier,
        ObjectKind::Once,
        ObjectKind::Token,
        ObjectKind::Channel,
        ObjectKind::Rendezvous,
        ObjectKind::Exchange,
    ] {
        for model in MODELS {
            let mix = Mix { only: Some(kind), max_events: 8, ..Mix::default() };
            agree(model, mix, 20_000, 60, Policy::default());
        }
    }
}

/// Sleeps, time limits and looks at the clock, with objects of every kind.
#[test]
fn programs_with_a_clock() {
    for model in MODELS {
        let mix = Mix { time: true, ..Mix::default() };
        agree(model, mix, 30_000, 300, Policy::default());
    }
    for (i, policy) in POLICIES.into_iter().enumerate() {
        let mix = Mix { time: true, max_events: 8, ..Mix::default() };
        agree(Model::Sc, mix, 31_000 + 100 * i as u64, 60, policy);
        agree(Model::Rc20, mix, 32_000 + 100 * i as u64, 60, policy);
    }
}

#[test]
fn faults_are_noticed_where_time_passes() {
    let mix = Mix { time: true, max_events: 8, ..Mix::default() };
    for fault in [Fault::ForgetsStandstill, Fault::SkipsTimes, Fault::BreaksTies] {
        for model in MODELS {
            let caught = (0..400).any(|seed| {
                let program = program_of_seed(seed, &mix);
                let Some(truth) = oracle(&program, model) else { return false };
                let broken = Exhaustive::new().with_fault(fault);
                check(&program, model, broken, &truth).is_err()
            });
            assert!(caught, "{fault:?} changed nothing under {model}");
        }
    }
}

/// What the search does wrong shows on selects that meet. That fixed events are not deleted is left out: without it a
/// search need not end.
#[test]
fn faults_are_noticed_on_exchanges() {
    let mix = Mix { only: Some(ObjectKind::Exchange), max_events: 8, ..Mix::default() };
    for fault in [Fault::ForgetsWaiting, Fault::DeletesUnmaximal] {
        let caught = (0..400).any(|seed| {
            let program = program_of_seed(seed, &mix);
            let Some(truth) = oracle(&program, Model::Sc) else { return false };
            let broken = Exhaustive::new().with_fault(fault);
            check(&program, Model::Sc, broken, &truth).is_err()
        });
        assert!(caught, "{fault:?} changed nothing");
    }
}
