//! How many preemptions an execution needs, and what that bound leaves out.
//!
//! A preemption is a switch to another thread while the one that went last could go on (Musuvathi, Qadeer, "Iterative
//! context bounding for systematic testing of multithreaded programs", PLDI 2007). An execution needs the least number over
//! all orders of its events that respect the causal order. A yield is no event and does not make a switch free.
//!
//! # Why the bounded search misses nothing
//!
//! Events that are fixed, or were not added by the canonical choice, are in every graph below a node, and so is what
//! they come after: the *core*. No graph needs less preemptions than a causally closed part of it: take an order of
//! the graph and leave out what is not in the part. Where the order of the part leaves a thread that has a later
//! event e in the part and could go on, so does the order of the graph at some moment after the same events of
//! the part, and the thread stands at e there as well; what lies between conflicts neither with e nor with what e waits for, or
//! else it would come before e in causality and be in the part. So a node whose core needs too much is given up, with
//! everything below it, and no slack is needed (Coons, Musuvathi, McKinley, "Bounded partial-order reduction", OOPSLA 2013, needs
//! conservative backtrack points instead).
//!
//! Whether a thread could go on is the engine's rule, asked of the states after the events so far. Where that
//! depends on values, which a core does not have yet, a thread counts as waiting unless what it waits for
//! is there; the executions themselves are judged exactly. Under `rc20` a waiting read can go on as soon as its source
//! is there. A failure is told even if it needs more preemptions, because an execution is not explored beyond
//! it, and others that need fewer may come from there. A time limit that has not come yet is no reason to go on.

use crate::explore::run::{Run, State};
use crate::graph::{Event, Flags, Graph, Kind, Position};
use raddle_shims::kernel::{Op, ThreadId};
use std::collections::{BTreeSet, VecDeque};

/// A causally closed part of a graph, as how many events of each thread it has.
type Part = Vec<u32>;

/// The part of the graph that is in every graph below it.
fn core(graph: &Graph) -> Part {
    let mut core = vec![0; graph.threads()];
    for event in graph.events() {
        if event.is(Flags::FIXED) || !event.is(Flags::MAXIMAL) {
            let known = graph.clocks().get(event.causal);
            for (thread, count) in core.iter_mut().enumerate() {
                let known = known.get(thread).copied().unwrap_or(0);
                *count = (*count).max(known.min(graph.count_of(ThreadId(thread as u32))));
            }
            let own = &mut core[event.thread.index()];
            *own = (*own).max(event.index + 1);
        }
    }
    core
}

/// All of it.
fn whole(graph: &Graph) -> Part {
    (0..graph.threads() as u32).map(|thread| graph.count_of(ThreadId(thread))).collect()
}

/// Whether every execution below the run's graph may need more than `most` preemptions: true only if it does.
pub(super) fn core_exceeds(run: &Run, most: u32) -> bool {
    let part = core(&run.graph);
    !Search::new(run, part, false).succeeds(most)
}

/// Whether the execution that has just ended needs more than `most` preemptions.
pub(super) fn run_exceeds(run: &Run, most: u32) -> bool {
    let part = whole(&run.graph);
    !Search::new(run, part, true).succeeds(most)
}

/// A search for an order of a part.
struct Search<'a> {
    run: &'a Run,
    part: Part,
    /// The positions of each thread's events.
    events: Vec<Vec<Position>>,
    /// The execution has ended, and its values are known.
    ended: bool,
}

/// What has been performed, and who went last.
type Node = (Part, Option<u32>);

