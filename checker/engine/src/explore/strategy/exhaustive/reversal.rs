//! Reversals: an operation comes before an earlier event that it conflicts with.
//!
//! Used where conflicts are part of the causal order: for actions on objects, and under `sc` for atomics.
//! For an operation e of thread t and an earlier event b that is not in t's causal past, the child keeps
//!
//! ```text
//! K = (everything before b) ∪ past(t) ∪ past(C),   C a set of events after b that e conflicts with
//! ```
//!
//! and adds e, fixed. It is allowed iff
//!
//! * (V1) every event that is not kept, b included, is deletable: neither fixed nor an alternative, and
//!   what it reads or writes is still the newest in what is kept;
//! * (V2) e can be performed in K, and there conflicts with b;
//! * (V3) what is kept from after b is in the causal past of e: anything else is left to its owner;
//! * (V4) e is not asleep in K (see [`super::asleep`]).
//!
//! Events that exclude each other (writes of a location, sections of a mutex) are totally ordered, so whatever
//! comes after one of them and conflicts with e comes after it causally and cannot be in C. C ranges over
//! sets only where events commute that e does not commute with: reads of a location, readers of a lock.

use super::items::{Item, Reversal, Way};
use super::revisit::is_released;
use super::{Exhaustive, Fault};
use crate::explore::run::Run;
use crate::graph::{Draft, Event, Fix, Flags, Graph, Kind, Position};
use crate::memory::Model;
use crate::objects::{Act, Footprint, Use, conflict};
use raddle_shims::kernel::{LocationId, Op, ThreadId};

/// A causally closed part of a graph: for each thread, how many events.
pub(super) type Part = Vec<u32>;

impl Exhaustive {
    /// Queues every reversal by `op`, which `thread` is about to perform or left waiting with.
    #[inline]
    pub(super) fn push_reversals(&mut self, run: &mut Run, thread: ThreadId, op: &Op) -> u32 {
        match *op {
            // Mostly there is nothing on the object that could be overtaken, which is found out first.
            Op::Act { object, action, .. } if !action.is_of_exchange() => {
                match oldest_act(&run.graph, thread, [object].iter()) {
                    Some(oldest) => self.scan_back(run, (thread, op), (&[object], None), oldest),
                    None => 0,
                }
            }
            _ => self.push_reversals_of_other(run, thread, op),
        }
    }

    /// The same for anything but an act on a single object.
    #[inline(never)]
    fn push_reversals_of_other(&mut self, run: &mut Run, thread: ThreadId, op: &Op) -> u32 {
        let graph = &run.graph;
        let (one, several) = locations_of(graph, thread, op);
        let locations = if several.is_empty() { one.as_slice() } else { &several };
        let exchange = Graph::exchange_of(op);
        let oldest = match op {
            Op::Act { .. } | Op::Select { .. } => {
                oldest_act(graph, thread, exchange.iter().chain(locations))
            }
            _ => {
                past_of(graph, thread, &mut self.scan.past);
                one.and_then(|location| oldest_access(graph, &self.scan.past, location))
            }
        };
        match oldest {
            Some(oldest) => self.scan_back(run, (thread, op), (locations, exchange), oldest),
            None => 0,
        }
    }

    /// Queues the reversals by which an operation on those locations overtakes something, the first of which would
    /// be at `oldest`.
    fn scan_back(
        &mut self,
        run: &Run,
        (thread, op): (ThreadId, &Op),
        (locations, exchange): (&[LocationId], Option<LocationId>),
        oldest: Position,
    ) -> u32 {
        let Exhaustive { scan, levels, fault, .. } = self;
        let level = levels.last_mut().expect("there is a level while a search runs");
        let (graph, mut count) = (&run.graph, 0);
        if *fault == Some(Fault::BreaksTies) && !graph.advances().is_empty() {
            return 0;
        }
        scan.begin(graph, thread);
        let mut at = graph.end();
        while at > oldest {
            at = Position(at.0 - 1);
            let event = graph.event(at);
            if is_in(&scan.past, event) {
                // All acts of an exchange make its state, also those on other channels.
                let of_exchange = exchange.is_some() && event.location() == exchange;
                let meets = of_exchange || graph.uses_any(at, locations);
                scan.met_past = scan.met_past || meets;
                continue;
            }
            let here = graph.uses_any(at, locations);
            let movable = here && may_be_moved(op, event);
            if is_reversible(event, *fault) {
                if here && let Some(reversal) = reversal(run, (thread, op), at, scan) {
                    level.items.push(Item::Reversal(Box::new(reversal)));
                    count += 1;
                }
            } else if movable || !scan.movable.is_empty() && is_in(&scan.with_causes, event) {
                scan.must_keep.push(at);
            } else {
                break;
            }
            if movable {
                scan.add_movable(graph, at);
            }
        }
        count
    }

