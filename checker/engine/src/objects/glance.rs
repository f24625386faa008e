//! What can be told of the state of an object to a person.

/// What there is to see of an object, beside who holds it, for whoever explains an execution. The search does
/// not ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Glance {
    /// Nothing.
    Nothing,
    /// A lock.
    Lock {
        /// Whether it is poisoned.
        poisoned: bool,
    },
    /// A condition variable.
    Condvar {
        /// How many threads wait to be notified.
        waiting: u64,
        /// How many have been notified and have not gone on yet.
        notified: u64,
    },
    /// So many permits of a semaphore.
    Permits(u64),
    /// What a counter shows.
    Count(i64),
    /// A barrier.
    Barrier {
        /// How many threads have arrived in this round.
        arrived: u64,
        /// For how many it waits.
        threads: u64,
    },
    /// A one-time initialisation.
    Once(super::once::Once),
    /// Whether the token of a thread is there.
    Token(bool),
    /// A channel.
    Channel {
        /// How many messages it holds, or offers wait for a receiver.
        messages: u64,
        /// Whether nothing can be sent any more.
        closed: bool,
    },
}
