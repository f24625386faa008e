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

use super::{Exhaustive, Fault};
use crate::explore::run::{Run, State};
use crate::graph::{Event, Flags, Graph, Kind, Position};
use raddle_shims::kernel::{Op, ThreadId};
use std::collections::VecDeque;
use std::ops::Range;

/// A causally closed part of a graph, as how many events of each thread it has.
type Part = Vec<u32>;

/// Nobody, as the thread that went last.
const NOBODY: u32 = u32::MAX;

/// What a search for an order works on, kept so that its lists need not be made each time.
#[derive(Debug, Default)]
pub(super) struct Room {
    part: Part,
    /// The events of the part, thread after thread, and where those of each thread begin.
    steps: Vec<Step>,
    first: Vec<usize>,
    /// What events come after.
    causes: Vec<(usize, u32)>,
    /// What has been performed in the node that is looked at.
    done: Part,
    nodes: Nodes,
    /// Nodes to look at with how many preemptions lead there, by this number.
    todo: VecDeque<(u32, usize)>,
}

/// An event of a part.
#[derive(Clone, Debug)]
struct Step {
    at: Position,
    /// In [`Room::causes`] how many events of which other threads it comes after, as far as the one before it in its thread does not.
    causes: Range<usize>,
}

/// The nodes of a search: how much of each thread has been performed, and who went last. A hash table, because there are many.
#[derive(Debug, Default)]
struct Nodes {
    /// Node after node, each of `width` numbers.
    words: Vec<u32>,
    width: usize,
    /// The least number of preemptions that has been found to lead to each.
    least: Vec<u32>,
    /// Places of nodes by their hashes, from 1 on; 0 is free.
    table: Vec<u32>,
}

impl Nodes {
    fn clear(&mut self, threads: usize) {
        self.width = threads + 1;
        self.words.clear();
        self.least.clear();
        self.table.clear();
        self.table.resize(64, 0);
    }

    fn get(&self, node: usize) -> (&[u32], u32) {
        let words = &self.words[node * self.width..][..self.width];
        (&words[..self.width - 1], words[self.width - 1])
    }

    /// The node if so many preemptions are less than what was known to lead there.
    fn reach(&mut self, done: &[u32], last: u32, used: u32) -> Option<usize> {
        let mut slot = self.slot_of(done, last);
        while self.table[slot] != 0 {
            let node = self.table[slot] as usize - 1;
            if self.get(node) == (done, last) {
                let is_less = used < self.least[node];
                self.least[node] = used.min(self.least[node]);
                return is_less.then_some(node);
            }
            slot = (slot + 1) & (self.table.len() - 1);
        }
        let node = self.least.len();
        self.table[slot] = node as u32 + 1;
        self.words.extend_from_slice(done);
        self.words.push(last);
        self.least.push(used);
        if 2 * self.least.len() > self.table.len() {
            self.grow();
        }
        Some(node)
    }

    fn slot_of(&self, done: &[u32], last: u32) -> usize {
        let mix = |hash: u64, word: &u32| {
            (hash.rotate_left(5) ^ u64::from(*word)).wrapping_mul(0x517c_c1b7_2722_0a95)
        };
        let hash = mix(done.iter().fold(0, mix), &last);
        (hash >> 32) as usize & (self.table.len() - 1)
    }

    fn grow(&mut self) {
        let size = 2 * self.table.len();
        self.table.clear();
        self.table.resize(size, 0);
        for node in 0..self.least.len() {
            let (done, last) = self.get(node);
            let mut slot = self.slot_of(done, last);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.table[slot] = node as u32 + 1;
        }
    }
}

/// The part of the graph that is in every graph below it.
fn core(graph: &Graph, core: &mut Part) {
    core.resize(graph.threads(), 0);
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
}

/// All of it.
fn whole(graph: &Graph, whole: &mut Part) {
    whole.extend((0..graph.threads() as u32).map(|thread| graph.count_of(ThreadId(thread))));
}

impl Exhaustive {
    /// Whether everything below the node needs too many preemptions.
    pub(super) fn is_given_up(&mut self, run: &Run) -> bool {
        let Some(most) = self.preemptions_max else { return false };
        let exceeds = match self.has(Fault::BoundsTheWhole) {
            true => run_exceeds,
            false => core_exceeds,
        };
        exceeds(run, most, &mut self.orders)
    }
}

/// Whether every execution below the run's graph may need more than `most` preemptions: true only if it does.
fn core_exceeds(run: &Run, most: u32, room: &mut Room) -> bool {
    room.part.clear();
    core(&run.graph, &mut room.part);
    !Search::new(run, room, false).succeeds(most)
}

/// Whether the execution that has just ended needs more than `most` preemptions.
pub(super) fn run_exceeds(run: &Run, most: u32, room: &mut Room) -> bool {
    room.part.clear();
    whole(&run.graph, &mut room.part);
    !Search::new(run, room, true).succeeds(most)
}

/// A search for an order of a part.
struct Search<'a> {
    run: &'a Run,
    room: &'a mut Room,
    /// The execution has ended, and its values are known.
    ended: bool,
}

