//! Executions of which events are forgotten are those of which none are: the same decisions, classes, values and verdicts.

use raddle_engine::explore::{
    Coverage, Ending, Explorer, Limits, Run, STRATEGIES, Sampler, Sampling, Settings,
};
use raddle_engine::graph::{Causality, Draft, Flags, ForgetFault, Forgetting, Graph, Position};
use raddle_engine::memory::Model;
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::oracle::mixed::{self, Mix};
use raddle_litmus::program::Program;
use raddle_litmus::report::settings;
use raddle_litmus::scripted::Scripted;
use raddle_shims::kernel::{LoadOrdering, LocationId, Op, StoreOrdering, ThreadId, Value};
use raddle_tests::samples::{rows, sampler, seen};
use raddle_tests::support::{MODELS, program, random_programs};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Programs that are long enough for something to be forgotten.
fn shape() -> Shape {
    Shape { max_events: 24, max_locations: 2, awaits: false, assumes: false, ..Shape::default() }
}

/// Such with objects.
fn mix() -> Mix {
    Mix { max_events: 16, ..Mix::default() }
}

#[test]
fn nothing_depends_on_what_is_forgotten() {
    let mut programs = random_programs(4_000, 120, &shape());
    programs.extend((0..60).map(|seed| mixed::program_of_seed(seed, &mix())));
    for (seed, program) in (0..).zip(programs) {
        let row = rows().nth(seed as usize % rows().count()).expect("a row");
        for model in MODELS {
            for bounds in [(0, 0), (2, 8)] {
                let what = format!("{} of seed {seed} under {model}", row.name);
                let all = seen(&program, model, sampler(&row, seed, bounds), 10);
                let some = sampler(&row, seed, bounds).forgetting_always(None);
                assert_eq!(seen(&program, model, some, 10), all, "{what}");
            }
        }
    }
}

