//! The causes of a failure, in an order that is easy to follow.
//!
//! Only what the failure depends on is kept, and each thread runs until it needs something that another one
//! has to do before (Burckhardt and Musuvathi's "fewest switches" solved by demand, not exactly). Where the
//! reads and stores allow it the order is that of an interleaving: a read comes before the writes that it
//! does not see (fr), and writes come in coherence order (co).

use super::plan::Plan;
use crate::explore::schedule::Decision;
use crate::graph::{Flags, Graph, Kind, Position};
use raddle_shims::kernel::{EventId, Failure, ThreadId};

/// The plan for the causes of a failure; `extra` asks for an interleaving where that is possible.
pub(super) fn causes(graph: &Graph, failure: &Failure, extra: bool) -> Plan {
    let threads = graph.threads();
    let goals = goals(graph, failure);
    let wanted = wanted(graph, failure);
    let mut order = Order::new(graph, wanted, extra);
    let others = (0..threads as u32).map(ThreadId).filter(|thread| !goals.contains(thread));
    for thread in others.chain(goals.iter().copied()) {
        // A thread that nothing depends on but that is wanted for its own sake comes before the goal.
        if goals.len() > 1 || goals.contains(&thread) || matches!(failure, Failure::DataRace { .. })
        {
            order.advance(thread, order.wanted[thread.index()]);
        }
    }
    order.plan()
}

/// The threads in which a failure shows.
fn goals(graph: &Graph, failure: &Failure) -> Vec<ThreadId> {
    match failure {
        Failure::Assertion { thread, .. } | Failure::Misuse { thread, .. } => vec![*thread],
        Failure::DataRace { second, .. } => vec![second.thread],
        Failure::Deadlock { .. } | Failure::Leak { .. } => {
            (0..graph.threads() as u32).map(ThreadId).collect()
        }
    }
}

/// How many events of each thread a failure depends on.
pub(in crate::explore) fn wanted(graph: &Graph, failure: &Failure) -> Vec<u32> {
    let mut wanted = vec![0; graph.threads()];
    if let Failure::DataRace { first, .. } = failure {
        // What comes before the first access, which itself may be none of the events.
        let last = first.at.index + u32::from(first.kind.is_atomic());
        want(graph, first.thread, last, &mut wanted);
    }
    for goal in goals(graph, failure) {
        want(graph, goal, graph.count_of(goal), &mut wanted);
    }
    wanted
}

/// Notes the first `count` events of a thread and their causes as wanted.
fn want(graph: &Graph, thread: ThreadId, count: u32, wanted: &mut [u32]) {
    let mut raise = |thread: usize, count: u32| {
        if let Some(slot) = wanted.get_mut(thread) {
            *slot = count.min(graph.count_of(ThreadId(thread as u32))).max(*slot);
        }
    };
    raise(thread.index(), count);
    let spawn = graph.spawn_of(thread);
    let last = count.checked_sub(1).and_then(|index| graph.position(EventId { thread, index }));
    for at in spawn.into_iter().chain(last) {
        let event = graph.event(at);
        raise(event.thread.index(), event.index + 1);
        for (thread, &known) in graph.clocks().get(event.causal).iter().enumerate() {
            raise(thread, known);
        }
    }
}

/// An order that grows by demand.
struct Order<'a> {
    graph: &'a Graph,
    /// The events of each thread.
    events: Vec<Vec<Position>>,
    /// How many events of each thread are wanted.
    wanted: Vec<u32>,
    /// How many of them are in the order already.
    done: Vec<u32>,
    /// Threads in the middle of whose demand others are demanded.
    busy: Vec<bool>,
    extra: bool,
    order: Vec<Position>,
}

impl<'a> Order<'a> {
    fn new(graph: &'a Graph, wanted: Vec<u32>, extra: bool) -> Self {
        let mut events = vec![Vec::new(); graph.threads()];
        for (at, event) in graph.events().iter().enumerate() {
            events[event.thread.index()].push(Position(at as u32));
        }
        let (done, busy) = (vec![0; events.len()], vec![false; events.len()]);
        Order { graph, events, wanted, done, busy, extra, order: Vec::new() }
    }

