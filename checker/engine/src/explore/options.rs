//! The alternatives of one event: sources, places, choices, from the canonical one on.

use super::run::Run;
use crate::graph::{Draft, Event, Flags, Graph, Kind, Position, may_be_seq_cst};
use crate::memory::Model;
use raddle_shims::kernel::{EventId, LocationId, Op, ThreadId, Until, Value};

/// How many weak compare-exchanges of one thread may fail although the values are equal, in one
/// execution. It is counted by thread, so that threads stay independent of each other.
const SPURIOUS_FAILURES_MAX: u8 = 1;

/// One way to add an event, which is in the draft of the event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// An update whose source has been read by another update: it violates atomicity, and serves
    /// only as a stepping stone from which the other one can be revisited.
    pub conflict: bool,
}

/// What of the alternatives of an event has not been handed out yet.
///
/// They come from the coherence-latest one down. The same options may be continued later on a graph
/// that has been cut back to where they were made.
///
/// If `PASSES`, they are those of an access that [passes](crate::graph::Graph::pass) and may take what is not the newest; sources are
/// [named](crate::graph::Graph::source_passed) then.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Alternatives<const PASSES: bool> {
    /// The next rank to consider, or the next alternative of a choice; ranks stop below `floor`.
    next: u32,
    floor: u32,
    done: bool,
    /// Whether the next one is the spurious failure at rank `next`.
    spurious: bool,
    spurious_allowed: bool,
    /// Whether these are the alternatives of a choice or an action, which count upwards.
    counts_up: bool,
}

/// Those of an event.
pub(super) type Options = Alternatives<false>;

impl<const PASSES: bool> Alternatives<PASSES> {
    /// All alternatives of `op`, performed next by `thread`.
    #[inline(always)]
    pub(super) fn of(run: &Run, thread: ThreadId, op: &Op) -> Self {
        let mut options = Alternatives {
            next: 0,
            floor: 0,
            done: false,
            spurious: false,
            spurious_allowed: false,
            counts_up: matches!(op, Op::Choose { .. }),
        };
        match *op {
            Op::Choose { alternatives } => options.floor = alternatives,
            Op::Act { .. } | Op::Select { .. } => {
                options.counts_up = true;
                options.floor = run.graph.ways_now(thread, op);
            }
            _ => {
                if let Some(location) = op.location() {
                    (options.next, options.floor) = match PASSES {
                        // What the thread has seen is asked for when it is stepped back from there.
                        true => (run.graph.last_rank_passed(location), 0),
                        false => (run.graph.last_rank(location), run.floor(thread, op, location)),
                    };
                }
                options.spurious_allowed = matches!(op, Op::CompareExchange { weak: true, .. })
                    && run.may_fail_spuriously(thread);
            }
        }
        options
    }

    /// Without those that are more than `steps` back in coherence.
    #[inline]
    pub(super) fn within(mut self, steps: u32) -> Self {
        if !self.counts_up {
            self.floor = self.floor.max(self.next.saturating_sub(steps));
        }
        self
    }

    /// Whether these are the alternatives of a choice or an action, of which none is the newest.
    #[inline]
    pub(super) fn counts_up(&self) -> bool {
        self.counts_up
    }

    /// At most how many are left.
    pub(super) fn left(&self) -> u32 {
        if self.done {
            0
        } else if self.counts_up {
            self.floor - self.next
        } else if self.spurious_allowed {
            2 * (self.next - self.floor + 1) - u32::from(self.spurious)
        } else {
            self.next - self.floor + 1
        }
    }

    /// Passes over the next `count`.
    pub(super) fn skip(&mut self, run: &Run, draft: &mut Draft, count: u32) {
        if self.counts_up {
            self.next += count;
            self.done = self.next >= self.floor;
        } else {
            for _ in 0..count {
                self.advance(run, draft);
            }
        }
    }

    /// Puts the next one into `draft`, which says who performs which operation. None if there is none; then
    /// what the draft says is of no meaning.
    #[inline(always)]
    pub(super) fn advance(&mut self, run: &Run, draft: &mut Draft) -> Option<Choice> {
        if self.done {
            return None;
        }
        match draft.op {
            Op::Choose { .. } | Op::Act { .. } | Op::Select { .. } => {
                draft.chosen = self.next;
                self.next += 1;
                self.done = self.next >= self.floor;
                Some(Choice { conflict: false })
            }
            Op::Store { location, .. } => {
                while !self.done {
                    draft.after = self.step_down(run, draft.thread, location);
                    if !Self::is_updated(run, location, draft.after) {
                        return Some(Choice { conflict: false });
                    }
                }
                None
            }
            Op::Load { .. } | Op::Rmw { .. } | Op::CompareExchange { .. } => {
                self.advance_read(run, draft)
            }
            _ => {
                self.done = true;
                Some(Choice { conflict: false })
            }
        }
    }

