//! What locations have held before, while accesses pass that may take what is not the newest.
//!
//! Under a weak memory model a read may take an older write, and a store may go before others. So the latest writes of a location are
//! kept in coherence order: what each tells an acquire read, and who has seen it, for coherence asks whether somebody has of whom a
//! thread knows. Where a write stands is final once nothing can be placed before it any more, that is, when so many others stand behind
//! it as a choice may [go back](super::Graph::let_pass); then it is forgotten, and counted by who counts.

use super::event::{Kind, Position};
use super::execution_graph::Graph;
use super::passing::{
    FENCED, HB, NOBODY, Newest, OF_THREAD, PENDING, Passed, Passing, join, widened,
};
use super::push::{Draft, effect_here, ordering_flags, orders};
use super::{Flags, PassFault, event_mark};
use raddle_shims::kernel::{EventId, LocationId, Op, Reply, ThreadId, Value};

/// No reader, no message.
const NOTHING: u32 = u32::MAX;

/// A write.
#[derive(Clone, Copy, Debug)]
struct Write {
    id: EventId,
    kind: Kind,
    /// The numbers that stand for it and for its source.
    mark: u64,
    source: u64,
    value: Value,
    releases: bool,
    is_whole: bool,
    /// What it tells, as a row of the messages; nothing if it does not release.
    message: u32,
    /// Who has read it first, in the list of readers.
    readers: u32,
}

/// A thread has read a write, for the first time with this event of it.
#[derive(Clone, Copy, Debug)]
struct Reader {
    id: EventId,
    next: u32,
}

/// The writes of a location.
#[derive(Clone, Debug)]
struct History {
    /// Those before the newest, in coherence order, but for the first.
    writes: Vec<Write>,
    /// How many these are.
    dropped: u32,
    /// Of the newest write: what it is, its source, and who has read it.
    kind: Kind,
    source: u64,
    readers: u32,
}

impl History {
    const NONE: History =
        History { writes: Vec::new(), dropped: 0, kind: Kind::Write, source: 1, readers: NOTHING };
}

/// A write whose place in coherence is final: what stands for it and for its source, what it is, and its place.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// The number that stands for it.
    pub mark: u64,
    /// The one that stands for its source; 1 if it has none.
    pub source: u64,
    /// What it is.
    pub kind: Kind,
    /// Its place, from 1.
    pub rank: u32,
}

/// What is kept of writes that need not be the newest.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    pub on: bool,
    /// How far back a choice may go.
    steps: usize,
    histories: Vec<History>,
    readers: Vec<Reader>,
    free_readers: u32,
    /// Rows of what writes tell that are not the newest.
    messages: Vec<u32>,
    free_messages: Vec<u32>,
    /// For each location and thread, the write that the thread has read last.
    seen: Vec<EventId>,
    settled: Vec<Settled>,
    /// Whether an access that is no event was SeqCst; whether the next may be the first that is.
    pub has_seq_cst: bool,
    expects_seq_cst: bool,
}

impl Past {
    pub fn begin(&mut self, steps: u32) {
        self.on = true;
        self.steps = steps as usize;
        self.free_readers = NOTHING;
    }

    pub fn clear(&mut self) {
        self.on = false;
        for history in &mut self.histories {
            history.writes.clear();
            *history = History { writes: std::mem::take(&mut history.writes), ..History::NONE };
        }
        self.readers.clear();
        self.messages.clear();
        self.free_messages.clear();
        self.seen.fill(NOBODY);
        self.settled.clear();
        self.has_seq_cst = false;
        self.expects_seq_cst = false;
    }

    pub fn bytes(&self) -> usize {
        let writes: usize = self.histories.iter().map(|history| history.writes.capacity()).sum();
        writes * size_of::<Write>()
            + self.histories.capacity() * size_of::<History>()
            + self.readers.capacity() * size_of::<Reader>()
            + (self.messages.capacity() + self.free_messages.capacity()) * size_of::<u32>()
            + self.seen.capacity() * size_of::<EventId>()
            + self.settled.capacity() * size_of::<Settled>()
    }

