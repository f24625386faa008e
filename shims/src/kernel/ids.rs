//! Index types: who (threads), where (locations) and which (events).

use std::fmt;

/// A thread of the program under test.
///
/// Thread 0 is the main thread; the others get their number from the engine when they are spawned.
/// The number belongs to the spawn (its parent and how many threads the parent spawned before), so
/// the same thread has the same number in every execution of one exploration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

impl ThreadId {
    /// The thread that starts the program.
    pub const MAIN: ThreadId = ThreadId(0);

    /// The number as an index into per-thread tables.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A memory location: one atomic variable, or one plain cell whose accesses are race-checked.
///
/// The world numbers its locations from 0, densely, and gives a location the same number in every
/// execution. The engine's tables grow with the largest number used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationId(pub u32);

impl LocationId {
    /// The number as an index into per-location tables.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An event of an execution: the `index`-th event (from 0) of `thread`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The thread that performed the event.
    pub thread: ThreadId,
    /// How many events the thread performed before it.
    pub index: u32,
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

impl fmt::Debug for LocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "x{}", self.0)
    }
}

impl fmt::Display for LocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "x{}", self.0)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.thread, self.index)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.thread, self.index)
    }
}
