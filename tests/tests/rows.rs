//! Rows that are not litmus programs: limits, many threads, long threads, verdicts, counterexamples.

use raddle_engine::explore::{
    Exhaustive, Explorer, Limit, Limits, Outcome, Replay, RoundRobin, Sampler, Settings, Stopwatch,
};
use raddle_engine::memory::Model;
use raddle_litmus::families;
use raddle_litmus::program::Program;
use raddle_litmus::report::{explore, settings};
use raddle_litmus::scripted::Scripted;
use raddle_shims::kernel::{AccessKind, Failure, LocationId, ThreadId, WaitsFor};
use raddle_tests::support::{MODELS, program};
use std::cell::Cell;
use std::time::Duration;

/// Explores with the settings a user would have: failures end the search.
fn verdict(program: &Program, model: Model) -> Outcome {
    let settings = Settings { model, ..Settings::default() };
    Explorer::new(Exhaustive::new(), settings)
        .explore(&mut Scripted::new(program), &mut ())
        .expect("a scripted world is deterministic")
}

#[test]
fn l31_a_thread_of_seventy_thousand_updates() {
    let text = r#"[[{"op":"repeat","times":70000,"body":[
        {"op":"fetch_add","loc":0,"ord":"relaxed","val":1,"reg":0}]},
        {"op":"load","loc":0,"ord":"relaxed","reg":1}]]"#;
    for model in MODELS {
        let (found, outcome) = explore(&program(1, 0, text), model);
        assert_eq!(outcome.coverage().executions, 1);
        let outcomes: Vec<_> = found.graphs.values().map(|(_, outcome)| outcome.clone()).collect();
        assert_eq!(outcomes, [vec![69_999, 70_000, 70_000]]);
    }
}

