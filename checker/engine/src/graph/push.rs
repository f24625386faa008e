//! Adding an event: its clocks, and the indices it enters.

use super::clock::ClockId;
use super::event::{Event, Flags, Kind, Position};
use super::execution_graph::{Graph, Start};
use crate::objects::{Mode, Use};
use raddle_shims::kernel::{LocationId, Op, StoreOrdering, ThreadId, Value};

/// Which conflicts between accesses of an atomic are part of the causal order; those of objects always
/// are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Causality {
    /// Only reads-from: a read comes after its source.
    ReadsFrom,
    /// All: an access comes after every earlier conflicting access, as in interleavings.
    Conflicts,
}

/// An event to be added: an operation and what has been decided about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Who performs it.
    pub thread: ThreadId,
    /// The operation; neither a plain access nor a yield nor an assumption.
    pub op: Op,
    /// What it reads from, if it reads.
    pub source: Position,
    /// A store goes immediately after the write with this rank in coherence.
    pub after: u32,
    /// The alternative of a choice or an action; the thread of a spawn.
    pub chosen: u32,
    /// [`Flags::FIXED`], [`Flags::MAXIMAL`], [`Flags::REVISITED`] and [`Flags::SPURIOUS`] as decided.
    pub flags: Flags,
}

/// What the ordering of an event implies, by what the event turned out to be.
fn ordering_flags(op: &Op, kind: Kind, read: Value) -> Flags {
    use raddle_shims::kernel::{FenceOrdering as F, LoadOrdering as L, RmwOrdering as R};
    let flags = |acquires, releases, seq_cst| {
        Flags::when(acquires, Flags::ACQUIRES)
            .with(Flags::when(releases, Flags::RELEASES))
            .with(Flags::when(seq_cst, Flags::SEQ_CST))
    };
    match *op {
        Op::Load { ordering: o, .. } => flags(o.acquires(), false, o == L::SeqCst),
        Op::Store { ordering: o, .. } => flags(false, o.releases(), o == StoreOrdering::SeqCst),
        Op::Rmw { .. } if op.skips(read) => Flags::default(),
        Op::Rmw { ordering: o, .. } => {
            flags(o.acquires(), o.releases() && kind == Kind::Update, o == R::SeqCst)
        }
        Op::CompareExchange { success: o, .. } if kind == Kind::Update => {
            flags(o.acquires(), o.releases(), o == R::SeqCst)
        }
        Op::CompareExchange { failure: o, .. } => flags(o.acquires(), false, o == L::SeqCst),
        Op::Fence(o) => flags(o.acquires(), o.releases(), o == F::SeqCst),
        _ => Flags::default(),
    }
}

/// What an operation does if it reads `read`, and the value it then writes; of the flags only
/// [`Flags::SPURIOUS`] and [`Flags::IDLE`] matter.
#[inline]
pub fn effect(op: &Op, flags: Flags, read: Value) -> (Kind, Value) {
    match *op {
        Op::Load { .. } => (Kind::Read, Value(0)),
        Op::Store { value, .. } => (Kind::Write, value),
        Op::Rmw { .. } if flags.has(Flags::IDLE) => (Kind::Read, Value(0)),
        Op::Rmw { .. } if op.skips(read) => (Kind::Update, read),
        Op::Rmw { change, .. } => (Kind::Update, change.apply(read)),
        Op::CompareExchange { expected, new, .. } => {
            if read == expected && !flags.has(Flags::SPURIOUS) {
                (Kind::Update, new)
            } else {
                (Kind::Read, Value(0))
            }
        }
        Op::Fence(_) => (Kind::Fence, Value(0)),
        Op::Spawn => (Kind::Spawn, Value(0)),
        Op::Join(_) => (Kind::Join, Value(0)),
        Op::Choose { .. } => (Kind::Choice, Value(0)),
        Op::Act { .. } | Op::Select { .. } => (Kind::Act, Value(0)),
        Op::Sleep(end) => (Kind::Sleep, Value(end)),
        Op::PlainRead(_) | Op::PlainWrite(_) | Op::Assume(_) | Op::Turn { .. } | Op::Yield => {
            unreachable!("{op:?} is not an event")
        }
    }
}