    /// Makes the next child of a group of reversals; false if it is not to be run.
    pub(super) fn enter_reversal(&mut self, run: &mut Run, reversal: Box<Reversal>) -> bool {
        run.graph.truncate(reversal.end);
        let (thread, op, overtaken) = (reversal.thread, reversal.op, reversal.overtaken);
        let mut kept = std::mem::take(&mut self.kept);
        past_of(&run.graph, thread, &mut kept);
        for (read, moved) in &reversal.moved {
            if *moved {
                add_past(&run.graph, &mut kept, run.graph.event(*read));
            }
        }
        let way = reversal.way;
        let keeps = |at: &Position| is_in(&kept, run.graph.event(*at));
        let ways = match reversal.must_keep.iter().all(keeps) {
            true => ways(&run.graph, &reversal, &kept),
            false => 0,
        };
        self.push_rest(run, reversal, ways);
        if ways == 0 || !self.leaves_maximal(run, overtaken, &kept) {
            self.kept = kept;
            self.estimate.finish(self.weight);
            return false;
        }
        let mut child = self.spare_graph(run);
        self.restriction.copy(&run.graph, &mut child, overtaken, |_, event| is_in(&kept, event));
        self.kept = kept;
        let footprint: Footprint = run.graph.uses(overtaken).into();
        let start = overtaken.0;
        let overtaken = run.graph.event(overtaken).id();
        let draft = draft(&child, thread, op, way);
        self.descend(run, child);
        let at = run.push(&draft);
        let graph = &run.graph;
        let event = graph.event(at);
        let alone = (start..at.0).map(Position).any(|at| !graph.causes(graph.event(at), event));
        if alone || !conflict(graph.uses(at), &footprint) || self.last_is_asleep(run, at) {
            self.estimate.finish(self.weight);
            return false;
        }
        let event = event.id();
        run.graph.push_fix(Fix { event, overtaken, footprint, start });
        true
    }

    /// The rest of V1: what is deleted would still be the canonical choice after what is kept.
    fn leaves_maximal(&self, run: &Run, overtaken: Position, kept: &Part) -> bool {
        if run.model == Model::Sc {
            return true;
        }
        let graph = &run.graph;
        let newest = |location| kept_rank(graph, kept, location);
        let mut later = (overtaken.0..graph.end().0).map(|at| graph.event(Position(at)));
        let maximal = later.all(|event| {
            if is_in(kept, event) || event.kind == Kind::Act {
                return true;
            }
            let Some(location) = event.location() else { return true };
            let rank = if event.kind.writes() { event.rank } else { graph.rank(event.source) };
            newest(location) <= rank
        });
        let mut begun = graph.holds().iter().filter(|hold| hold.start > overtaken);
        maximal && begun.all(|hold| is_released(graph, hold, newest))
    }

    /// Puts back what is left of a group; the child that is made now and the rest get half each.
    fn push_rest(&mut self, run: &Run, mut reversal: Box<Reversal>, ways: u32) {
        self.weight = reversal.weight;
        let more = match &mut reversal.way {
            Way::Access { both: true, spurious: spurious @ false } => {
                *spurious = true;
                true
            }
            Way::Act { chosen } if *chosen + 1 < ways => {
                *chosen += 1;
                true
            }
            way => {
                match way {
                    Way::Access { both, spurious } => *spurious = *spurious && !*both,
                    Way::Act { chosen } => *chosen = 0,
                }
                next_set(&run.graph, &mut reversal.moved, &reversal.must_keep)
            }
        };
        if more {
            self.weight /= 2.0;
            reversal.weight = self.weight;
            self.items().push(Item::Reversal(reversal));
        }
    }
}

/// From how many on it is worth to know what all of them have in common.
const MANY: usize = 8;

