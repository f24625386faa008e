//! A search that is bounded by preemptions finds what needs no more, each once, and says what it covered.

use raddle_engine::explore::{
    Coverage, Ending, Exhaustive, Explorer, Fault, Limit, Limits, Outcome, Policy, Run,
};
use raddle_engine::graph::{Graph, Kind};
use raddle_engine::memory::Model;
use raddle_litmus::key::{Found, GraphKey};
use raddle_litmus::oracle::generate::{self, Shape};
use raddle_litmus::oracle::interleaving::explore_bounded;
use raddle_litmus::oracle::mixed::{self, Mix};
use raddle_litmus::program::Program;
use raddle_litmus::report::{explore_with, graph_key, settings};
use raddle_litmus::scripted::Scripted;
use raddle_shims::kernel::{Controller, Op, Reply, Stop, ThreadId, World};
use raddle_tests::support::{MODELS, POLICIES, random_programs};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

fn shape() -> Shape {
    Shape { plain: false, assumes: false, max_events: 9, ..Shape::default() }
}

fn bounded(program: &Program, model: Model, strategy: Exhaustive) -> (Found, Coverage) {
    let world = Scripted::new(program);
    let (found, outcome) =
        explore_with(program, world, strategy, settings(model)).expect("deterministic");
    let Outcome::Incomplete(coverage, limit) = outcome else {
        panic!("a bounded search verifies nothing: {outcome:?}")
    };
    assert!(matches!(limit, Limit::Preemptions(_)), "{limit:?}");
    (found, coverage)
}

/// How a bounded search under `sc` differs from all schedules with as few preemptions; none if the program is too large.
fn difference(program: &Program, most: u32, strategy: Exhaustive) -> Option<Result<u64, String>> {
    program.check().ok()?;
    let truth = explore_bounded(program, most, 60_000)?;
    if truth.race || truth.assertion {
        return None;
    }
    let (found, coverage) = bounded(program, Model::Sc, strategy);
    // A race ends an execution, in which more preemptions may have been used than in what comes of it.
    if found.race || found.assertion {
        return None;
    }
    let mut mine = found.graphs.iter();
    let twice = mine.find(|(_, (times, _))| *times > 1).map(|(key, _)| format!("twice: {key:?}"));
    let keys = |found: &Found| found.graphs.keys().cloned().collect::<BTreeSet<GraphKey>>();
    let (mine, theirs) = (keys(&found), keys(&truth));
    let missing = theirs.difference(&mine).next().map(|key| format!("missing: {key:?}"));
    let extra = mine.difference(&theirs).next().map(|key| format!("extra: {key:?}"));
    let deadlock = (found.deadlock != truth.deadlock).then(|| "deadlock".to_string());
    let difference = twice.or(missing).or(extra).or(deadlock);
    Some(difference.map_or(Ok(coverage.out_of_bound), Err))
}

fn agree(programs: impl Iterator<Item = Program>, count: usize) {
    let (mut compared, mut beyond) = (0, 0);
    for (i, program) in programs.enumerate() {
        for most in 0..3 {
            let strategy = Exhaustive::with_policy(POLICIES[i % POLICIES.len()]);
            match difference(&program, most, strategy.with_preemptions(most)) {
                None => {}
                Some(Ok(out_of_bound)) => {
                    compared += 1;
                    beyond += out_of_bound;
                }
                Some(Err(text)) => panic!("{} with {most}: {text}\n{program:#?}", program.name),
            }
        }
        if compared >= count {
            break;
        }
    }
    assert!(compared >= count, "only {compared} comparisons");
    assert!(beyond > 0, "the bound never mattered at the end of an execution");
}

#[test]
fn atomics_under_sc() {
    agree((0..).map(|seed| generate::program_of_seed(seed, &shape())), 1_500);
}

#[test]
fn waiting_operations_under_sc() {
    let shape = Shape { awaits: true, max_locations: 1, joins: true, ..shape() };
    agree((0..).map(|seed| generate::program_of_seed(40_000 + seed, &shape)), 500);
}

#[test]
fn objects_under_sc() {
    let mix = Mix { max_events: 9, ..Mix::default() };
    agree((0..).map(|seed| mixed::program_of_seed(seed, &mix)), 600);
}

