//! Blocking objects: what a thread may ask of a lock, a condition variable, a channel and so on.
//!
//! An [`Action`] on an object is one operation. Whether it can be performed, what it gives back and
//! which other actions it depends on are functions of the state of the object alone. An action that cannot
//! be performed waits, and is not an event until it can; with less than endless [`Patience`] it gives up
//! instead. The number that comes back is [`GAVE_UP`], [`CLOSED`], or what the action says.
//!
//! An object is a location that is used by the actions of one family only; what it is at first (the
//! permits of a semaphore, the capacity of a channel) is its [declared](super::Controller::declare)
//! initial value.

use super::{LocationId, ThreadId, Value};

/// The reply of an action that did not wait: the lock was taken, the channel full or empty, the time
/// was up.
pub const GAVE_UP: Value = Value(u64::MAX);

/// The reply of an action on a channel whose other side is gone, or that has been closed.
pub const CLOSED: Value = Value(u64::MAX - 1);

/// As the initial value of a reader-writer lock; that of a mutex is 0.
pub const READ_WRITE: Value = Value(1);

/// Added to the initial value of a lock that is poisoned. [`Controller::newest`](super::Controller::newest) tells
/// it of the value that a lock has.
pub const POISONED: Value = Value(2);

/// Added to the initial value of a lock that any thread may unlock, not only the one that has locked it. Of others
/// it is known who has to act before they can be locked, so deadlocks among some of the threads are found.
pub const TRANSFERABLE: Value = Value(4);

/// As the initial value of a channel: it never fills up.
pub const UNBOUNDED: Value = Value(u64::MAX);

/// Added to the initial value of a barrier that more threads use than it waits for.
pub const CROWDED: Value = Value(1 << 63);

/// The reply of [`Action::Count`] and [`Action::AwaitZero`] if a counter is used again before all have returned who waited for
/// it to be 0.
pub const REUSED: Value = Value(1);

/// How long an action waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Patience {
    /// Until it can be performed; if that is never, the execution ends in a deadlock.
    Forever,
    /// Not at all, as `try_lock`.
    None,
    /// As [`Patience::None`] in a loop that tries until it can be performed, told as one operation: it never gives up.
    Polls,
    /// Until some moment that the checker chooses: it may give up wherever it cannot be performed. For
    /// waits with a time limit of which nothing is known.
    Some,
    /// Until the [clock](super::Controller::clock) shows so many nanoseconds.
    Until(u64),
}

impl Patience {
    /// Whether the action is that of a thread that does not queue up for it.
    #[inline]
    pub const fn is_limited(self) -> bool {
        matches!(self, Patience::None | Patience::Polls | Patience::Some)
    }

    /// Whether the action may give up when the clock shows `now`.
    #[inline]
    pub const fn has_ended(self, now: u64) -> bool {
        match self {
            Patience::Forever | Patience::Polls => false,
            Patience::None | Patience::Some => true,
            Patience::Until(end) => end <= now,
        }
    }
}

/// One way in which a select can be performed: an action that changes nothing where it gives up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Arm {
    /// The object.
    pub object: LocationId,
    /// What is asked of it; it is asked without patience.
    pub action: Action,
}

/// A list of arms that has been made known to the [controller](super::Controller::arms).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Arms(pub u32);

/// The reply of a select: which arm, and the reply of its action.
///
/// As the number of a [`Value`]: the arm in the upper half, the reply below, cut to 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Selected {
    /// Which arm, by its place in the list.
    pub arm: u32,
    /// What its action replied: a number, or [`CLOSED`].
    pub reply: Value,
}

impl Selected {
    const CLOSED: u64 = u32::MAX as u64;

    /// What a message without room is known by: the arm at which it was offered. A list has at most 64 arms.
    pub const fn offered(thread: ThreadId, arm: u32) -> Value {
        Value((thread.0 as u64) << 6 | arm as u64)
    }

    /// What a message is known by that was not offered but given to a thread that waits at that arm.
    pub const fn given(thread: ThreadId, arm: u32) -> Value {
        Value(1 << 31 | Selected::offered(thread, arm).0)
    }

    /// As the number in a reply.
    pub const fn value(self) -> Value {
        let reply = match self.reply {
            CLOSED => Self::CLOSED,
            Value(number) => number & 0xffff_ffff,
        };
        Value((self.arm as u64) << 32 | reply)
    }

    /// From the number in a reply; none if the select gave up.
    pub const fn from_value(value: Value) -> Option<Selected> {
        if let GAVE_UP = value {
            return None;
        }
        let reply = match value.0 & 0xffff_ffff {
            Self::CLOSED => CLOSED,
            number => Value(number),
        };
        Some(Selected { arm: (value.0 >> 32) as u32, reply })
    }
}

