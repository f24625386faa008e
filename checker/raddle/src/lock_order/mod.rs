//! Locks that threads take in different orders, noticed in executions that pass.
//!
//! Approach: the lock graph of Goodlock (Havelund, SPIN 2000), with the conditions of Bensalem and Havelund ("Dynamic
//! deadlock analysis of multi-threaded programs", HVC 2005). A thread that locks b without a time limit while it
//! holds a adds an edge from a to b. A cycle of edges is an inversion if (1) they belong to different threads; (2)
//! no lock guards two of them, that is, is held at both; (3) where one wants what the next holds, at least one of the
//! two is not for reading; (4) starts and ends of threads do not order two of them.
//!
//! # What a lock is
//!
//! Within one execution, an object. From one execution to the next it is known by where it was created and its label;
//! if several locks of an execution have both in common, their edges are compared with those of the same execution alone.
//!
//! # What is not handled
//!
//! Only starts and joins of threads count as order. Orders that never overlap because of a message, a flag or a
//! condition are reported all the same; in a search that was complete this is why nothing deadlocked.

mod cycle;
mod warnings;

pub(crate) use warnings::warnings;
pub use warnings::{LockChain, LockTaken, Warning};

use raddle_engine::explore::{Run, Schedule};
use raddle_engine::graph::{Event, Graph};
use raddle_runtime::{Declared, Objects};
use raddle_shims::kernel::{Action, EventId, GAVE_UP, LocationId, Op, Patience, ThreadId};
use raddle_shims::model::Site;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many different edges are kept, and how many different sets of them; beyond these nothing more is noticed.
const EDGES_MAX: usize = 1_024;

/// A lock, by number among those that were seen.
type Lock = u32;

/// Where locks are created, and their label.
type Place = (Site, Option<String>);

/// What identifies a lock: where it was created, its label, and which of those that have these in common.
type Identity = (Site, Option<String>, u32);

/// A lock taken while another was held.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Edge {
    /// The lock that was held, and the one that was taken.
    pub locks: [Lock; 2],
    /// Whether these were for reading.
    pub reads: [bool; 2],
    pub thread: ThreadId,
    /// The other locks that the thread held, and whether for reading.
    pub gates: Vec<(Lock, bool)>,
    /// When, among the starts and joins of threads.
    pub when: [Moment; 2],
}

/// Which stretch of its thread, between its starts and joins of others, and how many stretches of each thread are
/// known to be over.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Moment {
    pub stretch: u32,
    pub over: Vec<u32>,
}

/// Where an edge was seen.
#[derive(Clone)]
pub(crate) struct Seen {
    /// The two lock operations.
    pub events: [EventId; 2],
    /// The execution, to be run again.
    pub schedule: Arc<Schedule>,
}

/// What a search has seen.
#[derive(Default)]
pub(crate) struct LockOrder {
    identities: BTreeMap<Identity, Lock>,
    /// Places at which several locks of one execution were created.
    shared: BTreeSet<Place>,
    /// Of locks that are the same in all executions.
    edges: BTreeMap<Edge, Seen>,
    /// The edges of executions, where they have to be compared by execution.
    sets: BTreeSet<Vec<Edge>>,
    /// The inversions, by their locks.
    inversions: BTreeMap<Vec<Lock>, Vec<Seen>>,
    /// How `sets` came about, for whoever appends them to those of another search.
    history: Vec<Entry>,
}

/// The edges of an execution that had others than those before it.
#[derive(Clone)]
struct Entry {
    edges: Vec<(Edge, [EventId; 2])>,
    schedule: Arc<Schedule>,
    /// The places that were known by then to create several locks.
    shared: BTreeSet<Place>,
}

/// A lock that a thread holds while the execution is gone through.
struct Held {
    object: LocationId,
    read: bool,
    event: EventId,
    moment: Moment,
}

/// An edge in terms of objects.
struct Nested {
    held: (LocationId, bool, EventId),
    taken: (LocationId, bool, EventId),
    gates: Vec<(LocationId, bool)>,
    when: [Moment; 2],
}

impl LockOrder {
    /// Looks at an execution that has ended.
    pub fn look(&mut self, run: &Run, objects: &Objects) {
        let graph = &run.graph;
        let mut locks = locks_of(graph);
        let (Some(first), Some(second)) = (locks.next(), locks.next()) else { return };
        let locks: Vec<LocationId> = [first, second].into_iter().chain(locks).collect();
        if is_nested(graph, &locks) {
            self.note(run, &nested(graph, &locks), objects);
        }
    }

    /// The inversions: for each, the edges of its cycle.
    pub fn inversions(&self) -> impl Iterator<Item = &[Seen]> {
        self.inversions.values().map(Vec::as_slice)
    }

    fn note(&mut self, run: &Run, nested: &[Nested], objects: &Objects) {
        if nested.is_empty() || self.is_full() {
            return;
        }
        let locks = self.locks(run, objects);
        let edges = nested.iter().filter_map(|nested| edge(nested, &locks)).collect();
        self.add(edges, || Arc::new(Schedule::of(&run.graph, &run.threads, 0.0)));
    }

