//! One execution again, from its schedule.

use super::{Next, Strategy, place_canonically, undiscovered};
use crate::explore::divergence::Divergence;
use crate::explore::run::{Run, State};
use crate::explore::schedule::{Decision, Schedule};
use crate::graph::{Draft, Flags, Position};
use raddle_shims::kernel::{EventId, Op, ThreadId};

/// Follows a schedule; after its end nobody goes on.
#[derive(Clone, Debug)]
pub struct Replay {
    schedule: Schedule,
    started: bool,
}

impl Replay {
    /// The execution of that schedule.
    pub fn new(schedule: Schedule) -> Self {
        Replay { schedule, started: false }
    }
}

impl Strategy for Replay {
    fn prepare(&mut self, run: &mut Run) -> bool {
        run.graph.clear();
        run.threads = self.schedule.threads.clone();
        !std::mem::replace(&mut self.started, true)
    }

    fn select(&mut self, run: &mut Run) -> Next {
        match follow(&self.schedule, run) {
            // What has not been run yet may stand at something that keeps the execution from ending.
            Next::Nobody if run.divergence.is_none() => {
                undiscovered(run).map_or(Next::Nobody, Next::Discover)
            }
            next => next,
        }
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        place_as_told(&self.schedule, run, thread)
    }
}

/// Who goes next according to the schedule, of which the graph holds the beginning.
pub(super) fn follow(schedule: &Schedule, run: &mut Run) -> Next {
    let Some(step) = schedule.steps.get(run.graph.len()) else { return Next::Nobody };
    if step.decision == Decision::Advance {
        return undiscovered(run).map_or(Next::Nobody, Next::Discover);
    }
    match run.state(step.thread) {
        State::Fresh => Next::Discover(step.thread),
        State::Stopped => match run.pending(step.thread) {
            // A thread without events ends when it is first run.
            Some(Op::Join(other)) if run.state(other) == State::Fresh => Next::Discover(other),
            _ => Next::Perform(step.thread),
        },
        _ => {
            let event = EventId { thread: step.thread, index: run.graph.count_of(step.thread) };
            run.divergence = Some(Divergence {
                event,
                expected: format!("an operation of {} ({:?})", step.thread, step.decision),
                found: "the thread has ended or does not exist".to_string(),
            });
            Next::Nobody
        }
    }
}

/// Adds the next event as the schedule says. What cannot be done as told (the program has changed, or
/// it is not deterministic) is noted as a divergence and done canonically.
pub(super) fn place_as_told(schedule: &Schedule, run: &mut Run, thread: ThreadId) -> Position {
    let at = run.graph.len();
    let step = schedule.steps[at];
    let op = run.pending(thread).expect("a thread that is placed stands at an operation");
    let Some(mut draft) = decided(run, thread, op, step.decision) else {
        let event = EventId { thread, index: run.graph.count_of(thread) };
        let (expected, found) = (format!("{:?}", step.decision), format!("{op:?}"));
        run.divergence = Some(Divergence { event, expected, found });
        if run.is_enabled(thread) {
            return place_canonically(run, thread);
        }
        let draft = run.draft(thread);
        return run.push(&draft);
    };
    draft.flags = draft.flags.with(step.flags);
    let position = run.push(&draft);
    let id = run.graph.event(position).id();
    if let Some(fix) = schedule.fixes.iter().find(|fix| fix.event == id) {
        run.graph.push_fix(fix.clone());
    }
    if run.graph.len() == schedule.steps.len() {
        schedule.holds.iter().for_each(|hold| run.graph.push_hold(*hold));
    }
    position
}

fn decided(run: &mut Run, thread: ThreadId, op: Op, decision: Decision) -> Option<Draft> {
    let draft = run.draft(thread);
    let find = |id: Option<EventId>, run: &Run| match id {
        None => Some(Position::INITIAL),
        Some(id) => {
            let at = run.graph.position(id)?;
            let event = run.graph.event(at);
            (event.kind.writes() && event.location() == op.location()).then_some(at)
        }
    };
    match (op, decision) {
        (
            Op::Load { .. } | Op::Rmw { .. } | Op::CompareExchange { .. },
            Decision::Source(source),
        ) => Some(Draft { source: find(source, run)?, ..draft }),
        (Op::CompareExchange { weak: true, .. }, Decision::Spurious(source)) => {
            let flags = draft.flags.with(Flags::SPURIOUS);
            Some(Draft { source: find(source, run)?, flags, ..draft })
        }
        (Op::Store { .. }, Decision::After(before)) => {
            let before = find(before, run)?;
            Some(Draft { after: run.graph.rank(before), ..draft })
        }
        (Op::Choose { alternatives }, Decision::Alternative(chosen)) if chosen < alternatives => {
            Some(Draft { chosen, ..draft })
        }
        (Op::Act { .. } | Op::Select { .. }, Decision::Alternative(chosen)) => {
            let ways = run.graph.ways_now(thread, &op);
            (chosen < ways).then_some(Draft { chosen, ..draft })
        }
        (Op::Join(other), Decision::None) => (run.state(other) == State::Exited).then_some(draft),
        (Op::Fence(_) | Op::Spawn, Decision::None) => Some(draft),
        (Op::Sleep(_), Decision::None) => run.is_enabled(thread).then_some(draft),
        _ => None,
    }
}
