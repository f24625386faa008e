//! Accesses that pass: performed as others are, but no events of the graph.
//!
//! An execution that only grows, in which every access reads the newest write or stands behind it, needs little of an access that is
//! over: what the location holds and who wrote it, and what an acquire read of that learns. That is kept here, a row of numbers
//! for each clock, and changed in place; so an access costs neither an event nor clocks of its own, and memory does not grow with
//! the number of accesses. All else (objects, threads, fences, choices) is an event like any other: the clocks of its
//! thread go over from here to the graph before it, and back after it.
//!
//! Where an access may also take an older write, or stand before others, [`past`](super::past) has these.
//!
//! Invariants, for a graph whose accesses pass: (1) it is one in which conflicting accesses are ordered
//! ([`Causality::Conflicts`](super::Causality::Conflicts)), so each comes after all before it at its location, or one in which none is
//! SeqCst, or nothing that is not the newest is taken where the order of SeqCst may forbid it, so that coherence and atomicity are all that
//! there is to be asked; (2) what happens before the
//! next event of a thread is what its rows say, but for the thread's own number in them, which may lag behind; (3) the causal
//! clocks of its events know of other events, not of accesses but those that have been [handed over](super::handover): whoever asks for the causes of an access needs a complete graph.

use super::clock::ClockId;
use super::event::{Flags, Kind};
use super::execution_graph::Graph;
use super::past::Past;
use super::push::Start;
use raddle_shims::kernel::{EventId, LocationId, Op, Reply, ThreadId, Value};

/// Which clock of a thread; the names are those of [`super::Event`].
///
/// The causal one, whose place is 1, is changed by events alone.
pub(super) const HB: usize = 0;
pub(super) const PENDING: usize = 2;
pub(super) const FENCED: usize = 3;
pub(super) const OF_THREAD: usize = 4;

/// What an access did that passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// Which event it would be.
    pub id: EventId,
    /// What it did.
    pub kind: Kind,
    /// [`Flags::SPURIOUS`] as decided.
    pub flags: Flags,
    /// A number that stands for the event, see [`Graph::mark_thread`].
    pub mark: u64,
    /// The same for the write it read; 1 if it read none.
    pub source: u64,
    /// What the location held before.
    pub before: Value,
    /// Its place in coherence, from 1; 0 if it did not write, or if that may [change](Graph::keeps_past).
    pub rank: u32,
    /// What its thread is told.
    pub reply: Reply,
}

/// A mistake planted in how accesses pass, to show that the tests notice.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PassFault {
    /// An acquire read learns nothing.
    Acquires,
    /// An update does not carry on what its source released.
    Carries,
    /// What a thread knows when it begins.
    Begins,
    /// A thread does not know what has been seen before.
    Coherence,
    /// What has been read has not been seen.
    Readers,
    /// A write may go between an update and its source.
    Atomicity,
    /// A write that is not the newest any more tells nothing.
    Superseded,
    /// A plain access is not compared with accesses that passed.
    Plain,
    /// What an event that is none of these taught its thread.
    Events,
    /// What threads know where accesses begin to pass that have been events.
    HandsOverNothingKnown,
    /// The writes there have been where accesses begin to pass.
    HandsOverNoWrite,
    /// Who has read, and what a plain access may race with, where accesses begin to pass.
    HandsOverNoAccess,
}

/// The clocks of a thread as far as the graph has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    /// By clock: the one of the graph that the row was last the same as.
    known: [ClockId; OF_THREAD],
    /// By clock, whether the row has changed since.
    pub changed: [bool; OF_THREAD],
    /// How many of its compare-exchanges have failed spuriously.
    pub spurious: u8,
    /// A number that stands for the thread.
    pub mark: u64,
}

impl Tail {
    const NEW: Tail = Tail {
        known: [ClockId::BOTTOM; OF_THREAD],
        changed: [false; OF_THREAD],
        spurious: 0,
        mark: 0,
    };
}

/// The newest write of a location.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest {
    /// [`NOBODY`] before the first write.
    pub writer: EventId,
    /// The number that stands for it; 1 if nobody has written.
    pub mark: u64,
    /// What the location holds.
    pub value: Value,
    pub rank: u32,
    /// Whether an acquire read gets to know anything.
    pub releases: bool,
    /// Whether that is what the writer knew, with the write itself: who knows of the write then knows all of it.
    pub is_whole: bool,
}

