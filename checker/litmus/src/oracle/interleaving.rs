//! The interleaving oracle, for sequential consistency: all schedules on one shared memory.
//!
//! A step is one operation of one thread that can go on; it reads what was written last. What ran
//! is noted in canonical form. Executions that agree in it have the same state, so each is continued
//! once. Happens-before, for data races, is kept in vector clocks, as a race detector does: nothing
//! here looks at relations.

use super::Stuck;
use super::interp::{
    Effect, Next, Operation, Plain, PlainAccess, Reply, Thread, acquires, releases,
};
use super::objects::{self, Outcome, Use};
use crate::key::{Found, GraphKey, Label, Write};
use crate::program::{Order, Program};
use indexmap::IndexSet;
use std::collections::BTreeMap;

/// All executions of the program under sequential consistency; nothing if more than `limit` states.
pub fn explore(program: &Program, limit: usize) -> Option<Found> {
    explore_with(program, Stuck::default(), limit)
}

/// Which deeds of different threads on one object are taken to depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependent {
    /// Those whose uses conflict.
    Conflicting,
    /// All. There are more executions then, of which none is like another for the wrong reason: whatever can
    /// come of the program is an outcome here, also where two deeds were taken to commute that do not.
    All,
    /// None, which is wrong, and loses outcomes.
    None,
}

/// As [`explore`], with another notion of what depends on each other.
pub fn explore_as(program: &Program, dependent: Dependent, limit: usize) -> Option<Found> {
    explore_from(State { dependent, ..State::start(program) }, Stuck::LatestValue, limit)
}

/// As [`explore`], with the choice of what counts as waiting for ever.
///
/// A schedule by itself knows only [`Stuck::LatestValue`]. For [`Stuck::NoPlacement`], a state in
/// which a thread waits is dropped if some other schedule does the same and one more operation.
pub fn explore_with(program: &Program, stuck: Stuck, limit: usize) -> Option<Found> {
    explore_from(State::start(program), stuck, limit)
}

fn explore_from(start: State, stuck: Stuck, limit: usize) -> Option<Found> {
    let mut found = Found::default();
    let mut waiting: BTreeMap<GraphKey, State> = BTreeMap::new();
    let mut seen = IndexSet::from([start.key.clone()]);
    let mut todo = vec![start];
    while let Some(state) = todo.pop() {
        if state.race {
            found.race = true;
            continue;
        }
        found.assertion |= state.threads.iter().any(|t| t.next == Next::Failed);
        let mut next = state.successors();
        if next.is_empty() {
            next.extend(state.later());
        }
        if next.is_empty() {
            if state.threads.iter().any(|t| matches!(t.next, Next::At(_))) {
                waiting.insert(state.key.clone(), state);
            } else {
                state.finish(&mut found);
            }
        }
        for state in next {
            if seen.insert(state.key.clone()) {
                todo.push(state);
            }
        }
        if seen.len() > limit {
            return None;
        }
    }
    if stuck == Stuck::NoPlacement && !waiting.is_empty() {
        for key in &seen {
            for shorter in without_one(key) {
                waiting.remove(&shorter);
            }
        }
    }
    for state in waiting.values() {
        state.finish(&mut found);
    }
    Some(found)
}

/// The executions that some schedule with at most `most` preemptions has: switches to another thread while the
/// one that went last has a successor. Waiting for ever is [`Stuck::LatestValue`]; nothing if there are more than `limit`
/// states.
pub fn explore_bounded(program: &Program, most: u32, limit: usize) -> Option<Found> {
    let mut found = Found::default();
    let start = State::start(program);
    let mut seen = IndexSet::from([(start.key.clone(), None, 0)]);
    let mut todo = vec![(start, None, 0)];
    while let Some((state, last, used)) = todo.pop() {
        if state.race {
            found.race = true;
            continue;
        }
        let goes_on = last.is_some_and(|last| !state.successors_by(last).is_empty());
        let mut ends = true;
        for t in 0..state.threads.len() {
            let used = used + u32::from(goes_on && last != Some(t));
            for next in state.successors_by(t) {
                ends = false;
                if used <= most && seen.insert((next.key.clone(), Some(t), used)) {
                    todo.push((next, Some(t), used));
                }
            }
        }
        if ends {
            match state.later() {
                Some(next) if seen.insert((next.key.clone(), None, used)) => {
                    todo.push((next, None, used));
                }
                Some(_) => {}
                None => state.finish(&mut found),
            }
        }
        if seen.len() > limit {
            return None;
        }
    }
    Some(found)
}

/// The execution without the last event of a thread, for each thread whose last event nobody reads.
fn without_one(key: &GraphKey) -> Vec<GraphKey> {
    let mut shorter = Vec::new();
    for thread in 0..key.threads.len() {
        let Some(index) = key.threads[thread].len().checked_sub(1) else { continue };
        let it = Write::Event { thread: thread as u32, index: index as u32 };
        let reads_it = |label: &Label| match label {
            Label::Read { from, .. } | Label::Update { from, .. } => *from == it,
            _ => false,
        };
        if key.threads.iter().flatten().any(reads_it) {
            continue;
        }
        let mut rest = key.clone();
        rest.threads[thread].pop();
        rest.coherence.iter_mut().for_each(|writes| writes.retain(|w| *w != it));
        shorter.push(rest);
    }
    shorter
}

