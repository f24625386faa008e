//! What the graph of an execution adds to its steps: what happens before each, what it read, how long it
//! waited, and what its object was like then.

use super::names::Names;
use super::{actions, steps};
use crate::explore::Repeated;
use raddle_engine::graph::{Graph, Kind, Position};
use raddle_engine::objects::{Act, Glance, Once};
use raddle_report::trace::{Object, Step};
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Action, CLOSED, GAVE_UP, LocationId, Op, Reply, ThreadId};
use std::collections::BTreeMap;

/// One execution, as far as its steps are concerned.
pub(super) struct Moments<'a> {
    graph: &'a Graph,
    record: &'a Record,
    /// For each operation the step that shows it.
    shown: Vec<Option<u32>>,
    /// For each operation, how many steps had been shown with it.
    steps_with: Vec<u32>,
    /// For each operation, how many events had been performed with it.
    events_with: Vec<u32>,
    /// By event, the operation; none where the clock went on.
    operations: Vec<Option<usize>>,
    /// By thread, its events.
    events: Vec<Vec<Position>>,
    /// By thread, its operations.
    performed: Vec<Vec<usize>>,
    /// Which location of the graph an object is.
    locations: BTreeMap<LocationId, LocationId>,
}

impl<'a> Moments<'a> {
    pub fn of(repeated: &'a Repeated, names: &Names) -> Self {
        let (graph, record) = (&repeated.graph, &repeated.record);
        let mut moments = Moments {
            graph,
            record,
            shown: steps::shown(record, names),
            steps_with: Vec::new(),
            events_with: Vec::new(),
            operations: vec![None; graph.len()],
            events: vec![Vec::new(); graph.threads().max(record.threads.len())],
            performed: vec![Vec::new(); record.threads.len()],
            locations: BTreeMap::new(),
        };
        for (i, event) in graph.events().iter().enumerate() {
            moments.events[event.thread.index()].push(Position(i as u32));
        }
        let (mut steps, mut events) = (0, 0);
        for (i, recorded) in record.steps.iter().enumerate() {
            moments.performed[recorded.thread.index()].push(i);
            if let Some(at) = moments.event_of(recorded) {
                events = at.0 + 1;
                moments.operations[at.index()] = Some(i);
                let location = graph.event(at).location();
                if let (Some(object), Some(location)) = (recorded.op.location(), location) {
                    moments.locations.insert(object, location);
                }
            }
            steps += u32::from(moments.shown[i].is_some());
            moments.steps_with.push(steps);
            moments.events_with.push(events);
        }
        moments
    }

    /// The event that an operation is.
    fn event_of(&self, recorded: &Recorded) -> Option<Position> {
        let events = self.events.get(recorded.thread.index())?;
        events.get(recorded.index as usize).copied().filter(|_| steps::is_event(&recorded.op))
    }

    /// Adds what is known to the steps.
    pub fn tell(&self, list: &mut [Step]) {
        self.tell_order(list);
        self.tell_reads(list);
        self.tell_waits(list);
        self.tell_values(list);
        self.tell_holders(list);
    }

    /// The operations that are shown, with the steps that show them.
    fn each_shown(&self) -> impl Iterator<Item = (usize, &Recorded, u32)> {
        let both = self.record.steps.iter().zip(&self.shown).enumerate();
        both.filter_map(|(i, (recorded, shown))| shown.map(|shown| (i, recorded, shown)))
    }

    /// Which steps of other threads happen before a step, as far as they are news to its thread. Plain accesses
    /// are ordered as the search for races sees them: by how many events their thread had performed before.
    fn tell_order(&self, list: &mut [Step]) {
        let threads = self.record.threads.len();
        // By thread, the index of each operation that is shown, and its step.
        let mut indices: Vec<Vec<(u32, u32)>> = vec![Vec::new(); threads];
        let mut news = vec![vec![0; threads]; threads];
        let mut operations =
            self.each_shown().map(|(_, recorded, step)| (recorded, step)).peekable();
        for (at, step) in list.iter_mut().enumerate() {
            let thread = ThreadId(step.thread);
            let recorded = operations.next_if(|(_, shown)| *shown as usize == at).map(|(r, _)| r);
            let last = match recorded {
                None => self.graph.last_of(thread),
                Some(recorded) => self.event_of(recorded).unwrap_or_else(|| {
                    let before = recorded.index.checked_sub(1);
                    before.map_or(Position::NONE, |before| {
                        self.events[thread.index()][before as usize]
                    })
                }),
            };
            for other in (0..threads).filter(|&other| other != thread.index()) {
                let known = self.graph.known_events(thread, last, ThreadId(other as u32));
                let count = indices[other].partition_point(|&(index, _)| index < known);
                if count > news[thread.index()][other] {
                    news[thread.index()][other] = count;
                    step.after.push(indices[other][count - 1].1);
                }
            }
            step.after.sort_unstable();
            if let Some(recorded) = recorded {
                indices[thread.index()].push((recorded.index, at as u32));
            }
        }
    }