pub(super) const NOBODY: EventId = EventId { thread: ThreadId(u32::MAX), index: u32::MAX };

impl Newest {
    const NONE: Newest = Newest {
        writer: NOBODY,
        mark: 1,
        value: Value(0),
        rank: 0,
        releases: false,
        is_whole: false,
    };
}

/// An access that is about to pass.
#[derive(Clone, Copy)]
struct Next {
    id: EventId,
    mark: u64,
    location: usize,
}

/// A number that stands for an event of a thread that this one stands for; for those of a thread, different multiples of its odd number.
#[inline(always)]
pub const fn event_mark(thread: u64, index: u32) -> u64 {
    thread.wrapping_mul(2 * index as u64 + 1)
}

/// What is kept of accesses that passed.
#[derive(Clone, Debug, Default)]
pub(super) struct Passing {
    pub on: bool,
    /// How many threads have got their mark.
    marked: usize,
    pub width: usize,
    pub threads: Vec<Tail>,
    /// The clocks of the threads, [`OF_THREAD`] rows for each.
    pub known: Vec<u32>,
    pub newest: Vec<Newest>,
    /// By location, what an acquire read of the newest write gets to know.
    pub messages: Vec<u32>,
    /// For each location and thread how many events the thread had with its latest access, and with its latest write.
    pub latest: Vec<[u32; 2]>,
    /// What is not the newest.
    pub past: Past,
    pub fault: Option<PassFault>,
}

/// Rows that have become longer.
pub(super) fn widened<T: Copy>(rows: &[T], before: usize, width: usize, new: T) -> Vec<T> {
    let mut words = Vec::with_capacity(rows.len() / before.max(1) * width);
    for row in rows.chunks(before.max(1)) {
        words.extend_from_slice(row);
        words.resize(words.len() + width - before, new);
    }
    words
}

/// Adds what `from` knows.
#[inline(always)]
pub(super) fn join(into: &mut [u32], from: &[u32]) {
    if let (Ok(into), Ok(from)) =
        (<&mut [u32; 4]>::try_from(&mut *into), <&[u32; 4]>::try_from(from))
    {
        for (word, other) in into.iter_mut().zip(from) {
            *word = (*word).max(*other);
        }
        return;
    }
    for (word, other) in into.iter_mut().zip(from) {
        *word = (*word).max(*other);
    }
}

/// Makes `into` what `from` is, which is as long.
#[inline(always)]
fn copy(into: &mut [u32], from: &[u32]) {
    if let (Ok(into), Ok(from)) =
        (<&mut [u32; 4]>::try_from(&mut *into), <&[u32; 4]>::try_from(from))
    {
        *into = *from;
        return;
    }
    into.copy_from_slice(from);
}