/// By thread, how many of its events happened before; everything if it was joined.
type Clock = Vec<usize>;

fn join(into: &mut Clock, other: &Clock) {
    for (mine, theirs) in into.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

/// What happens before in one thread.
#[derive(Clone)]
struct Knowledge {
    /// Its past.
    view: Clock,
    /// What the writes it has read have released to it: its past after an acquire fence.
    seen: Clock,
    /// Its past at its last release fence.
    fenced: Clock,
}

/// An atomic location.
#[derive(Clone)]
struct Cell {
    value: u64,
    /// What an acquire of the value learns.
    released: Clock,
}

#[derive(Clone)]
struct State<'p> {
    threads: Vec<Thread<'p>>,
    plain: Plain,
    memory: Vec<Cell>,
    key: GraphKey,
    knowledge: Vec<Knowledge>,
    objects: Vec<objects::State>,
    /// The deeds so far.
    deeds: Vec<Done>,
    dependent: Dependent,
    race: bool,
}

/// A deed that has been done.
#[derive(Clone)]
struct Done {
    object: usize,
    /// Thread and event index.
    event: (u32, u32),
    uses: Vec<Use>,
    /// The past of its thread, itself included.
    view: Clock,
}

impl<'p> State<'p> {
    fn start(program: &'p Program) -> State<'p> {
        let mut plain = Plain::new(program);
        let threads = Thread::all(program, &mut plain);
        let nothing: Clock = vec![0; threads.len()];
        let cell = |loc: usize| {
            let value = program.initial.get(loc).copied().unwrap_or(0);
            Cell { value, released: nothing.clone() }
        };
        let blank =
            Knowledge { view: nothing.clone(), seen: nothing.clone(), fenced: nothing.clone() };
        let mut it = State {
            key: GraphKey {
                threads: vec![Vec::new(); threads.len()],
                coherence: vec![Vec::new(); program.locations as usize],
                ..GraphKey::default()
            },
            memory: (0..program.locations as usize).map(cell).collect(),
            knowledge: vec![blank; threads.len()],
            objects: program.objects.iter().map(objects::State::new).collect(),
            deeds: Vec::new(),
            dependent: Dependent::Conflicting,
            threads,
            plain,
            race: false,
        };
        it.check_races(0);
        it
    }

    /// The states after one more operation of any thread.
    fn successors(&self) -> Vec<State<'p>> {
        (0..self.threads.len()).flat_map(|t| self.successors_by(t)).collect()
    }

