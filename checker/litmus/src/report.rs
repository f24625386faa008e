//! Exploring a litmus program: every graph found, with its outcome, and what differs from expectation.

use crate::key::{Found, GraphKey, Label, Write};
use crate::program::{Expectation, FailureKind, Program};
use crate::scripted::Scripted;
use crate::threaded::{Guards, Threaded};
use raddle_engine::explore::{
    Coverage, Divergence, Ending, Exhaustive, Explorer, Outcome, Run, Settings, Strategy, Time,
};
use raddle_engine::graph::{Flags, Kind, Position};
use raddle_engine::memory::Model;
use raddle_engine::objects::conflict;
use raddle_shims::kernel::{
    Controller, EventId, Failure, LocationId, Reply, Stop, ThreadId, World,
};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A world that runs a litmus program, and can be read after each execution.
pub trait LitmusWorld: World {
    /// Which thread of the program has that engine number; the main thread has none.
    fn script_of(&self, thread: ThreadId) -> Option<u32>;

    /// The registers of the program's threads as they are now, thread after thread.
    fn registers(&self) -> Vec<u64>;

    /// Which location of the program an object of the world is, if it is one.
    fn script_location(&self, object: LocationId) -> Option<u32>;

    /// The object of the world that is a location of the program.
    fn object_of(&self, location: u32) -> LocationId;
}

impl LitmusWorld for Scripted {
    fn script_of(&self, thread: ThreadId) -> Option<u32> {
        Scripted::script_of(self, thread)
    }

    fn registers(&self) -> Vec<u64> {
        Scripted::registers(self)
    }

    fn script_location(&self, object: LocationId) -> Option<u32> {
        Some(object.0)
    }

    fn object_of(&self, location: u32) -> LocationId {
        LocationId(location)
    }
}

/// The canonical form of the graph of an execution.
pub fn graph_key(run: &Run, world: &impl LitmusWorld, program: &Program) -> GraphKey {
    let graph = &run.graph;
    let mut indices = vec![Vec::new(); graph.threads()];
    for event in graph.events() {
        let location = event.location().map(|at| world.script_location(run.object_at(at)));
        let own = location != Some(None);
        let count =
            indices[event.thread.index()].last().map_or(0, |&(index, own)| index + u32::from(own));
        indices[event.thread.index()].push((count, own));
    }
    let write = |at: Position| match at.is_some() {
        false => Write::Initial,
        true => {
            let id = graph.event(at).id();
            let thread = world.script_of(id.thread).unwrap_or(u32::MAX);
            Write::Event { thread, index: indices[id.thread.index()][id.index as usize].0 }
        }
    };
    let mut key =
        GraphKey { threads: vec![Vec::new(); program.threads.len()], ..GraphKey::default() };
    let first_object = program.locations + program.cells;
    for event in graph.events() {
        if event.kind == Kind::Advance {
            let counts = key.threads.iter().map(|labels| labels.len() as u32).collect();
            key.times.push((event.written.0, counts));
        }
        let Some(script) = world.script_of(event.thread) else { continue };
        // What a thread that hangs has read is not part of what happened: it waits.
        if event.index + run.turning(event.thread) >= graph.count_of(event.thread) {
            continue;
        }
        let location = match event.location() {
            None => 0,
            Some(object) if event.kind == Kind::Act => object.0 - first_object,
            Some(location) => match world.script_location(run.object_at(location)) {
                None => continue,
                Some(location) => location,
            },
        };
        let from = write(event.source);
        key.threads[script as usize].push(match event.kind {
            Kind::Read => Label::Read { location, from, weakly: event.is(Flags::SPURIOUS) },
            Kind::Write => Label::Write { location },
            Kind::Update => Label::Update { location, from },
            Kind::Choice => Label::Chosen(event.chosen),
            Kind::Act => Label::Act { object: location, reply: event.read.0, chosen: event.chosen },
            Kind::Fence | Kind::Spawn | Kind::Join | Kind::Sleep | Kind::Advance => Label::Other,
        });
    }
    for object in 0..program.objects.len() as u32 {
        let acts = graph.acts(LocationId(first_object + object));
        for (later, (at, _)) in acts.iter().enumerate() {
            for (earlier, _) in &acts[..later] {
                let ids = [*earlier, *at].map(|at| graph.event(at).id());
                let depends = conflict(graph.uses(*earlier), graph.uses(*at));
                if ids[0].thread != ids[1].thread && depends {
                    let name = |id: EventId| {
                        let thread = world.script_of(id.thread).unwrap_or(u32::MAX);
                        (thread, indices[id.thread.index()][id.index as usize].0)
                    };
                    key.order.insert(ids.map(name));
                }
            }
        }
    }
    for location in 0..program.locations {
        let at = run.location_of(world.object_of(location));
        let order = at.map(|at| graph.coherence(at)).unwrap_or_default();
        key.coherence.push(order.iter().map(|&at| write(at)).collect());
    }
    key
}