/// What is asked of an object.
///
/// Where it says that one action *synchronises* with another, what comes before the first happens before
/// what comes after the second.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Mutex: waits until it is free and takes it; the reply is 1 if it is poisoned, else 0.
    Lock,
    /// Mutex: frees it; synchronises with later [`Action::Lock`]s. The reply is [`GAVE_UP`] if it was free, else 0.
    Unlock,
    /// Mutex: as [`Action::Unlock`], and poisons it.
    UnlockPoisoned,
    /// Mutex or reader-writer lock: whether it is poisoned, 1 or 0, without locking it. It is ordered relative to
    /// those who change that, and synchronises with nobody.
    IsPoisoned,
    /// Mutex or reader-writer lock: it is no longer poisoned. Synchronises with nobody.
    ClearPoison,

    /// Reader-writer lock: waits until no writer holds it or [intends](Action::IntendWrite) to; the reply is 1
    /// if it is poisoned, else 0.
    ReadLock,
    /// Reader-writer lock: a reader leaves; synchronises with later writers, not with readers. The reply is
    /// [`GAVE_UP`] if there was none, else 0.
    ReadUnlock,
    /// Reader-writer lock: keeps new readers out until this thread has locked and unlocked it. Its patience is
    /// that of the [`Action::WriteLock`] that follows.
    IntendWrite,
    /// Reader-writer lock: waits until nobody holds it; the reply is 1 if it is poisoned, else 0. With endless patience it follows the thread's
    /// [`Action::IntendWrite`]; otherwise it stands alone.
    WriteLock,
    /// Reader-writer lock: the writer leaves; synchronises with everybody who locks it later. The reply is
    /// [`GAVE_UP`] if there was none, else 0.
    WriteUnlock,
    /// Reader-writer lock: as [`Action::WriteUnlock`], and poisons it.
    WriteUnlockPoisoned,
    /// Reader-writer lock: the writer becomes a reader.
    Downgrade,

    /// Condition variable: the thread joins those who wait.
    Enqueue,
    /// Condition variable: waits until a notification has chosen this thread. Giving up leaves the queue.
    Wake,
    /// Condition variable: chooses any one of the threads that wait, if there is one; the reply is how
    /// many were chosen.
    NotifyOne,
    /// Condition variable: chooses the thread that has waited longest.
    NotifyOldest,
    /// Condition variable: chooses every thread that waits.
    NotifyAll,

    /// Semaphore, initially with as many permits as its value: waits for that many and takes them.
    Acquire(u32),
    /// Semaphore: gives back that many permits; synchronises with later acquisitions.
    Release(u32),

    /// Counter, initially its value: adds; synchronises with [`Action::AwaitZero`]. The replies of additions
    /// do not tell the count, so additions commute.
    Add(i32),
    /// Counter: waits until it is 0. After [`Action::Register`] the reply is [`REUSED`] if it was used again meanwhile,
    /// else 0.
    AwaitZero,
    /// Counter: the thread is about to wait. Threads that do so commute.
    Register,
    /// Counter: adds, as [`Action::Add`], and tells if the count is then below 0: the reply is [`GAVE_UP`], else 0.
    /// What increases commutes, and so does what decreases, but not the one with the other; of several that
    /// decrease it makes no difference which is told. If it was above 0 before, has come to 0, and is increased again while
    /// threads that have registered have not returned from waiting, the reply is [`REUSED`], to this and all that follow.
    Count(i32),

    /// Barrier for as many threads as its value: one arrives. The reply is the round it belongs to. Threads
    /// of one round commute, and synchronise with all of that round's [`Action::Depart`]. If more threads than
    /// that arrive in one execution the reply is [`GAVE_UP`], and the world must declare the barrier as
    /// [`CROWDED`] and start again: then it matters who comes first.
    Arrive,
    /// Barrier: waits until everybody of that round has arrived.
    Depart(u32),
    /// Barrier: whether a thread that has arrived in a round is its leader: 1 or 0. Exactly one of them is,
    /// and which is decided only when somebody asks.
    Lead {
        /// Which round.
        round: u32,
        /// Which of those who arrived in it.
        thread: ThreadId,
    },

    /// Initialisation, initially done if its value is not 0: waits while another thread runs it. The
    /// reply is one of [`Begun`]. With `force`, runs it also if it was poisoned.
    Begin {
        /// Whether poisoning is no obstacle.
        force: bool,
    },
    /// Initialisation: done; synchronises with everybody who sees that.
    Complete,
    /// Initialisation: to be run again by whoever comes next.
    Reset,
    /// Initialisation: it failed; synchronises as [`Action::Complete`].
    Poison,
    /// Initialisation: waits until it is done, or, unless `force`, poisoned; the reply is one of
    /// [`Begun`].
    AwaitComplete {
        /// Whether poisoning is no end.
        force: bool,
    },

    /// Token of a thread, initially there if its value is not 0: waits until it is there and takes it.
    Park,
    /// Token: puts it there; synchronises with the [`Action::Park`] that takes it. Doing it twice is
    /// doing it once, so these commute.
    Unpark,

    /// Channel with the capacity that its value says, at least 1, or [`UNBOUNDED`]: waits until there is
    /// room and sends. The reply is the number of the message, counted from 0. Sending message `i`
    /// synchronises with receiving it, which synchronises with sending `i + capacity`.
    Send,
    /// Channel: waits for a message and takes it; the reply is its number.
    Receive,
    /// Channel: how many messages there are.
    Length,
    /// Channel of either sort: one more sender.
    AddSender,
    /// Channel of either sort: one sender less; initially there is one. When the last has gone, receivers
    /// no longer wait.
    DropSender,
    /// Channel of either sort: senders are refused; receivers no longer wait once it is empty.
    Close,
    /// Channel of either sort: the receiver leaves, and takes with it what has been sent; else as
    /// [`Action::Close`].
    Disconnect,

    /// Channel without room: a sender queues up; the reply is the number of its offer. With less
    /// than endless patience only if a receiver waits for it.
    Offer,
    /// Channel without room: waits until a receiver has taken that offer. Giving up withdraws it.
    AwaitTaken(u32),
    /// Channel without room: a receiver queues up; the reply is its number. With less than endless
    /// patience it takes an offer at once, or none; then the reply is the number of the offer.
    Want,
    /// Channel without room: waits for the offer that this receiver is to get, and takes it; the reply is
    /// the number of the offer. Giving up leaves the queue.
    Take(u32),

    /// Exchange: one channel of those that belong to it is asked something by a thread that waits for nothing
    /// else. With a capacity of 0 it cannot be sent on or received from in this way.
    Channel {
        /// Which channel.
        channel: LocationId,
        /// How many messages it holds; always the same for one channel.
        capacity: u32,
        /// What is asked.
        ask: Ask,
    },
    /// Exchange: the thread comes to a select with these arms, all of them sends and receives on channels of the
    /// exchange. With endless patience it can be met from now on; without, it is seen by nobody.
    Stand(Arms),
    /// Exchange: waits until one arm of the thread's [`Action::Stand`] can proceed, or has been met by
    /// another thread, and leaves; the reply is [`Selected`]. Of two threads that meet on a channel
    /// without room the receiver acts, unless it is met by one that does not wait. Giving up leaves as well.
    Meet {
        /// The channel of the first arm, for reports.
        first: LocationId,
        /// What the thread is doing, for reports.
        stance: Stance,
    },
}

