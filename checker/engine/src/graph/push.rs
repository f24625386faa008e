//! Adding an event: its clocks, and the indices it enters.

use super::clock::ClockId;
use super::event::{Event, Flags, Kind, Notes, Position};
use super::execution_graph::{Graph, Location};
use crate::objects::{Mode, Use};
use raddle_shims::kernel::{EventId, FenceOrdering, LocationId, Op, ThreadId, Value};

/// Which conflicts between accesses of an atomic are part of the causal order; those of objects always
/// are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Causality {
    /// Only reads-from: a read comes after its source. Interleaved accesses come after all that they conflict with here, too.
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

/// Whether the ordering of an event makes it acquire, and release, by what the event turned out to be.
#[inline(always)]
pub(super) const fn orders(op: &Op, kind: Kind, read: Value) -> (bool, bool) {
    match *op {
        Op::Load { ordering: o, .. } => (o.acquires(), false),
        Op::Store { ordering: o, .. } => (false, o.releases()),
        Op::Rmw { .. } if op.skips(read) => (false, false),
        Op::Rmw { ordering: o, .. } => (o.acquires(), o.releases() && matches!(kind, Kind::Update)),
        Op::CompareExchange { success: o, .. } if matches!(kind, Kind::Update) => {
            (o.acquires(), o.releases())
        }
        Op::CompareExchange { failure: o, .. } => (o.acquires(), false),
        Op::Fence(o) => (o.acquires(), o.releases()),
        _ => (false, false),
    }
}

/// The same as flags, and whether it is sequentially consistent.
#[inline]
pub(super) fn ordering_flags(op: &Op, kind: Kind, read: Value) -> Flags {
    let (acquires, releases) = orders(op, kind, read);
    let seq_cst = match *op {
        Op::Load { ordering, .. } => ordering.is_seq_cst(),
        Op::Store { ordering, .. } => ordering.is_seq_cst(),
        Op::Rmw { ordering, .. } => ordering.is_seq_cst() && !op.skips(read),
        Op::CompareExchange { success, .. } if kind == Kind::Update => success.is_seq_cst(),
        Op::CompareExchange { failure, .. } => failure.is_seq_cst(),
        Op::Fence(ordering) => ordering == FenceOrdering::SeqCst,
        _ => false,
    };
    Flags::when(acquires, Flags::ACQUIRES)
        .with(Flags::when(releases, Flags::RELEASES))
        .with(Flags::when(seq_cst, Flags::SEQ_CST))
}

/// Whether an operation is sequentially consistent, whatever it reads; a compare-exchange also if only one of its
/// orderings is.
pub const fn may_be_seq_cst(op: &Op) -> bool {
    match *op {
        Op::Load { ordering, .. } => ordering.is_seq_cst(),
        Op::Store { ordering, .. } => ordering.is_seq_cst(),
        Op::Rmw { ordering, .. } => ordering.is_seq_cst(),
        Op::CompareExchange { success, failure, .. } => {
            success.is_seq_cst() || failure.is_seq_cst()
        }
        Op::Fence(ordering) => matches!(ordering, FenceOrdering::SeqCst),
        _ => false,
    }
}

/// What an operation does if it reads `read`, and the value it then writes; of the flags only
/// [`Flags::SPURIOUS`] and [`Flags::IDLE`] matter.
#[inline]
pub fn effect(op: &Op, flags: Flags, read: Value) -> (Kind, Value) {
    effect_here(op, flags, read)
}

/// The same as a part of its caller, where what else depends on the operation is decided together with it.
#[inline(always)]
pub(super) fn effect_here(op: &Op, flags: Flags, read: Value) -> (Kind, Value) {
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

/// What is known before the next event of a thread; the names are those of [`Event`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub hb: ClockId,
    pub causal: ClockId,
    pub pending: ClockId,
    pub fenced: ClockId,
}

/// What becomes of a draft, apart from what the event gets to know.
struct Made {
    kind: Kind,
    /// Only of what reads.
    source: Position,
    read: Value,
    written: Value,
    rank: u32,
    flags: Flags,
    message: ClockId,
    previous_access: Position,
}

