//! Which thread goes next.

use super::Exhaustive;
use crate::explore::run::{Run, State};
use crate::explore::strategy::Next;
use crate::graph::{Graph, Position};
use raddle_shims::kernel::ThreadId;

/// Which of the threads that could go next does. The executions found do not depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    /// The thread that went last, but whoever writes goes before whoever only reads: a read that finds
    /// the writes there needs no revisit.
    #[default]
    WritesFirst,
    /// The thread that went last, as long as it can; then the lowest number.
    Continue,
    /// The lowest number.
    Lowest,
    /// The highest number.
    Highest,
    /// By a hash of the sequence.
    Scattered,
}

/// Threads that can go on, but are let go only after all others.
#[derive(Default)]
struct Later {
    /// The first that only reads.
    reader: Option<ThreadId>,
    /// Of those that have yielded or have gone long the one that did so longest ago, and where its last event stands. A loop
    /// that writes and yields in every turn would else go round until the limit of events.
    yielded: Option<(Option<Position>, ThreadId)>,
}

impl Later {
    #[cold]
    fn note_yielded(&mut self, run: &Run, thread: ThreadId) {
        let last = run.graph.last_of(thread);
        let this = (last.is_some().then_some(last), thread);
        self.yielded = Some(self.yielded.map_or(this, |other| other.min(this)));
    }

    fn next(&self) -> Next {
        let yielded = self.yielded.map(|(_, thread)| thread);
        self.reader.or(yielded).map_or(Next::Nobody, Next::Perform)
    }
}

/// After so many events of one thread in a row others go first.
const IN_A_ROW: usize = 128;

/// Whether a thread has gone so long that it is for others to go. In a loop that writes in every turn it would else go
/// round until the limit of events, as if it had not been for others to end the loop.
#[inline]
fn has_gone_long(graph: &Graph, thread: ThreadId) -> bool {
    let Some(first) = graph.events().len().checked_sub(IN_A_ROW) else { return false };
    let mut latest = graph.events()[first..].iter();
    latest.next().is_some_and(|event| event.thread == thread)
        && latest.rev().all(|event| event.thread == thread)
}

/// A number that depends on nothing but the sequence.
fn scatter(graph: &Graph) -> u32 {
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for event in graph.events() {
        let id = u64::from(event.thread.0) << 32 | u64::from(event.index);
        hash = (hash ^ id).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }
    (hash >> 33) as u32
}

impl Exhaustive {
    /// The thread that the policy picks: a function of the sequence, and of what threads have done since their events there.
    #[inline]
    pub(super) fn select_next(&self, run: &mut Run) -> Next {
        let overtaken = self.overtaken(run);
        if !matches!(self.policy, Policy::Continue | Policy::WritesFirst) {
            return self.select_by_number(run, overtaken);
        }
        let count = run.slots.len() as u32;
        let last = self.last_in_order(run).unwrap_or(ThreadId::MAIN);
        // The clock, which is the last to act after a standstill, has no place among them.
        let last = ThreadId(last.0.min(count.saturating_sub(1)));
        let mut later = Later::default();
        if let Some(thread) = overtaken.filter(|thread| *thread != last)
            && let Some(next) = self.examine_other(run, thread, &mut later)
        {
            return next;
        }
        if let Some(next) = self.examine(run, last, &mut later) {
            return next;
        }
        for number in 0..count {
            let thread = ThreadId(number);
            let examines = matches!(run.state(thread), State::Fresh | State::Stopped);
            if examines
                && thread != last
                && let Some(next) = self.examine_other(run, thread, &mut later)
            {
                return next;
            }
        }
        later.next()
    }

    /// Selects by a policy that does not go on with the thread that went last.
    #[cold]
    fn select_by_number(&self, run: &mut Run, overtaken: Option<ThreadId>) -> Next {
        let count = run.slots.len() as u32;
        let policy = self.policy;
        let start = match policy {
            Policy::Scattered => scatter(&run.graph) % count.max(1),
            _ => 0,
        };
        let by_policy = (0..count).map(move |i| match policy {
            Policy::Highest => count - 1 - i,
            Policy::Scattered => (start + i) % count,
            _ => i,
        });
        let mut later = Later::default();
        let mut threads = overtaken.into_iter().chain(by_policy.map(ThreadId));
        let next = threads.find_map(|thread| self.examine_other(run, thread, &mut later));
        next.unwrap_or_else(|| later.next())
    }

    /// Whether it is this thread that goes next; if others that can go before it, it is noted for `later`.
    #[inline(always)]
    fn examine(&self, run: &mut Run, thread: ThreadId, later: &mut Later) -> Option<Next> {
        match run.state(thread) {
            State::Fresh => return Some(Next::Discover(thread)),
            State::Stopped if run.is_enabled(thread) => {}
            _ => return None,
        }
        if !run.graph.fixes().is_empty() && self.is_asleep(run, thread) {
            return None;
        }
        if run.has_yielded(thread) || has_gone_long(&run.graph, thread) {
            later.note_yielded(run, thread);
            return None;
        }
        if self.policy == Policy::WritesFirst && run.only_reads(thread) {
            later.reader = later.reader.or(Some(thread));
            return None;
        }
        Some(Next::Perform(thread))
    }

    #[inline(never)]
    fn examine_other(&self, run: &mut Run, thread: ThreadId, later: &mut Later) -> Option<Next> {
        self.examine(run, thread, later)
    }

    /// The thread whose event was overtaken last, if it has not come yet.
    #[inline]
    fn overtaken(&self, run: &Run) -> Option<ThreadId> {
        let overtaken = run.graph.fixes().iter().rev().map(|fix| fix.overtaken);
        let mut overtaken = overtaken.filter(|event| !run.graph.has(*event));
        overtaken.next().map(|event| event.thread)
    }
}
