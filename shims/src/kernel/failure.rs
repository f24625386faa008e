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
    /// Some threads can never run again.
    Deadlock {
        /// What the others do.
        extent: Extent,
        /// Every thread that waits, by thread; [`Waiting::is_dead`] says for which it is for ever.
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

/// How far a deadlock goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Extent {
    /// Every thread that has not ended waits for ever, the main thread among them.
    Global,
    /// Some threads wait for ever while others go on.
    Partial,
    /// The main thread has ended, and every other that has not waits for ever.
    TaskLeak,
    /// No thread can go on, and some of them never stop: they turn in loops that only read, and the others wait for
    /// the ends of these.
    Livelock,
    /// The main thread has ended, and some of the others go on, as far as it was looked: alone, for at least half of the
    /// limit of events, or in a loop without any.
    LiveLeak,
}

/// A thread that cannot go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The thread.
    pub thread: ThreadId,
    /// The operation it stopped at.
    pub op: Op,
    /// What would let it go on.
    pub waits_for: WaitsFor,
    /// Whether it can never run again, whatever those do that can.
    pub is_dead: bool,
    /// What is missing for its operation.
    pub lack: Lack,
    /// Who stands in its way: each of them has to act before it can go on.
    pub blockers: Vec<Blocker>,
    /// What threads did before in this execution that would let it go on now: the latest such event of each.
    pub helpers: Vec<EventId>,
}

/// A thread that stands in the way of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocker {
    /// Which.
    pub thread: ThreadId,
    /// How.
    pub role: Role,
    /// Since which event of it; none where it is its being alive that matters.
    pub since: Option<EventId>,
}

/// How a thread stands in the way of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It holds the lock, alone.
    Holds,
    /// It holds the lock together with other readers.
    Reads,
    /// It waits to write, which keeps new readers out.
    IntendsWrite,
    /// It runs the initialisation.
    Initialises,
    /// It has not ended.
    Lives,
}

/// What is missing for an operation, as far as the state of its object tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lack {
    /// Nothing but that the [blockers](Waiting::blockers) act.
    Release,
    /// The initialisation has to be begun, and completed.
    Initialisation,
    /// A notification.
    Notification {
        /// The latest one that came before the thread waited, and found nobody.
        lost: Option<EventId>,
    },
    /// Permits of a semaphore.
    Permits {
        /// How many the thread asks for.
        wanted: u64,
        /// How many there are.
        there: u64,
    },
    /// A counter has to come to 0 from here.
    Zero(i64),
    /// So many threads have to arrive at the barrier.
    Arrivals(u64),
    /// The token of the thread.
    Token,
    /// A message, or the end of the channel.
    Message {
        /// How many senders have not been dropped; 0 for a channel of an exchange, which ends by being closed.
        senders: u64,
    },
    /// Room in the channel.
    Room {
        /// How many messages there are.
        messages: u64,
    },
    /// A receiver for the message.
    Receiver,
    /// Any one of the actions of a select.
    Arm,
    /// A value that the operation waits for.
    Value,
    /// Time.
    Time,
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