    /// Adds what a later part of the same search has seen, as if it had been seen here.
    pub fn append(&mut self, later: LockOrder) {
        let mut identities: Vec<(Lock, Identity)> =
            later.identities.into_iter().map(|(identity, lock)| (lock, identity)).collect();
        identities.sort_unstable_by_key(|(lock, _)| *lock);
        let number = |(_, identity)| {
            let next = self.identities.len() as Lock;
            *self.identities.entry(identity).or_insert(next)
        };
        let locks: Vec<Lock> = identities.into_iter().map(number).collect();
        for Entry { mut edges, schedule, shared } in later.history {
            if self.is_full() {
                break;
            }
            self.shared.extend(shared);
            edges.iter_mut().for_each(|(edge, _)| edge.rename(&locks));
            self.add(edges, || schedule);
        }
        self.shared.extend(later.shared);
    }

    fn is_full(&self) -> bool {
        self.edges.len() >= EDGES_MAX || self.sets.len() >= EDGES_MAX
    }

    /// Adds the edges of an execution.
    fn add(&mut self, edges: Vec<(Edge, [EventId; 2])>, schedule: impl FnOnce() -> Arc<Schedule>) {
        let mut set: Vec<Edge> = edges.iter().map(|(edge, _)| edge.clone()).collect();
        set.sort();
        set.dedup();
        if self.sets.contains(&set) {
            return;
        }
        let schedule = schedule();
        self.history.push(Entry {
            edges: edges.clone(),
            schedule: Arc::clone(&schedule),
            shared: self.shared.clone(),
        });
        let seen = edges.into_iter().map(|(edge, events)| {
            let schedule = Arc::clone(&schedule);
            (edge, Seen { events, schedule })
        });
        let mut all: BTreeMap<Edge, Seen> = seen.collect();
        let shared = self.shared_locks();
        let is_stable = |edge: &Edge| !edge.locks.iter().any(|lock| shared.contains(lock));
        self.edges.retain(|edge, _| is_stable(edge));
        for (edge, seen) in all.iter().filter(|(edge, _)| is_stable(edge)) {
            self.edges.entry(edge.clone()).or_insert_with(|| seen.clone());
        }
        all.extend(self.edges.iter().map(|(edge, seen)| (edge.clone(), seen.clone())));
        for cycle in cycle::inversions(&all.keys().collect::<Vec<_>>(), &set) {
            let mut locks: Vec<Lock> = cycle.iter().map(|edge| edge.locks[0]).collect();
            locks.sort_unstable();
            let seen = cycle.iter().map(|edge| all[*edge].clone()).collect();
            self.inversions.entry(locks).or_insert(seen);
        }
        self.sets.insert(set);
    }

    /// The locks of this execution.
    fn locks(&mut self, run: &Run, objects: &Objects) -> BTreeMap<LocationId, Lock> {
        let mut counts: BTreeMap<Place, u32> = BTreeMap::new();
        let mut by_object = BTreeMap::new();
        objects.each_lock(|number, Declared { created, name, .. }| {
            let count = counts.entry((*created, name.clone())).or_default();
            let identity = (*created, name.clone(), *count);
            *count += 1;
            if *count > 1 {
                self.shared.insert((*created, name.clone()));
            }
            let next = self.identities.len() as Lock;
            by_object.insert(number, *self.identities.entry(identity).or_insert(next));
        });
        let locations = (0..run.graph.locations() as u32).map(LocationId);
        let known = locations.filter_map(|location| {
            let number = run.object_at(location).as_local()?;
            Some((location, *by_object.get(&number)?))
        });
        known.collect()
    }

    fn shared_locks(&self) -> BTreeSet<Lock> {
        let is_shared = |(site, name, _): &Identity| self.shared.contains(&(*site, name.clone()));
        self.identities.iter().filter(|(it, _)| is_shared(it)).map(|(_, lock)| *lock).collect()
    }
}

impl Edge {
    /// The same in a search in which the locks have other numbers.
    fn rename(&mut self, locks: &[Lock]) {
        self.locks = self.locks.map(|lock| locks[lock as usize]);
        self.gates.iter_mut().for_each(|(gate, _)| *gate = locks[*gate as usize]);
        self.gates.sort_unstable();
    }
}

fn edge(nested: &Nested, locks: &BTreeMap<LocationId, Lock>) -> Option<(Edge, [EventId; 2])> {
    let Nested { held, taken, gates, when } = nested;
    let mut gates: Vec<(Lock, bool)> =
        gates.iter().map(|(gate, read)| Some((*locks.get(gate)?, *read))).collect::<Option<_>>()?;
    gates.sort_unstable();
    let edge = Edge {
        locks: [*locks.get(&held.0)?, *locks.get(&taken.0)?],
        reads: [held.1, taken.1],
        thread: taken.2.thread,
        gates,
        when: when.clone(),
    };
    Some((edge, [held.2, taken.2]))
}