/// What a scan from the end of the graph has met so far; kept, so that its lists need not be made each time.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// What comes causally before the operation.
    past: Part,
    /// Events that the operation may come after, the latest first.
    movable: Vec<Position>,
    /// If there are any, these with their causes, and the past.
    with_causes: Part,
    /// If there are [`MANY`] of these, what comes causally before each: of a lock that one thread has taken many times that is all
    /// before.
    common: Part,
    /// What cannot be deleted.
    must_keep: Vec<Position>,
    /// Whether there is something of the past behind the place to which the scan has come, that uses the same.
    met_past: bool,
    /// Room for the uses of one operation.
    uses: Vec<Use>,
}

impl Scan {
    fn begin(&mut self, graph: &Graph, thread: ThreadId) {
        past_of(graph, thread, &mut self.past);
        self.movable.clear();
        self.must_keep.clear();
        self.met_past = false;
    }

    fn add_movable(&mut self, graph: &Graph, at: Position) {
        if self.movable.is_empty() {
            self.with_causes.clone_from(&self.past);
        }
        self.movable.push(at);
        add_past(graph, &mut self.with_causes, graph.event(at));
        if self.movable.len() >= MANY {
            self.narrow_common(graph);
        }
    }

    /// Takes account of what was added last.
    #[cold]
    fn narrow_common(&mut self, graph: &Graph) {
        let mut new = self.movable.len() - 1;
        if self.movable.len() == MANY {
            self.common.clear();
            self.common.resize(graph.clocks().width(), u32::MAX);
            new = 0;
        }
        for at in &self.movable[new..] {
            let event = graph.event(*at);
            let own = self.common[event.thread.index()].min(event.index);
            let causes = graph.clocks().get(event.causal);
            self.common
                .iter_mut()
                .zip(causes)
                .for_each(|(mine, other)| *mine = (*mine).min(*other));
            self.common[event.thread.index()] = own;
        }
    }

    /// Whether it is known that an event comes causally before all that is movable.
    #[inline]
    fn causes_all(&self, event: &Event) -> bool {
        self.movable.len() >= MANY && is_in(&self.common, event)
    }
}

fn is_reversible(event: &Event, fault: Option<Fault>) -> bool {
    (!event.is(Flags::FIXED) || fault == Some(Fault::DeletesFixed))
        && (event.is(Flags::MAXIMAL) || fault == Some(Fault::DeletesUnmaximal))
}

/// Whether the operation, overtaking something earlier, may come after this event of the same object.
fn may_be_moved(op: &Op, event: &Event) -> bool {
    match op {
        Op::Load { .. } => false,
        Op::Act { .. } | Op::Select { .. } => true,
        _ => event.kind == Kind::Read,
    }
}

/// The group of reversals in which `op` of `thread` overtakes the event at `overtaken`, one for each set
/// of later events, of which there are some in `scan`; none if it cannot.
fn reversal(
    run: &Run,
    (thread, op): (ThreadId, &Op),
    overtaken: Position,
    scan: &mut Scan,
) -> Option<Reversal> {
    let graph = &run.graph;
    let event = graph.event(overtaken);
    let concurrent = |at: &&Position| !graph.causes(event, graph.event(**at));
    let mut moved = Vec::new();
    if !scan.causes_all(event) {
        moved.extend(scan.movable.iter().rev().filter(concurrent).map(|at| (*at, false)));
    }
    let way = match *op {
        Op::Act { .. } | Op::Select { .. } => {
            act_over(graph, (thread, op), overtaken, &moved, scan)?
        }
        _ => {
            let (way, writes) = access_over(run, (thread, *op), op.location()?, event)?;
            // A read conflicts with writes only, and then nothing is kept from after the write (V3).
            if !writes || event.kind != Kind::Read {
                moved.clear();
            }
            way
        }
    };
    force(graph, &mut moved, &scan.must_keep);
    let lost = |at: &Position| graph.causes(event, graph.event(*at));
    if moved.is_empty() && !scan.must_keep.is_empty() || scan.must_keep.iter().any(lost) {
        return None;
    }
    let (end, must_keep, weight) = (graph.end(), scan.must_keep.clone(), 0.0);
    Some(Reversal { end, thread, op: *op, way, overtaken, moved, must_keep, weight })
}

