//! What an execution covers, in terms of the source: who read whose value, which lock was taken under which other one,
//! which arms of selects were taken.

use super::steps;
use crate::explore::Repeated;
use crate::lock_order::nested_locks;
use raddle_engine::graph::{Kind, Position};
use raddle_shims::kernel::{EventId, GAVE_UP, Op, Selected};
use raddle_shims::model::Site;
use std::collections::{BTreeMap, BTreeSet};

/// What was covered by an execution, a line each.
pub(crate) fn covered(repeated: &Repeated) -> BTreeSet<String> {
    let (graph, record) = (&repeated.graph, &repeated.record);
    let events = record.steps.iter().filter(|recorded| steps::is_event(&recorded.op));
    let sites: BTreeMap<EventId, Site> = events
        .map(|recorded| (EventId { thread: recorded.thread, index: recorded.index }, recorded.site))
        .collect();
    let site_of = |at: Position| sites.get(&graph.event(at).id());
    let mut all = BTreeSet::new();
    for (i, event) in graph.events().iter().enumerate() {
        let Some(site) = site_of(Position(i as u32)) else { continue };
        match (event.kind, event.op) {
            (Kind::Read | Kind::Update, _) if event.source.is_some() => {
                all.extend(site_of(event.source).map(|from| format!("reads-from {from} > {site}")));
            }
            (Kind::Read | Kind::Update, _) => _ = all.insert(format!("reads-from start > {site}")),
            (Kind::Act, Op::Select { .. }) if event.read == GAVE_UP => {
                all.insert(format!("select none > {site}"));
            }
            (Kind::Act, Op::Select { .. }) => {
                let selected = Selected::from_value(event.read);
                all.extend(selected.map(|it| format!("select {} > {site}", it.arm)));
            }
            _ => {}
        }
    }
    let edges = nested_locks(graph);
    all.extend(edges.iter().filter_map(|[held, taken]| {
        Some(format!("lock-order {} > {}", sites.get(held)?, sites.get(taken)?))
    }));
    all
}