impl Made {
    /// An event that is no access.
    fn other(kind: Kind, flags: Flags) -> Made {
        Made {
            kind,
            source: Position::NONE,
            read: Value(0),
            written: Value(0),
            rank: 0,
            flags,
            message: ClockId::BOTTOM,
            previous_access: Position::NONE,
        }
    }
}

impl Graph {
    /// Adds an event at the end and returns its position.
    #[inline]
    pub fn push(&mut self, draft: Draft) -> Position {
        self.push_from(&draft)
    }

    /// The same without a copy of the draft, which would be a part of what it costs.
    pub fn push_from(&mut self, draft: &Draft) -> Position {
        let thread = draft.thread;
        self.ensure_thread(thread);
        let at = self.end();
        let (clocks_before, uses_before) = (self.clocks.count(), self.usages.len());
        let named_before = self.named;
        let passing = self.passing.on;
        let mut start = if passing { self.start_passing(thread) } else { self.tail_clocks(thread) };
        let tail = &mut self.threads[thread.index()];
        let (index, previous) = (tail.count, tail.last);
        (tail.last, tail.count) = (at, index + 1);
        let spurious = u8::from(draft.flags.has(Flags::SPURIOUS));
        let spurious = self.spurious_until(previous).saturating_add(spurious);
        let id = EventId { thread, index };
        let made = match draft.op {
            Op::Act { .. } | Op::Select { .. } => self.push_act(draft, id, &mut start),
            Op::Load { location, .. }
            | Op::Store { location, .. }
            | Op::Rmw { location, .. }
            | Op::CompareExchange { location, .. } => {
                self.push_access(draft, id, location, &mut start)
            }
            _ => self.push_other(draft, id, &mut start),
        };
        if made.flags.has(Flags::SEQ_CST) {
            self.seq_cst.push(at);
        }
        let Made { kind, source, read, written, rank, flags, message, previous_access } = made;
        let Start { hb, causal, pending, fenced } = start;
        // It is written once, where it is to stay: it is larger than all that is done to make it.
        self.events.push(Event {
            thread,
            index,
            kind,
            flags,
            spurious,
            notes: Notes::default(),
            op: draft.op,
            source,
            read,
            written,
            rank,
            chosen: draft.chosen,
            hb,
            causal,
            pending,
            fenced,
            message,
            clocks_before,
            uses_before,
            named_before,
            previous,
            previous_access,
        });
        if kind == Kind::Act {
            self.mark_acts(at);
        }
        if passing {
            self.leave_passing(thread, start);
            if kind == Kind::Spawn {
                let first = self.first_clocks(at);
                self.begin_passing(ThreadId(draft.chosen), first);
            }
        }
        at
    }

    #[inline(always)]
    fn push_act(&mut self, draft: &Draft, id: EventId, start: &mut Start) -> Made {
        if let Op::Act { object, action, .. } = draft.op {
            self.ensure_location(object);
            self.note_name(object);
            if let Some(channel) = action.channel() {
                self.note_name(channel);
            }
        }
        let read = self.act(draft);
        match self.scratch[..] {
            [used] => {
                self.scratch.clear();
                self.use_one(id, &used, start);
            }
            _ => self.use_several(id, start),
        }
        Made { read, ..Made::other(Kind::Act, draft.flags) }
    }