    /// Makes room for so many locations, and for clocks of that width, which were narrower before.
    pub fn fit(&mut self, locations: usize, (before, width): (usize, usize)) {
        if before != width {
            self.messages = widened(&self.messages, before, width, 0);
            self.seen = widened(&self.seen, before, width, NOBODY);
        }
        self.histories.resize(locations, History::NONE);
        self.seen.resize(locations * width, NOBODY);
    }

    fn add_reader(&mut self, id: EventId, next: u32) -> u32 {
        let reader = Reader { id, next };
        match self.free_readers {
            NOTHING => {
                self.readers.push(reader);
                self.readers.len() as u32 - 1
            }
            free => {
                self.free_readers = self.readers[free as usize].next;
                self.readers[free as usize] = reader;
                free
            }
        }
    }

    fn free_reader_list(&mut self, first: u32) {
        let mut last = first;
        while last != NOTHING {
            let next = self.readers[last as usize].next;
            if next == NOTHING {
                self.readers[last as usize].next = self.free_readers;
                self.free_readers = first;
            }
            last = next;
        }
    }

    /// A row that is to hold a message.
    fn add_message(&mut self, width: usize) -> u32 {
        self.free_messages.pop().unwrap_or_else(|| {
            self.messages.resize(self.messages.len() + width, 0);
            (self.messages.len() / width) as u32 - 1
        })
    }

    /// Forgets the first writes of a location, whose places are final.
    #[cold]
    fn settle(&mut self, l: usize) {
        let count = self.histories[l].writes.len() - self.steps;
        for index in 0..count {
            let history = &self.histories[l];
            let Write { kind, mark, source, message, readers, .. } = history.writes[index];
            let rank = history.dropped + index as u32 + 1;
            self.settled.push(Settled { mark, source, kind, rank });
            if message != NOTHING {
                self.free_messages.push(message);
            }
            self.free_reader_list(readers);
        }
        self.histories[l].writes.drain(..count);
        self.histories[l].dropped += count as u32;
    }

    /// Whether somebody has seen a write of whom so much is known.
    fn is_seen(&self, id: EventId, readers: u32, knows: impl Fn(EventId) -> bool) -> bool {
        let mut next = readers;
        let mut seen = knows(id);
        while !seen && next != NOTHING {
            let reader = self.readers[next as usize];
            seen = knows(reader.id);
            next = reader.next;
        }
        seen
    }
}

impl Passing {
    /// The number that stands for an event.
    pub(super) fn mark_of(&self, event: EventId) -> u64 {
        event_mark(self.threads[event.thread.index()].mark, event.index)
    }

    /// The least rank of a write that is kept.
    pub(super) fn kept_from(&self, location: LocationId) -> u32 {
        self.past.histories[location.index()].dropped + 1
    }

    /// Adds a write that is an event, behind all others of its location: who it is, what it does and from which source, what it writes, and
    /// what it tells. Those that are too far back to be kept are not counted.
    pub(super) fn add_newest(
        &mut self,
        l: usize,
        (writer, kind, source): (EventId, Kind, u64),
        value: Value,
        message: &[u32],
    ) {
        self.keep_newest(l, kind, source);
        let history = &mut self.past.histories[l];
        if history.writes.len() > self.past.steps {
            let first = history.writes.remove(0);
            history.dropped += 1;
            if first.message != NOTHING {
                self.past.free_messages.push(first.message);
            }
        }
        let (mark, rank) = (self.mark_of(writer), self.newest[l].rank + 1);
        let releases = message.iter().any(|known| *known > 0);
        self.newest[l] = Newest { writer, mark, value, rank, releases, is_whole: false };
        self.messages[l * self.width..][..self.width].copy_from_slice(message);
    }

    /// Notes that an event has read the write of that rank.
    pub(super) fn add_reader_of(&mut self, id: EventId, l: usize, rank: u32) {
        if rank == self.newest[l].rank {
            self.note_reader(id, l);
        } else if rank > self.past.histories[l].dropped && !self.has(PassFault::Readers) {
            self.note_old_reader(id, l, (rank - 1 - self.past.histories[l].dropped) as usize);
        }
    }

