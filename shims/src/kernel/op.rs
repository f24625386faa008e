//! Operations: what a thread stops at, and what it is told.

use super::{
    Action, Arms, Change, FenceOrdering, LoadOrdering, LocationId, Patience, RmwOrdering,
    StoreOrdering, ThreadId, Value,
};

/// One visible operation of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// Reads an atomic variable; with `until`, waits for a value that satisfies it.
    Load {
        /// The variable.
        location: LocationId,
        /// Its ordering.
        ordering: LoadOrdering,
        /// The values it waits for; `None` takes any.
        until: Option<Until>,
    },
    /// Writes an atomic variable.
    Store {
        /// The variable.
        location: LocationId,
        /// Its ordering.
        ordering: StoreOrdering,
        /// The new value.
        value: Value,
    },
    /// Replaces the value of an atomic variable by a function of it, in one step; with `until`, waits
    /// for an old value that satisfies it.
    Rmw {
        /// The variable.
        location: LocationId,
        /// Its ordering.
        ordering: RmwOrdering,
        /// The function.
        change: Change,
        /// The old values it waits for, or that it changes; `None` takes any.
        until: Option<Until>,
    },
    /// Replaces `expected` by `new`, or fails and only reads.
    CompareExchange {
        /// The variable.
        location: LocationId,
        /// Ordering when it succeeds.
        success: RmwOrdering,
        /// Ordering when it fails.
        failure: LoadOrdering,
        /// The value to be replaced.
        expected: Value,
        /// What replaces it.
        new: Value,
        /// Whether it may fail although the values are equal (`compare_exchange_weak`).
        weak: bool,
        /// The values it waits for; `None` takes any.
        until: Option<Until>,
    },
    /// Uses a blocking object; see [`Action`].
    Act {
        /// The object.
        object: LocationId,
        /// What is asked of it.
        action: Action,
        /// How long it waits.
        patience: Patience,
    },
    /// Performs one of several actions, any that can be; with less than endless patience gives up if none
    /// can. The reply is that of [`Selected`](super::Selected).
    Select {
        /// The actions.
        arms: Arms,
        /// How long it waits.
        patience: Patience,
    },
    /// A fence.
    Fence(FenceOrdering),
    /// A plain (non-atomic) read: checked for data races, never scheduled.
    PlainRead(LocationId),
    /// A plain (non-atomic) write: checked for data races, never scheduled.
    PlainWrite(LocationId),
    /// Waits until the [clock](super::Controller::clock) shows so many nanoseconds.
    Sleep(u64),
    /// Starts a thread; the reply names it.
    Spawn,
    /// Waits until a thread has ended.
    Join(ThreadId),
    /// Picks one of `0..alternatives`, which must not be 0: nondeterminism of the program's data.
    Choose {
        /// How many there are.
        alternatives: u32,
    },
    /// Goes on only in executions where the condition, evaluated by the thread, is true. An execution
    /// with a false assumption is set aside: neither an error nor complete.
    Assume(bool),
    /// Tells that the thread has come back to where it was `events` of its events ago, in the same state,
    /// and has done nothing since that another thread could see: it read, and will read the same again
    /// until one of its locations holds something else. Not an event; it is performed when that is so, or
    /// else the reply is [`Reply::TAKEN_BACK`].
    /// An exhaustive search does not perform it: such a turn changes nothing, so it explores the
    /// executions without it, and one with it only as long as those reads can still become others.
    Turn {
        /// How many events the turn had, at least one.
        events: u32,
        /// Whether the reply may be [`Reply::TAKEN_BACK`].
        tries: bool,
    },
    /// Tells that the thread would rather let others run (`thread::yield_now`, `hint::spin_loop`). It
    /// steers sampling; an exhaustive search ignores it, so it never hides a behaviour.
    Yield,
}

/// What an operation gives back to its thread.
///
/// Every variant carries at most one number of the same size, so that a reply travels in registers;
/// it is the innermost call of every search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Nothing: a store, a fence, a join, a plain access, an assumption that holds, a yield. Also what
    /// a thread is started with.
    Done,
    /// The value read by a load or a read-modify-write; what an [`Action`] says; the alternative that a choice
    /// took; the number of the thread that a spawn started (see [`Reply::thread`]).
    Value(Value),
    /// A compare-exchange succeeded; the value that it replaced.
    Exchanged(Value),
    /// A compare-exchange failed; the value that it found.
    Refused(Value),
}

