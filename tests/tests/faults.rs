//! Every planted fault is caught: leaving a condition of the search out changes what is found on some
//! random program.

use raddle_engine::explore::{Exhaustive, Fault, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::fuzz::{check, oracle};
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::report::differences;

/// The difference that a fault makes on the first of `seeds` random programs on which it makes one.
fn caught(fault: Fault, model: Model, shape: &Shape, policy: Policy, seeds: u64) -> Option<String> {
    (0..seeds).find_map(|seed| {
        let program = program_of_seed(seed, shape);
        let truth = oracle(&program, model)?;
        let broken = Exhaustive::with_policy(policy).with_fault(fault);
        let whole = check(&program, model, Exhaustive::with_policy(policy), &truth);
        assert!(whole.is_ok(), "seed {seed}: {whole:?}");
        check(&program, model, broken, &truth).err()
    })
}

fn must_be_caught(fault: Fault, model: Model, shape: &Shape) {
    // Some conditions matter only where reads come before writes.
    let difference = caught(fault, model, shape, Policy::WritesFirst, 1_000)
        .or_else(|| caught(fault, model, shape, Policy::Highest, 3_000));
    assert!(difference.is_some(), "{fault:?} changed nothing under {model}");
}

fn small() -> Shape {
    Shape { plain: false, assumes: false, max_events: 8, ..Shape::default() }
}

#[test]
fn deleting_fixed_events() {
    // Programs are kept small: without this condition a search need not end.
    must_be_caught(Fault::DeletesFixed, Model::Rc20, &Shape { max_events: 6, ..small() });
}

#[test]
fn deleting_alternatives() {
    must_be_caught(Fault::DeletesUnmaximal, Model::Rc20, &small());
    must_be_caught(Fault::DeletesUnmaximal, Model::Sc, &small());
}

#[test]
fn ignoring_kept_successors() {
    must_be_caught(Fault::IgnoresKeptSuccessors, Model::Rc20, &small());
}

#[test]
fn ignoring_the_successor_of_the_write() {
    must_be_caught(Fault::IgnoresWriteSuccessor, Model::Rc20, &small());
}

#[test]
fn revisiting_again() {
    must_be_caught(Fault::RevisitsAgain, Model::Rc20, &small());
}

#[test]
fn forgetting_the_revisits_of_revisited_updates() {
    must_be_caught(Fault::ForgetsUpdateRevisits, Model::Rc20, &small());
}

#[test]
fn skipping_psc() {
    must_be_caught(Fault::SkipsPsc, Model::Rc20, &Shape { sc_only: true, ..small() });
}

#[test]
fn leaving_out_the_order_of_fences() {
    // IRIW with fences in the readers: random programs of this size are too rare.
    let store = |loc| format!(r#"[{{"op":"store","loc":{loc},"ord":"relaxed","val":1}}]"#);
    let read = |first, second| {
        let load = |loc, reg| format!(r#"{{"op":"load","loc":{loc},"ord":"relaxed","reg":{reg}}}"#);
        let fence = r#"{"op":"fence","ord":"seq_cst"}"#;
        format!("[{},{fence},{}]", load(first, 0), load(second, 1))
    };
    let threads = [store(0), store(1), read(0, 1), read(1, 0)].join(",");
    let program = raddle_tests::support::program(2, 0, &format!("[{threads}]"));
    let truth = oracle(&program, Model::Rc20).expect("a small program");
    assert_eq!(truth.graphs.len(), 15);
    assert!(check(&program, Model::Rc20, Exhaustive::new(), &truth).is_ok());
    let broken = Exhaustive::new().with_fault(Fault::IgnoresFenceOrder);
    let difference = check(&program, Model::Rc20, broken, &truth).expect_err("one more execution");
    assert!(difference.starts_with("extra"), "{difference}");
}

#[test]
fn breaking_release_sequences() {
    must_be_caught(Fault::BreaksReleaseSequences, Model::Rc20, &small());
}

#[test]
fn breaking_atomicity() {
    must_be_caught(Fault::BreaksAtomicity, Model::Rc20, &small());
}

#[test]
fn never_sleeping() {
    must_be_caught(Fault::NeverAsleep, Model::Sc, &small());
}

#[test]
fn forgetting_what_waits() {
    let shape = Shape { awaits: true, max_locations: 1, ..small() };
    must_be_caught(Fault::ForgetsWaiting, Model::Sc, &shape);
    must_be_caught(Fault::ForgetsWaiting, Model::Rc20, &shape);
}

#[test]
fn continuing_a_release_sequence_by_a_store() {
    // The 2017 rule, with which the ground truth was computed as well, is another model.
    let mut told_apart = 0;
    for program in raddle_tests::support::programs_of("litmus/release-sequences.json") {
        let (found, outcome) = raddle_litmus::report::explore(&program, Model::Rc20);
        let other = differences(&found, outcome.coverage(), &program.expect["rc11"]);
        let same = program.expect["rc11"] == program.expect["rc20"];
        assert_eq!(other.is_empty(), same, "{}", program.name);
        told_apart += u32::from(!same);
    }
    assert!(told_apart > 0, "no program tells the two rules apart");
}

#[test]
fn wrong_expectations_are_reported() {
    let mut program = raddle_tests::support::programs_of("litmus/random-a.json").remove(0);
    let (mut found, outcome) = raddle_litmus::report::explore(&program, Model::Rc20);
    let coverage = *outcome.coverage();
    let expected = program.expect.get_mut("rc20").expect("a count");
    assert_eq!(differences(&found, &coverage, expected), Vec::<String>::new());
    let outcomes = expected.outcomes.as_mut().expect("outcomes");
    let gone = outcomes.pop().expect("an outcome");
    outcomes.push(vec![99; gone.len()]);
    expected.executions = expected.executions.map(|count| count + 1);
    found.graphs.values_mut().next().expect("a graph").0 = 2;
    let lines = differences(&found, &coverage, expected);
    for kind in ["missing: outcome", "extra: outcome", "wrong count", "duplicated: 2 times"] {
        assert!(lines.iter().any(|line| line.starts_with(kind)), "no line says {kind}: {lines:?}");
    }
}
