//! Reversals: an operation comes before an earlier event that it conflicts with.
//!
//! Used where conflicting accesses are part of the causal order (`sc`). For an operation e of thread t
//! and an earlier event b that is not in t's causal past, the child keeps
//!
//! ```text
//! K = (everything before b) ∪ past(t) ∪ past(C),   C a set of events after b that e conflicts with
//! ```
//!
//! and adds e, fixed. It is allowed iff
//!
//! * (V1) every event that is not kept, b included, is deletable: neither fixed nor an alternative;
//! * (V2) e can be performed in K, and there conflicts with b;
//! * (V3) what is kept from after b is in the causal past of e: anything else is left to its owner;
//! * (V4) e is not asleep in K (see [`super::asleep`]).
//!
//! Writes of a location are totally ordered, so whatever comes after a write b and conflicts with e
//! comes after b causally and cannot be in C. Only where b is a read and e writes does C range, over the
//! sets of later reads.

use super::items::{Item, Reversal};
use super::{Exhaustive, Fault};
use crate::explore::run::Run;
use crate::graph::{Draft, Event, Fix, Flags, Graph, Kind, Position};
use raddle_shims::kernel::{LocationId, Op, ThreadId};

/// A causally closed part of a graph: for each thread, how many events.
type Part = Vec<u32>;

impl Exhaustive {
    /// Queues every reversal by `op`, which `thread` is about to perform or left waiting with.
    pub(super) fn push_reversals(&mut self, run: &mut Run, thread: ThreadId, op: Op) -> u32 {
        let Some(location) = op.location() else { return 0 };
        run.graph.ensure_location(location);
        let graph = &run.graph;
        let past = past_of(graph, thread);
        let Some(oldest) = oldest_candidate(graph, &past, location) else { return 0 };
        let writes = !matches!(op, Op::Load { .. });
        let mut reads: Vec<Position> = Vec::new();
        let mut all_reads: Option<Part> = None;
        let mut must_keep: Vec<Position> = Vec::new();
        let mut found = Vec::new();
        let mut at = graph.end();
        while at > oldest {
            at = Position(at.0 - 1);
            let event = graph.event(at);
            if is_in(&past, event) {
                continue;
            }
            let here = event.location() == Some(location);
            let reads_here = here && writes && event.kind == Kind::Read;
            if self.is_reversible(event) {
                let moved = if event.kind == Kind::Read { &reads[..] } else { &[] };
                if here && (writes || event.kind.writes()) {
                    found.extend(reversal(run, (thread, op), location, at, moved, &must_keep));
                }
            } else if reads_here || all_reads.as_ref().is_some_and(|part| is_in(part, event)) {
                must_keep.push(at);
            } else {
                break;
            }
            if reads_here {
                reads.push(at);
                add_past(graph, all_reads.get_or_insert_with(|| past.clone()), event);
            }
        }
        let count = found.len() as u32;
        self.items().extend(found.into_iter().map(|reversal| Item::Reversal(Box::new(reversal))));
        count
    }

    fn is_reversible(&self, event: &Event) -> bool {
        (!event.is(Flags::FIXED) || self.has(Fault::DeletesFixed))
            && (event.is(Flags::MAXIMAL) || self.has(Fault::DeletesUnmaximal))
    }

    /// Makes the next child of a group of reversals; false if it is not to be run.
    pub(super) fn enter_reversal(&mut self, run: &mut Run, reversal: Box<Reversal>) -> bool {
        run.graph.truncate(reversal.end);
        let (thread, op, overtaken) = (reversal.thread, reversal.op, reversal.overtaken);
        let (spurious, start) = (reversal.spurious, reversal.overtaken.0);
        let mut kept = past_of(&run.graph, thread);
        for (read, moved) in &reversal.moved {
            if *moved {
                add_past(&run.graph, &mut kept, run.graph.event(*read));
            }
        }
        let keeps = |at: &Position| is_in(&kept, run.graph.event(*at));
        let allowed = reversal.must_keep.iter().all(keeps);
        self.push_rest(run, reversal);
        if !allowed {
            self.estimate.finish(self.weight);
            return false;
        }
        let mut child = self.spare_graph(run);
        self.restriction.copy(&run.graph, &mut child, overtaken, |_, event| is_in(&kept, event));
        let b = run.graph.event(overtaken);
        let (overtaken, footprint) =
            (b.id(), b.footprint().expect("an overtaken event uses an object"));
        let location = op.location().expect("an overtaking operation uses an object");
        let after = child.last_rank(location);
        let source = child.at_rank(location, after);
        let flags = Flags::FIXED.with(Flags::MAXIMAL).with(Flags::when(spurious, Flags::SPURIOUS));
        self.descend(run, child);
        let at = run.push(Draft { thread, op, source, after, chosen: 0, flags });
        if self.last_is_asleep(run, at) {
            self.estimate.finish(self.weight);
            return false;
        }
        let event = run.graph.event(at).id();
        run.graph.push_fix(Fix { event, overtaken, footprint, start });
        true
    }