impl Draft {
    /// What the event does if it reads `read`, and the value it then writes.
    #[inline]
    pub fn effect(&self, read: Value) -> (Kind, Value) {
        effect(&self.op, self.flags, read)
    }
}

impl Graph {
    /// Adds an event at the end and returns its position.
    pub fn push(&mut self, draft: Draft) -> Position {
        let Draft { thread, op, source, .. } = draft;
        self.ensure_thread(thread);
        let location = op.location();
        if let Some(location) = location {
            self.ensure_location(location);
        }
        let at = self.end();
        let clocks_before = self.clocks.count();
        let start = self.tail_clocks(thread);
        let tail = &mut self.threads[thread.index()];
        let (index, previous) = (tail.count, tail.last);
        (tail.last, tail.count) = (at, index + 1);
        let read = location.map_or(Value(0), |location| self.value(location, source));
        let (kind, written) = draft.effect(read);
        let mut event = Event {
            thread,
            index,
            kind,
            flags: draft.flags.with(ordering_flags(&op, kind, read)),
            op,
            source: if kind.reads() { source } else { Position::NONE },
            read: if kind.reads() { read } else { Value(0) },
            written,
            rank: 0,
            chosen: draft.chosen,
            hb: start.hb,
            causal: start.causal,
            pending: start.pending,
            fenced: start.fenced,
            message: ClockId::BOTTOM,
            clocks_before,
            uses_before: self.usages.len(),
            previous,
            previous_access: Position::NONE,
        };
        match (kind, location) {
            (Kind::Act, _) => self.push_act(&mut event),
            (_, Some(location)) => self.push_access(&mut event, location, at, draft.after),
            (_, None) => self.push_other(&mut event, at),
        }
        if event.is(Flags::SEQ_CST) {
            self.seq_cst.push(at);
        }
        self.events.push(event);
        at
    }

    #[inline]
    fn push_act(&mut self, event: &mut Event) {
        let mut uses = std::mem::take(&mut self.scratch);
        event.read = self.act(event, &mut uses);
        self.order_after_conflicts(event, &uses);
        self.enter_uses(event, &uses);
        uses.clear();
        self.scratch = uses;
        self.mark_acts(event);
    }

    #[inline]
    fn push_access(&mut self, event: &mut Event, location: LocationId, at: Position, after: u32) {
        if event.kind.reads() {
            self.receive(event);
        }
        if event.kind.writes() {
            self.release(event);
        }
        if self.causality == Causality::Conflicts {
            let mode = if event.kind.writes() { Mode::Write } else { Mode::Read };
            let uses = [Use::plain(location, 0, mode)];
            self.order_after_conflicts(event, &uses);
            self.enter_uses(event, &uses);
        }
        self.enter_location(event, location, at, after);
    }

    #[inline]
    fn push_other(&mut self, event: &mut Event, at: Position) {
        let (me, count) = (event.thread.index(), event.index + 1);
        match event.kind {
            Kind::Spawn => {
                let child = ThreadId(event.chosen);
                self.ensure_thread(child);
                self.threads[child.index()].spawned_by = at;
            }
            Kind::Join => self.receive_exit(event),
            Kind::Fence => {
                if event.is(Flags::ACQUIRES) {
                    event.hb = self.clocks.join(event.hb, event.pending);
                }
                if event.is(Flags::RELEASES) {
                    event.fenced = self.clocks.join_event(event.hb, ClockId::BOTTOM, me, count);
                }
            }
            _ => {}
        }
    }

    /// Lets the clock go on to `now`, after everything there is and before everything that is to come;
    /// `clock` is the number of the thread that stands for the clock.
    pub fn advance(&mut self, clock: ThreadId, now: u64) {
        let draft = Draft {
            thread: clock,
            op: Op::Sleep(now),
            source: Position::NONE,
            after: 0,
            chosen: 0,
            flags: Flags::MAXIMAL,
        };
        self.ensure_thread(clock);
        let at = self.push(draft);
        let mut causal = self.event(at).causal;
        for thread in 0..self.threads.len() {
            let last = self.threads[thread].last;
            if last.is_some() && last != at {
                let (known, count) = (self.event(last).causal, self.event(last).index + 1);
                causal = self.clocks.join_event(causal, known, thread, count);
            }
        }
        let event = self.event_mut(at);
        event.causal = causal;
        event.kind = Kind::Advance;
        self.advances.push(at);
    }

