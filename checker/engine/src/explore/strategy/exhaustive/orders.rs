//! Orders of the events of an execution that respect the causal order, and how many preemptions they have.

use crate::explore::run::{Run, State};
use crate::graph::{Event, Graph, Kind, Position};
use raddle_shims::kernel::{Op, ThreadId};
use std::collections::VecDeque;

/// A causally closed part of a graph, as how many events of each thread it has.
pub(super) type Part = Vec<u32>;

/// Nobody, as the thread that went last, and no node, as the one before.
const NOBODY: u32 = u32::MAX;

/// What a search for an order works on, kept so that its lists need not be made each time.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// What is to be put in order.
    part: Part,
    steps: Steps,
    /// What has been performed in the node that is looked at.
    done: Part,
    nodes: Nodes,
    /// Nodes to look at with how many preemptions lead there, by this number.
    todo: VecDeque<(u32, u32)>,
    /// The order that was found last.
    found: Vec<Stretch>,
    /// A planted fault.
    pub takes_all_for_quiet: bool,
}

/// Events of one thread that are performed in a row.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    thread: u32,
    /// How many the thread has performed after them.
    done: u32,
}

/// The events of a graph, as a search looks at them.
#[derive(Debug, Default)]
struct Steps {
    /// Those of each thread.
    of: Vec<Vec<Step>>,
    /// How many events of which other threads events come after.
    causes: Vec<(u32, u32)>,
    /// How many events there are.
    length: usize,
    /// Whether an operation waits for a value.
    waited_for: bool,
}

/// An event.
#[derive(Clone, Copy, Debug)]
struct Step {
    at: Position,
    /// Where in [`Steps::causes`] stands what it comes after, as far as the one before it in its thread does not.
    causes: (u32, u32),
    /// Whether no other thread can or cannot go on because of it.
    quiet: Quiet,
    /// Whether there are times at which it cannot be performed although all has been that it comes after, or the other way round.
    may_wait: bool,
    /// How many events from this one on are quiet and come after nothing but those before them in their thread.
    free: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Quiet {
    Always,
    /// Unless something waits for a value.
    UnlessWaitedFor,
    Never,
}

impl Quiet {
    fn holds(self, waited_for: bool) -> bool {
        match self {
            Quiet::Always => true,
            Quiet::UnlessWaitedFor => !waited_for,
            Quiet::Never => false,
        }
    }
}

impl Steps {
    fn clear(&mut self) {
        self.of.iter_mut().for_each(Vec::clear);
        self.causes.clear();
        self.length = 0;
        self.waited_for = false;
    }

    /// Takes in the events that the graph has now and had not when this was done last.
    fn extend(&mut self, graph: &Graph) {
        if self.of.len() < graph.threads() {
            self.of.resize_with(graph.threads(), Vec::new);
        }
        for at in self.length..graph.len() {
            let at = Position(at as u32);
            let event = graph.event(at);
            let known = graph.clocks().get(event.causal);
            let before = event.previous();
            let before = before.is_some().then(|| graph.event(before).causal);
            let before = before.map_or(&[][..], |causal| graph.clocks().get(causal));
            let from = self.causes.len() as u32;
            for (thread, known) in known.iter().enumerate() {
                let before = before.get(thread).copied().unwrap_or(0);
                if *known > before && thread != event.thread.index() {
                    self.causes.push((thread as u32, *known));
                }
            }
            let causes = (from, self.causes.len() as u32);
            let (quiet, may_wait) = (quiet(event), may_wait(event));
            self.waited_for |= event.until().is_some();
            self.of[event.thread.index()].push(Step { at, causes, quiet, may_wait, free: 0 });
        }
        self.length = graph.len();
    }

    /// Counts the events that can be performed in a row without being asked.
    fn count_free(&mut self) {
        let waited_for = self.waited_for;
        for steps in &mut self.of {
            let mut free = 0;
            for step in steps.iter_mut().rev() {
                let is_free = step.quiet.holds(waited_for) && step.causes.0 == step.causes.1;
                free = if is_free { free + 1 } else { 0 };
                step.free = free;
            }
        }
    }
}

/// Whether an event that is not the last one of its thread can be performed whenever all is that it comes after, and leaves others as they
/// are, who wait for objects, for threads, and for values.
fn quiet(event: &Event) -> Quiet {
    match event.op {
        Op::Store { .. } | Op::Rmw { .. } | Op::CompareExchange { .. } => Quiet::UnlessWaitedFor,
        Op::Load { until: None, .. } | Op::Fence(_) | Op::Choose { .. } | Op::Spawn => {
            Quiet::Always
        }
        _ => Quiet::Never,
    }
}

/// Whether an event can be one that a thread waits for.
fn may_wait(event: &Event) -> bool {
    let op = &event.op;
    event.kind == Kind::Advance
        || op.until().is_some()
        || op.deadline().is_some()
        || matches!(op, Op::Join(_) | Op::Act { .. } | Op::Select { .. })
}

/// The nodes of a search: how much of each thread has been performed, and who went last. A hash table, because there are many.
#[derive(Debug, Default)]
struct Nodes {
    /// Node after node, each of `width` numbers.
    words: Vec<u32>,
    width: usize,
    /// The least number of preemptions that has been found to lead to each, and the node from which it does.
    least: Vec<(u32, u32)>,
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

