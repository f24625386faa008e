//! What can be wrong with a program, as data.

use super::{EventId, LocationId, Op, ThreadId};

/// A defect of the program under test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Two accesses of one location, at least one of them a write and at least one of them plain,
    /// that happens-before does not order.
    DataRace {
        /// The access that was performed first in this execution.
        first: Access,
        /// The access that completed the race.
        second: Access,
    },
    /// No thread can go on although not all have ended.
    Deadlock {
        /// Every thread that has not ended, by thread.
        waiting: Vec<Waiting>,
    },
    /// The program itself found something wrong: an assertion, a panic.
    Assertion {
        /// Whose.
        thread: ThreadId,
        /// Its text.
        message: String,
    },
    /// Something was never released: the execution as a whole is wrong.
    Leak {
        /// What, and where it came from.
        message: String,
    },
    /// The program used something in a way that is never right, or the checker cannot go on with it.
    Misuse {
        /// Whose fault it is.
        thread: ThreadId,
        /// What was done and what to do instead.
        message: String,
    },
}

/// One side of a data race.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Which thread.
    pub thread: ThreadId,
    /// What it did.
    pub kind: AccessKind,
    /// Where.
    pub location: LocationId,
    /// The event itself if the access is atomic, else the event of that thread that comes next.
    pub at: EventId,
}

/// How a location was accessed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AccessKind {
    /// A plain read.
    PlainRead,
    /// A plain write.
    PlainWrite,
    /// An atomic read (also a compare-exchange that failed).
    AtomicRead,
    /// An atomic write (also a read-modify-write).
    AtomicWrite,
}

impl AccessKind {
    /// Whether the location was changed.
    pub const fn writes(self) -> bool {
        matches!(self, AccessKind::PlainWrite | AccessKind::AtomicWrite)
    }

    /// Whether the access is atomic.
    pub const fn is_atomic(self) -> bool {
        matches!(self, AccessKind::AtomicRead | AccessKind::AtomicWrite)
    }
}

/// A thread that cannot go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The thread.
    pub thread: ThreadId,
    /// The operation it stopped at.
    pub op: Op,
    /// What would let it go on.
    pub waits_for: WaitsFor,
}

/// What a waiting thread needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitsFor {
    /// The end of another thread.
    Exit(ThreadId),
    /// A value of a location that satisfies the guard of the operation.
    Value(LocationId),
    /// A state of a blocking object in which its action can be performed.
    Object(LocationId),
    /// The clock.
    Time,
}
