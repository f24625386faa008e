//! The oracles against the ground truth and against each other.

use super::generate::{Shape, program_of_seed, programs};
use super::shrink::shrink;
use super::{Model, Stuck, axiomatic, interleaving};
use crate::key::Found;
use crate::program::Program;

const LIMIT: usize = 1_000_000;

macro_rules! ground_truth {
    ($($file:literal),*) => {
        [$(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/data/litmus/",
            $file
        ))),*]
    };
}

fn ground_truth() -> Vec<Program> {
    ground_truth!("random-a.json", "random-b.json", "release-sequences.json")
        .iter()
        .flat_map(|json| Program::parse_list(json).expect("the file is well-formed"))
        .collect()
}

fn check(program: &Program, model: &str, found: &Found) {
    let expected = &program.expect[model];
    let name = format!("{} under {model}", program.name);
    let mut outcomes: Vec<_> = found.graphs.values().map(|(_, outcome)| outcome.clone()).collect();
    outcomes.sort();
    outcomes.dedup();
    let mut wanted = expected.outcomes.clone().expect("outcomes are given");
    wanted.sort();
    assert_eq!(outcomes, wanted, "{name}");
    assert_eq!(found.graphs.len() as u64, expected.executions.expect("a count is given"), "{name}");
    assert_eq!(
        (found.blocked, found.deadlock, found.race, found.assertion),
        (0, false, false, false)
    );
}

#[test]
fn both_oracles_agree_with_the_ground_truth() {
    for program in ground_truth() {
        for (model, name) in [(Model::Sc, "sc"), (Model::Rc20, "rc20")] {
            check(&program, name, &axiomatic::explore(&program, model, LIMIT).expect("small"));
        }
        check(&program, "sc", &interleaving::explore(&program, LIMIT).expect("small"));
    }
}

fn agree(program: &Program, stuck: Stuck) -> bool {
    let one = axiomatic::explore_with(program, Model::Sc, stuck, LIMIT).expect("small");
    let other = interleaving::explore_with(program, stuck, LIMIT).expect("small");
    one == other || one.race && other.race
}

/// Two definitions of sequential consistency, and of happens-before, give the same executions.
#[test]
fn the_oracles_agree_on_random_programs() {
    let shape = Shape { max_events: 8, asserts: true, ..Shape::default() };
    for seed in 0..500 {
        let program = program_of_seed(seed, &shape);
        program.check().unwrap_or_else(|e| panic!("{e}: {program:?}"));
        for stuck in [Stuck::NoPlacement, Stuck::LatestValue] {
            if !agree(&program, stuck) {
                let least = shrink(program, |smaller| !agree(smaller, stuck));
                let json = serde_json::to_string(&least).expect("programs can be written");
                panic!("seed {seed}, {stuck:?}: {json}");
            }
        }
    }
}

/// The same through proptest, which deletes instructions from what fails.
#[test]
fn the_oracles_agree_on_generated_programs() {
    let config = proptest::test_runner::Config { failure_persistence: None, ..Default::default() };
    let shape = Shape { max_events: 7, max_threads: 3, ..Shape::default() };
    proptest::proptest!(config, |(program in programs(shape))| {
        proptest::prop_assert!(program.check().is_ok());
        proptest::prop_assert!(agree(&program, Stuck::NoPlacement));
    });
}