impl Passing {
    /// Forgets everything; accesses are events again.
    pub fn clear(&mut self) {
        if !std::mem::take(&mut self.on) {
            return;
        }
        self.threads.fill(Tail::NEW);
        self.marked = 0;
        self.known.fill(0);
        self.newest.fill(Newest::NONE);
        self.messages.fill(0);
        self.latest.fill([0; 2]);
        self.past.clear();
    }

    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.threads.capacity() * size_of::<Tail>()
            + self.newest.capacity() * size_of::<Newest>()
            + (self.known.capacity() + self.messages.capacity()) * size_of::<u32>()
            + self.latest.capacity() * size_of::<[u32; 2]>()
            + self.past.bytes()
    }

    pub fn has(&self, fault: PassFault) -> bool {
        self.fault == Some(fault)
    }

    /// Makes room.
    #[cold]
    #[inline(never)]
    fn fit(&mut self, width: usize, threads: usize, locations: usize) {
        let before = std::mem::replace(&mut self.width, width);
        if before != width {
            self.known = widened(&self.known, before, width, 0);
            self.messages = widened(&self.messages, before, width, 0);
            self.latest = widened(&self.latest, before, width, [0; 2]);
        }
        let (threads, locations) =
            (threads.max(self.threads.len()), locations.max(self.newest.len()));
        self.threads.resize(threads, Tail::NEW);
        self.known.resize(threads * OF_THREAD * width, 0);
        self.newest.resize(locations, Newest::NONE);
        self.messages.resize(locations * width, 0);
        self.latest.resize(locations * width, [0; 2]);
        self.past.fit(locations, (before, width));
    }

    /// Whether an event happens before what a thread does next.
    #[inline(always)]
    pub fn knows(&self, thread: usize, event: EventId) -> bool {
        let other = event.thread.index();
        other == thread || self.of_thread(thread, HB)[other] > event.index
    }

    /// Whether a thread has passed a release fence.
    #[inline(always)]
    pub fn is_fenced(&self, thread: usize) -> bool {
        self.threads[thread].known[FENCED] != ClockId::BOTTOM
    }

    #[inline(always)]
    fn of_thread(&self, thread: usize, which: usize) -> &[u32] {
        let start = (thread * OF_THREAD + which) * self.width;
        &self.known[start..start + self.width]
    }

    #[inline(always)]
    fn of_thread_mut(&mut self, thread: usize, which: usize) -> &mut [u32] {
        let start = (thread * OF_THREAD + which) * self.width;
        &mut self.known[start..start + self.width]
    }

    /// The thread gets to know what the newest write of the location tells.
    #[inline(always)]
    fn learn(&mut self, thread: usize, which: usize, location: usize) {
        let (into, from) = ((thread * OF_THREAD + which) * self.width, location * self.width);
        let into = &mut self.known[into..into + self.width];
        join(into, &self.messages[from..from + self.width]);
        self.threads[thread].changed[which] = true;
    }

    /// The location tells what the thread knows, in addition to what it tells already if it carries that on.
    #[inline(always)]
    fn tell(&mut self, location: usize, thread: usize, which: usize, carries: bool) {
        let (into, from) = (location * self.width, (thread * OF_THREAD + which) * self.width);
        let into = &mut self.messages[into..into + self.width];
        let from = &self.known[from..from + self.width];
        if carries { join(into, from) } else { copy(into, from) }
    }

    /// A thread reads a write that tells something.
    #[inline(always)]
    fn receive(&mut self, t: usize, l: usize, newest: &Newest, acquires: bool) {
        let is_known = newest.is_whole && self.knows(t, newest.writer);
        if !is_known && !self.has(PassFault::Acquires) {
            self.learn(t, if acquires { HB } else { PENDING }, l);
        }
    }

    /// A thread writes: whether the location tells anything from now on, and whether that is what the thread knows.
    #[inline(always)]
    fn release(
        &mut self,
        l: usize,
        id: EventId,
        (acquires, releases): (bool, bool),
        carries: bool,
    ) -> (bool, bool) {
        let t = id.thread.index();
        let carries = carries && !self.has(PassFault::Carries);
        if releases {
            // Who acquires what it carries on knows that already.
            let joins = carries && !acquires;
            self.tell(l, t, HB, joins);
            self.messages[l * self.width + t] = id.index + 1;
            return (true, !joins);
        }
        let fenced = self.is_fenced(t);
        if fenced {
            self.tell(l, t, FENCED, carries);
        }
        (fenced || carries, false)
    }

    /// Performs a load, or what is one as it fails.
    #[inline(always)]
    fn read(&mut self, Next { id, mark, location: l }: Next, acquires: bool) -> Passed {
        let newest = self.newest[l];
        if newest.releases {
            self.receive(id.thread.index(), l, &newest, acquires);
        }
        self.note_reader(id, l);
        let (source, before) = (newest.mark, newest.value);
        let (kind, reply, flags) = (Kind::Read, Reply::Value(before), Flags::default());
        Passed { id, kind, flags, mark, source, before, rank: 0, reply }
    }

    /// Performs a store.
    #[inline(always)]
    fn write(&mut self, next: Next, value: Value, releases: bool) -> Passed {
        let Next { id, mark, location: l } = next;
        let Newest { value: before, rank, .. } = self.newest[l];
        let rank = rank + 1;
        self.supersede(l, Kind::Write, 1);
        let (releases, is_whole) = self.release(l, id, (false, releases), false);
        self.newest[l] = Newest { writer: id, mark, value, rank, releases, is_whole };
        self.note_write(id, l);
        let (kind, reply, flags) = (Kind::Write, Reply::Done, Flags::default());
        Passed { id, kind, flags, mark, source: 1, before, rank, reply }
    }

    /// Performs an update, which writes this value.
    #[inline(always)]
    fn update(
        &mut self,
        next: Next,
        value: Value,
        (acquires, releases): (bool, bool),
        carries_release: bool,
    ) -> Passed {
        let Next { id, mark, location: l } = next;
        let newest = self.newest[l];
        if newest.releases {
            self.receive(id.thread.index(), l, &newest, acquires);
        }
        let (source, before, rank) = (newest.mark, newest.value, newest.rank + 1);
        self.supersede(l, Kind::Update, source);
        let carries = newest.releases && carries_release;
        let (releases, is_whole) = self.release(l, id, (acquires, releases), carries);
        self.newest[l] = Newest { writer: id, mark, value, rank, releases, is_whole };
        self.note_write(id, l);
        let (kind, reply, flags) = (Kind::Update, Reply::Value(before), Flags::default());
        Passed { id, kind, flags, mark, source, before, rank, reply }
    }

    #[inline(always)]
    pub fn note_write(&mut self, id: EventId, l: usize) {
        self.latest[l * self.width + id.thread.index()][1] = id.index + 1;
    }

    /// Fails spuriously.
    #[cold]
    fn fail(&mut self, next: Next, acquires: bool) -> Passed {
        let failures = &mut self.threads[next.id.thread.index()].spurious;
        *failures = failures.saturating_add(1);
        Passed { flags: Flags::SPURIOUS, ..self.read(next, acquires) }
    }
}