    fn get(&self, node: u32) -> (&[u32], u32) {
        let words = &self.words[node as usize * self.width..][..self.width];
        (&words[..self.width - 1], words[self.width - 1])
    }

    /// The node if so many preemptions, by way of another node, are less than what was known to lead there.
    fn reach(&mut self, done: &[u32], last: u32, by: (u32, u32)) -> Option<u32> {
        let mut slot = self.slot_of(done, last);
        while self.table[slot] != 0 {
            let node = self.table[slot] - 1;
            if self.get(node) == (done, last) {
                let least = &mut self.least[node as usize];
                let is_less = by.0 < least.0;
                if is_less {
                    *least = by;
                }
                return is_less.then_some(node);
            }
            slot = (slot + 1) & (self.table.len() - 1);
        }
        let node = self.least.len() as u32;
        self.table[slot] = node + 1;
        self.words.extend_from_slice(done);
        self.words.push(last);
        self.least.push(by);
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
        for node in 0..self.least.len() as u32 {
            let (done, last) = self.get(node);
            let mut slot = self.slot_of(done, last);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.table[slot] = node + 1;
        }
    }
}

impl Orders {
    /// Orders of the graph of a node. Its values are not known.
    pub fn of_node<'a>(&'a mut self, run: &'a Run) -> Search<'a> {
        self.steps.clear();
        self.steps.extend(&run.graph);
        self.steps.count_free();
        Search { run, room: self, ended: false }
    }

    /// Orders of an execution that has ended. It `begins` with what was looked at last, or it may not.
    pub fn of_ended<'a>(&'a mut self, run: &'a Run, begins: bool) -> Search<'a> {
        if !begins {
            self.steps.clear();
        }
        self.steps.extend(&run.graph);
        let guards = |op: &Op| op.until().is_some();
        let mut stand = run.thread_ids().filter_map(|thread| run.stands_at(thread));
        self.steps.waited_for |= stand.any(guards);
        self.steps.count_free();
        Search { run, room: self, ended: true }
    }

    /// Who goes last in the order that was found last.
    pub fn last(&self) -> Option<ThreadId> {
        self.found.last().map(|stretch| ThreadId(stretch.thread))
    }
}

/// A search for an order.
pub(super) struct Search<'a> {
    run: &'a Run,
    room: &'a mut Orders,
    /// The execution has ended, and its values are known.
    ended: bool,
}

