//! Sampled executions are executions; every execution that is run is consistent and can be replayed.

use raddle_engine::explore::{
    Coverage, Ending, Exhaustive, Explorer, Limits, Replay, RoundRobin, Run, Sampler, Schedule,
    Settings, Strategy,
};
use raddle_engine::graph::{Causality, Draft, Flags, Graph, Position};
use raddle_engine::memory::{Axiom, Model};
use raddle_litmus::key::Found;
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::program::Program;
use raddle_litmus::report::{explore_with, settings};
use raddle_litmus::scripted::Scripted;
use raddle_shims::kernel::Change;
use raddle_shims::kernel::{
    LoadOrdering, LocationId, Op, RmwOrdering, StoreOrdering, ThreadId, Value,
};
use raddle_tests::support::{MODELS, POLICIES, found, random_programs};

fn sample(program: &Program, model: Model, strategy: impl Strategy, executions: u64) -> Found {
    let limits = Limits { executions: Some(executions), ..Limits::default() };
    let settings = Settings { limits, ..settings(model) };
    explore_with(program, Scripted::new(program), strategy, settings).expect("deterministic").0
}

fn shape() -> Shape {
    Shape { plain: false, ..Shape::default() }
}

#[test]
fn sampled_executions_are_among_all() {
    for (seed, program) in (0..).zip(random_programs(0, 150, &shape())) {
        for model in MODELS {
            let all = found(&program, model, POLICIES[0]);
            let random = sample(&program, model, Sampler::random(seed), 50);
            let turns = sample(&program, model, RoundRobin::new(), 1);
            for key in random.graphs.keys().chain(turns.graphs.keys()) {
                assert!(all.graphs.contains_key(key), "seed {seed} {model}: {key:?}");
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_executions() {
    let program = raddle_litmus::families::fib_bench(3);
    for model in MODELS {
        let run = |seed| sample(&program, model, Sampler::random(seed), 100);
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }
}

#[test]
fn every_execution_is_valid_and_is_replayed_by_its_schedule() {
    for (seed, program) in random_programs(0, 120, &shape()).iter().enumerate() {
        let policy = POLICIES[seed % POLICIES.len()];
        for model in MODELS {
            let mut schedules = Vec::new();
            let mut observer = |run: &Run, ending: Ending, _: &Coverage| {
                assert_eq!(run.graph.validate(), Ok(()), "seed {seed} {model}");
                assert_eq!(model.check(&run.graph), Ok(()), "seed {seed} {model}");
                let schedule = Schedule::of(&run.graph, &run.threads, 0.0);
                schedules.push((schedule, run.graph.to_string(), ending));
            };
            let settings = settings(model);
            Explorer::new(Exhaustive::with_policy(policy), settings)
                .explore(&mut Scripted::new(program), &mut observer)
                .expect("deterministic");
            for (schedule, graph, ending) in schedules.into_iter().take(20) {
                let mut seen = None;
                let mut observer = |run: &Run, ending: Ending, _: &Coverage| {
                    seen = Some((run.graph.to_string(), ending));
                };
                Explorer::new(Replay::new(schedule), settings)
                    .explore(&mut Scripted::new(program), &mut observer)
                    .expect("the program has not changed");
                let (text, again) = seen.expect("a replay is one execution");
                assert_eq!(text, graph, "seed {seed} {model}");
                let cut_short = matches!(ending, Ending::Moot | Ending::Redundant);
                assert!(cut_short || again == ending, "seed {seed} {model}: {again:?}");
            }
        }
    }
}

const X: LocationId = LocationId(0);
const Y: LocationId = LocationId(1);

fn draft(thread: u32, op: Op) -> Draft {
    let (source, flags) = (Position::INITIAL, Flags::default());
    Draft { thread: ThreadId(thread), op, source, after: 0, chosen: 0, flags }
}

fn store(location: LocationId, ordering: StoreOrdering) -> Op {
    Op::Store { location, ordering, value: Value(1) }
}

fn load(location: LocationId, ordering: LoadOrdering) -> Op {
    Op::Load { location, ordering, until: None }
}

fn refused(graph: &Graph, model: Model) -> (Axiom, Vec<String>) {
    let refusal = model.check(graph).expect_err("the graph is inconsistent");
    (refusal.axiom, refusal.cycle.iter().map(ToString::to_string).collect())
}

#[test]
fn store_buffering_of_seq_cst_is_refused_with_a_cycle() {
    for (model, axiom) in [(Model::Rc20, Axiom::SeqCst), (Model::Sc, Axiom::Interleaving)] {
        let mut graph = Graph::new(Causality::ReadsFrom);
        for (thread, mine, other) in [(0, X, Y), (1, Y, X)] {
            graph.push(draft(thread, store(mine, StoreOrdering::SeqCst)));
            graph.push(draft(thread, load(other, LoadOrdering::SeqCst)));
        }
        let (refused_by, cycle) = refused(&graph, model);
        assert_eq!(refused_by, axiom);
        assert_eq!(cycle, ["t0.0", "t0.1", "t1.0", "t1.1"]);
    }
}

#[test]
fn reading_back_in_time_is_refused_with_a_cycle() {
    let mut graph = Graph::new(Causality::ReadsFrom);
    let write = graph.push(draft(0, store(X, StoreOrdering::Relaxed)));
    graph.push(Draft { source: write, ..draft(1, load(X, LoadOrdering::Relaxed)) });
    graph.push(draft(1, load(X, LoadOrdering::Relaxed)));
    let (axiom, cycle) = refused(&graph, Model::Rc20);
    assert_eq!(
        (axiom, cycle),
        (Axiom::Coherence, vec!["t0.0".into(), "t1.0".into(), "t1.1".into()])
    );
}

#[test]
fn two_updates_of_one_write_are_refused() {
    let mut graph = Graph::new(Causality::ReadsFrom);
    let update = |thread| {
        let (ordering, change) = (RmwOrdering::Relaxed, Change::swap(Value(1)));
        draft(thread, Op::Rmw { location: X, ordering, change, until: None })
    };
    graph.push(update(0));
    graph.push(update(1));
    let (axiom, cycle) = refused(&graph, Model::Rc20);
    assert_eq!((axiom, cycle), (Axiom::Atomicity, vec!["t0.0".into(), "t1.0".into()]));
}
