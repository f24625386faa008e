//! Live leaks: threads that go on for ever although the main thread, and everybody who could tell them to stop, has ended.
//!
//! That a loop never ends cannot be seen, only that it has not ended yet; so this is judged where threads were stopped at the
//! limit of events, and with care. The last events of the execution must all be of threads that were stopped, of threads that were started
//! among these events, or of the clock, at least half of the limit by one of them: the main thread had ended long before, and whoever did anything but loop had done it. So a
//! thread that was to be stopped by another one, which was kept from running, is none; nor is one that takes long and comes to
//! the limit soon after the others. And what these events read is the newest there was, as a loop that ends
//! when it sees a change might otherwise be kept from seeing it.
//!
//! A thread that did operations in a row that are no events looks at nothing that others could change.

use super::blocked::VerdictFault;
use super::run::{Run, State};
use crate::graph::{Event, Kind, Position};
use raddle_shims::kernel::{GAVE_UP, Op, ThreadId};

impl Run {
    /// Whether threads that were stopped at the limit would have gone on for ever, as far as can be seen.
    pub(super) fn lives_on(&self, fault: Option<VerdictFault>) -> bool {
        let counts_all = fault == Some(VerdictFault::CountsAll);
        let tail = if counts_all { 0 } else { self.tail() };
        let tail = &self.graph.events()[tail..];
        let long = self.limits.events_per_thread.div_ceil(2) as usize;
        let lives = |(thread, silent): (ThreadId, bool)| {
            silent || tail.iter().filter(|event| event.thread == thread).count() >= long
        };
        self.state(ThreadId::MAIN) == State::Exited && self.cut().any(lives)
    }

    /// Where the last events begin that are all of threads that were stopped, of threads that were started there, or of
    /// the clock.
    fn tail(&self) -> usize {
        let events = self.graph.events();
        // Who turns in a loop that only reads waits there, and does nothing for others.
        let turns = |event: &Event| match self.pending(event.thread) {
            Some(Op::Turn { events, .. }) => {
                let in_turn = event.index + events >= self.graph.count_of(event.thread);
                in_turn || event.kind == Kind::Read || event.read == GAVE_UP
            }
            _ => false,
        };
        let is_of_a_loop = |event: &Event| {
            event.kind == Kind::Advance || self.state(event.thread) == State::Cut || turns(event)
        };
        let begun = |event: &Event| self.graph.spawn_of(event.thread).map(|at| at.0 as usize);
        let may_be = |(at, event): &(usize, &Event)| {
            (is_of_a_loop(event) || begun(event).is_some()) && !self.is_stale(*at, event)
        };
        let length = events.iter().enumerate().rev().take_while(may_be).count();
        let mut start = events.len() - length;
        // Who was started before the tail begins is no part of it, so it begins behind what they did.
        while let Some(other) = (start..events.len()).rfind(|&at| {
            !is_of_a_loop(&events[at]) && begun(&events[at]).is_none_or(|begun| begun < start)
        }) {
            start = other + 1;
        }
        start
    }

    /// Whether the event at that place reads a value that had been overwritten before.
    fn is_stale(&self, at: usize, event: &Event) -> bool {
        let Some(location) = event.op.location().filter(|_| event.kind.reads()) else {
            return false;
        };
        let next = self.graph.rank(event.source) + 1;
        let overwritten = next <= self.graph.last_rank(location);
        overwritten && self.graph.at_rank(location, next) < Position(at as u32)
    }
}
