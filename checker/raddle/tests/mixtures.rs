//! Random programs that mix the primitives of std: what the search sees of them is what a search over all
//! interleavings finds that knows nothing but the documentation of std.

mod support;

#[path = "mixtures/code.rs"]
mod code;
#[path = "mixtures/reference.rs"]
mod reference;

use code::{Program, Step, generate, run};
use raddle_engine::explore::{Exhaustive, Fault};
use raddle_engine::memory::Model;
use reference::Reference;
use support::explore_by;

const PROGRAMS: u64 = 60;

/// Compares one program, and says what differs.
fn difference(program: &Program, model: Model, fault: Option<Fault>) -> Option<String> {
    let truth = Reference::of(program);
    let code = program.clone();
    let strategy = move || fault.into_iter().fold(Exhaustive::new(), Exhaustive::with_fault);
    let seen = explore_by(strategy, model, move || run(&code));
    let missing: Vec<_> = truth.outcomes.difference(&seen.outcomes).collect();
    let mut invented: Vec<_> = seen.outcomes.difference(&truth.outcomes).collect();
    if model == Model::Rc20 && program.has_atomics() {
        // Locks and channels order less than sequential consistency does: who finds a lock taken, or sends
        // after another one, need not see what the other has stored.
        invented.clear();
    }
    let deadlocks = seen.deadlocks > 0;
    let same = missing.is_empty() && invented.is_empty() && deadlocks == truth.deadlocks;
    (!same || !seen.failures.is_empty()).then(|| {
        format!(
            "{model:?}: missing {missing:?}, invented {invented:?}, deadlocks: {deadlocks} instead of {}, failures {:?}",
            truth.deadlocks, seen.failures
        )
    })
}

/// Takes steps away as long as something differs.
fn reduced(mut program: Program, model: Model) -> (Program, String) {
    let differs = |program: &Program| difference(program, model, None);
    loop {
        let smaller = program.smaller().into_iter().find(|smaller| differs(smaller).is_some());
        let Some(smaller) = smaller else { break };
        program = smaller;
    }
    let said = differs(&program).expect("it differed");
    (program, said)
}

#[track_caller]
fn agree(kinds: &[Step]) {
    for (seed, model) in (0..PROGRAMS).flat_map(|seed| [(seed, Model::Sc), (seed, Model::Rc20)]) {
        let program = generate(seed, kinds);
        if difference(&program, model, None).is_some() {
            let (program, said) = reduced(program, model);
            panic!("seed {seed}: {said}\n{program:#?}");
        }
    }
}

#[test]
fn anything() {
    agree(&code::ALL);
}

#[test]
fn locks() {
    agree(&code::LOCKS);
}

#[test]
fn conditions() {
    agree(&code::CONDITIONS);
}

#[test]
fn messages() {
    agree(&code::MESSAGES);
}

#[test]
fn tokens_barriers_and_initialisations() {
    agree(&code::OTHERS);
}

#[test]
fn a_planted_fault_is_noticed() {
    let noticed = (0..PROGRAMS).any(|seed| {
        let program = generate(seed, &code::MESSAGES);
        difference(&program, Model::Sc, Some(Fault::ForgetsWaiting)).is_some()
    });
    assert!(noticed);
}
