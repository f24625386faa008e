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

use super::relation::Relation;
use crate::graph::{Event, Flags, Graph, Kind, Position};
use raddle_shims::kernel::{LocationId, Op};

/// Whether adding this event, the last one, may have closed a cycle of psc.
pub fn may_close_a_cycle(graph: &Graph, at: Position) -> bool {
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
#[derive(Debug, Default)]
pub struct Psc {
    hb: Relation,
    po: Relation,
    po_elsewhere: Relation,
    eco: Relation,
    scb: Relation,
    left: Relation,
    scratch: Relation,
    psc: Relation,
    ignores_fences: bool,
}

impl Psc {
    /// Plants a fault: psc_F is left out, to show that the tests notice.
    #[doc(hidden)]
    pub fn ignore_fence_order(&mut self) {
        self.ignores_fences = true;
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
        // scb already has co and fr and hb on one location; add po and po≠loc;hb;po≠loc.
        self.scratch.compose(&self.hb, &self.po_elsewhere);
        self.pass_starts(graph);
        self.left.compose(&self.po_elsewhere, &self.scratch);
        self.scb.unite(&self.left);
        self.pass_ends(graph);
        self.scb.unite(&self.po);
        let sc = graph.seq_cst();
        self.psc.reset(sc.len());
        self.left.compose(&self.hb, &self.eco);
        self.scratch.compose(&self.left, &self.hb);
        for (i, &a) in sc.iter().enumerate() {
            let row = self.successors_of(graph, a);
            for (j, &b) in sc.iter().enumerate() {
                if self.reaches(graph, &row, b) || self.fence_order(graph, a, b) {
                    self.psc.insert(i, j);
                }
            }
        }
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

    /// Adds to `scratch`, which holds hb;po≠loc, the pairs whose po≠loc is from the start of a thread.
    fn pass_starts(&mut self, graph: &Graph) {
        for (i, event) in graph.events().iter().enumerate() {
            let Some(spawn) = graph.spawn_of(event.thread) else { continue };
            let spawn = spawn.index();
            self.scratch.insert(spawn, i);
            for before in 0..spawn {
                if self.hb.contains(before, spawn) {
                    self.scratch.insert(before, i);
                }
            }
        }
    }

    /// Adds to scb the pairs whose first po≠loc is to the end of a thread; `scratch` is complete.
    fn pass_ends(&mut self, graph: &Graph) {
        for (j, join) in graph.events().iter().enumerate() {
            let Op::Join(thread) = join.op else { continue };
            let mut row = self.po.row(j).to_vec();
            for (mine, other) in row.iter_mut().zip(self.scratch.row(j)) {
                *mine |= other;
            }
            for (i, event) in graph.events().iter().enumerate() {
                if event.thread == thread {
                    self.scb.unite_row(i, &row);
                }
            }
        }
    }

    /// Adds co and fr to scb, and makes eco.
    fn fill_communication(&mut self, graph: &Graph, n: usize) {
        self.eco.reset(n);
        for l in 0..graph.locations() {
            let order = graph.coherence(LocationId(l as u32));
            for (k, &write) in order.iter().enumerate() {
                for &later in &order[k + 1..] {
                    self.scb.insert(write.index(), later.index());
                    self.eco.insert(write.index(), later.index());
                }
            }
        }
        for (i, event) in graph.events().iter().enumerate() {
            let Some(location) = event.location().filter(|_| event.kind.reads()) else { continue };
            if event.source.is_some() {
                self.eco.insert(event.source.index(), i);
            }
            for &later in &graph.coherence(location)[graph.rank(event.source) as usize..] {
                if later.index() != i {
                    self.scb.insert(i, later.index());
                    self.eco.insert(i, later.index());
                }
            }
        }
        self.eco.close();
    }

    /// `([SC] ∪ [Fsc];hb?) ; scb`, from one event.
    fn successors_of(&self, graph: &Graph, from: Position) -> Vec<u64> {
        let mut row = self.scb.row(from.index()).to_vec();
        if graph.event(from).kind == Kind::Fence {
            for after in self.hb.successors(from.index()) {
                for (mine, other) in row.iter_mut().zip(self.scb.row(after)) {
                    *mine |= other;
                }
            }
        }
        row
    }

    /// Whether `row ; ([SC] ∪ hb?;[Fsc])` contains the event.
    fn reaches(&self, graph: &Graph, row: &[u64], to: Position) -> bool {
        let in_row = |i: usize| row[i / 64] >> (i % 64) & 1 == 1;
        in_row(to.index())
            || graph.event(to).kind == Kind::Fence
                && (0..to.index()).any(|i| in_row(i) && self.hb.contains(i, to.index()))
    }

    /// psc_F; `scratch` holds `hb ; eco ; hb`.
    fn fence_order(&self, graph: &Graph, from: Position, to: Position) -> bool {
        !self.ignores_fences
            && graph.event(from).kind == Kind::Fence
            && graph.event(to).kind == Kind::Fence
            && (self.hb.contains(from.index(), to.index())
                || self.scratch.contains(from.index(), to.index()))
    }
}

fn on_one_location(first: &Event, second: &Event) -> bool {
    first.location().is_some() && first.location() == second.location()
}