    /// Computes what an acquire read of a write gets to know.
    #[inline]
    fn release(&mut self, event: &mut Event) {
        let own = if event.is(Flags::RELEASES) {
            let (me, count) = (event.thread.index(), event.index + 1);
            self.clocks.join_event(event.hb, ClockId::BOTTOM, me, count)
        } else {
            event.fenced
        };
        // C++20 release sequence: an update carries on what its source released; a later plain
        // store of the releasing thread does not.
        let carries = event.kind == Kind::Update && self.carries_release;
        event.message = if carries && event.source.is_some() {
            let carried = self.event(event.source).message;
            self.clocks.join(own, carried)
        } else {
            own
        };
    }

    #[inline]
    fn receive(&mut self, event: &mut Event) {
        if !event.source.is_some() {
            return;
        }
        let source = self.event(event.source);
        let (message, causal) = (source.message, source.causal);
        let (thread, count) = (source.thread, source.index + 1);
        if thread != event.thread {
            event.causal = self.clocks.join_event(event.causal, causal, thread.index(), count);
        }
        if event.is(Flags::ACQUIRES) {
            event.hb = self.clocks.join(event.hb, message);
        } else {
            event.pending = self.clocks.join(event.pending, message);
        }
    }

    fn receive_exit(&mut self, event: &mut Event) {
        let Op::Join(thread) = event.op else { return };
        self.ensure_thread(thread);
        let Start { hb, causal, .. } = self.tail_clocks(thread);
        // One more than the thread has events: what it did after its last event counts too.
        let count = self.count_of(thread) + 1;
        event.hb = self.clocks.join_event(event.hb, hb, thread.index(), count);
        event.causal = self.clocks.join_event(event.causal, causal, thread.index(), count);
    }

    /// Puts the event after what it conflicts with, and after what happens before it thereby.
    fn order_after_conflicts(&mut self, event: &mut Event, uses: &[Use]) {
        for used in uses {
            let (events, clocks) = (&self.events, &mut self.clocks);
            self.usages.conflicting(used, |at| {
                let earlier = &events[at.index()];
                let (causal, thread) = (earlier.causal, earlier.thread);
                if thread != event.thread {
                    let (thread, count) = (thread.index(), earlier.index + 1);
                    event.causal = clocks.join_event(event.causal, causal, thread, count);
                }
            });
            let acquired = self.usages.acquired(used, &mut self.clocks);
            event.hb = self.clocks.join(event.hb, acquired);
        }
    }

    /// Enters the uses of the event that is about to stand at the end.
    pub(super) fn enter_uses(&mut self, event: &Event, uses: &[Use]) {
        let at = self.end();
        let (me, count) = (event.thread.index(), event.index + 1);
        let own = match uses.iter().any(|used| used.releases) {
            true => self.clocks.join_event(event.hb, ClockId::BOTTOM, me, count),
            false => ClockId::BOTTOM,
        };
        for used in uses {
            self.usages.push(*used, at, own, &mut self.clocks);
        }
    }

    fn enter_location(
        &mut self,
        event: &mut Event,
        location: LocationId,
        at: Position,
        after: u32,
    ) {
        let slot = location.index() * self.clocks.width() + event.thread.index();
        event.previous_access = std::mem::replace(&mut self.last_access[slot], at);
        if !event.kind.writes() {
            return;
        }
        let after = if event.kind == Kind::Update { self.rank(event.source) } else { after };
        let coherence = &mut self.locations[location.index()].coherence;
        debug_assert!(after as usize <= coherence.len());
        coherence.insert(after as usize, at);
        event.rank = after + 1;
        for &later in &coherence[after as usize + 1..] {
            self.events[later.index()].rank += 1;
        }
    }
}
