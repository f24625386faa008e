//! The axiomatic oracle: all partial execution graphs that satisfy the axioms, breadth first.
//!
//! From every partial graph every thread takes a step, in every way: a read may read from any write
//! of its location, a store may go anywhere in coherence, a read-modify-write goes right after its
//! source. What satisfies the axioms is kept, once. There is no reduction: the same final graph is
//! found along every order of its events that respects program order and reads-from.

use super::axioms::{Event, Graph, Kind};
use super::interp::{Next, Operation, Plain, Reply, Thread};
use super::objects::{Outcome, State};
use super::{Model, Stuck};
use crate::key::Found;
use crate::program::{Order, Program};
use indexmap::IndexMap;

/// All executions of the program under the model; nothing if more than `limit` partial graphs.
///
/// # Panics
/// If a graph has more than 64 events, starts and ends of threads included.
pub fn explore(program: &Program, model: Model, limit: usize) -> Option<Found> {
    explore_with(program, model, Stuck::default(), limit)
}

/// As [`explore`], with the choice of what counts as waiting for ever.
pub fn explore_with(program: &Program, model: Model, stuck: Stuck, limit: usize) -> Option<Found> {
    let mut found = Found::default();
    let mut level = vec![Partial::start(program)];
    let mut total = level.len();
    while !level.is_empty() {
        // All graphs of one level have the same number of events, so equal ones are met here.
        let mut seen = IndexMap::new();
        let mut longer = Vec::new();
        for partial in &level {
            if partial.graph.has_race(&partial.plain.log) {
                found.race = true;
                continue;
            }
            found.assertion |= partial.threads.iter().any(|t| t.next == Next::Failed);
            let mut goes_on = false;
            for step in partial.steps() {
                let graph = partial.graph_after(&step);
                let mut fresh = false;
                let consistent =
                    *seen.entry(graph.key(program.threads.len())).or_insert_with(|| {
                        fresh = true;
                        graph.is_consistent(model)
                    });
                goes_on |= consistent;
                if consistent && fresh {
                    longer.push(partial.after(&step, graph));
                }
            }
            let is_final = match stuck {
                Stuck::NoPlacement => !goes_on,
                Stuck::LatestValue => !partial.can_go_on_with_latest(),
            };
            if is_final {
                match partial.later() {
                    // After it come events that no other partial graph has.
                    Some(later) => longer.push(later),
                    None => partial.finish(&mut found),
                }
            }
        }
        total += longer.len();
        if total > limit {
            return None;
        }
        level = longer;
    }
    Some(found)
}

/// A partial graph and where it leaves the threads.
#[derive(Clone)]
struct Partial<'p> {
    program: &'p Program,
    threads: Vec<Thread<'p>>,
    plain: Plain,
    objects: Vec<State>,
    graph: Graph,
}

/// One way to go on: an event, its place in coherence if it writes, and what its thread gets.
struct Step {
    event: Event,
    place: Option<(u32, usize)>,
    reply: Reply,
    /// What it does to an object.
    deed: Option<(usize, Outcome)>,
}

impl<'p> Partial<'p> {
    fn start(program: &'p Program) -> Partial<'p> {
        let mut plain = Plain::new(program);
        let threads = Thread::all(program, &mut plain);
        let coherence = vec![Vec::new(); program.locations as usize];
        let objects = program.objects.iter().map(State::new).collect();
        let (events, deeds) = (Vec::new(), Vec::new());
        let graph = Graph { events, coherence, deeds, times: Vec::new() };
        Partial { program, threads, plain, objects, graph }
    }

    /// The same after the clock has gone on, if somebody waits for that.
    fn later(&self) -> Option<Partial<'p>> {
        let mut it = self.clone();
        let goes_on = it.plain.advance(&it.threads);
        let counts = it.threads.iter().map(|thread| thread.events as u32).collect();
        it.graph.times.push((it.plain.now, counts));
        goes_on.then_some(it)
    }

    fn value(&self, loc: u32, write: Option<usize>) -> u64 {
        let initial = || self.program.initial.get(loc as usize).copied().unwrap_or(0);
        write.map_or_else(initial, |w| self.graph.events[w].value)
    }