impl<'a> Search<'a> {
    fn new(run: &'a Run, room: &'a mut Room, ended: bool) -> Search<'a> {
        let Room { part, steps, first, causes, .. } = room;
        first.clear();
        first.extend(part.iter().scan(0, |end, count| {
            let first = *end;
            *end += *count as usize;
            Some(first)
        }));
        steps.clear();
        let all = part.iter().sum::<u32>() as usize;
        steps.resize(all, Step { at: Position::NONE, causes: 0..0 });
        causes.clear();
        for (at, event) in run.graph.events().iter().enumerate() {
            let own = event.thread.index();
            if event.index >= part[own] {
                continue;
            }
            let from = causes.len();
            let known = run.graph.clocks().get(event.causal);
            let before = event.previous();
            let before = before.is_some().then(|| run.graph.event(before).causal);
            let before = before.map_or(&[][..], |causal| run.graph.clocks().get(causal));
            for (thread, known) in known.iter().enumerate().take(part.len()) {
                let before = before.get(thread).copied().unwrap_or(0);
                if *known > before && thread != own {
                    // A join knows one event more than there are.
                    causes.push((thread, (*known).min(part[thread])));
                }
            }
            let at = Position(at as u32);
            steps[first[own] + event.index as usize] = Step { at, causes: from..causes.len() };
        }
        Search { run, room, ended }
    }

    /// Whether some order has at most `most` preemptions. The one in which the events stand often has.
    fn succeeds(&mut self, most: u32) -> bool {
        self.stands_with_at_most(most) || self.finds_with_at_most(most)
    }

    /// Begins with nothing performed.
    fn begin(&mut self) {
        self.room.done.clear();
        self.room.done.resize(self.room.part.len(), 0);
    }

    /// Whether the order in which the events stand has.
    fn stands_with_at_most(&mut self, most: u32) -> bool {
        self.begin();
        let (mut used, mut last) = (0, None);
        for event in self.run.graph.events() {
            let thread = event.thread.index();
            if event.index >= self.room.part[thread] {
                continue;
            }
            let is_ready = self.next(thread).is_some_and(|step| self.is_ready(step));
            if !is_ready {
                return false;
            }
            let switches = last.is_some_and(|last| last != thread && self.can_go_on(last));
            used += u32::from(switches);
            if used > most {
                return false;
            }
            self.room.done[thread] += 1;
            last = Some(thread);
        }
        true
    }

    /// Whether any order has: breadth first, by their number.
    fn finds_with_at_most(&mut self, most: u32) -> bool {
        self.begin();
        let threads = self.room.part.len();
        self.room.nodes.clear(threads);
        self.room.todo.clear();
        self.reach(NOBODY, (0, false));
        while let Some((used, node)) = self.room.todo.pop_front() {
            let Room { nodes, done, .. } = &mut *self.room;
            if nodes.least[node] < used {
                continue;
            }
            let (performed, last) = nodes.get(node);
            done.copy_from_slice(performed);
            if self.room.done == self.room.part {
                return true;
            }
            let could_go_on = last != NOBODY && self.can_go_on(last as usize);
            // Who went last comes last, so that it is looked at first.
            let others = (0..threads as u32).filter(|thread| *thread != last);
            for thread in others.chain((last != NOBODY).then_some(last)) {
                let is_ready = self.next(thread as usize).is_some_and(|step| self.is_ready(step));
                let costs = could_go_on && last != thread;
                if is_ready && (!costs || used < most) {
                    self.room.done[thread as usize] += 1;
                    self.reach(thread, (used + u32::from(costs), costs));
                    self.room.done[thread as usize] -= 1;
                }
            }
        }
        false
    }

    /// Comes to what has been performed, the last of it by a thread.
    fn reach(&mut self, last: u32, (used, costs): (u32, bool)) {
        let Room { nodes, done, todo, .. } = &mut *self.room;
        match nodes.reach(done, last, used) {
            Some(node) if costs => todo.push_back((used, node)),
            Some(node) => todo.push_front((used, node)),
            None => {}
        }
    }

    /// The event that a thread performs next, if it has not performed all.
    fn next(&self, thread: usize) -> Option<&Step> {
        let done = self.room.done[thread];
        let left = done < self.room.part[thread];
        left.then(|| &self.room.steps[self.room.first[thread] + done as usize])
    }

    /// Whether all that comes before the next event of a thread has been performed.
    fn is_ready(&self, step: &Step) -> bool {
        let mut causes = self.room.causes[step.causes.clone()].iter();
        causes.all(|(thread, needed)| self.room.done[*thread] >= *needed)
    }

    /// Whether a thread that has not performed all could go on now.
    fn can_go_on(&self, thread: usize) -> bool {
        if let Some(step) = self.next(thread) {
            let event = self.run.graph.event(step.at);
            return event.kind != Kind::Advance && self.is_enabled(thread, &event.op, Some(event));
        }
        let id = ThreadId(thread as u32);
        match self.run.stands_at(id) {
            Some(op) if self.ended && self.run.state(id) == State::Stopped => {
                self.is_enabled(thread, op, None)
            }
            _ => false,
        }
    }

    fn is_enabled(&self, thread: usize, op: &Op, event: Option<&Event>) -> bool {
        let graph = &self.run.graph;
        let done = &self.room.done;
        let performed = |at: Position| {
            let event = graph.event(at);
            event.index < done[event.thread.index()]
        };
        match op {
            op if op.deadline().is_some() => false,
            Op::Join(other) => {
                let all = self.room.part.get(other.index()).copied().unwrap_or(0);
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