/// A program in the file format: its threads as JSON, all locations at 0.
fn program(locations: u32, threads: &str) -> Program {
    let json =
        format!(r#"[{{"name":"test","locations":{locations},"cells":1,"threads":{threads}}}]"#);
    Program::parse_list(&json).expect("the program is well-formed").remove(0)
}

fn store(loc: u32, ord: &str, val: u64) -> String {
    format!(r#"{{"op":"store","loc":{loc},"ord":"{ord}","val":{val}}}"#)
}

fn load(loc: u32, ord: &str, reg: u32) -> String {
    format!(r#"{{"op":"load","loc":{loc},"ord":"{ord}","reg":{reg}}}"#)
}

fn threads(bodies: &[&[String]]) -> String {
    let bodies: Vec<_> = bodies.iter().map(|body| format!("[{}]", body.join(","))).collect();
    format!("[{}]", bodies.join(","))
}

fn rc20(program: &Program) -> Found {
    axiomatic::explore(program, Model::Rc20, LIMIT).expect("small")
}

fn sc(program: &Program) -> Found {
    assert!(agree(program, Stuck::NoPlacement) && agree(program, Stuck::LatestValue));
    interleaving::explore(program, LIMIT).expect("small")
}

/// Literature programs with their published counts, sc then rc20.
#[test]
fn literature_counts() {
    let fence = || r#"{"op":"fence","ord":"seq_cst"}"#.to_owned();
    let check = |name: &str, bodies: &[&[String]], counts: (usize, usize)| {
        let program = program(2, &threads(bodies));
        let found = (sc(&program).graphs.len(), rc20(&program).graphs.len());
        assert_eq!(found, counts, "{name}");
    };
    for (w, r, sb, mp, iriw) in [
        ("relaxed", "relaxed", 4, 4, 16),
        ("release", "acquire", 4, 3, 16),
        ("seq_cst", "seq_cst", 3, 3, 15),
    ] {
        let half = |x, y| [store(x, w, 1), load(y, r, 0)];
        check("SB", &[&half(0, 1), &half(1, 0)], (3, sb));
        let fenced = |x, y| [store(x, "relaxed", 1), fence(), load(y, "relaxed", 0)];
        check("SB with fences", &[&fenced(0, 1), &fenced(1, 0)], (3, 3));
        check("SB, one fence", &[&half(0, 1), &fenced(1, 0)], (3, if sb == 3 { 3 } else { 4 }));
        let reads = |x, y| [load(x, r, 0), load(y, r, 1)];
        check("MP", &[&[store(0, w, 1), store(1, w, 1)], &reads(1, 0)], (3, mp));
        let (x, y) = ([store(0, w, 1)], [store(1, w, 1)]);
        check("IRIW", &[&x, &y, &reads(0, 1), &reads(1, 0)], (15, iriw));
        let lb = |x, y| [load(x, r, 0), store(y, w, 1)];
        check("LB", &[&lb(0, 1), &lb(1, 0)], (3, 3));
        let twice = |x, y| [store(x, w, 1), store(y, w, 2)];
        check("2+2W", &[&twice(0, 1), &twice(1, 0)], (3, if sb == 3 { 3 } else { 4 }));
    }
}

/// Critical sections of a spin lock: every order of the threads once, and never stuck.
#[test]
fn spin_locks_have_one_execution_for_each_order() {
    for (acquire, races) in [("acquire", false), ("relaxed", true)] {
        let until = r#""until":{"cmp":"eq","val":0}"#;
        let lock = format!(r#"{{"op":"swap","loc":0,"ord":"{acquire}","val":1,"reg":0,{until}}}"#);
        let write = r#"{"op":"plain_store","cell":0,"val":1}"#.to_owned();
        let section = [lock, write, store(0, "release", 0)];
        let program = program(1, &threads(&[&section, &section, &section]));
        for found in [rc20(&program), sc(&program)] {
            assert_eq!(found.race, races);
            if !races {
                assert_eq!((found.graphs.len(), found.blocked, found.deadlock), (6, 0, false));
            }
        }
    }
}

/// The smallest program on which it matters when a thread counts as stuck: the value waited for is
/// there at first, and then no more.
#[test]
fn a_late_waiter_is_stuck_only_by_its_latest_value() {
    let wait = r#"{"op":"load","loc":0,"ord":"relaxed","reg":0,"until":{"cmp":"eq","val":1}}"#;
    let mut program = program(1, &threads(&[&[store(0, "relaxed", 0)], &[wait.to_owned()]]));
    program.initial = vec![1];
    for (stuck, executions, deadlock) in
        [(Stuck::NoPlacement, 1, false), (Stuck::LatestValue, 2, true)]
    {
        assert!(agree(&program, stuck));
        for model in [Model::Sc, Model::Rc20] {
            let found = axiomatic::explore_with(&program, model, stuck, LIMIT).expect("small");
            assert_eq!((found.graphs.len(), found.deadlock), (executions, deadlock), "{model:?}");
        }
    }
}

/// Store buffering with one half on both sides of a spawn, or of a join, stays forbidden: what the
/// parent did before is strongly ordered before the first event of the child.
#[test]
fn seq_cst_orders_across_spawn_and_join() {
    let spawn = |t: u32| format!(r#"{{"op":"spawn","thread":{t}}}"#);
    let join = |t: u32| format!(r#"{{"op":"join","thread":{t}}}"#);
    let other = [store(1, "seq_cst", 1), load(0, "seq_cst", 0)];
    let (write, read) = ([store(0, "seq_cst", 1)], [load(1, "seq_cst", 0)]);
    let before_spawn = [write[0].clone(), spawn(1)];
    let after_join = [join(0), read[0].clone()];
    for bodies in [[&before_spawn[..], &read, &other], [&write, &after_join, &other]] {
        let program = program(2, &threads(&bodies));
        assert_eq!((rc20(&program).graphs.len(), sc(&program).graphs.len()), (3, 3));
    }
}

/// A deliberately lost instruction is found, and what is left is as small as it can be.
#[test]
fn shrinking_keeps_only_what_fails() {
    use crate::program::{Instruction, flatten};
    let fences = |p: &Program| {
        let all = p.threads.iter().flat_map(|body| flatten(body));
        all.filter(|it| matches!(it, Instruction::Fence { .. })).count()
    };
    let mut tried = 0;
    for seed in 0..200 {
        let program = program_of_seed(seed, &Shape::default());
        if fences(&program) < 2 {
            continue;
        }
        tried += 1;
        let least = shrink(program, |smaller| fences(smaller) >= 2);
        let size: usize = least.threads.iter().map(|body| flatten(body).count()).sum();
        assert_eq!((size, least.locations), (2, 0), "seed {seed}: {least:?}");
    }
    assert!(tried > 10);
}

/// Races exist as the model has executions for them, and hb is that of the orderings written.
#[test]
fn races_follow_the_executions() {
    let plain = || r#"{"op":"plain_store","cell":0,"val":1}"#.to_owned();
    let when =
        |val: u64, then: String| format!(r#"{{"op":"if_eq","reg":0,"val":{val},"then":[{then}]}}"#);
    // Dekker: mutual exclusion fails with the store buffers of rc20 only.
    for (ord, weak_race) in [("relaxed", true), ("seq_cst", false)] {
        let side = |x, y| [store(x, ord, 1), load(y, ord, 0), when(0, plain())];
        let program = program(2, &threads(&[&side(0, 1), &side(1, 0)]));
        assert_eq!((sc(&program).race, rc20(&program).race), (false, weak_race), "Dekker {ord}");
    }
    // A message: the flag does not order the data unless both sides say so.
    for (w, r) in [("release", "acquire"), ("release", "relaxed"), ("relaxed", "acquire")] {
        let bodies = [&[plain(), store(0, w, 1)], &[load(0, r, 0), when(1, plain())]];
        let program = program(1, &threads(&[bodies[0], bodies[1]]));
        let races = (w, r) != ("release", "acquire");
        assert_eq!((sc(&program).race, rc20(&program).race), (races, races), "{w} {r}");
    }
    // A SeqCst fence orders other SeqCst fences but is no happens-before by itself.
    let fence = || r#"{"op":"fence","ord":"seq_cst"}"#.to_owned();
    let one = [store(0, "relaxed", 1), plain(), fence(), load(1, "relaxed", 0)];
    let one = [&one[..], &[when(0, store(2, "relaxed", 1))]].concat();
    let two = [store(1, "relaxed", 1), fence(), load(2, "relaxed", 0), when(1, plain())];
    let program = program(3, &threads(&[&one, &two]));
    assert!(rc20(&program).race && sc(&program).race);
}

/// Everything that makes an edge of happens-before makes the plain accesses on its ends safe, and is
/// missed when it is weakened.
#[test]
fn every_kind_of_synchronisation_prevents_a_race() {
    let plain = || r#"{"op":"plain_store","cell":0,"val":1}"#.to_owned();
    let fence = |ord: &str| format!(r#"{{"op":"fence","ord":"{ord}"}}"#);
    let add = |ord: &str| format!(r#"{{"op":"fetch_add","loc":0,"ord":"{ord}","val":1,"reg":0}}"#);
    let wait = |ord: &str, val: u64| {
        let until = format!(r#""until":{{"cmp":"eq","val":{val}}}"#);
        format!(r#"{{"op":"load","loc":0,"ord":"{ord}","reg":1,{until}}}"#)
    };
    let (spawn, join) = (r#"{"op":"spawn","thread":1}"#.to_owned(), |t: u32| {
        format!(r#"{{"op":"join","thread":{t}}}"#)
    });
    let check = |races: bool, bodies: &[&[String]]| {
        let program = program(1, &threads(bodies));
        let found = (sc(&program).race, rc20(&program).race);
        assert_eq!(found, (races, races), "{program:?}");
    };
    for (first, second) in [("release", "acquire"), ("release", "release"), ("acquire", "acquire")]
    {
        let publish = [plain(), fence(first), store(0, "relaxed", 1)];
        let consume = [wait("relaxed", 1), fence(second), plain()];
        check((first, second) != ("release", "acquire"), &[&publish, &consume]);
    }
    // A read-modify-write of a third thread continues the release sequence, a store does not.
    let publish = [plain(), store(0, "release", 1)];
    check(
        false,
        &[&publish, &[wait("relaxed", 1), add("relaxed")], &[wait("acquire", 2), plain()]],
    );
    let overwrite = [wait("relaxed", 1), store(0, "relaxed", 2)];
    check(true, &[&publish, &overwrite, &[wait("acquire", 2), plain()]]);
    // C++20: nor does a store of the same thread.
    let again = [plain(), store(0, "release", 1), store(0, "relaxed", 2)];
    check(true, &[&again, &[wait("acquire", 2), plain()]]);
    // Joins cover all of a thread, also one that performs no event, and spawns what came before.
    check(false, &[&[store(0, "relaxed", 1), plain()], &[join(0), plain()]]);
    check(false, &[&[plain(), spawn.clone(), join(1), plain()], &[plain()]]);
    check(true, &[&[plain(), spawn.clone(), plain(), join(1)], &[plain()]]);
    check(true, &[&[spawn, plain()], &[plain()]]);
}

/// A thread may fail spuriously once, in either of two attempts.
#[test]
fn spurious_failures_have_a_budget() {
    let cas = |weak| {
        format!(
            r#"{{"op":"cas","loc":0,"ord":"relaxed","fail":"relaxed",
                "expected":0,"val":0,"reg":0,"weak":{weak}}}"#
        )
    };
    for (weak, executions) in [(true, 3), (false, 1)] {
        let program = program(1, &threads(&[&[cas(weak), cas(weak)]]));
        assert_eq!(sc(&program).graphs.len(), executions);
        assert_eq!(rc20(&program).graphs.len(), executions);
    }
}