    #[inline(always)]
    fn push_access(
        &mut self,
        draft: &Draft,
        id: EventId,
        location: LocationId,
        start: &mut Start,
    ) -> Made {
        self.ensure_location(location);
        self.note_name(location);
        let at = self.end();
        let read = self.value(location, draft.source);
        let (kind, written) = draft.effect(read);
        let flags = draft.flags.with(ordering_flags(&draft.op, kind, read));
        let mut made = Made { written, ..Made::other(kind, flags) };
        if kind.reads() {
            (made.source, made.read) = (draft.source, read);
            self.receive(id, (draft.source, flags), start);
        }
        if kind.writes() {
            made.message = self.release(id, &made, start);
        }
        if self.causality == Causality::Conflicts || draft.op.is_interleaved() {
            let mode = if kind.writes() { Mode::Write } else { Mode::Read };
            self.use_one(id, &Use::plain(location, 0, mode), start);
        }
        let slot = location.index() * self.clocks.width() + id.thread.index();
        made.previous_access = std::mem::replace(&mut self.last_access[slot], at);
        if kind.writes() {
            let after = if kind == Kind::Update { self.rank(draft.source) } else { draft.after };
            made.rank = after + 1;
            self.enter_coherence(location, at, after);
        }
        made
    }

    #[inline(always)]
    fn push_other(&mut self, draft: &Draft, id: EventId, start: &mut Start) -> Made {
        let (kind, written) = draft.effect(Value(0));
        let mut flags = draft.flags;
        match draft.op {
            Op::Spawn => {
                let child = ThreadId(draft.chosen);
                self.ensure_thread(child);
                self.threads[child.index()].spawned_by = self.end();
            }
            Op::Join(thread) => self.receive_exit(thread, start),
            Op::Fence(_) => {
                flags = flags.with(ordering_flags(&draft.op, kind, Value(0)));
                if flags.has(Flags::ACQUIRES) {
                    start.hb = self.clocks.join(start.hb, start.pending);
                }
                if flags.has(Flags::RELEASES) {
                    start.fenced = self.known_with(id, start.hb);
                }
            }
            _ => {}
        }
        Made { written, ..Made::other(kind, flags) }
    }

    /// The first location that no event names, nor any after it; lists of arms may do so.
    #[inline]
    pub fn named(&self) -> u32 {
        self.named
    }

    /// Notes that the event that is about to stand at the end names that location.
    #[inline]
    pub(super) fn note_name(&mut self, location: LocationId) {
        self.named = self.named.max(location.0 + 1);
    }

    /// How many of the events of a thread up to the one at `last` are weak compare-exchanges that failed although
    /// the values were equal; 255 if more.
    #[inline]
    pub fn spurious_until(&self, last: Position) -> u8 {
        if last.is_some() { self.event(last).spurious } else { 0 }
    }