/// The final registers of every thread and the final value of every location, in the order of the
/// file format.
pub fn outcome(program: &Program, run: &Run, world: &impl LitmusWorld) -> Vec<u64> {
    let mut outcome = world.registers();
    outcome.extend((0..program.locations).map(|location| {
        let object = world.object_of(location);
        match run.location_of(object) {
            Some(at) => run.graph.final_value(at).0,
            None => run.initial_of(object).0,
        }
    }));
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
    world: impl LitmusWorld,
) -> Result<(Found, Outcome), Divergence> {
    let world = RefCell::new(world);
    let mut found = Found::default();
    let mut observer = |run: &Run, ending: Ending, _: &Coverage| {
        let world = world.borrow();
        match ending {
            Ending::Complete | Ending::Deadlock => {
                found.deadlock |= ending == Ending::Deadlock;
                let key = graph_key(run, &*world, program);
                let entry = found.graphs.entry(key).or_insert_with(|| (0, Vec::new()));
                entry.0 += 1;
                entry.1 = outcome(program, run, &*world);
            }
            Ending::SetAside => found.blocked += 1,
            Ending::Failed => match run.failure() {
                Some(Failure::DataRace { .. }) => found.race = true,
                Some(Failure::Assertion { .. }) => found.assertion = true,
                _ => {}
            },
            Ending::Cut | Ending::Moot | Ending::Redundant | Ending::OutOfBound => {}
        }
    };
    let outcome = explorer.explore(&mut Shared(&world), &mut observer)?;
    Ok((found, outcome))
}

/// A world that the observer may look at between executions.
struct Shared<'a, W>(&'a RefCell<W>);

impl<W: World> World for Shared<'_, W> {
    fn reset(&mut self) {
        self.0.borrow_mut().reset();
    }

    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop {
        self.0.borrow_mut().run(thread, reply, controller)
    }

    fn end(&mut self, complete: bool, controller: &mut dyn Controller) {
        self.0.borrow_mut().end(complete, controller);
    }
}

/// The settings under which litmus programs are compared: nothing ends the search early.
pub fn settings(model: Model) -> Settings<'static> {
    Settings { model, deadlock_fails: false, stop_at_failure: false, ..Settings::default() }
}

/// The same, with a clock if the program looks at one.
pub fn settings_for(program: &Program, model: Model) -> Settings<'static> {
    let time = if program.has_time() { Time::Virtual } else { Time::Nondeterministic };
    Settings { time, ..settings(model) }
}

/// Explores all executions of a program.
pub fn explore(program: &Program, model: Model) -> (Found, Outcome) {
    let settings = settings_for(program, model);
    explore_with(program, Scripted::new(program), Exhaustive::new(), settings)
        .expect("a scripted world is deterministic")
}

/// The same on coroutines, through the shims.
///
/// # Errors
/// A divergence, or that the program cannot be written with the shims.
pub fn explore_threads(
    program: &Program,
    model: Model,
    guards: Guards,
    strategy: impl Fn() -> Exhaustive,
) -> Result<(Found, Outcome), String> {
    if !program.objects.is_empty() || program.has_time() {
        let why = "blocking objects and time are not run on threads: the shims have their own";
        return Err(why.to_string());
    }
    let (mut runtime, notes) = crate::threaded::runtime(program, guards);
    loop {
        let mut explorer = Explorer::new(strategy(), settings(model));
        let notes = Arc::clone(&notes);
        let found = runtime.within(|runtime| {
            let world = Threaded::new(runtime, notes);
            explore_on(&mut explorer, program, world)
        });
        if !runtime.takes_back() {
            return found.map_err(|divergence| divergence.to_string());
        }
    }
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