    /// The newest write of a location is about to get a successor, which is of this kind and has this source.
    #[inline(always)]
    pub(super) fn supersede(&mut self, l: usize, kind: Kind, source: u64) {
        if self.past.on {
            self.keep_newest(l, kind, source);
        }
    }

    fn keep_newest(&mut self, l: usize, kind: Kind, source: u64) {
        let (newest, width) = (self.newest[l], self.width);
        let past = &mut self.past;
        if newest.writer != NOBODY {
            let mut message = NOTHING;
            if newest.releases && self.fault != Some(PassFault::Superseded) {
                message = past.add_message(width);
                past.messages[message as usize * width..][..width]
                    .copy_from_slice(&self.messages[l * width..][..width]);
            }
            let Newest { writer: id, mark, value, is_whole, .. } = newest;
            let releases = message != NOTHING;
            let history = &mut past.histories[l];
            let (kind, source, readers) = (history.kind, history.source, history.readers);
            history.writes.push(Write {
                id,
                kind,
                mark,
                source,
                value,
                releases,
                is_whole,
                message,
                readers,
            });
            if history.writes.len() >= 2 * past.steps + 2 {
                past.settle(l);
            }
        }
        let history = &mut past.histories[l];
        (history.kind, history.source, history.readers) = (kind, source, NOTHING);
    }

    /// A thread has read the newest write of a location.
    #[inline(always)]
    pub(super) fn note_reader(&mut self, id: EventId, l: usize) {
        let writer = self.newest[l].writer;
        if self.past.on
            && writer.thread != id.thread
            && writer != NOBODY
            && !self.has(PassFault::Readers)
        {
            let seen = &mut self.past.seen[l * self.width + id.thread.index()];
            if *seen != writer {
                *seen = writer;
                let next = self.past.histories[l].readers;
                self.past.histories[l].readers = self.past.add_reader(id, next);
            }
        }
    }

    /// A thread has read a write of a location that is not the newest.
    fn note_old_reader(&mut self, id: EventId, l: usize, index: usize) {
        let write = self.past.histories[l].writes[index];
        let seen = &mut self.past.seen[l * self.width + id.thread.index()];
        if write.id.thread != id.thread && *seen != write.id {
            *seen = write.id;
            let readers = self.past.add_reader(id, write.readers);
            self.past.histories[l].writes[index].readers = readers;
        }
    }

    /// Where a write is among those that are kept; none if it is the newest.
    fn index_of(&self, l: usize, rank: u32) -> Option<usize> {
        (rank < self.newest[l].rank).then(|| (rank - 1 - self.past.histories[l].dropped) as usize)
    }

    /// A thread reads a write of that rank, which is not the newest: what it gets to know, and what stands for the write.
    fn read_old(&mut self, id: EventId, l: usize, rank: u32, acquires: bool) -> u64 {
        if rank == 0 {
            return 1;
        }
        let index = (rank - 1 - self.past.histories[l].dropped) as usize;
        let write = self.past.histories[l].writes[index];
        let (t, width) = (id.thread.index(), self.width);
        let is_known = write.is_whole && self.knows(t, write.id);
        if write.releases && !is_known && !self.has(PassFault::Acquires) {
            let which = if acquires { HB } else { PENDING };
            let row = &self.past.messages[write.message as usize * width..][..width];
            join(&mut self.known[(t * OF_THREAD + which) * width..][..width], row);
            self.threads[t].changed[which] = true;
        }
        write.mark
    }