impl Search<'_> {
    /// Takes all events to be put in order.
    pub fn take_all(&mut self) -> &mut Self {
        let (graph, part) = (&self.run.graph, &mut self.room.part);
        part.clear();
        part.extend((0..graph.threads() as u32).map(|thread| graph.count_of(ThreadId(thread))));
        self
    }

    /// Takes a part of the events.
    pub fn take(&mut self, part: impl FnOnce(&Graph, &mut Part)) -> &mut Self {
        self.room.part.clear();
        part(&self.run.graph, &mut self.room.part);
        self
    }

    /// Whether any order has at most `most` preemptions. The one in which the events stand may be good enough.
    pub fn succeeds(&mut self, most: u32) -> bool {
        self.stands(most) || self.finds(most)
    }

    /// Whether the order that was found last, which may have been one of less events, has, if the others follow as they stand.
    pub fn continues_found(&mut self, most: u32) -> bool {
        let found = std::mem::take(&mut self.room.found);
        let done = &mut self.room.done;
        done.clear();
        done.resize(self.room.part.len(), 0);
        found.iter().for_each(|stretch| done[stretch.thread as usize] = stretch.done);
        let before = done.iter().sum::<u32>() as usize;
        let rest = self.run.graph.events()[before..].iter();
        let rest = rest.map(|event| Stretch { thread: event.thread.0, done: event.index + 1 });
        let succeeds = self.has(found.iter().copied().chain(rest), most);
        self.room.found = found;
        succeeds
    }

    /// Begins with nothing performed.
    fn begin(&mut self) {
        self.room.done.clear();
        self.room.done.resize(self.room.part.len(), 0);
    }

    /// Whether the order in which the events stand has.
    pub fn stands(&mut self, most: u32) -> bool {
        let part = std::mem::take(&mut self.room.part);
        let graph = &self.run.graph;
        let inside = graph.events().iter().filter(|event| event.index < part[event.thread.index()]);
        let order = inside.map(|event| Stretch { thread: event.thread.0, done: event.index + 1 });
        self.room.part.clone_from(&part);
        let succeeds = self.has(order.clone(), most);
        if succeeds {
            self.room.found.clear();
            self.room.found.extend(order);
        }
        succeeds
    }

    /// Whether this order of the part has at most `most` preemptions.
    fn has(&mut self, order: impl Iterator<Item = Stretch>, most: u32) -> bool {
        self.begin();
        let (mut used, mut last) = (0, NOBODY);
        for Stretch { thread, done } in order {
            if last != thread {
                used += u32::from(last != NOBODY && self.can_go_on(last as usize));
                if used > most {
                    return false;
                }
                last = thread;
            }
            self.room.done[thread as usize] = done;
        }
        true
    }

    /// Whether a search finds one that has: breadth first, by the number of preemptions.
    pub fn finds(&mut self, most: u32) -> bool {
        self.begin();
        let threads = self.room.part.len() as u32;
        self.room.nodes.clear(threads as usize);
        self.room.todo.clear();
        self.reach(NOBODY, (0, NOBODY), false);
        while let Some((used, node)) = self.room.todo.pop_front() {
            let Orders { nodes, done, part, .. } = &mut *self.room;
            if nodes.least[node as usize].0 < used {
                continue;
            }
            let (performed, last) = nodes.get(node);
            done.copy_from_slice(performed);
            if done == part {
                self.note_found(node);
                return true;
            }
            let could_go_on = last != NOBODY && self.can_go_on(last as usize);
            if !could_go_on || used < most {
                let by = (used + u32::from(could_go_on), node);
                for thread in (0..threads).filter(|thread| *thread != last) {
                    self.go_on(thread, by, could_go_on);
                }
            }
            // Who went last comes last, so that it is looked at first.
            if last != NOBODY {
                self.go_on(last, (used, node), false);
            }
        }
        false
    }

    /// Has a thread go on from the node that is looked at, if it can.
    fn go_on(&mut self, thread: u32, by: (u32, u32), costs: bool) {
        let own = thread as usize;
        if self.next(own).is_some_and(|step| self.is_ready(step)) {
            let before = self.room.done[own];
            self.perform(own);
            self.reach(thread, by, costs);
            self.room.done[own] = before;
        }
    }

    /// Performs the next event of a thread, and all quiet ones behind it: to go on with these is as good as anything else, since a switch to
    /// another thread costs no more behind a quiet event than before it, and nothing where it would have been performed later.
    fn perform(&mut self, thread: usize) {
        let end = self.room.part[thread] - u32::from(!self.room.takes_all_for_quiet);
        let mut done = self.room.done[thread] + 1;
        while done < end {
            let step = &self.room.steps.of[thread][done as usize];
            if step.free > 0 {
                done = end.min(done + step.free);
            } else if self.is_quiet(step) && self.is_ready(step) {
                done += 1;
            } else {
                break;
            }
        }
        self.room.done[thread] = done;
    }

    /// Comes to what has been performed, the last of it by a thread.
    fn reach(&mut self, last: u32, by: (u32, u32), costs: bool) {
        let Orders { nodes, done, todo, .. } = &mut *self.room;
        match nodes.reach(done, last, by) {
            Some(node) if costs => todo.push_back((by.0, node)),
            Some(node) => todo.push_front((by.0, node)),
            None => {}
        }
    }

    /// Notes the order that leads to a node.
    fn note_found(&mut self, mut node: u32) {
        let Orders { nodes, found, .. } = &mut *self.room;
        found.clear();
        loop {
            let (done, last) = nodes.get(node);
            if last == NOBODY {
                break;
            }
            found.push(Stretch { thread: last, done: done[last as usize] });
            node = nodes.least[node as usize].1;
        }
        found.reverse();
    }

    /// The event that a thread performs next, if it has not performed all.
    #[inline]
    fn next(&self, thread: usize) -> Option<&Step> {
        let done = self.room.done[thread];
        let left = done < self.room.part[thread];
        left.then(|| &self.room.steps.of[thread][done as usize])
    }

    #[inline]
    fn is_quiet(&self, step: &Step) -> bool {
        step.quiet.holds(self.room.steps.waited_for) || self.room.takes_all_for_quiet
    }

    /// Whether all that comes before the next event of a thread has been performed.
    #[inline]
    fn is_ready(&self, step: &Step) -> bool {
        let Orders { steps, done, part, .. } = &*self.room;
        let mut causes = steps.causes[step.causes.0 as usize..step.causes.1 as usize].iter();
        // A join knows one event more than there are.
        causes.all(|(thread, needed)| {
            let thread = *thread as usize;
            done[thread] >= (*needed).min(part[thread])
        })
    }

    /// Whether a thread that has not performed all could go on now.
    #[inline]
    fn can_go_on(&self, thread: usize) -> bool {
        if let Some(step) = self.next(thread) {
            return !step.may_wait || {
                let event = self.run.graph.event(step.at);
                event.kind != Kind::Advance && self.is_enabled(thread, &event.op, Some(event))
            };
        }
        let id = ThreadId(thread as u32);
        match self.run.stands_at(id) {
            Some(op) if self.ended && self.run.state(id) == State::Stopped => {
                self.is_enabled(thread, op, None)
            }
            _ => false,
        }
    }

    #[inline(never)]
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
                // What has been performed of an object is mostly the beginning, the state after which is known.
                let cut = match op {
                    Op::Act { object, .. } => {
                        let mut acts = graph.acts(*object).iter().map(|(at, _)| *at);
                        acts.find(|at| !performed(*at)).unwrap_or(graph.end())
                    }
                    _ => Position(0),
                };
                graph.ways(ThreadId(thread as u32), op, cut, Some(&performed)) > 0
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