/// Threads that store for ever, or wait: those that are cut, and those that can never run again, are the same.
#[test]
fn verdicts_are_the_same() {
    let store = r#"{"op":"store","loc":0,"ord":"seq_cst","val":1}"#;
    let endless = format!(r#"[{{"op":"repeat","times":100,"body":[{store}]}}]"#);
    let waits = r#"[{"op":"load","loc":1,"ord":"relaxed","reg":0,"until":{"cmp":"eq","val":1}}]"#;
    for threads in [format!("[{endless},{endless}]"), format!("[{endless},{waits}]")] {
        let program = program(2, 0, &threads);
        for model in MODELS {
            let all = seen(&program, model, sampler(&STRATEGIES[1], 1, (2, 8)), 6);
            let some = sampler(&STRATEGIES[1], 1, (2, 8)).forgetting_always(None);
            assert_eq!(seen(&program, model, some, 6), all);
            assert!(all.endings.iter().any(|(ending, _)| *ending != Ending::Complete), "{all:?}");
        }
    }
}

/// Whether forgetting with a fault changes anything in these programs.
fn is_caught(fault: ForgetFault, model: Model, programs: &[Program], bounds: (u32, usize)) -> bool {
    let row = rows().next().expect("a row");
    (0..).zip(programs).any(|(seed, program)| {
        let all = seen(program, model, sampler(&row, seed, bounds), 20);
        let forgetting = sampler(&row, seed, bounds).forgetting_always(None);
        assert_eq!(seen(program, model, forgetting, 20), all);
        let faulty = sampler(&row, seed, bounds).forgetting_always(Some(fault));
        let some = catch_unwind(AssertUnwindSafe(|| seen(program, model, faulty, 20)));
        // A debug assertion is as good.
        some.ok().is_none_or(|some| some != all)
    })
}

#[test]
fn one_write_too_many_is_noticed() {
    let programs = random_programs(4_000, 20, &shape());
    for model in MODELS {
        assert!(is_caught(ForgetFault::OldestWrite, model, &programs, (2, 8)), "{model}");
    }
}

/// One thread has read 2, then 3, and another knows only that it has read 2: it must not read 1.
#[test]
fn an_access_that_keeps_others_from_older_writes_is_noticed() {
    let store = |loc: u32, ord: &str, val: u32| {
        format!(r#"{{"op":"store","loc":{loc},"ord":"{ord}","val":{val}}}"#)
    };
    let load = |loc: u32, ord: &str, reg: u32| {
        format!(r#"{{"op":"load","loc":{loc},"ord":"{ord}","reg":{reg}}}"#)
    };
    let writer = [1, 2, 3].map(|value| store(0, "relaxed", value)).join(",");
    let reader = [load(0, "relaxed", 0), store(1, "release", 1), load(0, "relaxed", 1)].join(",");
    let other = [load(1, "acquire", 0), load(0, "relaxed", 1), load(0, "relaxed", 2)].join(",");
    let program = program(2, 0, &format!("[[{writer}],[{reader}],[{other}]]"));
    let programs = vec![program; 20];
    assert!(is_caught(ForgetFault::Coherence, Model::Rc20, &programs, (64, 1_024)));
}

/// What a store knows of the others' events, where a thread has read the same variable often, and then another one. Before it
/// events are forgotten, if that is asked for, perhaps with a fault.
fn causes_of_a_store(forgets: Option<Option<ForgetFault>>) -> Vec<u32> {
    let mut graph = Graph::new(Causality::Conflicts);
    let push = |graph: &mut Graph, thread, op: Op, source, chosen| {
        let (thread, flags) = (ThreadId(thread), Flags::default());
        let after = op.location().map_or(0, |location| graph.last_rank(location));
        graph.push(Draft { thread, op, source, after, chosen, flags })
    };
    let [x, y] = [0, 1].map(LocationId);
    let load = |location| Op::Load { location, ordering: LoadOrdering::Relaxed, until: None };
    let store = Op::Store { location: x, ordering: StoreOrdering::Relaxed, value: Value(1) };
    for child in 1..=2 {
        push(&mut graph, 0, Op::Spawn, Position::NONE, child);
    }
    let write = push(&mut graph, 1, store, Position::NONE, 0);
    for _ in 0..9 {
        push(&mut graph, 1, load(x), write, 0);
    }
    push(&mut graph, 1, load(y), Position::INITIAL, 0);
    if let Some(fault) = forgets {
        let newest = |graph: &Graph, location| graph.last_rank(location);
        graph.forget(&mut Forgetting::with_fault(fault), newest, |_, _| {});
        assert!(graph.forgotten() > 5, "{graph}");
    }
    let last = push(&mut graph, 2, store, Position::NONE, 0);
    graph.clocks().get(graph.event(last).causal).to_vec()
}

#[test]
fn an_access_that_a_write_comes_after_is_noticed() {
    let all = causes_of_a_store(None);
    assert_eq!(causes_of_a_store(Some(None)), all);
    assert_ne!(causes_of_a_store(Some(Some(ForgetFault::LatestAccess))), all);
}

/// The bytes that the graph of one execution takes, with this many rounds of a store, an update and a load in each of three threads.
fn bytes(model: Model, rounds: u32, sampler: Sampler) -> (usize, u64) {
    let body = r#"{"op":"store","loc":0,"ord":"relaxed","val":1},
        {"op":"rmw","loc":1,"ord":"seq_cst","function":"add","val":1,"reg":0},
        {"op":"load","loc":0,"ord":"seq_cst","reg":1}"#;
    let thread = format!(r#"[{{"op":"repeat","times":{rounds},"body":[{body}]}}]"#);
    let program = program(2, 0, &format!("[{thread},{thread},{thread}]"));
    let limits = Limits { executions: Some(1), events_per_thread: u32::MAX, ..Limits::default() };
    let settings = Settings { limits, ..settings(model) };
    let (mut bytes, mut total) = (0, 0);
    let mut observer = |run: &Run, ending: Ending, coverage: &Coverage| {
        assert_eq!(ending, Ending::Complete);
        (bytes, total) = (run.graph.bytes(), coverage.operations);
    };
    Explorer::new(sampler, settings)
        .explore(&mut Scripted::new(&program), &mut observer)
        .expect("deterministic");
    (bytes, total)
}

/// What is kept of an execution is: for each location at most 64 writes and what threads saw of these, 64 accesses of
/// each of 4 threads, and a few events for each thread; here below 700 events. Until there are four times as many, at least 4,096, none is
/// forgotten. That many take below 300 bytes each, with two clocks and a use, and a vector that grows has room for twice as much.
#[test]
fn memory_does_not_grow_with_the_length() {
    const MOST: usize = 2 * 4_096 * 300;
    for model in MODELS {
        for row in rows() {
            let make = || Sampler::new(&row, Sampling::with_seed(1)).expect("the row samples");
            let (short, few) = bytes(model, 1_000, make().forgetting());
            let (long, many) = bytes(model, 10_000, make().forgetting());
            assert!(many > 85_000 && many > 9 * few, "{many} and {few} events");
            assert!(long < MOST && long < 2 * short, "{}: {short}, then {long} bytes", row.name);
            if model == Model::Sc {
                // Where accesses pass there is next to nothing.
                let (passed, same) = bytes(model, 10_000, make().forgetting().passing());
                assert!(passed < 10_000 && same == many, "{}: {passed} bytes", row.name);
            }
        }
        let row = rows().next().expect("a row");
        let forgetful = Sampler::new(&row, Sampling::with_seed(1)).expect("the row samples");
        let fault = Some(ForgetFault::NoWrite);
        let (faulty, _) = bytes(model, 10_000, forgetful.forgetting_with(fault));
        assert!(faulty > MOST, "{faulty} bytes although no write is forgotten");
    }
}