    /// Every way in which some thread could go on, consistent or not.
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for thread in 0..self.threads.len() {
            if let Next::At(operation) = self.threads[thread].next {
                self.steps_of(thread, operation, &mut steps);
            }
        }
        steps
    }

    fn steps_of(&self, thread: usize, operation: Operation, steps: &mut Vec<Step>) {
        let index = self.threads[thread].events;
        let mut add = |kind, ord, value, place, reply| {
            let event = Event { thread, index, kind, ord, value };
            steps.push(Step { event, place, reply, deed: None });
        };
        if let Operation::Act { object, deed, arg, wait } = operation {
            let ways = self.objects[object].act(thread, (deed, arg), (wait, self.plain.now));
            for (chosen, way) in ways.into_iter().enumerate() {
                let (chosen, reply) = (chosen as u32, way.reply);
                let kind = Kind::Act { object: object as u32, reply, chosen };
                let event = Event { thread, index, kind, ord: Order::Relaxed, value: 0 };
                let deed = Some((object, way));
                steps.push(Step { event, place: None, reply: Reply::Value(reply), deed });
            }
            return;
        }
        let mut add_silent = |kind, ord| add(kind, ord, 0, None, Reply::Done);
        match operation {
            Operation::Act { .. } => unreachable!("it has been added"),
            Operation::Fence { ord } => add_silent(Kind::Fence, ord),
            Operation::Sleep { end } => {
                if end <= self.plain.now {
                    add_silent(Kind::Sleep, Order::Relaxed);
                }
            }
            Operation::Spawn { thread } => add_silent(Kind::Spawn(thread), Order::Relaxed),
            Operation::Join { thread } => {
                if self.threads[thread].next == Next::Ended {
                    add_silent(Kind::Join(thread), Order::Relaxed);
                }
            }
            Operation::Choose { n } => {
                for taken in 0..n {
                    let reply = Reply::Value(u64::from(taken));
                    add(Kind::Choose(taken), Order::Relaxed, 0, None, reply);
                }
            }
            Operation::Store { loc, ord, value } => {
                for at in 0..=self.graph.coherence[loc as usize].len() {
                    add(Kind::Write { loc }, ord, value, Some((loc, at)), Reply::Done);
                }
            }
            Operation::Load { loc, .. }
            | Operation::Rmw { loc, .. }
            | Operation::Cas { loc, .. } => {
                let weak = self.threads[thread].spurious_left > 0;
                let writes = self.graph.coherence[loc as usize].iter().copied().map(Some);
                for (after, from) in std::iter::once(None).chain(writes).enumerate() {
                    for effect in operation.effects(self.value(loc, from), weak) {
                        match effect.writes {
                            Some(value) => {
                                let kind = Kind::Update { loc, from };
                                add(kind, effect.ord, value, Some((loc, after)), effect.reply);
                            }
                            None => {
                                let kind = Kind::Read { loc, from, weakly: effect.weakly };
                                add(kind, effect.ord, 0, None, effect.reply);
                            }
                        }
                    }
                }
            }
        }
    }

    fn graph_after(&self, step: &Step) -> Graph {
        let mut graph = self.graph.clone();
        if let Some((loc, at)) = step.place {
            graph.coherence[loc as usize].insert(at, graph.events.len());
        }
        if let Some((object, way)) = &step.deed {
            graph.deeds.push((graph.events.len(), *object, way.uses.clone()));
        }
        graph.events.push(step.event);
        graph
    }

    fn after(&self, step: &Step, graph: Graph) -> Partial<'p> {
        let mut it = Partial { graph, ..self.clone() };
        if let Some((object, way)) = &step.deed {
            it.objects[*object] = way.state.clone();
        }
        it.threads[step.event.thread].answer(step.reply, &mut it.plain);
        if let Kind::Spawn(child) = step.event.kind {
            it.threads[child].start(&mut it.plain);
        }
        it
    }

    /// Whether some thread can go on if reads give the last write in coherence.
    fn can_go_on_with_latest(&self) -> bool {
        self.threads.iter().any(|thread| match thread.next {
            Next::At(Operation::Join { thread }) => self.threads[thread].next == Next::Ended,
            Next::At(Operation::Sleep { end }) => end <= self.plain.now,
            Next::At(Operation::Act { object, deed, arg, wait }) => {
                let me = self.threads.iter().position(|other| std::ptr::eq(other, thread));
                let (what, when) = ((deed, arg), (wait, self.plain.now));
                !self.objects[object].act(me.unwrap_or(0), what, when).is_empty()
            }
            Next::At(operation) => operation.reads().is_none_or(|loc| {
                let latest = self.graph.coherence[loc as usize].last().copied();
                operation.effects(self.value(loc, latest), false).next().is_some()
            }),
            _ => false,
        })
    }

    fn finish(&self, found: &mut Found) {
        let stopped = |next: Next| matches!(next, Next::SetAside | Next::Failed);
        if self.threads.iter().any(|t| stopped(t.next)) {
            found.blocked += 1;
            return;
        }
        found.deadlock |= self.threads.iter().any(|t| matches!(t.next, Next::At(_)));
        let registers = self.threads.iter().flat_map(|t| t.registers.iter().copied());
        let last = |loc: u32| self.graph.coherence[loc as usize].last().copied();
        let values = (0..self.program.locations).map(|loc| self.value(loc, last(loc)));
        let outcome = registers.chain(values).collect();
        found.graphs.insert(self.graph.key(self.threads.len()), (1, outcome));
    }
}