    /// The state after the clock has gone on, if somebody waits for that.
    fn later(&self) -> Option<State<'p>> {
        let mut it = self.clone();
        let goes_on = it.plain.advance(&it.threads);
        let counts = it.key.threads.iter().map(|labels| labels.len() as u32).collect();
        it.key.times.push((it.plain.now, counts));
        goes_on.then_some(it)
    }

    /// The states after one more operation of a thread.
    fn successors_by(&self, t: usize) -> Vec<State<'p>> {
        let Next::At(operation) = self.threads[t].next else { return Vec::new() };
        match operation {
            Operation::Fence { ord } => vec![self.fence(t, ord)],
            Operation::Spawn { thread } => vec![self.spawn(t, thread)],
            Operation::Join { thread } if self.threads[thread].next == Next::Ended => {
                vec![self.join(t, thread)]
            }
            Operation::Join { .. } => Vec::new(),
            Operation::Choose { n } => {
                let chosen = |taken| {
                    let reply = Reply::Value(u64::from(taken));
                    self.step(t, |_| Label::Chosen(taken), reply)
                };
                (0..n).map(chosen).collect()
            }
            Operation::Store { loc, ord, value } => vec![self.store(t, loc, ord, value)],
            Operation::Sleep { end } => match end <= self.plain.now {
                true => vec![self.step(t, |_| Label::Other, Reply::Done)],
                false => Vec::new(),
            },
            Operation::Act { object, deed, arg, wait } => {
                let ways = self.objects[object].act(t, (deed, arg), (wait, self.plain.now));
                let ways = ways.into_iter().enumerate();
                ways.map(|(chosen, way)| self.act(t, object, chosen, way)).collect()
            }
            Operation::Load { loc, .. }
            | Operation::Rmw { loc, .. }
            | Operation::Cas { loc, .. } => {
                let value = self.memory[loc as usize].value;
                let weak = self.threads[t].spurious_left > 0;
                operation.effects(value, weak).map(|e| self.read(t, loc, &e)).collect()
            }
        }
    }

    /// Performs one event: `act` changes the memory and says what it was.
    fn step(&self, t: usize, act: impl FnOnce(&mut Self) -> Label, reply: Reply) -> State<'p> {
        let mut it = self.clone();
        it.knowledge[t].view[t] += 1;
        let label = act(&mut it);
        it.key.threads[t].push(label);
        let logged = it.plain.log.len();
        it.threads[t].answer(reply, &mut it.plain);
        it.check_races(logged);
        it
    }

    fn act(&self, t: usize, object: usize, chosen: usize, way: Outcome) -> State<'p> {
        let Outcome { state, reply, uses } = way;
        let act = |it: &mut Self| {
            it.objects[object] = state;
            let event = (t as u32, it.key.threads[t].len() as u32);
            for earlier in it.deeds.iter().filter(|earlier| earlier.object == object) {
                let depends = match it.dependent {
                    Dependent::Conflicting => objects::conflict(&earlier.uses, &uses),
                    Dependent::All => true,
                    Dependent::None => false,
                };
                if earlier.event.0 != event.0 && depends {
                    it.key.order.insert([earlier.event, event]);
                }
                if objects::synchronises(&earlier.uses, &uses) {
                    join(&mut it.knowledge[t].view, &earlier.view);
                }
            }
            let view = it.knowledge[t].view.clone();
            it.deeds.push(Done { object, event, uses, view });
            Label::Act { object: object as u32, reply, chosen: chosen as u32 }
        };
        self.step(t, act, Reply::Value(reply))
    }

    fn fence(&self, t: usize, ord: Order) -> State<'p> {
        let act = |it: &mut Self| {
            let Knowledge { view, seen, fenced } = &mut it.knowledge[t];
            if acquires(ord) {
                join(view, seen);
            }
            if releases(ord) {
                fenced.clone_from(view);
            }
            Label::Other
        };
        self.step(t, act, Reply::Done)
    }

    fn spawn(&self, t: usize, child: usize) -> State<'p> {
        let act = |it: &mut Self| {
            it.knowledge[child].view = it.knowledge[t].view.clone();
            Label::Other
        };
        let mut it = self.step(t, act, Reply::Done);
        let logged = it.plain.log.len();
        it.threads[child].start(&mut it.plain);
        it.check_races(logged);
        it
    }

    fn join(&self, t: usize, child: usize) -> State<'p> {
        let act = |it: &mut Self| {
            let past = it.knowledge[child].view.clone();
            join(&mut it.knowledge[t].view, &past);
            it.knowledge[t].view[child] = usize::MAX;
            Label::Other
        };
        self.step(t, act, Reply::Done)
    }

    fn store(&self, t: usize, loc: u32, ord: Order, value: u64) -> State<'p> {
        let act = |it: &mut Self| {
            let released = it.releases(t, ord);
            it.write(t, loc, Cell { value, released });
            Label::Write { location: loc }
        };
        self.step(t, act, Reply::Done)
    }

    fn read(&self, t: usize, loc: u32, effect: &Effect) -> State<'p> {
        let Effect { ord, writes, weakly, reply } = *effect;
        let act = |it: &mut Self| {
            let from = it.key.coherence[loc as usize].last().copied().unwrap_or(Write::Initial);
            let mut released = it.memory[loc as usize].released.clone();
            let Knowledge { view, seen, .. } = &mut it.knowledge[t];
            join(seen, &released);
            if acquires(ord) {
                join(view, &released);
            }
            let Some(value) = writes else {
                return Label::Read { location: loc, from, weakly };
            };
            // A read-modify-write continues the release sequences of what it replaces.
            join(&mut released, &it.releases(t, ord));
            it.write(t, loc, Cell { value, released });
            Label::Update { location: loc, from }
        };
        self.step(t, act, reply)
    }

    /// What an acquire of a write by `t` would learn.
    fn releases(&self, t: usize, ord: Order) -> Clock {
        let Knowledge { view, fenced, .. } = &self.knowledge[t];
        if releases(ord) { view.clone() } else { fenced.clone() }
    }

    fn write(&mut self, t: usize, loc: u32, cell: Cell) {
        let index = self.key.threads[t].len() as u32;
        self.key.coherence[loc as usize].push(Write::Event { thread: t as u32, index });
        self.memory[loc as usize] = cell;
    }

    /// Compares the accesses logged from `first` on with all earlier ones.
    fn check_races(&mut self, first: usize) {
        let log = &self.plain.log;
        for (i, access) in log.iter().enumerate().skip(first) {
            let view = &self.knowledge[access.thread].view;
            let races = |a: &PlainAccess| a.conflicts(access) && view[a.thread] <= a.after;
            self.race |= log[..i].iter().any(races);
        }
    }

    fn finish(&self, found: &mut Found) {
        let stopped = |next: Next| matches!(next, Next::SetAside | Next::Failed);
        if self.threads.iter().any(|t| stopped(t.next)) {
            found.blocked += 1;
            return;
        }
        found.deadlock |= self.threads.iter().any(|t| matches!(t.next, Next::At(_)));
        let registers = self.threads.iter().flat_map(|t| t.registers.iter().copied());
        let outcome = registers.chain(self.memory.iter().map(|cell| cell.value)).collect();
        found.graphs.insert(self.key.clone(), (1, outcome));
    }
}
