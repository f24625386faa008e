//! Executions in which accesses pass are those in which they are events: the same decisions, classes, values and verdicts.

use raddle_engine::explore::Ending;
use raddle_engine::graph::PassFault;
use raddle_engine::memory::Model;
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::oracle::mixed::{self, Mix};
use raddle_litmus::program::Program;
use raddle_tests::samples::{Seen, rows, sampler, seen, without_seq_cst};
use raddle_tests::support::random_programs;
use std::panic::{AssertUnwindSafe, catch_unwind};

const BOUNDS: (u32, usize) = (64, 1_024);

fn shape() -> Shape {
    Shape { max_events: 24, max_locations: 2, awaits: false, ..Shape::default() }
}

/// Random programs with atomics and plain cells, with objects as well, and some with what does not pass.
fn programs(count: usize) -> Vec<Program> {
    let mut programs = random_programs(4_000, count, &shape());
    programs.extend(random_programs(9_000, count / 4, &Shape { awaits: true, ..shape() }));
    let mix = |time| Mix { max_events: 16, time, ..Mix::default() };
    programs.extend((0..count as u64 / 2).map(|seed| mixed::program_of_seed(seed, &mix(false))));
    programs.extend((0..count as u64 / 8).map(|seed| mixed::program_of_seed(seed, &mix(true))));
    programs
}

/// Whether both show the same; only one may say that accesses passed.
fn same(mut left: Seen, right: &Seen) -> bool {
    left.passed = right.passed;
    left == *right
}

/// How many samples of programs were compared, by whether accesses passed up to their ends, and how many executions failed.
#[derive(Default)]
struct Compared {
    passed: usize,
    left: usize,
    failed: usize,
}

/// Compares samples in which accesses pass with those in which they are events, with so many steps that choices may go back, and so many
/// events up to which the order of SeqCst is checked.
fn compare(model: Model, bounds: (u32, usize), programs: &[Program]) -> Compared {
    let mut compared = Compared::default();
    for (seed, program) in (0..).zip(programs) {
        let row = rows().nth(seed as usize % rows().count()).expect("a row");
        let all = seen(program, model, sampler(&row, seed, bounds), 10);
        // What is forgotten is not there for psc to be checked.
        let forgets = model == Model::Sc || bounds.1 == 0;
        for always in [false, true].into_iter().filter(|always| forgets || !always) {
            let some = sampler(&row, seed, bounds);
            let some = if always { some.forgetting_always(None) } else { some.forgetting() };
            let some = seen(program, model, some.passing_with(None), 10);
            let counted = if some.passed { &mut compared.passed } else { &mut compared.left };
            *counted += 1;
            let failures = some.endings.iter().filter(|(ending, _)| *ending == Ending::Failed);
            compared.failed += failures.count();
            assert!(same(some, &all), "{} of seed {seed}: {}", row.name, program.name);
        }
    }
    compared
}

#[test]
fn nothing_depends_on_accesses_that_pass() {
    let Compared { passed, left, failed } = compare(Model::Sc, BOUNDS, &programs(240));
    // All kinds of programs are among them.
    assert!(passed > 400 && left > 60 && failed > 100, "{passed} {left} {failed}");
}

/// The programs, half of them without SeqCst, for which all accesses are needed.
fn weak_programs(count: usize) -> Vec<Program> {
    let programs = programs(count).into_iter().enumerate();
    let weaken = |(i, program)| if i % 4 == 0 { program } else { without_seq_cst(program) };
    programs.map(weaken).collect()
}

#[test]
fn nothing_depends_on_accesses_that_pass_and_may_take_what_is_not_the_newest() {
    let Compared { passed, left, failed } =
        compare(Model::Rc20, (BOUNDS.0, 0), &weak_programs(400));
    assert!(passed > 400 && left > 100 && failed > 100, "{passed} {left} {failed}");
    // With little to go back, writes get their places while the execution goes on.
    for steps in [0, 1, 3] {
        let Compared { passed, .. } = compare(Model::Rc20, (steps, 0), &weak_programs(80));
        assert!(passed > 80, "{passed}");
    }
}

/// Programs with SeqCst, of which accesses are events until its order is not checked any more.
#[test]
fn nothing_depends_on_when_accesses_begin_to_pass() {
    for (steps, psc) in [(64, 4), (64, 9), (0, 6), (1, 6), (3, 12)] {
        let Compared { passed, failed, .. } = compare(Model::Rc20, (steps, psc), &programs(240));
        assert!(passed > 100 && failed > 30, "{passed} {failed}");
    }
}

/// Whether letting accesses pass with a fault changes anything in these programs.
fn is_caught(fault: PassFault, model: Model, programs: &[Program]) -> bool {
    is_caught_within(BOUNDS, fault, model, programs)
}

/// The same with other bounds of what is remembered.
fn is_caught_within(
    bounds: (u32, usize),
    fault: PassFault,
    model: Model,
    programs: &[Program],
) -> bool {
    let row = rows().next().expect("a row");
    (0..).zip(programs).any(|(seed, program)| {
        let all = seen(program, model, sampler(&row, seed, bounds), 20);
        let faulty = sampler(&row, seed, bounds).passing_with(Some(fault));
        // A panic, or a repetition that ends otherwise, is as good.
        let some = catch_unwind(AssertUnwindSafe(|| seen(program, model, faulty, 20)));
        some.ok().is_none_or(|some| !same(some, &all))
    })
}

#[test]
fn faults_are_noticed() {
    let programs = programs(240);
    let faults = [PassFault::Acquires, PassFault::Carries, PassFault::Begins, PassFault::Events];
    for fault in faults {
        assert!(is_caught(fault, Model::Sc, &programs), "{fault:?}");
    }
}

#[test]
fn faults_are_noticed_where_what_is_not_the_newest_may_be_taken() {
    let programs = weak_programs(240);
    let faults = [
        PassFault::Acquires,
        PassFault::Carries,
        PassFault::Begins,
        PassFault::Events,
        PassFault::Coherence,
        PassFault::Readers,
        PassFault::Atomicity,
        PassFault::Superseded,
    ];
    for fault in faults {
        assert!(is_caught(fault, Model::Rc20, &programs), "{fault:?}");
    }
}

#[test]
fn faults_are_noticed_where_accesses_begin_to_pass_late() {
    let programs = programs(240);
    let faults = [
        PassFault::HandsOverNothingKnown,
        PassFault::HandsOverNoWrite,
        PassFault::HandsOverNoAccess,
    ];
    for fault in faults {
        assert!(is_caught_within((64, 6), fault, Model::Rc20, &programs), "{fault:?}");
    }
}