impl Graph {
    /// From now on accesses pass. The graph is empty. Either conflicting accesses are ordered in it, or it is one in which no access is
    /// SeqCst, and each may go `back` so many steps in coherence from the newest write.
    pub fn let_pass(&mut self, back: Option<u32>, fault: Option<PassFault>) {
        debug_assert!(self.is_empty() && self.total() == 0);
        self.passing.on = true;
        if let Some(steps) = back {
            self.passing.past.begin(steps);
        }
        self.passing.fault = fault;
        self.fit_passing();
        for (newest, location) in self.passing.newest.iter_mut().zip(&self.locations) {
            newest.value = location.initial;
        }
    }

    /// Whether accesses pass.
    #[inline(always)]
    pub fn lets_pass(&self) -> bool {
        self.passing.on
    }

    /// Makes room for threads and locations in what is kept of accesses that pass.
    pub(super) fn fit_passing(&mut self) {
        if self.passing.on {
            self.passing.fit(self.clocks.width(), self.threads.len(), self.locations.len());
        }
    }

    /// How many weak compare-exchanges of a thread have failed spuriously while accesses passed.
    #[inline]
    pub fn spurious_passed(&self, thread: ThreadId) -> u8 {
        self.passing.threads.get(thread.index()).map_or(0, |tail| tail.spurious)
    }

    /// What a location holds now, while accesses pass.
    #[inline(always)]
    pub fn newest_passed(&self, location: LocationId) -> Value {
        self.passing.newest.get(location.index()).map_or(Value(0), |newest| newest.value)
    }

    /// Notes what a location holds before the first write.
    pub(super) fn begin_location_passing(&mut self, location: LocationId, initial: Value) {
        if self.passing.on
            && let Some(newest) = self.passing.newest.get_mut(location.index())
            && newest.writer == NOBODY
        {
            newest.value = initial;
        }
    }

    /// How many events a thread had with its latest access of a location that passed, and with its latest write.
    pub fn latest_passed(&self, location: LocationId, thread: usize) -> [u32; 2] {
        if !self.passing.on || self.passing.has(PassFault::Plain) {
            return [0; 2];
        }
        let slot = location.index() * self.passing.width + thread;
        self.passing.latest.get(slot).copied().unwrap_or_default()
    }

    /// How many events of `other` happen before what `thread` does next, while accesses pass.
    #[inline]
    pub(super) fn known_passing(&self, thread: ThreadId, other: ThreadId) -> u32 {
        self.passing.of_thread(thread.index(), HB).get(other.index()).copied().unwrap_or(0)
    }

