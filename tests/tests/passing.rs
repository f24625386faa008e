//! Executions in which accesses pass are those in which they are events: the same decisions, classes, values and verdicts.

use raddle_engine::explore::Ending;
use raddle_engine::graph::PassFault;
use raddle_engine::memory::Model;
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::oracle::mixed::{self, Mix};
use raddle_litmus::program::Program;
use raddle_tests::samples::{Seen, rows, sampler, seen};
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

#[test]
fn nothing_depends_on_accesses_that_pass() {
    let (mut passed, mut failed, mut left) = (0, 0, 0);
    for (seed, program) in (0..).zip(programs(240)) {
        let row = rows().nth(seed as usize % rows().count()).expect("a row");
        let all = seen(&program, Model::Sc, sampler(&row, seed, BOUNDS), 10);
        for always in [false, true] {
            let some = sampler(&row, seed, BOUNDS);
            let some = if always { some.forgetting_always(None) } else { some.forgetting() };
            let some = seen(&program, Model::Sc, some.passing(), 10);
            let counted = if some.passed { &mut passed } else { &mut left };
            *counted += 1;
            let failures = some.endings.iter().filter(|(ending, _)| *ending == Ending::Failed);
            failed += failures.count();
            assert!(same(some, &all), "{} of seed {seed}: {}", row.name, program.name);
        }
    }
    // All kinds of programs are among them.
    assert!(passed > 400 && left > 60 && failed > 100, "{passed} {left} {failed}");
}

/// Whether letting accesses pass with a fault changes anything in these programs.
fn is_caught(fault: PassFault, programs: &[Program]) -> bool {
    let row = rows().next().expect("a row");
    (0..).zip(programs).any(|(seed, program)| {
        let all = seen(program, Model::Sc, sampler(&row, seed, BOUNDS), 20);
        let faulty = sampler(&row, seed, BOUNDS).passing_with(Some(fault));
        // A panic, or a repetition that ends otherwise, is as good.
        let some = catch_unwind(AssertUnwindSafe(|| seen(program, Model::Sc, faulty, 20)));
        some.ok().is_none_or(|some| !same(some, &all))
    })
}

#[test]
fn faults_are_noticed() {
    let programs = programs(240);
    let faults = [PassFault::Acquires, PassFault::Carries, PassFault::Begins, PassFault::Events];
    for fault in faults {
        assert!(is_caught(fault, &programs), "{fault:?}");
    }
}