impl<'a> Search<'a> {
    fn new(run: &'a Run, part: Part, ended: bool) -> Search<'a> {
        let mut events = vec![Vec::new(); part.len()];
        for (at, event) in run.graph.events().iter().enumerate() {
            if event.index < part[event.thread.index()] {
                events[event.thread.index()].push(Position(at as u32));
            }
        }
        Search { run, part, events, ended }
    }

    /// Whether some order has at most `most` preemptions. The one in which the events stand often has.
    fn succeeds(&self, most: u32) -> bool {
        self.stands_with_at_most(most) || self.finds_with_at_most(most)
    }

    /// Whether the order in which the events stand has.
    fn stands_with_at_most(&self, most: u32) -> bool {
        let mut done = vec![0; self.part.len()];
        let (mut used, mut last) = (0, None);
        for event in self.run.graph.events() {
            let thread = event.thread.index();
            if event.index >= self.part[thread] {
                continue;
            }
            if !self.is_ready(&done, event) {
                return false;
            }
            let switches = last.is_some_and(|last| last != thread && self.can_go_on(&done, last));
            used += u32::from(switches);
            if used > most {
                return false;
            }
            done[thread] += 1;
            last = Some(thread);
        }
        true
    }

    /// Whether any order has: breadth first, by their number.
    fn finds_with_at_most(&self, most: u32) -> bool {
        let mut seen: BTreeSet<Node> = BTreeSet::new();
        let mut todo: VecDeque<(u32, Node)> = VecDeque::new();
        todo.push_back((0, (vec![0; self.part.len()], None)));
        while let Some((used, node)) = todo.pop_front() {
            if node.0 == self.part {
                return true;
            }
            if !seen.insert(node.clone()) {
                continue;
            }
            let (done, last) = &node;
            let could_go_on = last.is_some_and(|last| self.can_go_on(done, last as usize));
            for thread in 0..self.part.len() {
                let Some(event) = self.next(done, thread) else { continue };
                if !self.is_ready(done, event) {
                    continue;
                }
                let mut then = done.clone();
                then[thread] += 1;
                let costs = u32::from(could_go_on && *last != Some(thread as u32));
                let child = (used + costs, (then, Some(thread as u32)));
                match costs {
                    0 => todo.push_front(child),
                    _ if used < most => todo.push_back(child),
                    _ => {}
                }
            }
        }
        false
    }

    fn next(&self, done: &Part, thread: usize) -> Option<&Event> {
        let at = self.events[thread].get(done[thread] as usize)?;
        Some(self.run.graph.event(*at))
    }

    /// Whether all that an event comes after has been performed.
    fn is_ready(&self, done: &Part, event: &Event) -> bool {
        let known = self.run.graph.clocks().get(event.causal);
        let threads = done.iter().zip(&self.part).enumerate();
        threads.into_iter().all(|(thread, (done, all))| {
            // A join knows one event more than there are.
            let needed = known.get(thread).copied().unwrap_or(0).min(*all);
            thread == event.thread.index() || needed <= *done
        })
    }

    /// Whether a thread that has not performed all could go on now.
    fn can_go_on(&self, done: &Part, thread: usize) -> bool {
        if let Some(event) = self.next(done, thread) {
            return event.kind != Kind::Advance
                && self.is_enabled(done, thread, &event.op, Some(event));
        }
        let id = ThreadId(thread as u32);
        match self.run.stands_at(id) {
            Some(op) if self.ended && self.run.state(id) == State::Stopped => {
                self.is_enabled(done, thread, op, None)
            }
            _ => false,
        }
    }

    fn is_enabled(&self, done: &Part, thread: usize, op: &Op, event: Option<&Event>) -> bool {
        let graph = &self.run.graph;
        let performed = |at: Position| {
            let event = graph.event(at);
            event.index < done[event.thread.index()]
        };
        match op {
            op if op.deadline().is_some() => false,
            Op::Join(other) => {
                let all = self.part.get(other.index()).copied().unwrap_or(0);
                let over = event.is_some() || self.run.state(*other) == State::Exited;
                over && done.get(other.index()).is_none_or(|done| *done == all)
            }
            Op::Act { .. } | Op::Select { .. } => {
                graph.ways(ThreadId(thread as u32), op, Position(0), Some(&performed)) > 0
            }
            op => match (op.until(), op.location()) {
                (Some(until), Some(location)) => {
                    let newest = graph.coherence(location).iter().rev().find(|at| performed(**at));
                    let newest = newest.copied().unwrap_or(Position::INITIAL);
                    let source = event.map(|event| event.source);
                    match (self.run.orders_conflicts(op), source) {
                        (false, Some(source)) => !source.is_some() || performed(source),
                        (_, Some(source)) if source == newest => true,
                        _ => self.ended && until.accepts(graph.value(location, newest)),
                    }
                }
                _ => true,
            },
        }
    }
}