impl Reply {
    /// What says that a turn has been taken back: the thread shall make sure that it does not make it again.
    pub const TAKEN_BACK: Reply = Reply::Value(Value(1));

    /// The thread that a spawn started.
    pub const fn thread(self) -> Option<ThreadId> {
        match self {
            Reply::Value(number) => Some(ThreadId(number.0 as u32)),
            _ => None,
        }
    }
}

/// A condition on a value: `(value & mask) test operand`, compared as unsigned numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Until {
    /// Which bits count; of [`Test::Outside`] and [`Test::Confirms`], which numbers below 64 have been tried.
    pub mask: u64,
    /// How they are compared.
    pub test: Test,
    /// With what.
    pub operand: Value,
    /// What happens while the value does not satisfy it.
    pub otherwise: Otherwise,
}

/// What an operation with a condition does when the value does not satisfy it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Otherwise {
    /// The thread waits. If it waits for ever, that is a deadlock.
    Wait,
    /// The thread waits, but this is an assumption: an execution in which it waits for ever is set
    /// aside, as one with a false [`Op::Assume`].
    SetAside,
    /// A read-modify-write leaves the value as it is and takes no part in synchronisation, as if it
    /// were relaxed; it still reads the newest value, as every read-modify-write does. A load is not
    /// concerned.
    Skip,
}

/// A comparison of unsigned numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Test {
    /// Equal.
    Eq,
    /// Different.
    Ne,
    /// Smaller than the operand.
    Lt,
    /// At least the operand.
    Ge,
    /// Not among the numbers below 64 of which the operand is the set, as a mask. It comes from trying what a loop
    /// does with each number, so before it is relied on the engine may ask for more to be tried, by [`Reply::Done`].
    Outside,
    /// Equal, as with anything else the thread would turn, load the location until it holds the operand, and come back.
    /// If it `looks`, it was given the operand for such a load right before, which is no event. That comes from trying
    /// as well, so the engine may ask for more.
    Confirms {
        /// Whether a load comes right before.
        looks: bool,
    },
}

impl Test {
    /// Whether `left test right` is true.
    #[inline]
    pub const fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Test::Eq | Test::Confirms { .. } => left == right,
            Test::Ne => left != right,
            Test::Lt => left < right,
            Test::Ge => left >= right,
            Test::Outside => left >= 64 || right >> left & 1 == 0,
        }
    }
}

impl Until {
    /// Waits for exactly `value`.
    pub const fn equals(value: Value) -> Until {
        Until { mask: u64::MAX, test: Test::Eq, operand: value, otherwise: Otherwise::Wait }
    }

    /// Waits for anything but `value`.
    pub const fn differs(value: Value) -> Until {
        Until { mask: u64::MAX, test: Test::Ne, operand: value, otherwise: Otherwise::Wait }
    }

    /// Waits for anything but the numbers below 64 in a set, given as a mask, after those in `tried` have been.
    pub const fn outside(set: u64, tried: u64) -> Until {
        let (test, operand) = (Test::Outside, Value(set));
        Until { mask: tried, test, operand, otherwise: Otherwise::Wait }
    }

    /// Waits for `value`, with all else of which the thread turns, after the numbers below 64 in `tried` have been tried; a
    /// load right before is taken to have read it if it `looks`.
    pub const fn confirms(value: Value, tried: u64, looks: bool) -> Until {
        let test = Test::Confirms { looks };
        Until { mask: tried, test, operand: value, otherwise: Otherwise::Wait }
    }

    /// Whether it is known from trying only, so the engine may ask for more to be tried, by [`Reply::Done`].
    #[inline]
    pub const fn is_learned(self) -> bool {
        matches!(self.test, Test::Outside | Test::Confirms { .. })
    }

