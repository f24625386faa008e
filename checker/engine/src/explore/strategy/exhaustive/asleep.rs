//! Sleeping operations: those that another branch performs before a reversed event.
//!
//! Where several concurrent operations could overtake the same event, the one whose thread comes first
//! owns the executions in which it does. Below the branch of another one it must not be performed
//! before the overtaken event unless something there has come between: it is asleep.

use super::reversal::locations_of;
use super::{Exhaustive, Fault};
use crate::explore::options::Options;
use crate::explore::run::Run;
use crate::graph::{Fix, Flags, Graph, Position};
use crate::objects::{Mode, Use, conflict};
use raddle_shims::kernel::{Op, ThreadId};
use std::cmp::Ordering;

impl Exhaustive {
    /// Whether the operation of `thread`, which is enabled, is asleep.
    pub(super) fn is_asleep(&self, run: &mut Run, thread: ThreadId) -> bool {
        if self.has(Fault::NeverAsleep) {
            return false;
        }
        let Some(op) = run.stands_at(thread) else { return false };
        let overtakes = |fix: &Fix| {
            thread != fix.overtaken.thread
                && run.threads.compare(thread, fix.event.thread) == Ordering::Less
        };
        let Some(first) = run.graph.fixes().iter().position(overtakes) else { return false };
        let (one, several) = locations_of(&run.graph, thread, op);
        let locations = if several.is_empty() { one.as_slice() } else { &several };
        // What excludes all else on its object comes after whoever overtook something there, and so is awake.
        let excluded = one.filter(|_| run.graph.excludes_others(thread, op));
        let near = |fix: &Fix| {
            let looks = matches!(op, Op::Load { .. });
            let near = |used: &Use| {
                locations.contains(&used.location) && !(looks && used.mode == Mode::Read)
            };
            let elsewhere = |used: &Use| excluded != Some(used.location);
            fix.footprint.iter().any(near) && fix.footprint.iter().any(elsewhere) && overtakes(fix)
        };
        if !run.graph.fixes()[first..].iter().any(near) {
            return false;
        }
        let mut draft = run.draft(thread);
        if !Options::of(run, thread, &draft.op).first(run, &mut draft) {
            return false;
        }
        draft.flags = draft.flags.with(Flags::MAXIMAL);
        let end = run.graph.end();
        let at = run.graph.push(draft);
        let asleep = self.last_is_asleep(run, at);
        run.graph.truncate(end);
        asleep
    }

    /// Whether the last event was asleep when it was added.
    pub(super) fn last_is_asleep(&self, run: &Run, at: Position) -> bool {
        let event = run.graph.event(at);
        !self.has(Fault::NeverAsleep)
            && run.graph.fixes().iter().any(|fix| {
                run.threads.compare(event.thread, fix.event.thread) == Ordering::Less
                    && sleeps_under(&run.graph, at, fix)
            })
    }
}

fn sleeps_under(graph: &Graph, at: Position, fix: &Fix) -> bool {
    let event = graph.event(at);
    if event.thread == fix.overtaken.thread {
        return false;
    }
    if !conflict(graph.uses(at), &fix.footprint) {
        return false;
    }
    if let Some(overtaken) = graph.position(fix.overtaken)
        && graph.causes(graph.event(overtaken), event)
    {
        return false;
    }
    !(fix.start..at.0)
        .map(Position)
        .any(|y| conflict(graph.uses(y), &fix.footprint) && graph.causes(graph.event(y), event))
}
