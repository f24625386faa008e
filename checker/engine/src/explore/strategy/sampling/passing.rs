//! Accesses that [pass](crate::graph::Graph::pass) in samples, and who is told of them.

use super::{Sampler, Scene, Scheduler};
use crate::explore::run::Run;
use crate::graph::{Draft, Kind, Passed};
use raddle_shims::kernel::EventId;

/// How many operations an execution must have for accesses to pass in the next one, if they may take what is not the newest: what
/// is to be kept for that costs a short execution as much as it saves.
pub(super) const PASSES_FROM: usize = 64;

impl Sampler {
    /// Performs an access that need not take the newest write.
    #[inline(never)]
    pub(super) fn pass_back(&mut self, run: &mut Run, draft: &Draft) -> Passed {
        let passed = run.graph.pass_back(draft);
        self.note_passed(run, &passed);
        passed
    }

    /// Notes an access that has passed.
    #[inline(always)]
    pub(super) fn note_passed(&mut self, run: &mut Run, passed: &Passed) {
        if passed.kind.writes() && run.graph.keeps_past() {
            // It counts when its place in coherence is known.
            self.classes.note_settled(&mut run.graph);
        } else {
            self.classes.note_passed(passed);
        }
        if self.watches {
            self.tell(run, passed.id, passed.kind);
        }
    }

    /// Tells of an access that has passed.
    #[inline(never)]
    pub(super) fn tell(&mut self, run: &Run, access: EventId, kind: Kind) {
        let op = &run.slots[access.thread.index()].op;
        let scene = Scene { run, learned: &self.learned, dice: &mut self.dice, round: self.round };
        if self.lesson {
            self.teacher.on_access(scene, access.thread, op, kind);
            self.teaches.learn(access, kind);
        } else {
            self.scheduler.on_access(scene, access.thread, op, kind);
        }
    }
}