    /// Performs an access that takes the newest write of its location, or stands behind it; if `fails`, a weak compare-exchange
    /// that finds what it expects and fails.
    #[inline(always)]
    pub fn pass(&mut self, thread: ThreadId, location: LocationId, op: &Op, fails: bool) -> Passed {
        self.ensure_location(location);
        let (t, l) = (thread.index(), location.index());
        let tail = &mut self.threads[t];
        let id = EventId { thread, index: tail.count };
        tail.count += 1;
        self.forgotten += 1;
        let (passing, carries) = (&mut self.passing, self.carries_release);
        let mark = event_mark(passing.threads[t].mark, id.index);
        passing.latest[l * passing.width + t][0] = id.index + 1;
        let next = Next { id, mark, location: l };
        // What an access does follows from what kind it is, which is found out once.
        match *op {
            Op::Load { ordering, .. } => passing.read(next, ordering.acquires()),
            Op::Store { ordering, value, .. } => passing.write(next, value, ordering.releases()),
            Op::Rmw { ordering, change, .. } => {
                let new = change.apply(passing.newest[l].value);
                let orders = (ordering.acquires(), ordering.releases());
                passing.update(next, new, orders, carries)
            }
            Op::CompareExchange { success, failure, expected, new, .. } => {
                let read = passing.newest[l].value;
                if read != expected {
                    let refused = passing.read(next, failure.acquires());
                    Passed { reply: Reply::Refused(read), ..refused }
                } else if fails {
                    let refused = passing.fail(next, failure.acquires());
                    Passed { reply: Reply::Refused(read), ..refused }
                } else {
                    let orders = (success.acquires(), success.releases());
                    let exchanged = passing.update(next, new, orders, carries);
                    Passed { reply: Reply::Exchanged(read), ..exchanged }
                }
            }
            _ => unreachable!("{op:?} does not pass"),
        }
    }

    /// Whether there are threads for which no number stands yet.
    #[inline(always)]
    pub fn has_unmarked(&self) -> bool {
        self.passing.marked < self.threads.len()
    }

    /// Says which odd number stands for a thread, from 0 on.
    pub fn mark_thread(&mut self, thread: ThreadId, mark: u64) {
        self.passing.threads[thread.index()].mark = mark;
        self.passing.marked = thread.index() + 1;
    }

    /// The clocks with which the next event of a thread starts, from what the thread knows.
    #[inline(never)]
    pub(super) fn start_passing(&mut self, thread: ThreadId) -> Start {
        let t = thread.index();
        for which in 0..OF_THREAD {
            if std::mem::take(&mut self.passing.threads[t].changed[which]) {
                let clock = self.clocks.adopt(self.passing.of_thread(t, which));
                self.passing.threads[t].known[which] = clock;
            }
        }
        let [hb, causal, pending, fenced] = self.passing.threads[t].known;
        Start { hb, causal, pending, fenced }
    }

    /// A thread knows this from now on, since its latest event or its beginning.
    #[inline(never)]
    pub(super) fn leave_passing(&mut self, thread: ThreadId, start: Start) {
        if self.passing.has(PassFault::Events) {
            return;
        }
        let Start { hb, causal, pending, fenced } = start;
        for (which, clock) in [hb, causal, pending, fenced].into_iter().enumerate() {
            let tail = &mut self.passing.threads[thread.index()];
            if tail.known[which] != clock {
                tail.known[which] = clock;
                tail.changed[which] = false;
                let clock = self.clocks.get(clock);
                self.passing.of_thread_mut(thread.index(), which).copy_from_slice(clock);
            }
        }
    }

    /// A thread begins, which the event at `spawn` has started.
    pub(super) fn begin_passing(&mut self, child: ThreadId, start: Start) {
        if !self.passing.has(PassFault::Begins) {
            self.leave_passing(child, start);
        }
    }

    /// The clocks of the graph have got other numbers.
    pub(super) fn renumber_passing(&mut self) {
        for tail in &mut self.passing.threads {
            for (known, changed) in tail.known.iter_mut().zip(&mut tail.changed) {
                // What is not known to be empty is made anew when it is next asked for. A number that no clock has says that it is
                // not empty.
                *changed |= *known != ClockId::BOTTOM;
            }
        }
    }
}