#[test]
fn l34_sixty_four_threads() {
    let own: Vec<String> = (0..64)
        .map(|i| format!(r#"[{{"op":"fetch_add","loc":{i},"ord":"seq_cst","val":1,"reg":0}}]"#))
        .collect();
    let apart = program(64, 0, &format!("[{}]", own.join(",")));
    let shared = families::ainc(64);
    for model in MODELS {
        assert!(matches!(verdict(&apart, model), Outcome::Verified(c) if c.executions == 1));
        let limits = Limits { executions: Some(20), ..Limits::default() };
        let settings = Settings { limits, ..settings(model) };
        let mut world = Scripted::new(&shared);
        let mut finals = Vec::new();
        let mut explorer = Explorer::new(Sampler::random(1), settings);
        let outcome = explorer
            .explore(&mut world, &mut |run: &raddle_engine::explore::Run, _, _: &_| {
                finals.push(run.graph.final_value(LocationId(0)).0);
            })
            .expect("a scripted world is deterministic");
        assert_eq!(finals, vec![64; 20]);
        assert!(
            matches!(outcome, Outcome::Incomplete(c, Limit::Executions(20)) if c.executions == 20)
        );
    }
}

#[test]
fn l33_a_search_that_is_cut_is_incomplete_and_can_go_on() {
    let program = families::fib_bench(3);
    for (model, all) in [(Model::Sc, 1_698), (Model::Rc20, 2_258)] {
        let mut world = Scripted::new(&program);
        let mut explorer = Explorer::new(Exhaustive::new(), settings(model));
        for executions in [0, 1, 100, 1_000] {
            explorer.set_limits(Limits { executions: Some(executions), ..Limits::default() });
            let outcome = explorer.explore(&mut world, &mut ()).expect("deterministic");
            let Outcome::Incomplete(coverage, limit) = outcome else { panic!("{outcome:?}") };
            assert_eq!(limit, Limit::Executions(executions));
            assert_eq!(coverage.runs(), executions);
            assert!(coverage.progress < 1.0);
        }
        explorer.set_limits(Limits::default());
        let outcome = explorer.explore(&mut world, &mut ()).expect("deterministic");
        let Outcome::Verified(coverage) = outcome else { panic!("{outcome:?}") };
        assert_eq!(coverage.executions, all);
        assert!((coverage.progress - 1.0).abs() < 1e-6, "{}", coverage.progress);
        let estimate = coverage.estimate.expect("an estimate");
        assert!((estimate - all as f64).abs() < 1e-3 * all as f64, "{estimate}");
    }
}

/// A second passes at every look.
#[derive(Default)]
struct Ticking(Cell<u64>);

impl Stopwatch for Ticking {
    fn elapsed(&self) -> Duration {
        self.0.set(self.0.get() + 1);
        Duration::from_secs(self.0.get())
    }
}

#[test]
fn l33_time_is_checked_at_every_execution() {
    let stopwatch = Ticking::default();
    let time = Duration::from_secs(10);
    let limits = Limits { time: Some(time), ..Limits::default() };
    let settings = Settings { limits, stopwatch: Some(&stopwatch), ..Settings::default() };
    let outcome = Explorer::new(Exhaustive::new(), settings)
        .explore(&mut Scripted::new(&families::ainc(5)), &mut ())
        .expect("deterministic");
    assert!(
        matches!(outcome, Outcome::Incomplete(c, Limit::Time(t)) if t == time && c.runs() == 9)
    );
}

#[test]
fn l33_a_thread_that_reaches_the_limit_of_events_verifies_nothing() {
    let limits = Limits { events_per_thread: 3, ..Limits::default() };
    for model in MODELS {
        // Main ends at once, and with a limit this low any other thread looks as if it went on for ever.
        let settings = Settings { model, limits, task_leak_fails: false, ..Settings::default() };
        let outcome = Explorer::new(Exhaustive::new(), settings)
            .explore(&mut Scripted::new(&families::fib_bench(2)), &mut ())
            .expect("deterministic");
        let Outcome::Incomplete(coverage, limit) = outcome else { panic!("{outcome:?}") };
        assert_eq!((limit, coverage.executions), (Limit::Events(3), 0));
        assert!(coverage.cut > 1, "the rest is explored exactly");
    }
}

#[test]
fn only_an_exhaustive_search_verifies() {
    let settings = Settings { ..Settings::default() };
    let outcome = Explorer::new(RoundRobin::new(), settings)
        .explore(&mut Scripted::new(&families::ainc(2)), &mut ())
        .expect("deterministic");
    assert!(matches!(outcome, Outcome::Incomplete(c, Limit::Sampled) if c.executions == 1));
}

#[test]
fn a_deadlock_names_everybody_who_waits() {
    let text = r#"[[{"op":"load","loc":0,"ord":"acquire","reg":0,"until":{"cmp":"eq","val":1}}],
                   [{"op":"join","thread":0}],
                   [{"op":"store","loc":0,"ord":"release","val":1},
                    {"op":"store","loc":0,"ord":"release","val":0}]]"#;
    for model in MODELS {
        let Outcome::Violation(found) = verdict(&program(1, 0, text), model) else {
            panic!("the waiter may come too late")
        };
        let Failure::Deadlock { waiting, .. } = found.failure else {
            panic!("{:?}", found.failure)
        };
        let waiting: Vec<_> = waiting.iter().map(|w| (w.thread, w.waits_for)).collect();
        let value = WaitsFor::Value(LocationId(0));
        let expected = [(ThreadId(1), value), (ThreadId(2), WaitsFor::Exit(ThreadId(1)))];
        assert_eq!(waiting, expected, "{model}");
    }
}

#[test]
fn a_race_names_both_accesses() {
    let text = r#"[[{"op":"plain_store","cell":0,"val":1},{"op":"store","loc":0,"ord":"relaxed","val":1}],
                   [{"op":"load","loc":0,"ord":"acquire","reg":0},
                    {"op":"if_eq","reg":0,"val":1,"then":[{"op":"plain_load","cell":0,"reg":1}]}]]"#;
    for model in MODELS {
        let Outcome::Violation(found) = verdict(&program(1, 1, text), model) else {
            panic!("a relaxed store does not publish")
        };
        let Failure::DataRace { first, second } = found.failure else {
            panic!("{:?}", found.failure)
        };
        assert_eq!((first.thread, first.kind), (ThreadId(1), AccessKind::PlainWrite));
        assert_eq!((second.thread, second.kind), (ThreadId(2), AccessKind::PlainRead));
        assert_eq!((first.location, second.location), (LocationId(1), LocationId(1)));
        assert_eq!((first.at.index, second.at.index), (0, 1));
    }
}

#[test]
fn a_counterexample_is_replayed_to_the_same_failure() {
    let weak = program(
        2,
        0,
        r#"[[{"op":"store","loc":0,"ord":"relaxed","val":1},{"op":"store","loc":1,"ord":"relaxed","val":1}],
            [{"op":"load","loc":1,"ord":"relaxed","reg":0},{"op":"load","loc":0,"ord":"relaxed","reg":1},
             {"op":"if_eq","reg":0,"val":1,"then":[{"op":"assert","reg":1,"cmp":"eq","val":1}]}]]"#,
    );
    assert!(matches!(verdict(&weak, Model::Sc), Outcome::Verified(_)));
    let Outcome::Violation(found) = verdict(&weak, Model::Rc20) else { panic!("stale read") };
    assert!(matches!(&found.failure, Failure::Assertion { thread: ThreadId(2), message }
        if message.contains("r1 = 0")));
    let outcome = Explorer::new(Replay::new(found.schedule.clone()), Settings::default())
        .explore(&mut Scripted::new(&weak), &mut ())
        .expect("the program has not changed");
    let Outcome::Violation(again) = outcome else { panic!("{outcome:?}") };
    assert_eq!((&again.failure, &again.graph), (&found.failure, &found.graph));
    assert_eq!(again.schedule.steps.len(), found.schedule.steps.len());
}