/// The least number of preemptions over all orders of a graph, found by trying all of them. No operation of it waits
/// but joins.
fn needs(graph: &Graph) -> u32 {
    fn rest(
        graph: &Graph,
        done: &mut Vec<u32>,
        last: Option<usize>,
        memo: &mut BTreeMap<(Vec<u32>, Option<usize>), u32>,
    ) -> u32 {
        if let Some(known) = memo.get(&(done.clone(), last)) {
            return *known;
        }
        let performed =
            |done: &Vec<u32>, thread: ThreadId, index: u32| index < done[thread.index()];
        let next = |done: &Vec<u32>, thread: usize| {
            let mut events = graph.events().iter();
            events.find(|e| e.thread.index() == thread && e.index == done[thread])
        };
        let joins = |done: &Vec<u32>, op: &Op| match op {
            Op::Join(other) => graph.count_of(*other) == done[other.index()],
            _ => true,
        };
        let goes_on = last.is_some_and(|last| next(done, last).is_some_and(|e| joins(done, &e.op)));
        let (mut least, mut over) = (u32::MAX, true);
        for thread in 0..done.len() {
            let Some(event) = next(done, thread) else { continue };
            over = false;
            let before = |other: &&raddle_engine::graph::Event| {
                other.id() != event.id() && graph.causes(other, event)
            };
            let mut causes = graph.events().iter().filter(before);
            if !joins(done, &event.op) || !causes.all(|e| performed(done, e.thread, e.index)) {
                continue;
            }
            done[thread] += 1;
            let used = u32::from(goes_on && last != Some(thread));
            least = least.min(used.saturating_add(rest(graph, done, Some(thread), memo)));
            done[thread] -= 1;
        }
        let least = if over { 0 } else { least };
        memo.insert((done.clone(), last), least);
        least
    }
    assert!(graph.events().iter().all(|event| event.kind != Kind::Act && event.until().is_none()));
    rest(graph, &mut vec![0; graph.threads()], None, &mut BTreeMap::new())
}

/// A world that the observer may look at between executions.
struct Shared<'a>(&'a RefCell<Scripted>);

impl World for Shared<'_> {
    fn reset(&mut self) {
        self.0.borrow_mut().reset();
    }

    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop {
        self.0.borrow_mut().run(thread, reply, controller)
    }
}

/// Under `rc20` as well, where an order of the events is any that respects program order, reads-from, spawns and joins.
#[test]
fn both_models_against_all_orders() {
    let shape = Shape { awaits: false, max_events: 8, ..shape() };
    let (mut few, mut all) = (0, 0);
    for program in random_programs(3_000, 250, &shape) {
        for model in MODELS {
            let world = RefCell::new(Scripted::new(&program));
            let mut needed: BTreeMap<GraphKey, u32> = BTreeMap::new();
            let mut observer = |run: &Run, ending: Ending, _: &Coverage| {
                if matches!(ending, Ending::Complete | Ending::Deadlock) {
                    needed.insert(graph_key(run, &*world.borrow(), &program), needs(&run.graph));
                }
            };
            Explorer::new(Exhaustive::new(), settings(model))
                .explore(&mut Shared(&world), &mut observer)
                .expect("deterministic");
            for most in 0..3 {
                let strategy = Exhaustive::with_policy(Policy::Continue).with_preemptions(most);
                let (found, _) = bounded(&program, model, strategy);
                let expected = needed.iter().filter(|(_, needed)| **needed <= most);
                let expected: Vec<&GraphKey> = expected.map(|(key, _)| key).collect();
                let mine: Vec<&GraphKey> = found.graphs.keys().collect();
                assert_eq!(mine, expected, "{} {model} with {most}", program.name);
                assert!(found.graphs.values().all(|(times, _)| *times == 1), "{}", program.name);
                few += mine.len();
                all += needed.len();
            }
        }
    }
    assert!(few < all, "the bound never mattered");
}