    /// Places a write behind the one of that rank, which is not the newest.
    fn write_old(
        &mut self,
        next: (EventId, u64),
        l: usize,
        rank: u32,
        (kind, source, value): (Kind, u64, Value),
        (acquires, releases, carries_release): (bool, bool, bool),
    ) {
        let ((id, mark), width, t) = (next, self.width, next.0.thread.index());
        let dropped = self.past.histories[l].dropped;
        let before =
            rank.checked_sub(dropped + 1).map(|at| self.past.histories[l].writes[at as usize]);
        let before = before.filter(|_| kind == Kind::Update);
        let carries = carries_release && before.is_some_and(|write| write.releases);
        let carries = carries && !self.has(PassFault::Carries);
        let fenced = self.is_fenced(t);
        let (mut message, mut is_whole) = (NOTHING, false);
        if releases || fenced || carries {
            message = self.past.add_message(width);
            let row = &mut self.past.messages[message as usize * width..][..width];
            row.fill(0);
            let own = if releases { HB } else { FENCED };
            if releases || fenced {
                row.copy_from_slice(&self.known[(t * OF_THREAD + own) * width..][..width]);
            }
            if releases {
                row[t] = id.index + 1;
            }
            // Who acquires what it carries on knows that already.
            let joins = carries && !(releases && acquires);
            if let Some(carried) = before.filter(|_| joins) {
                let (from, into) = (carried.message as usize * width, message as usize * width);
                for word in 0..width {
                    let carried = self.past.messages[from + word];
                    let known = &mut self.past.messages[into + word];
                    *known = carried.max(*known);
                }
            }
            is_whole = releases && !joins;
        }
        let releases = message != NOTHING;
        let readers = NOTHING;
        let write = Write { id, kind, mark, source, value, releases, is_whole, message, readers };
        self.past.histories[l].writes.insert((rank - dropped) as usize, write);
        self.newest[l].rank += 1;
        self.note_write(id, l);
    }
}

impl Graph {
    /// The place in coherence of the newest write of a location, while accesses pass.
    pub fn last_rank_passed(&self, location: LocationId) -> u32 {
        self.passing.newest.get(location.index()).map_or(0, |newest| newest.rank)
    }

    /// Whether the write at that place in coherence, from 1, has been seen by something that happens before what a thread does next, while
    /// accesses pass: then coherence keeps the thread from what comes before.
    pub fn has_seen_passed(&self, thread: ThreadId, location: LocationId, rank: u32) -> bool {
        let (passing, l) = (&self.passing, location.index());
        let history = &passing.past.histories[l];
        let (writer, readers) = match passing.index_of(l, rank) {
            Some(index) => (history.writes[index].id, history.writes[index].readers),
            None => (passing.newest[l].writer, history.readers),
        };
        let knows = |id: EventId| passing.knows(thread.index(), id);
        !passing.has(PassFault::Coherence) && passing.past.is_seen(writer, readers, knows)
    }

    /// What a write of a location wrote that [`Graph::source_passed`] has named.
    pub fn value_passed(&self, location: LocationId, source: Position) -> Value {
        let (passing, l) = (&self.passing, location.index());
        if !source.is_some() {
            return self.locations[l].initial;
        }
        let index = passing.index_of(l, source.0);
        index.map_or(passing.newest[l].value, |index| passing.past.histories[l].writes[index].value)
    }

    /// A name for the write at that place in coherence, while accesses pass and none is placed.
    pub const fn source_passed(rank: u32) -> Position {
        if rank == 0 { Position::INITIAL } else { Position(rank) }
    }

    /// The place in coherence of the write of that name.
    pub fn rank_passed(&self, source: Position) -> u32 {
        if source.is_some() { source.0 } else { 0 }
    }

    /// The write of that name.
    pub fn writer_passed(&self, location: LocationId, source: Position) -> EventId {
        let (passing, l) = (&self.passing, location.index());
        let index = passing.index_of(l, source.0);
        index.map_or(passing.newest[l].writer, |index| passing.past.histories[l].writes[index].id)
    }

    /// Whether an update has read the write at that place in coherence, while accesses pass.
    pub fn is_updated_passed(&self, location: LocationId, rank: u32) -> bool {
        let (passing, l) = (&self.passing, location.index());
        let history = &passing.past.histories[l];
        if rank == passing.newest[l].rank || passing.has(PassFault::Atomicity) {
            return false;
        }
        let next = passing.index_of(l, rank + 1);
        next.map_or(history.kind, |next| history.writes[next].kind) == Kind::Update
    }