    #[inline(always)]
    fn advance_read(&mut self, run: &Run, draft: &mut Draft) -> Option<Choice> {
        let location = draft.op.location()?;
        draft.flags = draft.flags.without(Flags::SPURIOUS);
        while !self.done {
            let rank = self.next;
            let (source, read) = Self::source(run, location, rank);
            draft.source = source;
            if self.spurious {
                self.spurious = false;
                self.step_down(run, draft.thread, location);
                draft.flags = draft.flags.with(Flags::SPURIOUS);
                return Some(Choice { conflict: false });
            }
            let updates = draft.effect(read).0 == Kind::Update;
            self.spurious = self.spurious_allowed && updates;
            if !self.spurious {
                self.step_down(run, draft.thread, location);
            }
            let takes = |until: Until| until.accepts(read) && run.may_take(draft.thread, source);
            if draft.op.until().is_none_or(takes) {
                let conflict = updates && Self::is_updated(run, location, rank);
                return Some(Choice { conflict });
            }
        }
        None
    }

    /// The write of that rank, and what it wrote.
    #[inline(always)]
    fn source(run: &Run, location: LocationId, rank: u32) -> (Position, Value) {
        if PASSES {
            let source = Graph::source_passed(rank);
            return (source, run.graph.value_passed(location, source));
        }
        let source = run.graph.at_rank(location, rank);
        (source, run.graph.value(location, source))
    }

    /// Whether an update has read the write of that rank.
    #[inline(always)]
    fn is_updated(run: &Run, location: LocationId, rank: u32) -> bool {
        match PASSES {
            true => run.graph.is_updated_passed(location, rank),
            false => run.graph.update_of(location, rank).is_some(),
        }
    }

    #[inline]
    fn step_down(&mut self, run: &Run, thread: ThreadId, location: LocationId) -> u32 {
        let rank = self.next;
        self.done =
            rank == self.floor || PASSES && run.graph.has_seen_passed(thread, location, rank);
        self.next = rank.wrapping_sub(1);
        rank
    }

    /// Puts the canonical alternative of a guarded operation into `draft`, if any can happen: the latest one that
    /// the guard accepts, no other update has taken, and the model admits.
    pub(super) fn first(mut self, run: &mut Run, draft: &mut Draft) -> bool {
        while let Some(choice) = self.advance(run, draft) {
            if !choice.conflict && run.admits(draft) {
                return true;
            }
        }
        false
    }
}

impl Run {
    fn may_take(&self, thread: ThreadId, source: Position) -> bool {
        let event = EventId { thread, index: self.graph.count_of(thread) };
        self.graph.may_take(event, source)
    }

    /// Whether the budget lets the next weak compare-exchange of the thread fail spuriously.
    pub(super) fn may_fail_spuriously(&self, thread: ThreadId) -> bool {
        let count = match self.graph.lets_pass() {
            true => self.graph.spurious_passed(thread),
            false => self.graph.spurious_until(self.graph.last_of(thread)),
        };
        count < SPURIOUS_FAILURES_MAX
    }

    /// Whether an event of the graph is a weak compare-exchange that may fail spuriously on reading
    /// `value`.
    pub(super) fn could_fail_spuriously(&self, event: &Event, value: Value) -> bool {
        matches!(event.op, Op::CompareExchange { weak: true, expected, .. } if expected == value)
            && self.graph.spurious_until(event.previous()) < SPURIOUS_FAILURES_MAX
    }

    /// Whether the graph with this event added is consistent; the graph is left as it was.
    pub(super) fn admits(&mut self, draft: &Draft) -> bool {
        if self.model == Model::Sc || self.graph.seq_cst().is_empty() || self.is_newest(draft) {
            return true;
        }
        let end = self.graph.end();
        let at = self.graph.push(*draft);
        let consistent = self.is_consistent_with(at);
        self.graph.truncate(end);
        consistent
    }

    /// Whether it takes the axiom psc to say if the graph with this event added is consistent.
    pub(super) fn depends_on_psc(&self, draft: &Draft) -> bool {
        if self.model == Model::Sc || !self.graph.has_seq_cst() || self.is_newest(draft) {
            return false;
        }
        let seq_cst = self.graph.seq_cst();
        may_be_seq_cst(&draft.op)
            || seq_cst.iter().any(|at| self.graph.event(*at).kind == Kind::Fence)
    }

    /// Whether the event would stand behind everything in coherence, if it is an access: then it cannot close
    /// a cycle.
    fn is_newest(&self, draft: &Draft) -> bool {
        let Some(location) = draft.op.location() else { return true };
        let passes = self.graph.lets_pass();
        let seen = match draft.op {
            Op::Store { .. } => draft.after,
            _ if passes => self.graph.rank_passed(draft.source),
            _ => self.graph.rank(draft.source),
        };
        let last = match passes {
            true => self.graph.last_rank_passed(location),
            false => self.graph.last_rank(location),
        };
        seen == last
    }

    /// Whether the last event keeps the graph consistent, given that it was before, that the event is
    /// coherent, and that it respects atomicity.
    #[inline]
    pub(super) fn is_consistent_with(&mut self, at: Position) -> bool {
        match self.model {
            Model::Sc => true,
            Model::Rc20 => !self.psc.is_closed_by(&self.graph, at),
        }
    }
}