/// Without a bound that matters, and in pieces, a bounded search is the same as one without.
#[test]
fn a_large_bound_is_none() {
    for program in random_programs(9_000, 100, &shape()) {
        for model in MODELS {
            let (found, coverage) =
                bounded(&program, model, Exhaustive::new().with_preemptions(99));
            let world = Scripted::new(&program);
            let (all, _) = explore_with(&program, world, Exhaustive::new(), settings(model))
                .expect("deterministic");
            assert_eq!(found.graphs, all.graphs, "{}", program.name);
            assert_eq!(coverage.out_of_bound, 0);
        }
    }
}

/// Giving up a node for what it has itself, which a later reversal may delete, loses executions.
#[test]
fn bounding_the_whole_is_caught() {
    let caught = (0..2_000).any(|seed| {
        let program = generate::program_of_seed(seed, &shape());
        let strategy = || Exhaustive::with_policy(Policy::Highest).with_preemptions(0);
        let broken = strategy().with_fault(Fault::BoundsTheWhole);
        let whole = difference(&program, 0, strategy());
        assert!(!matches!(whole, Some(Err(_))), "{whole:?}");
        matches!(difference(&program, 0, broken), Some(Err(text)) if text.starts_with("missing"))
    });
    assert!(caught, "no program shows it");
}

/// From a node within the bound an execution may go on that is not.
#[test]
fn trusting_the_node_is_caught() {
    let caught = (0..2_000).any(|seed| {
        let program = generate::program_of_seed(seed, &shape());
        let strategy = Exhaustive::with_policy(Policy::Continue).with_preemptions(0);
        let broken = strategy.with_fault(Fault::TrustsTheNode);
        matches!(difference(&program, 0, broken), Some(Err(text)) if text.starts_with("extra"))
    });
    assert!(caught, "no program shows it");
}

/// To go on with an event that lets others go on may be the wrong moment. While the first thread has the lock, each other is stopped by it for nothing: with that
/// one preemption the last thread can read what the two in between have written and still be the next to lock. Behind the unlocking it
/// takes two.
#[test]
fn taking_all_for_quiet_is_caught() {
    let store = |loc, val| format!(r#"{{"op":"store","loc":{loc},"ord":"relaxed","val":{val}}}"#);
    let load = |loc| format!(r#"{{"op":"load","loc":{loc},"ord":"relaxed","reg":{loc}}}"#);
    let lock =
        r#"{"op":"swap","loc":2,"ord":"acquire","val":1,"reg":2,"until":{"cmp":"eq","val":0}}"#;
    let section = format!("{lock},{}", store(2, 0));
    let text = format!(
        "[[{section}],[{},{section}],[{},{section}],[{},{},{section}]]",
        store(0, 1),
        store(1, 1),
        load(0),
        load(1)
    );
    let program = raddle_tests::support::program(3, 0, &text);
    let strategy = || Exhaustive::new().with_preemptions(1);
    let count = |strategy| bounded(&program, Model::Sc, strategy).1.executions;
    let broken = strategy().with_fault(Fault::TakesAllForQuiet);
    assert!(count(broken) < count(strategy()));
}

/// P(3, 1), three threads that each add to one atomic and then to another: the growth with the bound.
#[test]
fn the_number_of_executions_grows_with_the_bound() {
    let add =
        |loc| format!(r#"{{"op":"fetch_add","loc":{loc},"ord":"relaxed","val":1,"reg":{loc}}}"#);
    let thread = format!("[{},{}]", add(0), add(1));
    let text = format!("[{thread},{thread},{thread}]");
    let program = raddle_tests::support::program(2, 0, &text);
    let counts: Vec<u64> = (0..5)
        .map(|most| {
            bounded(&program, Model::Sc, Exhaustive::new().with_preemptions(most)).1.executions
        })
        .collect();
    // 3! orders without a preemption; 36 in all, which is the square.
    assert_eq!((counts[0], counts[4]), (6, 36));
    assert!(counts.is_sorted() && counts[1] > 6, "{counts:?}");
    let limits = Limits { executions: Some(3), ..Limits::default() };
    let settings = raddle_engine::explore::Settings { limits, ..settings(Model::Sc) };
    let outcome = Explorer::new(Exhaustive::new().with_preemptions(2), settings)
        .explore(&mut Scripted::new(&program), &mut ())
        .expect("deterministic");
    assert!(matches!(outcome, Outcome::Incomplete(_, Limit::Executions(3))), "{outcome:?}");
}
