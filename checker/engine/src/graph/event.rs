//! One event of an execution graph.

use super::clock::ClockId;
use raddle_shims::kernel::{EventId, LocationId, Op, ThreadId, Until, Value};
use std::fmt;

/// A place in the sequence of a graph, or none.
///
/// The sequence is a linear extension of the causal order. Cutting the graph keeps the positions of
/// what remains; restricting it to a subset does not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u32);

impl Position {
    /// Nowhere: there is no such event.
    pub const NONE: Position = Position(u32::MAX);

    /// As the source of a read: the initial value of the location.
    pub const INITIAL: Position = Position::NONE;

    /// The place as an index into [`super::Graph::events`]; not to be asked of [`Position::NONE`].
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether it is a place at all.
    #[inline]
    pub const fn is_some(self) -> bool {
        self.0 != u32::MAX
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_some() { write!(f, "#{}", self.0) } else { f.write_str("-") }
    }
}

/// What an event does in the graph. A compare-exchange is an update when it succeeds and a read when
/// it fails.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Reads a location.
    Read,
    /// Writes a location.
    Write,
    /// Reads and writes a location in one step.
    Update,
    /// Orders other events.
    Fence,
    /// Starts a thread.
    Spawn,
    /// Waits for the end of a thread.
    Join,
    /// Picks an alternative.
    Choice,
    /// Uses a blocking object.
    Act,
    /// Has slept until a time.
    Sleep,
    /// Lets the clock go on; of no thread of the program.
    Advance,
}

impl Kind {
    /// Whether it has a source.
    #[inline]
    pub const fn reads(self) -> bool {
        matches!(self, Kind::Read | Kind::Update)
    }

    /// Whether it has a place in coherence.
    #[inline]
    pub const fn writes(self) -> bool {
        matches!(self, Kind::Write | Kind::Update)
    }
}

/// Marks of an event: how it came into the graph, and what its ordering implies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u8);

impl Flags {
    /// No later revisit or reversal in this subtree may delete the event (`*` in formulas).
    pub const FIXED: Flags = Flags(1);
    /// It was added by the canonical choice: coherence-latest source, coherence-last place, first
    /// alternative.
    pub const MAXIMAL: Flags = Flags(2);
    /// A read that was moved to its source by a backward revisit (`†` in formulas).
    pub const REVISITED: Flags = Flags(4);
    /// Its read part acquires (also a fence).
    pub const ACQUIRES: Flags = Flags(8);
    /// Its write part releases (also a fence).
    pub const RELEASES: Flags = Flags(16);
    /// It is sequentially consistent.
    pub const SEQ_CST: Flags = Flags(32);
    /// A weak compare-exchange that failed although the values were equal.
    pub const SPURIOUS: Flags = Flags(64);

    /// A read-modify-write that left the value as it was and ended a turn of a loop that only reads: it
    /// counts as a read.
    pub const IDLE: Flags = Flags(128);

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[inline]
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// These without `other`.
    #[inline]
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// `flag` if `condition`, else none.
    #[inline]
    pub const fn when(condition: bool, flag: Flags) -> Flags {
        if condition { flag } else { Flags(0) }
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(Flags, &str); 8] = [
            (Flags::FIXED, "fixed"),
            (Flags::MAXIMAL, "maximal"),
            (Flags::REVISITED, "revisited"),
            (Flags::ACQUIRES, "acquires"),
            (Flags::RELEASES, "releases"),
            (Flags::SEQ_CST, "seq_cst"),
            (Flags::SPURIOUS, "spurious"),
            (Flags::IDLE, "idle"),
        ];
        f.debug_set()
            .entries(NAMES.iter().filter(|(flag, _)| self.has(*flag)).map(|x| x.1))
            .finish()
    }
}

/// What is noted of an event after it was added. In one byte, with which an event takes 128.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Notes(u8);

impl Notes {
    /// Nothing about it will change, as [`super::Graph::forget`] has told.
    pub const SETTLED: Notes = Notes(1);
    /// Its thread has said that it would rather let others run since its event before this one.
    pub const YIELDED: Notes = Notes(2);

    /// Whether `note` is there.
    #[inline]
    pub const fn has(self, note: Notes) -> bool {
        self.0 & note.0 == note.0
    }

    /// Adds `note`.
    #[inline]
    pub const fn add(&mut self, note: Notes) {
        self.0 |= note.0;
    }
}

/// One event.
///
/// Clocks exclude the event itself and, in its own thread's component, may lag behind: ask
/// [`super::Graph::causes`] and [`super::Graph::happens_before`], which know that a thread's own
/// earlier events always come before.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Whose.
    pub thread: ThreadId,
    /// How many events of that thread come before.
    pub index: u32,
    /// What it does.
    pub kind: Kind,
    /// How it came here and what its ordering implies.
    pub flags: Flags,
    /// How many events of its thread, up to this one, are [`Flags::SPURIOUS`]; 255 if more.
    pub spurious: u8,
    /// What has been noted of it since.
    pub notes: Notes,
    /// The operation, with the values of the latest execution.
    pub op: Op,
    /// What it reads from; [`Position::INITIAL`] for the initial value and for what does not read.
    pub source: Position,
    /// The value it read; the reply of an action.
    pub read: Value,
    /// The value it wrote.
    pub written: Value,
    /// Its place in the coherence of its location, or among the actions on its object, from 1; 0 for what
    /// neither writes nor acts.
    pub rank: u32,
    /// The alternative that a choice or an action took; the thread that a spawn started.
    pub chosen: u32,
    /// Happens-before: how many events of each thread are known to have happened.
    pub hb: ClockId,
    /// The causal order: program order, reads-from, spawn and join, conflicts of objects, and in a model
    /// where conflicting accesses are ordered, those too.
    pub causal: ClockId,
    /// What an acquire fence after this event would add to happens-before.
    pub pending: ClockId,
    /// What a relaxed write after this event releases: the clock of the latest release fence.
    pub fenced: ClockId,
    /// What an acquire read of this write gets to know; the clock with which a spawned thread starts.
    pub message: ClockId,
    /// How many clocks there were before this event was added.
    pub(super) clocks_before: u32,
    /// How many uses there were before this event was added.
    pub(super) uses_before: u32,
    /// What [`super::Graph::named`] was before this event was added.
    pub(super) named_before: u32,
    /// The event of the same thread before this one.
    pub(super) previous: Position,
    /// The access of the same location by the same thread before this one.
    pub(super) previous_access: Position,
}

impl Event {
    /// Its identity.
    #[inline]
    pub const fn id(&self) -> EventId {
        EventId { thread: self.thread, index: self.index }
    }

    /// The location it reads or writes.
    #[inline]
    pub const fn location(&self) -> Option<LocationId> {
        self.op.location()
    }

    /// The condition on the value it reads.
    #[inline]
    pub const fn until(&self) -> Option<Until> {
        self.op.until()
    }

    /// Whether all these flags are set.
    #[inline]
    pub const fn is(&self, flags: Flags) -> bool {
        self.flags.has(flags)
    }

    /// The event of the same thread before this one.
    #[inline]
    pub const fn previous(&self) -> Position {
        self.previous
    }

    /// The access of the same location by the same thread before this one.
    #[inline]
    pub const fn previous_access(&self) -> Position {
        self.previous_access
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_takes_two_cache_lines() {
        assert_eq!(size_of::<Event>(), 128);
    }
}