    /// Performs an access as its draft says, whose source, or the place it goes behind, is [named](Graph::source_passed).
    pub fn pass_back(&mut self, draft: &Draft) -> Passed {
        let Draft { thread, ref op, source, after, flags, .. } = *draft;
        let Some(location) = op.location() else { unreachable!("{op:?} does not pass") };
        let (t, l) = (thread.index(), location.index());
        let rank = match op {
            Op::Store { .. } => after,
            _ if source.is_some() => source.0,
            _ => 0,
        };
        let fails = flags.has(Flags::SPURIOUS);
        if rank == self.passing.newest[l].rank {
            return self.pass(thread, location, op, fails);
        }
        let read = self.value_passed(location, Graph::source_passed(rank));
        let (kind, written) = effect_here(op, flags, read);
        let (acquires, releases) = orders(op, kind, read);
        let id = EventId { thread, index: self.threads[t].count };
        self.threads[t].count += 1;
        self.forgotten += 1;
        let (passing, carries) = (&mut self.passing, self.carries_release);
        passing.latest[l * passing.width + t][0] = id.index + 1;
        let mark = event_mark(passing.threads[t].mark, id.index);
        let before = passing.newest[l].value;
        let source = match kind.reads() {
            true => passing.read_old(id, l, rank, acquires),
            false => 1,
        };
        if kind.writes() {
            let (what, orders) = ((kind, source, written), (acquires, releases, carries));
            passing.write_old((id, mark), l, rank, what, orders);
        } else if rank > 0 {
            passing.note_old_reader(id, l, (rank - 1 - passing.past.histories[l].dropped) as usize);
        }
        if fails {
            passing.threads[t].spurious = passing.threads[t].spurious.saturating_add(1);
        }
        let reply = match (kind, op) {
            (Kind::Read, Op::CompareExchange { .. }) => Reply::Refused(read),
            (Kind::Update, Op::CompareExchange { .. }) => Reply::Exchanged(read),
            (Kind::Write, _) => Reply::Done,
            _ => Reply::Value(read),
        };
        let flags = Flags::when(fails, Flags::SPURIOUS);
        Passed { id, kind, flags, mark, source, before, rank: 0, reply }
    }

    /// Whether there is anything SeqCst.
    #[inline]
    pub fn has_seq_cst(&self) -> bool {
        !self.seq_cst.is_empty() || self.passing.past.has_seq_cst
    }

    /// From here on accesses may be SeqCst, although they pass.
    pub fn expect_seq_cst(&mut self) {
        self.passing.past.expects_seq_cst = !self.has_seq_cst();
    }

    /// Whether the next access that passes may be the first that is SeqCst: then that is to be noted.
    #[inline(always)]
    pub fn expects_seq_cst(&self) -> bool {
        self.passing.past.expects_seq_cst
    }

    /// Notes that an access has passed that is SeqCst if it did that.
    #[cold]
    pub fn note_seq_cst_passed(&mut self, op: &Op, kind: Kind) {
        let flags = ordering_flags(op, kind, Value(0));
        self.passing.past.has_seq_cst |= flags.has(Flags::SEQ_CST);
        self.expect_seq_cst();
    }

    /// Whether a write that passes may get another place in coherence later.
    #[inline(always)]
    pub fn keeps_past(&self) -> bool {
        self.passing.past.on
    }

    /// Whether there are writes for [`Graph::take_settled`].
    #[inline(always)]
    pub fn has_settled(&self) -> bool {
        !self.passing.past.settled.is_empty()
    }

    /// Calls `take` with the writes whose places have become final.
    pub fn take_settled(&mut self, take: impl FnMut(Settled)) {
        self.passing.past.settled.drain(..).for_each(take);
    }

    /// Calls `take` with the writes whose places are not final, at the end, when they are.
    pub fn each_unsettled(&self, mut take: impl FnMut(Settled)) {
        if !self.keeps_past() {
            return;
        }
        for (history, newest) in self.passing.past.histories.iter().zip(&self.passing.newest) {
            for (index, write) in history.writes.iter().enumerate() {
                let Write { kind, mark, source, .. } = *write;
                take(Settled { mark, source, kind, rank: history.dropped + index as u32 + 1 });
            }
            if newest.writer != NOBODY {
                let History { kind, source, .. } = *history;
                take(Settled { mark: newest.mark, source, kind, rank: newest.rank });
            }
        }
    }
}
