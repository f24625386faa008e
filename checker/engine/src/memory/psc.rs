//! The psc axiom of RC11: what sequentially consistent events must not do together.
//!
//! psc = psc_base ∪ psc_F, with (PLDI 2017, section 3)
//!
//! ```text
//! scb      = po ∪ po≠loc;hb;po≠loc ∪ hb|loc ∪ co ∪ fr
//! psc_base = ([SC] ∪ [Fsc];hb?) ; scb ; ([SC] ∪ hb?;[Fsc])
//! psc_F    = [Fsc] ; (hb ∪ hb;eco;hb) ; [Fsc]        eco = (rf ∪ co ∪ fr)+
//! ```
//!
//! A thread has a start and an end, events without a location that spawn and join synchronise with;
//! they are not in the graph, but po≠loc;hb;po≠loc passes through them. (C++20 says the same: what
//! synchronises a thread's start is part of strongly-happens-before, with which the order of
//! SeqCst operations agrees.)
//!
//! It is checked only when it could have been violated by the newest event. That event has nothing
//! after it in happens-before, so a new cycle leaves it by an edge of co or fr; both start at an event
//! that is either sequentially consistent itself or comes after such a fence. The other two kinds of
//! event, and any choice that is coherence-latest, need no check.

use super::closing::Closing;
use super::relation::{Relation, has, ones, unite};
use crate::graph::{Event, Flags, Graph, Kind, Position};
use raddle_shims::kernel::{LocationId, Op};

/// Whether adding this event, the last one, may have closed a cycle of psc.
pub(super) fn may_close_a_cycle(graph: &Graph, at: Position) -> bool {
    if graph.seq_cst().len() < 2 {
        return false;
    }
    let event = graph.event(at);
    let Some(location) = event.location() else { return false };
    if graph.seen_rank(at) == graph.last_rank(location) {
        return false;
    }
    event.is(Flags::SEQ_CST)
        || graph.seq_cst().iter().any(|&sc| {
            let sc = graph.event(sc);
            sc.kind == Kind::Fence && graph.happens_before(sc, event)
        })
}

/// Working memory of the check, kept to be used again.
///
/// Compositions are applied to the rows of sequentially consistent events alone, as the image of a set of events
/// under one relation after the other. As matrices they would cost the number of all events once more.
#[derive(Debug, Default)]
pub struct Psc {
    hb: Relation,
    po: Relation,
    po_elsewhere: Relation,
    rf: Relation,
    /// co ∪ fr
    order: Relation,
    /// What of scb is not composed: po ∪ hb|loc ∪ co ∪ fr.
    scb: Relation,
    psc: Relation,
    ignores_fences: bool,
    closing: Closing,
}

impl Psc {
    /// Plants a fault: psc_F is left out, to show that the tests notice.
    #[doc(hidden)]
    pub fn ignore_fence_order(&mut self) {
        self.ignores_fences = true;
    }

    /// Whether the event at `at` closes a cycle of psc, which has none without it and what stands behind it. Of
    /// that the answer may or may not take notice.
    pub fn is_closed_by(&mut self, graph: &Graph, at: Position) -> bool {
        if !may_close_a_cycle(graph, at) {
            return false;
        }
        let known = if self.ignores_fences { None } else { self.closing.closes(graph, at) };
        known.unwrap_or_else(|| !self.is_acyclic(graph))
    }

    /// Whether psc of the graph is acyclic.
    pub fn is_acyclic(&mut self, graph: &Graph) -> bool {
        self.compute(graph);
        self.psc.is_acyclic()
    }

    /// A shortest cycle of psc, as positions in the graph.
    pub fn cycle(&mut self, graph: &Graph) -> Option<Vec<Position>> {
        self.compute(graph);
        let cycle = self.psc.shortest_cycle()?;
        Some(cycle.into_iter().map(|i| graph.seq_cst()[i]).collect())
    }

    /// Fills `psc`, a relation on the sequentially consistent events in order.
    fn compute(&mut self, graph: &Graph) {
        let n = graph.len();
        self.fill_orders(graph, n);
        self.fill_communication(graph, n);
        let sc = graph.seq_cst();
        self.psc.reset(sc.len());
        for (i, &a) in sc.iter().enumerate() {
            let is_fence = graph.event(a).kind == Kind::Fence;
            let mut from = self.scb.empty_row();
            from[a.index() / 64] |= 1 << (a.index() % 64);
            if is_fence {
                unite(&mut from, self.hb.row(a.index()));
            }
            let row = self.scb_image(graph, &from);
            let fences = if is_fence { self.fence_order(a) } else { self.scb.empty_row() };
            for (j, &b) in sc.iter().enumerate() {
                let to_fence = graph.event(b).kind == Kind::Fence;
                if self.reaches(graph, &row, b) || to_fence && has(&fences, b.index()) {
                    self.psc.insert(i, j);
                }
            }
        }
    }

