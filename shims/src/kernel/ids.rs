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
/// A world numbers its locations from 0, densely. Either a location has the same number in every
/// execution, or all numbers are [local](LocationId::local): good for one execution only, in which
/// each is [declared](super::Controller::declare). The engine's tables grow with the largest number
/// used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationId(pub u32);

impl LocationId {
    const LOCAL: u32 = 1 << 31;

    /// The location that is number `object` in this execution; it may get another number in the next.
    ///
    /// # Panics
    /// If `object` is 2³¹ - 1 or more.
    #[inline]
    pub const fn local(object: u32) -> LocationId {
        assert!(object < Self::LOCAL - 1, "too many objects in one execution");
        LocationId(object | Self::LOCAL)
    }

    /// The number within the execution, if it is a [local](LocationId::local) one.
    #[inline]
    pub const fn as_local(self) -> Option<u32> {
        if self.0 & Self::LOCAL != 0 && self.0 != u32::MAX {
            Some(self.0 & !Self::LOCAL)
        } else {
            None
        }
    }

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
        match self.as_local() {
            Some(object) => write!(f, "o{object}"),
            None => write!(f, "x{}", self.0),
        }
    }
}

impl fmt::Display for LocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_local() {
            Some(object) => write!(f, "o{object}"),
            None => write!(f, "x{}", self.0),
        }
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
