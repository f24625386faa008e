//! Accesses that [pass](crate::graph::Graph::pass) in samples: from when on, and who is told of them.
//!
//! Under `sc` they do from the beginning. Under a weak memory model something SeqCst asks for all accesses as long as it is checked that a
//! choice which is not the newest violates no order of SeqCst; a sample that has met any lets them be events so long, and pass then.

use super::{Sampler, Scene, Scheduler};
use crate::explore::run::Run;
use crate::graph::{Draft, Kind, Passed};
use raddle_shims::kernel::EventId;

/// How many operations an execution must have for accesses to pass in the next one, if they may take what is not the newest: what
/// is to be kept for that costs a short execution as much as it saves.
pub(super) const PASSES_FROM: usize = 64;

impl Sampler {
    /// Lets accesses pass from here on, if nothing needs them all.
    #[cold]
    pub(super) fn pass_from_here(&mut self, run: &mut Run) {
        self.passes_at = usize::MAX;
        self.begin_to_forget();
        if run.needs_all() {
            self.passes = false;
            return;
        }
        run.graph.begin_to_pass(self.staleness.steps(), self.pass_fault);
        self.classes.mark(&mut run.graph, &run.threads);
        let (classes, threads) = (&mut self.classes, &run.threads);
        run.graph.hand_over(&mut self.forgetting, |graph, at| {
            classes.note_event(graph, threads, at);
        });
        run.on_forgotten();
    }

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
        if run.graph.expects_seq_cst() {
            let op = &run.slots[passed.id.thread.index()].op;
            run.graph.note_seq_cst_passed(op, passed.kind);
        }
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
