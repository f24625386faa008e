//! Exploring a litmus program: every graph found, with its outcome, and what differs from expectation.

use crate::key::{Found, GraphKey, Label, Write};
use crate::program::{Expectation, FailureKind, Program};
use crate::scripted::Scripted;
use raddle_engine::explore::{
    Coverage, Divergence, Ending, Exhaustive, Explorer, Outcome, Run, Settings, Strategy,
};
use raddle_engine::graph::{Flags, Graph, Kind, Position};
use raddle_engine::memory::Model;
use raddle_shims::kernel::{Failure, LocationId, ThreadId};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The canonical form of the graph of an execution.
pub fn graph_key(graph: &Graph, world: &Scripted, threads: usize) -> GraphKey {
    let write = |at: Position| match at.is_some() {
        false => Write::Initial,
        true => {
            let id = graph.event(at).id();
            let thread = world.script_of(id.thread).unwrap_or(u32::MAX);
            Write::Event { thread, index: id.index }
        }
    };
    let mut key = GraphKey { threads: vec![Vec::new(); threads], coherence: Vec::new() };
    for event in graph.events() {
        let Some(script) = world.script_of(event.thread) else { continue };
        let location = event.location().map_or(0, |location| location.0);
        let from = write(event.source);
        key.threads[script as usize].push(match event.kind {
            Kind::Read => Label::Read { location, from, weakly: event.is(Flags::SPURIOUS) },
            Kind::Write => Label::Write { location },
            Kind::Update => Label::Update { location, from },
            Kind::Choice => Label::Chosen(event.chosen),
            Kind::Fence | Kind::Spawn | Kind::Join => Label::Other,
        });
    }
    key
}

/// Completes a key with the coherence of each location.
fn with_coherence(mut key: GraphKey, graph: &Graph, world: &Scripted, locations: u32) -> GraphKey {
    for location in 0..locations {
        let order = graph.coherence(LocationId(location)).iter().map(|&at| {
            let id = graph.event(at).id();
            let thread = world.script_of(id.thread).unwrap_or(u32::MAX);
            Write::Event { thread, index: id.index }
        });
        key.coherence.push(order.collect());
    }
    key
}

/// The final registers of every thread and the final value of every location, in the order of the
/// file format.
pub fn outcome(program: &Program, run: &Run, world: &Scripted) -> Vec<u64> {
    let mut outcome = world.registers();
    outcome.extend((0..program.locations).map(|l| run.graph.final_value(LocationId(l)).0));
    outcome
}

/// Explores a program with a strategy and collects every complete execution.
///
/// Deadlocked executions count as complete; a data race or an assertion ends nothing, it is noted.
///
/// # Errors
/// A divergence, which a scripted world only shows if it was made fickle.
pub fn explore_with<S: Strategy>(
    program: &Program,
    world: Scripted,
    strategy: S,
    settings: Settings<'_>,
) -> Result<(Found, Outcome), Divergence> {
    let mut explorer = Explorer::new(strategy, settings);
    explore_on(&mut explorer, program, world)
}

/// The same with an explorer that exists already.
///
/// # Errors
/// A divergence.
pub fn explore_on<S: Strategy>(
    explorer: &mut Explorer<'_, S>,
    program: &Program,
    world: Scripted,
) -> Result<(Found, Outcome), Divergence> {
    let world = RefCell::new(world);
    let mut found = Found::default();
    let mut observer = |run: &Run, ending: Ending, _: &Coverage| {
        let world = world.borrow();
        match ending {
            Ending::Complete | Ending::Deadlock => {
                found.deadlock |= ending == Ending::Deadlock;
                let key = graph_key(&run.graph, &world, program.threads.len());
                let key = with_coherence(key, &run.graph, &world, program.locations);
                let entry = found.graphs.entry(key).or_insert_with(|| (0, Vec::new()));
                entry.0 += 1;
                entry.1 = outcome(program, run, &world);
            }
            Ending::SetAside => found.blocked += 1,
            Ending::Failed => match run.failure() {
                Some(Failure::DataRace { .. }) => found.race = true,
                Some(Failure::Assertion { .. }) => found.assertion = true,
                _ => {}
            },
            Ending::Cut | Ending::Moot | Ending::Redundant => {}
        }
    };
    let outcome = explorer.explore(&mut Shared(&world), &mut observer)?;
    Ok((found, outcome))
}

/// A world that the observer may look at between executions.
struct Shared<'a>(&'a RefCell<Scripted>);

impl raddle_shims::kernel::World for Shared<'_> {
    fn reset(&mut self) {
        self.0.borrow_mut().reset();
    }

    fn run(
        &mut self,
        thread: ThreadId,
        reply: raddle_shims::kernel::Reply,
        controller: &mut dyn raddle_shims::kernel::Controller,
    ) -> raddle_shims::kernel::Stop {
        self.0.borrow_mut().run(thread, reply, controller)
    }
}

/// The settings under which litmus programs are compared: nothing ends the search early.
pub fn settings(model: Model) -> Settings<'static> {
    Settings { model, deadlock_fails: false, stop_at_failure: false, ..Settings::default() }
}

/// Explores all executions of a program.
pub fn explore(program: &Program, model: Model) -> (Found, Outcome) {
    explore_with(program, Scripted::new(program), Exhaustive::new(), settings(model))
        .expect("a scripted world is deterministic")
}

/// Every way in which what was found differs from what is expected, a line each.
pub fn differences(found: &Found, coverage: &Coverage, expected: &Expectation) -> Vec<String> {
    let mut lines = Vec::new();
    match expected.failure {
        Some(FailureKind::DataRace) if found.race => return lines,
        Some(FailureKind::Assertion) if found.assertion => return lines,
        Some(FailureKind::Deadlock) if found.deadlock => {}
        Some(kind) => lines.push(format!("missing: no {kind:?} was found")),
        None if found.race => lines.push("extra: a data race".to_string()),
        None if found.assertion => lines.push("extra: an assertion failed".to_string()),
        None => {}
    }
    for (key, (times, outcome)) in &found.graphs {
        if *times > 1 {
            lines.push(format!(
                "duplicated: {times} times an execution with outcome {outcome:?} ({key:?})"
            ));
        }
    }
    if let Some(outcomes) = &expected.outcomes {
        let mine: BTreeSet<&Vec<u64>> = found.graphs.values().map(|(_, outcome)| outcome).collect();
        let theirs: BTreeSet<&Vec<u64>> = outcomes.iter().collect();
        lines.extend(theirs.difference(&mine).map(|o| format!("missing: outcome {o:?}")));
        lines.extend(mine.difference(&theirs).map(|o| format!("extra: outcome {o:?}")));
    }
    let executions = found.graphs.len() as u64;
    if let Some(expected) = expected.executions.filter(|e| *e != executions) {
        lines.push(format!("wrong count: {executions} executions, not {expected}"));
    }
    if let Some(most) = expected.blocked.filter(|most| found.blocked > *most) {
        lines.push(format!("wrong count: {} blocked executions, more than {most}", found.blocked));
    }
    if coverage.redundant > 0 {
        lines.push(format!("redundant: {} executions repeated another", coverage.redundant));
    }
    lines
}
