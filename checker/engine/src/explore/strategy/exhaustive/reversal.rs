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
use raddle_shims::kernel::{LocationId, Op, ThreadId, Value};
use std::collections::BTreeSet;

/// A causally closed part of a graph: for each thread, how many events.
type Part = Vec<u32>;

impl Exhaustive {
    /// Queues every reversal by `op`, which `thread` is about to perform or left waiting with.
    pub(super) fn push_reversals(&mut self, run: &mut Run, thread: ThreadId, op: Op) -> u32 {
        let Some(location) = op.location() else { return 0 };
        run.graph.ensure_location(location);
        let graph = &run.graph;
        let past = past_of(graph, thread);
        let writes = !matches!(op, Op::Load { .. });
        let mut reads: Vec<Position> = Vec::new();
        let mut all_reads = past.clone();
        let mut must_keep: Vec<Position> = Vec::new();
        let mut found = Vec::new();
        let mut at = graph.end();
        while at.0 > 0 {
            at = Position(at.0 - 1);
            let event = graph.event(at);
            if is_in(&past, event) {
                continue;
            }
            let here = event.location() == Some(location);
            if self.is_reversible(event) {
                if here && (writes || event.kind.writes()) {
                    if reads.is_empty() || event.kind != Kind::Read {
                        if must_keep.is_empty() {
                            found.push((at, None));
                        }
                    } else {
                        let kept = parts(graph, at, &past, &reads, &must_keep);
                        found.extend(kept.into_iter().map(|part| (at, Some(part))));
                    }
                }
            } else if here && writes && event.kind == Kind::Read || is_in(&all_reads, event) {
                must_keep.push(at);
            } else {
                break;
            }
            if here && writes && event.kind == Kind::Read {
                reads.push(at);
                add_past(graph, &mut all_reads, event);
            }
        }
        let mut count = 0;
        for (overtaken, kept) in found {
            count += self.push_reversal(run, thread, op, location, overtaken, kept);
        }
        count
    }

    fn is_reversible(&self, event: &Event) -> bool {
        (!event.is(Flags::FIXED) || self.has(Fault::DeletesFixed))
            && (event.is(Flags::MAXIMAL) || self.has(Fault::DeletesUnmaximal))
    }

    fn push_reversal(
        &mut self,
        run: &mut Run,
        thread: ThreadId,
        op: Op,
        location: LocationId,
        overtaken: Position,
        kept: Option<Part>,
    ) -> u32 {
        let event = run.graph.event(overtaken);
        let before =
            if event.kind.writes() { event.rank - 1 } else { run.graph.rank(event.source) };
        let source = run.graph.at_rank(location, before);
        let read = run.graph.value(location, source);
        if op.until().is_some_and(|until| !until.accepts(read)) {
            return 0;
        }
        let effect = |flags| effect_of(thread, op, flags, read);
        let weak = matches!(op, Op::CompareExchange { weak: true, .. });
        let kind = effect(Flags::default());
        let both = weak && kind == Kind::Update && run.may_fail_spuriously(thread);
        // V3: reads that are kept from after the overtaken event come before e only if e writes.
        let nothing_more = kept.as_ref().is_none_or(|kept| *kept == past_of(&run.graph, thread));
        let conflicts =
            |kind: Kind| (kind.writes() || event.kind.writes()) && (kind.writes() || nothing_more);
        let ways = [(kind, false, true), (effect(Flags::SPURIOUS), true, both)];
        let end = run.graph.end();
        let mut count = 0;
        for (_, spurious, _) in ways.into_iter().filter(|way| way.2 && conflicts(way.0)) {
            let kept = kept.clone();
            let reversal = Reversal { end, thread, op, spurious, overtaken, kept, weight: 0.0 };
            self.items().push(Item::Reversal(Box::new(reversal)));
            count += 1;
        }
        count
    }

    /// Makes the child of a reversal; false if it is not to be run.
    pub(super) fn enter_reversal(&mut self, run: &mut Run, reversal: Reversal) -> bool {
        let Reversal { end, thread, op, spurious, overtaken, kept, weight } = reversal;
        run.graph.truncate(end);
        self.weight = weight;
        let mut child = self.spare_graph(run);
        let past = past_of(&run.graph, thread);
        let kept = kept.as_ref().unwrap_or(&past);
        self.restriction.copy(&run.graph, &mut child, overtaken, |_, event| is_in(kept, event));
        let b = run.graph.event(overtaken);
        let fix = (b.id(), b.footprint().expect("an overtaken event uses an object"));
        let location = op.location().expect("an overtaking operation uses an object");
        let source = child.at_rank(location, child.last_rank(location));
        let flags = Flags::FIXED.with(Flags::MAXIMAL).with(Flags::when(spurious, Flags::SPURIOUS));
        self.descend(run, child);
        let after = run.graph.last_rank(location);
        let at = run.push(Draft { thread, op, source, after, chosen: 0, flags });
        if self.last_is_asleep(run, at) {
            self.estimate.finish(weight);
            return false;
        }
        let event = run.graph.event(at).id();
        let (overtaken, footprint) = fix;
        run.graph.push_fix(Fix { event, overtaken, footprint, start: reversal.overtaken.0 });
        true
    }
}

/// The parts to keep when the read at `at` is overtaken: what comes before the operation, and any set of
/// later reads.
fn parts(
    graph: &Graph,
    at: Position,
    past: &Part,
    reads: &[Position],
    must_keep: &[Position],
) -> BTreeSet<Part> {
    let overtaken = graph.event(at);
    let mut parts = BTreeSet::from([past.clone()]);
    for &read in reads {
        let read = graph.event(read);
        if graph.causes(overtaken, read) {
            continue;
        }
        let mut larger = parts.clone();
        for mut part in parts {
            add_past(graph, &mut part, read);
            larger.insert(part);
        }
        parts = larger;
    }
    parts.retain(|part| must_keep.iter().all(|&event| is_in(part, graph.event(event))));
    parts
}

fn effect_of(thread: ThreadId, op: Op, flags: Flags, read: Value) -> Kind {
    Draft { thread, op, source: Position::NONE, after: 0, chosen: 0, flags }.effect(read).0
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