    /// A clock that knows an event and what `known` does.
    #[inline]
    fn known_with(&mut self, id: EventId, known: ClockId) -> ClockId {
        self.clocks.join_event(known, ClockId::BOTTOM, id.thread.index(), id.index + 1)
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

    /// The clocks with which the next event of a thread starts, if accesses do not pass: after its latest event, or its
    /// spawn, and after the clock last went on.
    #[inline(always)]
    pub(super) fn tail_clocks(&mut self, thread: ThreadId) -> Start {
        let tail = self.threads[thread.index()];
        let mut start = if tail.last.is_some() {
            let Event { hb, causal, pending, fenced, .. } = *self.event(tail.last);
            Start { hb, causal, pending, fenced }
        } else {
            self.first_clocks(tail.spawned_by)
        };
        if let Some(&at) = self.advances.last() {
            let Event { causal, thread, index, .. } = *self.event(at);
            start.causal = self.clocks.join_event(start.causal, causal, thread.index(), index + 1);
        }
        start
    }

    /// The clocks with which a thread begins.
    #[inline(never)]
    fn first_clocks(&mut self, spawn: Position) -> Start {
        let none = ClockId::BOTTOM;
        let (mut hb, mut causal) = (none, none);
        if spawn.is_some() {
            let Event { hb: before, causal: causes, thread, index, .. } = *self.event(spawn);
            hb = self.clocks.join_event(before, none, thread.index(), index + 1);
            causal = match causes == before {
                true => hb,
                false => self.clocks.join_event(causes, none, thread.index(), index + 1),
            };
        }
        Start { hb, causal, pending: none, fenced: none }
    }

    /// What an acquire read of a write gets to know.
    #[inline(always)]
    fn release(&mut self, id: EventId, write: &Made, start: &Start) -> ClockId {
        let own = match write.flags.has(Flags::RELEASES) {
            true => self.known_with(id, start.hb),
            false => start.fenced,
        };
        // C++20 release sequence: an update carries on what its source released; a later plain
        // store of the releasing thread does not.
        let carries = write.kind == Kind::Update && self.carries_release;
        if carries && write.source.is_some() {
            let carried = self.event(write.source).message;
            self.clocks.join(own, carried)
        } else {
            own
        }
    }

    #[inline(always)]
    fn receive(&mut self, id: EventId, (source, flags): (Position, Flags), start: &mut Start) {
        if !source.is_some() {
            return;
        }
        let Event { message, causal, thread, index, .. } = *self.event(source);
        if thread != id.thread {
            start.causal = self.clocks.join_event(start.causal, causal, thread.index(), index + 1);
        }
        if flags.has(Flags::ACQUIRES) {
            start.hb = self.clocks.join(start.hb, message);
        } else {
            start.pending = self.clocks.join(start.pending, message);
        }
    }

    #[inline]
    fn receive_exit(&mut self, thread: ThreadId, start: &mut Start) {
        self.ensure_thread(thread);
        let passing = self.passing.on;
        let known = if passing { self.start_passing(thread) } else { self.tail_clocks(thread) };
        let Start { hb, causal, .. } = known;
        // One more than the thread has events: what it did after its last event counts too.
        let count = self.count_of(thread) + 1;
        start.hb = self.clocks.join_event(start.hb, hb, thread.index(), count);
        start.causal = self.clocks.join_event(start.causal, causal, thread.index(), count);
    }

    /// Orders the event after what it conflicts with, and enters what it uses, which is one thing.
    #[inline(always)]
    fn use_one(&mut self, id: EventId, used: &Use, start: &mut Start) {
        self.order_after_conflicts(id, used, start);
        let own = match used.releases {
            true => self.known_with(id, start.hb),
            false => ClockId::BOTTOM,
        };
        let at = self.end();
        self.usages.push(*used, at, own, &mut self.clocks);
    }

    /// The same for what has been collected in `scratch`.
    #[inline(never)]
    fn use_several(&mut self, id: EventId, start: &mut Start) {
        let mut uses = std::mem::take(&mut self.scratch);
        for used in &uses {
            self.order_after_conflicts(id, used, start);
        }
        self.enter_uses(id, start.hb, &uses);
        uses.clear();
        self.scratch = uses;
    }

    /// Puts the event after what it conflicts with, and after what happens before it thereby.
    #[inline(always)]
    fn order_after_conflicts(&mut self, id: EventId, used: &Use, start: &mut Start) {
        let (events, clocks) = (&self.events, &mut self.clocks);
        self.usages.conflicting(used, |at| {
            let Event { causal, thread, index, .. } = events[at.index()];
            if thread != id.thread {
                start.causal = clocks.join_event(start.causal, causal, thread.index(), index + 1);
            }
        });
        if used.acquires {
            let acquired = self.usages.acquired(used, &mut self.clocks);
            start.hb = self.clocks.join(start.hb, acquired);
        }
    }

    /// Enters the uses of the event that is about to stand at the end, before which `hb` is known.
    #[inline]
    pub(super) fn enter_uses(&mut self, id: EventId, hb: ClockId, uses: &[Use]) {
        let at = self.end();
        let own = match uses.iter().any(|used| used.releases) {
            true => self.known_with(id, hb),
            false => ClockId::BOTTOM,
        };
        for used in uses {
            self.usages.push(*used, at, own, &mut self.clocks);
        }
    }

    #[inline]
    fn enter_coherence(&mut self, location: LocationId, at: Position, after: u32) {
        let Location { coherence, dropped, .. } = &mut self.locations[location.index()];
        let index = (after - *dropped) as usize;
        debug_assert!(index <= coherence.len());
        if index == coherence.len() {
            coherence.push(at);
            return;
        }
        coherence.insert(index, at);
        for &later in &coherence[index + 1..] {
            self.events[later.index()].rank += 1;
        }
    }
}