/// V2 for an access of an atomic: in which ways, and whether it normally writes.
fn access_over(
    run: &Run,
    (thread, op): (ThreadId, Op),
    location: LocationId,
    event: &Event,
) -> Option<(Way, bool)> {
    let graph = &run.graph;
    if matches!(op, Op::Load { .. }) && !event.kind.writes() {
        return None;
    }
    let before = if event.kind.writes() { event.rank - 1 } else { graph.rank(event.source) };
    let source = graph.at_rank(location, before);
    let read = graph.value(location, source);
    if op.until().is_some_and(|until| !until.accepts(read)) {
        return None;
    }
    let kind = |flags| Draft { thread, op, source, after: 0, chosen: 0, flags }.effect(read).0;
    let normal = kind(Flags::default());
    let weak = matches!(op, Op::CompareExchange { weak: true, .. });
    let may_fail = weak && normal == Kind::Update && run.may_fail_spuriously(thread);
    let conflicts = |kind: Kind| kind.writes() || event.kind.writes();
    let (first, second) = (conflicts(normal), may_fail && conflicts(kind(Flags::SPURIOUS)));
    let way = Way::Access { both: first && second, spurious: !first };
    (first || second).then_some((way, normal.writes()))
}

/// V2 for an operation on objects, as far as it can be told for all sets of later events at once.
fn act_over(
    graph: &Graph,
    (thread, op): (ThreadId, &Op),
    overtaken: Position,
    moved: &[(Position, bool)],
    scan: &mut Scan,
) -> Option<Way> {
    let known = |at: Position| is_in(&scan.past, graph.event(at));
    let way = Way::Act { chosen: 0 };
    if moved.is_empty() {
        scan.uses.clear();
        let later = scan.met_past.then_some(&known as &dyn Fn(Position) -> bool);
        let sound = graph.would_use(thread, op, (overtaken, later), &mut scan.uses)
            && conflict(&scan.uses, graph.uses(overtaken));
        return sound.then_some(way);
    }
    let Op::Act { object, action, patience } = *op else { return Some(way) };
    let act = Act { thread, action, patience, chosen: 0 };
    let acts = moved.iter().filter_map(|(at, _)| graph.act_on(graph.event(*at), object));
    let state = graph.state_after(object, &act, overtaken, Some(&known));
    state.could_admit(&act, graph.now(), acts).then_some(way)
}

/// In how many ways the operation of a reversal can be performed after what is kept.
fn ways(graph: &Graph, reversal: &Reversal, kept: &Part) -> u32 {
    let keeps = |at: Position| is_in(kept, graph.event(at));
    graph.ways(reversal.thread, &reversal.op, reversal.overtaken, Some(&keeps))
}

/// The location that an operation accesses, or the object that it uses; or several of these.
pub(super) fn locations_of(
    graph: &Graph,
    thread: ThreadId,
    op: &Op,
) -> (Option<LocationId>, Vec<LocationId>) {
    match op {
        Op::Act { action, .. } if action.is_of_exchange() => (None, graph.channels_of(thread, op)),
        Op::Select { .. } => (None, graph.objects_of(op)),
        _ => (op.location(), Vec::new()),
    }
}

/// The overtaking event, at the end of what is kept.
fn draft(child: &Graph, thread: ThreadId, op: Op, way: Way) -> Draft {
    let flags = Flags::FIXED.with(Flags::MAXIMAL);
    match (way, op.location()) {
        (Way::Access { spurious, .. }, Some(location)) => {
            let after = child.last_rank(location);
            let source = child.at_rank(location, after);
            let flags = flags.with(Flags::when(spurious, Flags::SPURIOUS));
            Draft { thread, op, source, after, chosen: 0, flags }
        }
        (Way::Act { chosen }, _) => {
            Draft { thread, op, source: Position::NONE, after: 0, chosen, flags }
        }
        (Way::Access { .. }, None) => unreachable!("an access has a location"),
    }
}
/// Puts into the set what must be kept, and its causes.
fn force(graph: &Graph, set: &mut [(Position, bool)], must_keep: &[Position]) {
    for i in (0..set.len()).rev() {
        let read = graph.event(set[i].0);
        let needed = must_keep.contains(&set[i].0)
            || set[i + 1..].iter().any(|(later, kept)| {
                *kept && must_keep.contains(later) && graph.causes(read, graph.event(*later))
            });
        set[i].1 |= needed;
    }
}

