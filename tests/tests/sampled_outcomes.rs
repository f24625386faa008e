//! What samples show of a program is what its executions show: nothing else, and of tiny programs all of it.

use raddle_engine::explore::{Ending, Sampler, Sampling};
use raddle_engine::graph::PassFault;
use raddle_engine::memory::Model;
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::program::Program;
use raddle_shims::kernel::Failure;
use raddle_tests::samples::{rows, sampler, seen, without_seq_cst};
use raddle_tests::support::{MODELS, POLICIES, found, random_programs};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

const BOUNDS: (u32, usize) = (64, 1_024);

/// What there is to see of an execution.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Shown {
    /// It ends, or nobody can go on, and the registers hold this.
    Registers(Vec<u64>),
    /// Two accesses race.
    Race,
}

/// What all executions of a program show. Exhaustive search is compared with oracles elsewhere. Of a program with a race it is that alone:
/// behind a race nothing is explored.
fn all_of(program: &Program, model: Model) -> BTreeSet<Shown> {
    let found = found(program, model, POLICIES[0]);
    if found.race {
        return BTreeSet::from([Shown::Race]);
    }
    let registers = found.graphs.into_values().map(|(_, mut outcome)| {
        // Behind the registers stand the final values, which samples do not show.
        outcome.truncate(outcome.len() - program.locations as usize);
        Shown::Registers(outcome)
    });
    registers.collect()
}

/// What a sample shows.
fn some_of(program: &Program, model: Model, sampler: Sampler, executions: u64) -> BTreeSet<Shown> {
    let seen = seen(program, model, sampler, executions);
    let shown = seen.endings.into_iter().zip(seen.registers).filter_map(|(end, registers)| {
        match end {
            (Ending::Complete | Ending::Deadlock, _) => Some(Shown::Registers(registers)),
            (_, Some(Failure::DataRace { .. })) => Some(Shown::Race),
            // An assumption is false.
            _ => None,
        }
    });
    shown.collect()
}

/// Programs, half of them with acquire and release in place of SeqCst, so that under `rc20` accesses pass.
fn programs(first: u64, count: usize, shape: &Shape) -> Vec<Program> {
    let programs = random_programs(first, count, shape).into_iter().enumerate();
    let weaken = |(i, program)| if i % 2 == 0 { program } else { without_seq_cst(program) };
    programs.map(weaken).collect()
}

fn small() -> Shape {
    Shape { max_events: 9, max_threads: 3, max_locations: 2, ..Shape::default() }
}

/// Whether a sample of one of these programs shows what no execution shows, of samplers as users have them but for a planted fault.
fn shows_more(model: Model, programs: &[Program], fault: Option<PassFault>) -> bool {
    let mut pairs = (0..).zip(programs).flat_map(|pair| rows().map(move |row| (pair, row)));
    pairs.any(|((seed, program), row)| {
        let sampler = sampler(&row, seed, BOUNDS).forgetting().passing_with(fault);
        let some = || some_of(program, model, sampler, 40);
        // A panic, or a repetition that ends otherwise, is as good.
        let some = match fault {
            None => Ok(some()),
            Some(_) => catch_unwind(AssertUnwindSafe(some)),
        };
        let all = all_of(program, model);
        some.map_or(true, |some| !all.contains(&Shown::Race) && !some.is_subset(&all))
    })
}

#[test]
fn samples_show_what_executions_show() {
    for model in MODELS {
        assert!(!shows_more(model, &programs(20_000, 150, &small()), None), "{model}");
    }
}

#[test]
fn what_cannot_be_is_noticed() {
    let programs = programs(20_000, 150, &small());
    let faults =
        [PassFault::Acquires, PassFault::Coherence, PassFault::Readers, PassFault::Atomicity];
    for fault in faults {
        assert!(shows_more(Model::Rc20, &programs, Some(fault)), "{fault:?}");
    }
    // Under `sc` what a thread knows decides of races alone.
    assert!(shows_more(Model::Sc, &programs, Some(PassFault::Acquires)));
}

/// Programs of at most four events in two threads beside main.
fn tiny() -> Vec<Program> {
    let shape = Shape { max_events: 4, max_threads: 2, max_locations: 2, ..Shape::default() };
    programs(30_000, 40, &shape)
}

/// Whether one of these programs shows something that no sample of it does.
fn shows_less(model: Model, programs: &[Program], sampler: impl Fn(u64) -> Sampler) -> bool {
    (0..).zip(programs).any(|(seed, program)| {
        let sampler = sampler(seed).forgetting().passing_with(None);
        !all_of(program, model).is_subset(&some_of(program, model, sampler, 2_000))
    })
}

/// Of four events and the start of the second thread at most five are chosen among three threads, and at most four have a choice of
/// one half or more: an outcome is drawn by `random` with a probability of at least 3⁻⁵ · 2⁻⁴ for each of the ways to it, of which the
/// least likely here has several. The seeds are fixed.
#[test]
fn samples_of_tiny_programs_show_everything() {
    let programs = tiny();
    for model in MODELS {
        for row in rows() {
            let sampler = |seed| sampler(&row, seed, BOUNDS);
            assert!(!shows_less(model, &programs, sampler), "{} {model}", row.name);
        }
    }
}

#[test]
fn what_is_never_drawn_is_noticed() {
    let programs = tiny();
    let newest = |seed| {
        let sampling = Sampling { staleness: 0, ..Sampling::with_seed(seed) };
        Sampler::named("random", sampling).expect("there is such a row")
    };
    assert!(shows_less(Model::Rc20, &programs, newest));
    // Without bytes it is always the last thread that goes on.
    assert!(shows_less(Model::Sc, &programs, |_| Sampler::of_bytes(Vec::new())));
}