    /// Which step wrote what a step read, or sent what it received.
    fn tell_reads(&self, list: &mut [Step]) {
        let mut sent = BTreeMap::new();
        for (_, recorded, shown) in self.each_shown() {
            let step = &mut list[shown as usize];
            match (recorded.op, recorded.reply) {
                (_, Reply::Value(GAVE_UP | CLOSED)) => {}
                (
                    Op::Act { object, action: Action::Send | Action::Offer, .. },
                    Reply::Value(number),
                ) => {
                    sent.insert((object, number), shown);
                }
                (
                    Op::Act { object, action: Action::Receive | Action::Take(_), .. },
                    Reply::Value(number),
                ) => {
                    step.reads = sent.get(&(object, number)).copied();
                }
                _ => {
                    let event = self.event_of(recorded).map(|at| self.graph.event(at));
                    let source =
                        event.filter(|e| e.kind.reads() && e.source.is_some()).map(|e| e.source);
                    let operation = source.and_then(|source| self.operations[source.index()]);
                    step.reads = operation.and_then(|operation| self.shown[operation]);
                }
            }
        }
    }

    /// Since when a thread could not go on with a step.
    fn tell_waits(&self, list: &mut [Step]) {
        let mut told = 0;
        for (i, recorded, step) in self.each_shown() {
            told = told.max(step as usize + 1);
            if let Some(at) = self.event_of(recorded) {
                let turn = self.performed[recorded.thread.index()].partition_point(|&p| p < i);
                list[step as usize].waited = self.waited(recorded.thread, turn, &recorded.op, at);
            }
        }
        // What follows shows where threads stand at the end.
        for step in list.iter_mut().skip(told) {
            let thread = ThreadId(step.thread);
            let Some((op, _)) = self.record.threads.get(thread.index()).and_then(|t| t.at) else {
                continue;
            };
            let turn = self.performed[thread.index()].len();
            step.waited = self.waited(thread, turn, &op, self.graph.end());
        }
    }

    /// How many steps had been performed when a thread first could not go on with its `turn`th operation,
    /// which it performed at `at`; none if it always could.
    fn waited(&self, thread: ThreadId, turn: usize, op: &Op, at: Position) -> Option<u32> {
        let begins = match turn.checked_sub(1) {
            Some(before) => Some(self.performed[thread.index()][before]),
            None => self.graph.spawn_of(thread).and_then(|spawn| self.operations[spawn.index()]),
        };
        let start = begins.map_or(0, |i| self.events_with[i]);
        let since = |events: u32| {
            let own = begins.map_or(0, |i| self.steps_with[i]);
            let event = events.checked_sub(1).and_then(|last| self.operations[last as usize]);
            own.max(event.map_or(0, |i| self.steps_with[i]))
        };
        if let Op::Join(other) = *op {
            let end = self.performed.get(other.index())?.last().copied();
            let runs = end.is_some_and(|end| begins.is_none_or(|begins| end > begins));
            return (runs || !self.has_ended(other)).then(|| since(start));
        }
        let location = *self.locations.get(&op.location()?)?;
        let meanwhile = |change: &Position| change.0 >= start && change.0 < at.0;
        let changes: Vec<Position> = match op {
            Op::Act { .. } => {
                // They are in order, and may be as many as there are operations that ask.
                let acts = self.graph.acts(location);
                let acts = &acts[acts.partition_point(|(act, _)| act.0 < start)..];
                acts.iter().map(|(act, _)| *act).take_while(meanwhile).collect()
            }
            _ => {
                let writes = self.graph.coherence(location).iter().copied();
                let mut writes: Vec<Position> = writes.filter(meanwhile).collect();
                writes.sort_unstable();
                writes
            }
        };
        let moments = changes.iter().map(|change| change.0 + 1);
        let mut moments = std::iter::once(start).chain(moments);
        moments.find(|&moment| !self.admits(thread, op, location, Position(moment))).map(since)
    }