    /// Adds the events of a thread up to the one with that number, and before each what it needs; false if
    /// that is not possible because of a demand that is not met yet.
    fn advance(&mut self, thread: ThreadId, upto: u32) -> bool {
        let slot = thread.index();
        let upto = upto.min(self.wanted[slot]);
        if self.busy[slot] {
            return self.done[slot] >= upto;
        }
        self.busy[slot] = true;
        while self.done[slot] < upto {
            let at = self.events[slot][self.done[slot] as usize];
            if !self.meet_needs(at) {
                break;
            }
            self.order.push(at);
            self.done[slot] += 1;
        }
        self.busy[slot] = false;
        self.done[slot] >= upto
    }

    fn meet_needs(&mut self, at: Position) -> bool {
        let event = self.graph.event(at);
        let known: Vec<u32> = self.graph.clocks().get(event.causal).to_vec();
        // Clocks may have room for more threads than there are.
        for (thread, known) in known.into_iter().enumerate().take(self.events.len()) {
            if thread != event.thread.index() && !self.advance(ThreadId(thread as u32), known) {
                return false;
            }
        }
        if self.extra {
            for before in self.before(at) {
                let event = self.graph.event(before);
                // Where this cannot be had, the order is no interleaving.
                self.advance(event.thread, event.index + 1);
            }
        }
        true
    }

    fn is_wanted(&self, at: Position) -> bool {
        let event = self.graph.event(at);
        event.index < self.wanted[event.thread.index()]
    }

    /// What comes before a write in an interleaving: the writes before it in coherence, and those who read
    /// them.
    fn before(&self, at: Position) -> Vec<Position> {
        let event = self.graph.event(at);
        let Some(location) = event.location().filter(|_| event.kind.writes()) else {
            return Vec::new();
        };
        let earlier = |other: Position| self.graph.seen_rank(other) < event.rank;
        let all = self.graph.events().iter().enumerate();
        all.filter(|(_, other)| other.kind != Kind::Act && other.location() == Some(location))
            .map(|(other, _)| Position(other as u32))
            .filter(|&other| other != at && earlier(other) && self.is_wanted(other))
            .collect()
    }

    /// The plan that leads to the order.
    fn plan(&self) -> Plan {
        let mut plan = Plan::default();
        let mut placed: Vec<Vec<Position>> = vec![Vec::new(); self.graph.locations()];
        let mut latest: Option<EventId> = None;
        for &at in &self.order {
            let event = self.graph.event(at);
            if event.kind == Kind::Advance {
                continue;
            }
            if let Some(before) = latest.filter(|before| before.thread != event.thread) {
                plan.turn(before, event.thread);
            }
            latest = Some(event.id());
            if let Some(decision) = self.decision(at, &mut placed) {
                plan.pick(event.id(), decision);
            }
        }
        plan
    }

    /// What an event decides, if it is not what it would decide by itself.
    fn decision(&self, at: Position, placed: &mut [Vec<Position>]) -> Option<Decision> {
        let event = self.graph.event(at);
        let id = |at: Position| at.is_some().then(|| self.graph.event(at).id());
        if matches!(event.kind, Kind::Choice | Kind::Act) {
            return (event.chosen > 0).then_some(Decision::Alternative(event.chosen));
        }
        let location = event.location()?;
        let order = &mut placed[location.index()];
        let newest = order.last().copied().unwrap_or(Position::INITIAL);
        let rank = |at: &Position| self.graph.event(*at).rank;
        let slot = order.partition_point(|other| rank(other) < event.rank);
        let decision = match event.kind {
            Kind::Read if event.is(Flags::SPURIOUS) => Some(Decision::Spurious(id(event.source))),
            Kind::Read | Kind::Update => {
                (event.source != newest).then_some(Decision::Source(id(event.source)))
            }
            Kind::Write if slot < order.len() => {
                let before = slot.checked_sub(1).and_then(|before| id(order[before]));
                Some(Decision::After(before))
            }
            _ => None,
        };
        if event.kind.writes() {
            order.insert(slot, at);
        }
        decision
    }
}