/// What a thread is doing that stands at channels of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stance {
    /// Sending on one channel.
    Send,
    /// Receiving from one channel.
    Receive,
    /// Selecting.
    Select,
}

/// What is asked of one channel of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    /// As [`Action::Send`]. In an arm on a channel without room the message is known by [`Selected::offered`],
    /// or, if it was given to a thread that waits, by [`Selected::given`].
    Send,
    /// As [`Action::Receive`], once it is closed and empty the reply is [`CLOSED`].
    Receive,
    /// As [`Action::Length`].
    Length,
    /// Senders are refused from now on; receivers no longer wait once it is empty. The reply is
    /// [`CLOSED`] if it was closed before, else 0.
    Close,
}

impl Action {
    /// Whether it may have to wait for others.
    pub const fn may_wait(self) -> bool {
        matches!(
            self,
            Action::Lock
                | Action::ReadLock
                | Action::WriteLock
                | Action::Wake
                | Action::Acquire(_)
                | Action::AwaitZero
                | Action::Depart(_)
                | Action::Begin { .. }
                | Action::AwaitComplete { .. }
                | Action::Park
                | Action::Send
                | Action::Receive
                | Action::AwaitTaken(_)
                | Action::Take(_)
                | Action::Channel { ask: Ask::Send | Ask::Receive, .. }
                | Action::Meet { .. }
        )
    }

    /// The channel of an exchange that it is about, if it is about one.
    #[inline]
    pub const fn channel(self) -> Option<LocationId> {
        match self {
            Action::Channel { channel, .. } | Action::Meet { first: channel, .. } => Some(channel),
            _ => None,
        }
    }

    /// The same on another channel of the exchange.
    #[inline]
    pub const fn on(self, elsewhere: LocationId) -> Action {
        match self {
            Action::Channel { capacity, ask, .. } => {
                Action::Channel { channel: elsewhere, capacity, ask }
            }
            Action::Meet { stance, .. } => Action::Meet { first: elsewhere, stance },
            other => other,
        }
    }

    /// Whether it is asked of an exchange.
    #[inline]
    pub const fn is_of_exchange(self) -> bool {
        matches!(self, Action::Channel { .. } | Action::Stand(_) | Action::Meet { .. })
    }
}

/// What [`Action::Begin`] and [`Action::AwaitComplete`] find.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Begun {
    /// The thread is to run the initialisation.
    Claimed,
    /// The same, after one that failed.
    ClaimedPoisoned,
    /// It is done.
    Complete,
    /// It failed.
    Poisoned,
}

impl Begun {
    const ALL: [Begun; 4] =
        [Begun::Claimed, Begun::ClaimedPoisoned, Begun::Complete, Begun::Poisoned];

    /// As the number in a reply.
    pub const fn value(self) -> Value {
        Value(self as u64)
    }

    /// From the number in a reply.
    pub fn from_value(value: Value) -> Option<Begun> {
        Begun::ALL.get(usize::try_from(value.0).ok()?).copied()
    }
}