    /// Puts back what is left of a group; the child that is made now and the rest get half each.
    fn push_rest(&mut self, run: &Run, mut reversal: Box<Reversal>) {
        self.weight = reversal.weight;
        let more = if reversal.both && !reversal.spurious {
            reversal.spurious = true;
            true
        } else {
            reversal.spurious = reversal.spurious && !reversal.both;
            next_set(&run.graph, &mut reversal.moved, &reversal.must_keep)
        };
        if more {
            self.weight /= 2.0;
            reversal.weight = self.weight;
            self.items().push(Item::Reversal(reversal));
        }
    }
}

/// The group of reversals in which `op` of `thread` overtakes the event at `overtaken`, one for each set
/// of the later reads in `reads`, which stand in descending order; none if it cannot.
fn reversal(
    run: &Run,
    (thread, op): (ThreadId, Op),
    location: LocationId,
    overtaken: Position,
    reads: &[Position],
    must_keep: &[Position],
) -> Option<Reversal> {
    let graph = &run.graph;
    let event = graph.event(overtaken);
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
    // V2, V3: a read conflicts with writes only, and then nothing is kept from after the write.
    let conflicts = |kind: Kind| kind.writes() || event.kind.writes();
    let (first, second) = (conflicts(normal), may_fail && conflicts(kind(Flags::SPURIOUS)));
    if !first && !second {
        return None;
    }
    let concurrent = reads.iter().rev().filter(|at| !graph.causes(event, graph.event(**at)));
    let mut moved: Vec<(Position, bool)> = match normal.writes() {
        true => concurrent.map(|at| (*at, false)).collect(),
        false => Vec::new(),
    };
    force(graph, &mut moved, must_keep);
    if moved.is_empty() && !must_keep.is_empty() {
        return None;
    }
    let (both, spurious, must_keep) = (first && second, !first, must_keep.to_vec());
    let (end, weight) = (graph.end(), 0.0);
    Some(Reversal { end, thread, op, both, spurious, overtaken, moved, must_keep, weight })
}

/// Puts into the set what must be kept, and the reads among its causes.
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

/// Makes it the next set of reads that is closed under causes and contains what must be kept; false if
/// it was the last one. The sets come in the order of binary numbers, the earliest read being the most
/// significant digit.
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

/// The first position at which an access of the location stands that is not in the part.
fn oldest_candidate(graph: &Graph, part: &Part, location: LocationId) -> Option<Position> {
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

/// What comes causally before the next event of a thread.
fn past_of(graph: &Graph, thread: ThreadId) -> Part {
    let mut part = vec![0; graph.clocks().width()];
    let last = graph.last_of(thread);
    if last.is_some() {
        add_past(graph, &mut part, graph.event(last));
    } else if let Some(spawn) = graph.spawn_of(thread) {
        add_past(graph, &mut part, graph.event(spawn));
    }
    part
}

/// Adds an event and what comes causally before it.
fn add_past(graph: &Graph, part: &mut Part, event: &Event) {
    for (mine, other) in part.iter_mut().zip(graph.clocks().get(event.causal)) {
        *mine = (*mine).max(*other);
    }
    let own = &mut part[event.thread.index()];
    *own = (*own).max(event.index + 1);
}

#[inline]
fn is_in(part: &Part, event: &Event) -> bool {
    part[event.thread.index()] > event.index
}
