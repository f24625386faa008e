//! Accesses that pass, in the course of an execution: see [`Graph::pass`](crate::graph::Graph::pass).

use super::explorer::Explorer;
use super::run::{Run, State};
use super::strategy::{Next, Strategy};
use crate::graph::{Kind, Passed};
use raddle_shims::kernel::{Answer, Failure, LocationId, Op, Patience, Reply};

/// What becomes of an operation while accesses pass.
enum Way {
    /// It passes, at that location.
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
    #[inline(always)]
    pub(super) fn perform_passing(&mut self, op: &Op) -> Option<Answer> {
        let run = &mut self.run;
        let thread = run.current;
        let location = match Way::of(op) {
            Way::Passes(location) => location,
            Way::Event => return None,
            Way::Complete => {
                run.begins_again = true;
                return Some(run.stop(thread, op));
            }
        };
        let is_at_limit = run.graph.count_of(thread) >= run.limits.events_per_thread;
        if !run.live || is_at_limit || run.graph.total() >= run.next_look {
            return None;
        }
        let location = run.names.live(&mut run.graph, location);
        let slot = &mut run.slots[thread.index()];
        slot.op = op.at(location);
        slot.state = State::Stopped;
        let next = self.strategy.select_at_access(&mut self.run);
        if next == Next::Perform(thread)
            && let Some(passed) = self.strategy.pass(&mut self.run, thread)
        {
            let reply = self.run.complete_passed(&passed);
            // A race is all that can end an execution here.
            let goes_on = self.run.failure.is_none();
            return Some(if goes_on { Answer::Reply(reply) } else { Answer::Suspend });
        }
        self.next = Some(next);
        Some(Answer::Suspend)
    }
}

impl Run {
    /// Completes an access that has passed: race check and reply.
    #[inline(always)]
    pub(super) fn complete_passed(&mut self, passed: &Passed) -> Reply {
        let slot = &mut self.slots[passed.id.thread.index()];
        slot.state = State::Running;
        slot.silent = 0;
        let read = passed.read;
        let reply = match (passed.kind, &slot.op) {
            (Kind::Read, Op::CompareExchange { .. }) => Reply::Refused(read),
            (Kind::Update, Op::CompareExchange { .. }) => Reply::Exchanged(read),
            (Kind::Read | Kind::Update, _) => Reply::Value(read),
            _ => Reply::Done,
        };
        if self.races.any()
            && let Some(location) = slot.op.location()
        {
            let object = self.names.object(location);
            if let Err((first, second)) = self.races.passed(&self.graph, passed, object) {
                self.failure = Some(Failure::DataRace { first, second });
            }
        }
        if self.failure.is_some() {
            let location = slot.op.location();
            self.unheard_access = location.map(|location| (location, passed.read));
        }
        reply
    }
}
