//! Every axiom, checked from scratch on a whole graph: for validation and for reports.
//!
//! The explorer keeps its graphs consistent as it builds them and does not come here.

use super::model::{Axiom, Inconsistency, Model};
use super::psc::Psc;
use super::relation::Relation;
use crate::graph::{Graph, Kind, Position};
use raddle_shims::kernel::LocationId;

/// Checks all axioms of `model`.
pub fn check(model: Model, graph: &Graph) -> Result<(), Inconsistency> {
    let refuse = |axiom, cycle: Vec<usize>| {
        let id = |i| graph.event(Position(i as u32)).id();
        Err(Inconsistency { axiom, cycle: cycle.into_iter().map(id).collect() })
    };
    let orders = Orders::of(graph);
    if let Some(cycle) = orders.po_rf.shortest_cycle() {
        return refuse(Axiom::NoThinAir, cycle);
    }
    if let Some(cycle) = broken_update(graph) {
        return refuse(Axiom::Atomicity, cycle);
    }
    match model {
        Model::Sc => {
            let mut all = orders.po_rf;
            all.unite(&orders.communication);
            match all.shortest_cycle() {
                Some(cycle) => refuse(Axiom::Interleaving, cycle),
                None => Ok(()),
            }
        }
        Model::Rc20 => {
            if let Some(cycle) = coherence_cycle(&orders) {
                return refuse(Axiom::Coherence, cycle);
            }
            match Psc::default().cycle(graph) {
                Some(cycle) => {
                    refuse(Axiom::SeqCst, cycle.into_iter().map(Position::index).collect())
                }
                None => Ok(()),
            }
        }
    }
}

struct Orders {
    po_rf: Relation,
    hb: Relation,
    communication: Relation,
}

impl Orders {
    fn of(graph: &Graph) -> Orders {
        let n = graph.len();
        let mut orders = Orders {
            po_rf: Relation::new(n),
            hb: Relation::new(n),
            communication: Relation::new(n),
        };
        for (i, first) in graph.events().iter().enumerate() {
            for (j, second) in graph.events().iter().enumerate() {
                if i == j {
                    continue;
                }
                if first.thread == second.thread && first.index < second.index {
                    orders.po_rf.insert(i, j);
                }
                if graph.happens_before(first, second) {
                    orders.hb.insert(i, j);
                }
            }
            if first.source.is_some() {
                orders.po_rf.insert(first.source.index(), i);
            }
        }
        orders.add_communication(graph);
        orders
    }

    fn add_communication(&mut self, graph: &Graph) {
        for l in 0..graph.locations() {
            let order = graph.coherence(LocationId(l as u32));
            for pair in order.windows(2) {
                self.communication.insert(pair[0].index(), pair[1].index());
            }
        }
        for (i, event) in graph.events().iter().enumerate() {
            let Some(location) = event.location().filter(|_| event.kind.reads()) else { continue };
            if event.source.is_some() {
                self.communication.insert(event.source.index(), i);
            }
            let next = graph.coherence(location).get(graph.rank(event.source) as usize);
            if let Some(next) = next.filter(|next| next.index() != i) {
                self.communication.insert(i, next.index());
            }
        }
    }
}

/// An update that does not follow its source, with what stands between.
fn broken_update(graph: &Graph) -> Option<Vec<usize>> {
    graph.events().iter().enumerate().find_map(|(i, event)| {
        let location = event.location().filter(|_| event.kind == Kind::Update)?;
        let between = graph.rank(event.source) + 1;
        if event.rank == between {
            return None;
        }
        Some(vec![i, graph.at_rank(location, between).index()])
    })
}

/// A cycle of one hb edge (or path) and communication edges.
fn coherence_cycle(orders: &Orders) -> Option<Vec<usize>> {
    if let Some(cycle) = orders.communication.shortest_cycle() {
        return Some(cycle);
    }
    let n = orders.hb.size();
    let mut best: Option<Vec<usize>> = None;
    for from in 0..n {
        for to in orders.hb.successors(from) {
            let mut with_edge = orders.communication.clone();
            with_edge.insert(from, to);
            let cycle = with_edge.shortest_cycle();
            if cycle.as_ref().is_some_and(|c| best.as_ref().is_none_or(|b| c.len() < b.len())) {
                best = cycle;
            }
        }
    }
    best
}