/// What an event does to a lock: takes it, for reading or not, or gives it back.
enum Deed {
    Takes { read: bool, waits: bool },
    Gives,
    Downgrades,
}

fn deed(event: &Event) -> Option<Deed> {
    let Op::Act { action, patience, .. } = event.op else { return None };
    if event.read == GAVE_UP {
        return None;
    }
    let waits = matches!(patience, Patience::Forever | Patience::Polls);
    let takes = |read| Deed::Takes { read, waits };
    Some(match action {
        Action::Lock | Action::WriteLock => takes(false),
        Action::ReadLock => takes(true),
        Action::Unlock
        | Action::UnlockPoisoned
        | Action::ReadUnlock
        | Action::WriteUnlock
        | Action::WriteUnlockPoisoned => Deed::Gives,
        Action::Downgrade => Deed::Downgrades,
        _ => return None,
    })
}

/// The locks of an execution.
fn locks_of(graph: &Graph) -> impl Iterator<Item = LocationId> {
    let is_lock = |location: &LocationId| {
        graph.acts(*location).last().is_some_and(|(_, state)| state.is_lock())
    };
    (0..graph.locations() as u32).map(LocationId).filter(is_lock)
}

/// The lock operations of an execution, each with one by which its thread had taken a lock that it held then.
pub(crate) fn nested_locks(graph: &Graph) -> Vec<[EventId; 2]> {
    let locks: Vec<LocationId> = locks_of(graph).collect();
    match locks.len() > 1 && is_nested(graph, &locks) {
        true => nested(graph, &locks).iter().map(|it| [it.held.2, it.taken.2]).collect(),
        false => Vec::new(),
    }
}

/// Whether a thread takes one of the locks while it holds another: a quick look, as most executions have no such.
fn is_nested(graph: &Graph, locks: &[LocationId]) -> bool {
    let mut depth: Vec<i32> = vec![0; graph.threads()];
    graph.events().iter().any(|event| {
        let Op::Act { object, .. } = event.op else { return false };
        if !locks.contains(&object) {
            return false;
        }
        let depth = &mut depth[event.thread.index()];
        match deed(event) {
            Some(Deed::Takes { .. }) => *depth += 1,
            Some(Deed::Gives) => *depth -= 1,
            _ => {}
        }
        *depth > 1
    })
}

/// Goes through an execution.
fn nested(graph: &Graph, locks: &[LocationId]) -> Vec<Nested> {
    let mut held: BTreeMap<ThreadId, Vec<Held>> = BTreeMap::new();
    let mut moments: BTreeMap<ThreadId, Moment> = BTreeMap::new();
    let mut all = Vec::new();
    for event in graph.events() {
        let thread = event.thread;
        match event.op {
            Op::Spawn => {
                let mine = moments.entry(thread).or_default();
                let mut theirs = mine.clone();
                theirs.stretch = 0;
                theirs.know(thread, mine.stretch + 1);
                mine.stretch += 1;
                moments.insert(ThreadId(event.chosen), theirs);
            }
            Op::Join(other) => {
                let theirs = moments.entry(other).or_default().clone();
                let mine = moments.entry(thread).or_default();
                for (of, over) in theirs.over.iter().enumerate() {
                    mine.know(ThreadId(of as u32), *over);
                }
                mine.know(other, u32::MAX);
                mine.stretch += 1;
            }
            Op::Act { object, .. } if locks.contains(&object) => {
                let held = held.entry(thread).or_default();
                let at = held.iter().rposition(|held| held.object == object);
                match (deed(event), at) {
                    (Some(Deed::Takes { read, waits }), _) => {
                        let moment = moments.entry(thread).or_default().clone();
                        if waits {
                            all.extend(edges(held, (object, read, event.id()), &moment));
                        }
                        held.push(Held { object, read, event: event.id(), moment });
                    }
                    (Some(Deed::Gives), Some(at)) => _ = held.remove(at),
                    (Some(Deed::Downgrades), Some(at)) => held[at].read = true,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    all
}

/// The edges from everything that is held to what is taken.
fn edges(held: &[Held], taken: (LocationId, bool, EventId), moment: &Moment) -> Vec<Nested> {
    let others = held.iter().filter(|held| held.object != taken.0);
    let edge = |from: &Held| Nested {
        held: (from.object, from.read, from.event),
        taken,
        gates: held
            .iter()
            .filter(|gate| gate.object != from.object && gate.object != taken.0)
            .map(|gate| (gate.object, gate.read))
            .collect(),
        when: [from.moment.clone(), moment.clone()],
    };
    others.map(edge).collect()
}

impl Moment {
    /// That so many stretches of a thread are over.
    fn know(&mut self, thread: ThreadId, over: u32) {
        if self.over.len() <= thread.index() {
            self.over.resize(thread.index() + 1, 0);
        }
        let known = &mut self.over[thread.index()];
        *known = over.max(*known);
    }
}
