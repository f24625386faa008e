//! `pos`: every pending operation has a random priority, redrawn when something that it races with goes first.
//!
//! Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018. Each race between two operations is
//! decided by independent numbers, so that an execution that needs many rare orders is not as improbable as under a
//! random walk, where the decisions between unrelated operations count as well.
//!
//! What races is what the engine orders: two accesses of an atomic, not both reads, and two actions on an object
//! whose uses conflict. An action that has to wait is taken to race with all on its object. Deviation: an
//! operation gets its priority when it is first compared, not when it appears, which is the same unless it
//! would have been redrawn in between, and then too.
//!
//! Fair: with probability 1 every priority is the highest in the end, as those of others are redrawn.

use super::sampling::{Dice, Learned, Sampling, Scene, Scheduler, locations_of};
use crate::explore::run::Run;
use crate::graph::{Kind, Position};
use crate::objects::conflict;
use raddle_shims::kernel::{Op, ThreadId};

/// Schedules by priorities of operations.
#[derive(Clone, Debug, Default)]
pub struct Pos {
    /// By thread that of its pending operation; 0 for none yet.
    priorities: Vec<u64>,
}

/// Makes one.
pub(super) fn scheduler(_: &Sampling) -> Box<dyn Scheduler> {
    Box::new(Pos::default())
}

impl Pos {
    /// Takes their priorities from a thread that has acted and from those that race with what it did.
    fn redraw(&mut self, performed: ThreadId, races: impl Fn(ThreadId) -> bool) {
        for (number, priority) in self.priorities.iter_mut().enumerate() {
            let thread = ThreadId(number as u32);
            if *priority != 0 && (thread == performed || races(thread)) {
                *priority = 0;
            }
        }
    }
}

impl Scheduler for Pos {
    fn begin(&mut self, _: &Learned, _: &mut Dice) {
        self.priorities.clear();
    }

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        let threads = scene.run.slots.len();
        if self.priorities.len() < threads {
            self.priorities.resize(threads, 0);
        }
        let mut highest = (0, enabled[0]);
        for &thread in enabled {
            let priority = &mut self.priorities[thread.index()];
            if *priority == 0 {
                *priority = scene.dice.number() | 1;
            }
            highest = highest.max((*priority, thread));
        }
        highest.1
    }

    fn on_event(&mut self, scene: Scene<'_>, at: Position) {
        let run = scene.run;
        self.redraw(run.graph.event(at).thread, |thread| races(run, thread, at));
    }

    fn on_access(&mut self, scene: Scene<'_>, thread: ThreadId, op: &Op, kind: Kind) {
        let run = scene.run;
        self.redraw(thread, |other| races_with_access(run, other, op, kind));
    }

    fn on_yield(&mut self, thread: ThreadId, _: &mut Dice) {
        if let Some(priority) = self.priorities.get_mut(thread.index()) {
            *priority = 0;
        }
    }

    fn name(&self) -> String {
        "pos".to_string()
    }
}

/// Whether the order of the event at `at`, which is no access, and the operation at which a thread stands matters.
fn races(run: &Run, thread: ThreadId, at: Position) -> bool {
    let Some(op @ (Op::Act { .. } | Op::Select { .. })) = run.stands_at(thread) else {
        return false;
    };
    let near = locations_of(&run.graph, op).any(|location| run.graph.uses_any(at, &[location]));
    let mut uses = Vec::new();
    let now = (Position::NONE, None);
    near && (!run.graph.would_use(thread, op, now, &mut uses)
        || conflict(&uses, run.graph.uses(at)))
}

/// Whether the order of this access and the operation at which a thread stands matters.
fn races_with_access(run: &Run, thread: ThreadId, op: &Op, kind: Kind) -> bool {
    match run.stands_at(thread) {
        Some(Op::Load { location, .. }) => kind.writes() && op.location() == Some(*location),
        Some(Op::Act { .. } | Op::Select { .. }) | None => false,
        Some(other) => other.location().is_some() && other.location() == op.location(),
    }
}