    /// The image of a set of events under scb.
    fn scb_image(&self, graph: &Graph, from: &[u64]) -> Vec<u64> {
        let mut row = self.scb.image(from);
        unite(&mut row, &self.after_elsewhere(graph, &self.po_elsewhere.image(from)));
        // The first po≠loc may be to the end of a thread, which synchronises with a join.
        for (j, join) in graph.events().iter().enumerate() {
            let Op::Join(thread) = join.op else { continue };
            let is_of_thread = |i: usize| graph.events()[i].thread == thread;
            if ones(from).any(is_of_thread) {
                let mut only = self.scb.empty_row();
                only[j / 64] |= 1 << (j % 64);
                unite(&mut row, self.po.row(j));
                unite(&mut row, &self.after_elsewhere(graph, &only));
            }
        }
        row
    }

    /// The image of a set of events under hb;po≠loc, where po≠loc may be from the start of a thread.
    fn after_elsewhere(&self, graph: &Graph, from: &[u64]) -> Vec<u64> {
        let after = self.hb.image(from);
        let mut row = self.po_elsewhere.image(&after);
        for (i, event) in graph.events().iter().enumerate() {
            let Some(spawn) = graph.spawn_of(event.thread) else { continue };
            if has(from, spawn.index()) || has(&after, spawn.index()) {
                row[i / 64] |= 1 << (i % 64);
            }
        }
        row
    }

    /// `hb ∪ hb;eco;hb`, from one fence; nothing if the fault is planted.
    ///
    /// The writes to one location are totally ordered, so eco = rf ∪ co ∪ fr ∪ (co ∪ fr);rf.
    fn fence_order(&self, from: Position) -> Vec<u64> {
        if self.ignores_fences {
            return self.hb.empty_row();
        }
        let after = self.hb.row(from.index());
        let later = self.order.image(after);
        let mut eco = self.rf.image(after);
        unite(&mut eco, &self.rf.image(&later));
        unite(&mut eco, &later);
        let mut row = self.hb.image(&eco);
        unite(&mut row, after);
        row
    }

    fn fill_orders(&mut self, graph: &Graph, n: usize) {
        for relation in [&mut self.hb, &mut self.po, &mut self.po_elsewhere, &mut self.scb] {
            relation.reset(n);
        }
        for (i, first) in graph.events().iter().enumerate() {
            for (j, second) in graph.events().iter().enumerate().skip(i + 1) {
                if !graph.happens_before(first, second) {
                    continue;
                }
                self.hb.insert(i, j);
                let same_location = on_one_location(first, second);
                if first.thread == second.thread {
                    self.po.insert(i, j);
                    if !same_location {
                        self.po_elsewhere.insert(i, j);
                    }
                }
                if same_location {
                    self.scb.insert(i, j);
                }
            }
        }
    }

    /// Fills co ∪ fr and rf, and completes what of scb is not composed.
    fn fill_communication(&mut self, graph: &Graph, n: usize) {
        self.rf.reset(n);
        self.order.reset(n);
        for l in 0..graph.locations() {
            let order = graph.coherence(LocationId(l as u32));
            for (k, &write) in order.iter().enumerate() {
                for &later in &order[k + 1..] {
                    self.order.insert(write.index(), later.index());
                }
            }
        }
        for (i, event) in graph.events().iter().enumerate() {
            let Some(location) = event.location().filter(|_| event.kind.reads()) else { continue };
            if event.source.is_some() {
                self.rf.insert(event.source.index(), i);
            }
            for &later in &graph.coherence(location)[graph.rank(event.source) as usize..] {
                if later.index() != i {
                    self.order.insert(i, later.index());
                }
            }
        }
        self.scb.unite(&self.order);
        self.scb.unite(&self.po);
    }

    /// Whether `row ; ([SC] ∪ hb?;[Fsc])` contains the event.
    fn reaches(&self, graph: &Graph, row: &[u64], to: Position) -> bool {
        has(row, to.index())
            || graph.event(to).kind == Kind::Fence
                && ones(row).any(|i| i < to.index() && self.hb.contains(i, to.index()))
    }
}

fn on_one_location(first: &Event, second: &Event) -> bool {
    first.location().is_some() && first.location() == second.location()
}