/// Makes it the next set that is closed under causes and contains what must be kept; false if
/// it was the last one. The sets come in the order of binary numbers, the earliest event being the
/// most significant digit.
fn next_set(graph: &Graph, set: &mut [(Position, bool)], must_keep: &[Position]) -> bool {
    for i in (0..set.len()).rev() {
        if set[i].1 {
            continue;
        }
        let read = graph.event(set[i].0);
        let closed = set[..i]
            .iter()
            .all(|(earlier, kept)| *kept || !graph.causes(graph.event(*earlier), read));
        if closed {
            set[i].1 = true;
            for slot in &mut set[i + 1..] {
                slot.1 = false;
            }
            force(graph, set, must_keep);
            return true;
        }
    }
    false
}

/// Makes it any of the sets that are closed under causes and contain what it must keep, which it holds at first, and tells by how
/// much the chance of this one falls short of 1.
pub(super) fn random_set(
    graph: &Graph,
    set: &mut [(Position, bool)],
    below: &mut impl FnMut(u32) -> u32,
) -> f64 {
    let mut factor = 1.0;
    for i in 0..set.len() {
        let event = graph.event(set[i].0);
        let lacks = |(earlier, kept): &(Position, bool)| {
            !*kept && graph.causes(graph.event(*earlier), event)
        };
        if !set[i].1 && !set[..i].iter().any(lacks) {
            factor *= 2.0;
            set[i].1 = below(2) == 1;
        }
    }
    factor
}

/// The first position at which an act on one of the objects stands that does not come causally before the next
/// event of a thread.
#[inline]
fn oldest_act<'a>(
    graph: &Graph,
    thread: ThreadId,
    objects: impl Iterator<Item = &'a LocationId>,
) -> Option<Position> {
    // Mostly there is none, so the past is not put together for this.
    let last = last_cause(graph, thread);
    let advance = graph.advances().last().map(|at| graph.event(*at));
    let causes = |event: &Event, of: Option<&Event>| of.is_some_and(|of| graph.causes(event, of));
    let inside = |event: &Event| causes(event, last) || causes(event, advance);
    objects.filter_map(|object| graph.first_act_outside(*object, inside)).min()
}

/// The first position at which an access of the location stands that is not in the part.
fn oldest_access(graph: &Graph, part: &Part, location: LocationId) -> Option<Position> {
    let mut oldest: Option<Position> = None;
    for (thread, known) in part.iter().enumerate().take(graph.threads()) {
        let mut at = graph.last_access(location, thread, u32::MAX);
        while at.is_some() && graph.event(at).index >= *known {
            oldest = Some(oldest.map_or(at, |oldest| oldest.min(at)));
            at = graph.event(at).previous_access();
        }
    }
    oldest
}

/// The event after which the next one of a thread comes: its latest, or that which started it.
#[inline]
fn last_cause(graph: &Graph, thread: ThreadId) -> Option<&Event> {
    let last = graph.last_of(thread);
    let last = if last.is_some() { Some(last) } else { graph.spawn_of(thread) };
    last.map(|last| graph.event(last))
}

/// Makes it what comes causally before the next event of a thread.
pub(super) fn past_of(graph: &Graph, thread: ThreadId, part: &mut Part) {
    part.clear();
    match last_cause(graph, thread) {
        None => part.resize(graph.clocks().width(), 0),
        Some(event) => {
            part.extend_from_slice(graph.clocks().get(event.causal));
            let own = &mut part[event.thread.index()];
            *own = (*own).max(event.index + 1);
        }
    }
    if let Some(advance) = graph.advances().last() {
        add_past(graph, part, graph.event(*advance));
    }
}

/// Adds an event and what comes causally before it.
pub(super) fn add_past(graph: &Graph, part: &mut Part, event: &Event) {
    for (mine, other) in part.iter_mut().zip(graph.clocks().get(event.causal)) {
        *mine = (*mine).max(*other);
    }
    let own = &mut part[event.thread.index()];
    *own = (*own).max(event.index + 1);
}

#[inline]
pub(super) fn is_in(part: &Part, event: &Event) -> bool {
    part[event.thread.index()] > event.index
}

/// The greatest rank among the writes of `location` in the part.
fn kept_rank(graph: &Graph, part: &Part, location: LocationId) -> u32 {
    let mut rank = 0;
    for (thread, known) in part.iter().enumerate().take(graph.threads()) {
        let mut at = graph.last_access(location, thread, *known);
        while at.is_some() && !graph.event(at).kind.writes() {
            at = graph.event(at).previous_access();
        }
        rank = rank.max(graph.rank(at));
    }
    rank
}
