//! Accesses that pass, in the course of an execution: see [`Graph::pass`](crate::graph::Graph::pass).

use super::explorer::Explorer;
use super::run::{Run, Slot, State};
use super::strategy::{Next, Strategy};
use crate::graph::{Kind, Passed, may_be_seq_cst};
use crate::memory::Model;
use raddle_shims::kernel::{
    Answer, EventId, Failure, LocationId, Op, Patience, Reply, ThreadId, Value,
};

/// What becomes of an operation while accesses pass.
enum Way {
    /// It passes, at that location or object.
    Passes(LocationId),
    /// It is an event, or nothing.
    Event,
    /// It waits for a value or a time, or ends a turn of a loop: it asks for what accesses that pass do not leave behind.
    Complete,
}

impl Way {
    #[inline(always)]
    const fn of(op: &Op) -> Way {
        match *op {
            Op::Load { location, until: None, .. }
            | Op::Store { location, .. }
            | Op::Rmw { location, until: None, .. }
            | Op::CompareExchange { location, until: None, .. } => Way::Passes(location),
            Op::Load { .. } | Op::Rmw { .. } | Op::CompareExchange { .. } => Way::Complete,
            Op::Act { patience: Patience::Until(_), .. }
            | Op::Select { patience: Patience::Until(_), .. }
            | Op::Sleep(_)
            | Op::Turn { .. } => Way::Complete,
            _ => Way::Event,
        }
    }
}

impl<S: Strategy> Explorer<'_, S> {
    /// Performs an access that passes; none if it is no access, or there is something else to be looked at first.
    ///
    /// If another thread has its turn and stands at such an access, that is performed here as well, and the thread is told when it is resumed.
    // Without optimisation its variables would be on the stack of every operation.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn perform_passing(&mut self, op: &Op) -> Option<Answer> {
        let run = &mut self.run;
        let thread = run.current;
        let is_at_limit = run.graph.count_of(thread) >= run.limits.events_per_thread;
        if !run.live || is_at_limit || run.graph.total() >= run.next_look {
            return run.look_before(op);
        }
        if run.model != Model::Sc
            && may_be_seq_cst(op)
            && let Some(answer) = run.refuse_seq_cst(op)
        {
            return Some(answer);
        }
        let location = match Way::of(op) {
            Way::Passes(location) => run.names.live(&mut run.graph, location),
            Way::Event => return None,
            Way::Complete => return Some(run.asks_for_all(op)),
        };
        run.stand(thread, op, location);
        let next = self.strategy.select_at_access(&mut self.run);
        let Next::Perform(next) = next else {
            self.next = Some(next);
            return Some(Answer::Suspend);
        };
        let Some(passed) = self.strategy.pass(&mut self.run, next) else {
            self.next = Some(Next::Perform(next));
            return Some(Answer::Suspend);
        };
        self.run.complete_passed(&passed);
        // A race is all that can end an execution here.
        if self.run.failure.is_some() {
            return Some(Answer::Suspend);
        }
        if next == thread {
            return Some(Answer::Reply(passed.reply));
        }
        self.told = Some((next, passed.reply));
        Some(Answer::Suspend)
    }

    /// Performs the operation at which a thread stands, if it is an access that passes.
    pub(super) fn pass_live(&mut self, thread: ThreadId) -> Option<Reply> {
        if !self.run.graph.lets_pass() {
            return None;
        }
        let passed = self.strategy.pass(&mut self.run, thread)?;
        self.run.complete_passed(&passed);
        Some(passed.reply)
    }

    /// The next thread to run and what to tell it; none at the end of the execution.
    #[inline]
    pub(super) fn resume(&mut self) -> Option<(ThreadId, Reply)> {
        match self.told.take() {
            None => self.resume_next(),
            told => told,
        }
    }

    /// The thread that goes on, if its access has passed already, and what it is told.
    #[inline]
    pub(super) fn go_on(&mut self) -> Option<(ThreadId, Reply)> {
        let (thread, reply) = self.told.take()?;
        self.run.current = thread;
        Some((thread, reply))
    }
}

impl Run {
    /// An operation comes when there is something to be looked at before one is performed.
    #[cold]
    fn look_before(&mut self, op: &Op) -> Option<Answer> {
        if self.model != Model::Sc
            && may_be_seq_cst(op)
            && let Some(answer) = self.refuse_seq_cst(op)
        {
            return Some(answer);
        }
        matches!(Way::of(op), Way::Complete).then(|| self.asks_for_all(op))
    }

    /// Something SeqCst comes. As long as its order is [checked](super::strategy::sampling), it asks for all accesses; what is interleaved
    /// always does.
    #[inline(never)]
    fn refuse_seq_cst(&mut self, op: &Op) -> Option<Answer> {
        let passes = self.graph.total() >= self.seq_cst_passes_from;
        if passes && !op.is_interleaved() {
            self.graph.expect_seq_cst();
            return None;
        }
        self.seq_cst_came = !op.is_interleaved();
        Some(self.asks_for_all(op))
    }

    /// Whether a thread stands at an operation that asks for all accesses, or one has been performed that is interleaved or lets time
    /// matter.
    pub(super) fn needs_all(&self) -> bool {
        let stands = |slot: &Slot| {
            slot.state == State::Stopped
                && (matches!(Way::of(&slot.op), Way::Complete) || slot.op.is_interleaved())
        };
        self.slots.iter().any(stands)
            || !self.graph.advances().is_empty()
            || self.graph.events().iter().any(|event| event.op.is_interleaved())
    }

    /// An operation comes that asks for all accesses.
    #[cold]
    fn asks_for_all(&mut self, op: &Op) -> Answer {
        self.begins_again = true;
        self.stop(self.current, op)
    }

    /// A thread stands at an access that passes.
    #[inline(always)]
    fn stand(&mut self, thread: ThreadId, op: &Op, location: LocationId) {
        let slot = &mut self.slots[thread.index()];
        // It is copied as it is: part by part takes longer.
        slot.op = *op;
        if let Op::Load { location: at, .. }
        | Op::Store { location: at, .. }
        | Op::Rmw { location: at, .. }
        | Op::CompareExchange { location: at, .. } = &mut slot.op
        {
            *at = location;
        }
        slot.state = State::Stopped;
    }

    /// Completes an access that has passed: race check.
    #[inline(always)]
    pub(super) fn complete_passed(&mut self, passed: &Passed) {
        let Passed { id, kind, before, .. } = *passed;
        let slot = &mut self.slots[id.thread.index()];
        slot.state = State::Running;
        slot.silent = 0;
        if self.races.any() {
            self.check_passed(id, kind, before);
        }
    }

    #[inline(never)]
    fn check_passed(&mut self, id: EventId, kind: Kind, before: Value) {
        let Some(location) = self.slots[id.thread.index()].op.location() else { return };
        let object = self.names.object(location);
        if let Err((first, second)) = self.races.passed(&self.graph, (id, kind), object) {
            self.failure = Some(Failure::DataRace { first, second });
            self.unheard_access = Some((location, before));
        }
    }
}