    fn has_ended(&self, thread: ThreadId) -> bool {
        self.record.threads.get(thread.index()).is_none_or(|thread| thread.ended)
    }

    /// Whether an operation could have been performed when so many events had been.
    fn admits(&self, thread: ThreadId, op: &Op, location: LocationId, moment: Position) -> bool {
        match *op {
            Op::Act { action, patience, .. } => {
                let act = Act { thread, action, patience, chosen: 0 };
                let state = self.graph.state_after(location, &act, moment, None);
                state.admits(&act, self.graph.time_at(moment))
            }
            _ => op.until().is_none_or(|until| {
                let mut writes = self.graph.coherence(location).iter().copied();
                let newest = writes.rfind(|at| *at < moment).unwrap_or(Position::INITIAL);
                until.accepts(self.graph.value(location, newest))
            }),
        }
    }

    /// What objects are like after the steps that change them.
    fn tell_values(&self, list: &mut [Step]) {
        let mut ranks: BTreeMap<LocationId, u32> = BTreeMap::new();
        let mut known: BTreeMap<LocationId, String> = BTreeMap::new();
        for (_, recorded, shown) in self.each_shown() {
            let Some(at) = self.event_of(recorded) else { continue };
            let event = self.graph.event(at);
            let Some(location) = event.location() else { continue };
            if event.kind == Kind::Act {
                let acts = self.graph.acts(location);
                let Ok(place) = acts.binary_search_by_key(&at, |(at, _)| *at) else { continue };
                let text = glance(acts[place].1.glance());
                if known.get(&location).map_or("", String::as_str) != text {
                    known.insert(location, text.clone());
                    list[shown as usize].state = Some(text);
                }
            } else if event.kind.writes() {
                // A write may come before another one in coherence that has been performed already.
                let newest = ranks.entry(location).or_default();
                if event.rank > *newest {
                    *newest = event.rank;
                    list[shown as usize].state = Some(steps::number(event.written));
                }
            }
        }
    }

    /// Who holds locks after the steps that change it.
    fn tell_holders(&self, list: &mut [Step]) {
        let mut holders: BTreeMap<LocationId, Vec<u32>> = BTreeMap::new();
        for (_, recorded, shown) in self.each_shown() {
            let (Op::Act { object, action, .. }, Reply::Value(reply)) =
                (recorded.op, recorded.reply)
            else {
                continue;
            };
            let Some(holds) = actions::holds(action, reply) else { continue };
            let holders = holders.entry(object).or_default();
            match holds {
                true => holders.push(recorded.thread.0),
                false => {
                    // A reader may hold a lock several times.
                    if let Some(place) = holders.iter().position(|&id| id == recorded.thread.0) {
                        holders.remove(place);
                    }
                }
            }
            list[shown as usize].held = Some(holders.clone());
        }
    }

    /// What atomics held at first.
    pub fn tell_initial(&self, objects: &mut [Object]) {
        for object in objects.iter_mut().filter(|object| object.kind == "atomic") {
            let location = self.locations.get(&LocationId::local(object.id));
            object.initial = location
                .map(|&location| steps::number(self.graph.value(location, Position::INITIAL)));
        }
    }
}

/// What there is to see of an object, in words.
fn glance(glance: Glance) -> String {
    let some = |count: u64, noun: &str, plural: &str| match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {plural}"),
    };
    match glance {
        Glance::Nothing | Glance::Lock { poisoned: false } => String::new(),
        Glance::Lock { poisoned: true } => "poisoned".to_string(),
        Glance::Condvar { waiting, notified: 0 } => some(waiting, "waits", "wait"),
        Glance::Condvar { waiting, notified } => {
            format!("{}, {notified} notified", some(waiting, "waits", "wait"))
        }
        Glance::Permits(permits) => some(permits, "permit", "permits"),
        Glance::Count(count) => count.to_string(),
        Glance::Barrier { arrived, threads } => format!("{arrived} of {threads} arrived"),
        Glance::Once(Once::Incomplete) => "not begun".to_string(),
        Glance::Once(Once::Running) => "running".to_string(),
        Glance::Once(Once::Complete) => "complete".to_string(),
        Glance::Once(Once::Poisoned) => "poisoned".to_string(),
        Glance::Token(there) => if there { "there" } else { "not there" }.to_string(),
        Glance::Channel { messages, closed } => {
            let messages = some(messages, "message", "messages");
            if closed { format!("{messages}, closed") } else { messages }
        }
    }
}