    /// Whether `value` satisfies the condition.
    ///
    /// ```
    /// use raddle_shims::kernel::{Otherwise, Test, Until, Value};
    /// let otherwise = Otherwise::Wait;
    /// let even = Until { mask: 1, test: Test::Eq, operand: Value(0), otherwise };
    /// assert!(even.accepts(Value(4)) && !even.accepts(Value(5)));
    /// ```
    #[inline]
    pub const fn accepts(self, value: Value) -> bool {
        match self.test {
            Test::Outside | Test::Confirms { .. } => self.test.holds(value.0, self.operand.0),
            test => test.holds(value.0 & self.mask, self.operand.0),
        }
    }
}

impl Op {
    /// When its patience ends, if that is at a time that the clock will show.
    pub const fn deadline(&self) -> Option<u64> {
        match *self {
            Op::Sleep(end)
            | Op::Act { patience: Patience::Until(end), .. }
            | Op::Select { patience: Patience::Until(end), .. } => Some(end),
            _ => None,
        }
    }

    /// Whether it comes after every earlier access of its variable that it conflicts with, whatever the memory model.
    #[inline]
    pub const fn is_interleaved(&self) -> bool {
        matches!(
            self,
            Op::Load { ordering: LoadOrdering::Interleaved, .. }
                | Op::Store { ordering: StoreOrdering::Interleaved, .. }
                | Op::Rmw { ordering: RmwOrdering::Interleaved, .. }
                | Op::CompareExchange { success: RmwOrdering::Interleaved, .. }
        )
    }

    /// The location it accesses, if any.
    #[inline]
    pub const fn location(&self) -> Option<LocationId> {
        match *self {
            Op::Load { location, .. }
            | Op::Store { location, .. }
            | Op::Rmw { location, .. }
            | Op::CompareExchange { location, .. }
            | Op::Act { object: location, .. }
            | Op::PlainRead(location)
            | Op::PlainWrite(location) => Some(location),
            _ => None,
        }
    }

    /// What it is about, as far as its user knows: the location, or of those in an exchange the channel.
    pub const fn subject(&self) -> Option<LocationId> {
        match *self {
            Op::Act { action, object, .. } => match action.channel() {
                None => Some(object),
                channel => channel,
            },
            _ => self.location(),
        }
    }

    /// The condition it waits for, if it is a guarded load or read-modify-write.
    #[inline]
    pub const fn until(&self) -> Option<Until> {
        match *self {
            Op::Load { until, .. } | Op::Rmw { until, .. } | Op::CompareExchange { until, .. } => {
                match until {
                    Some(Until { otherwise: Otherwise::Skip, .. }) => None,
                    until => until,
                }
            }
            _ => None,
        }
    }

    /// The same operation with that condition.
    pub const fn guarded(mut self, condition: Option<Until>) -> Op {
        match &mut self {
            Op::Load { until, .. } | Op::Rmw { until, .. } | Op::CompareExchange { until, .. } => {
                *until = condition
            }
            _ => {}
        }
        self
    }

    /// The same operation, if it tries an action, in a loop that tries it until it can be performed.
    pub const fn polling(mut self) -> Op {
        if let Op::Act { patience: patience @ (Patience::None | Patience::Some), .. } = &mut self {
            *patience = Patience::Polls;
        }
        self
    }

    /// A load of the location that it accesses, or itself if there is none.
    pub const fn looking(self) -> Op {
        match self.location() {
            Some(location) => Op::Load { location, ordering: LoadOrdering::Relaxed, until: None },
            None => self,
        }
    }

    /// Whether it is a read-modify-write that leaves the value `read` as it is.
    #[inline]
    pub const fn skips(&self, read: Value) -> bool {
        match *self {
            Op::Rmw { until: Some(until), .. } => {
                matches!(until.otherwise, Otherwise::Skip) && !until.accepts(read)
            }
            _ => false,
        }
    }

    /// The same operation on another location.
    #[inline]
    pub const fn at(mut self, elsewhere: LocationId) -> Op {
        match &mut self {
            Op::Load { location, .. }
            | Op::Store { location, .. }
            | Op::Rmw { location, .. }
            | Op::CompareExchange { location, .. }
            | Op::Act { object: location, .. }
            | Op::PlainRead(location)
            | Op::PlainWrite(location) => *location = elsewhere,
            _ => {}
        }
        self
    }
}
