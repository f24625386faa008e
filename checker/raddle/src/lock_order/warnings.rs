//! What is told of locks that are taken in different orders.

use super::{LockOrder, Seen};
use crate::explain;
use crate::explore::{Repeated, Test, repeat_schedule};
use raddle_report::trace::Site;
use raddle_report::wording::lock_order as wording;
use std::fmt;
use std::sync::Arc;

/// How many are told.
const WARNINGS_MAX: usize = 8;

/// Something in a program that passes that is worth a look.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Warning {
    /// Threads take locks in different orders: each chain ends at the lock with which the next one begins, and the last
    /// at that of the first. If such threads meet, they deadlock.
    ///
    /// Lock graphs as in Goodlock (Havelund, SPIN 2000): no lock is held throughout two of the chains, two
    /// reads of a reader-writer lock do not count, nor do chains of which a start or a join of a thread puts one before
    /// the other, nor locks that were only tried or had a time limit. Other reasons why the threads never meet
    /// (a flag, a message) are not looked for.
    LockOrder(Vec<LockChain>),
}

/// A lock that a thread took while it held another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LockChain {
    /// What the thread is called in reports: `main`, `t1`.
    pub thread: String,
    /// The lock that it held.
    pub held: LockTaken,
    /// The lock that it took then.
    pub taken: LockTaken,
}

/// A lock, and where it was taken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LockTaken {
    /// What the lock is called in reports.
    pub lock: String,
    /// The place in the source: `src/lib.rs:12:20`.
    pub at: String,
}

impl LockTaken {
    fn new((lock, site): (String, Site)) -> LockTaken {
        LockTaken { lock, at: site.to_string() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Warning::LockOrder(chains) = self;
        let locks: Vec<String> = chains.iter().map(|chain| chain.held.lock.clone()).collect();
        f.write_str(&wording::headline(&locks))?;
        for LockChain { thread, held, taken } in chains {
            let line = wording::chain(thread, (&held.lock, &held.at), (&taken.lock, &taken.at));
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

/// The warnings about what a search has seen; places and names come from running the executions again.
pub(crate) fn warnings(test: &Test, order: &LockOrder) -> Vec<Warning> {
    let mut again: Vec<(*const (), Option<Repeated>)> = Vec::new();
    let mut chain = |seen: &Seen| {
        let key = Arc::as_ptr(&seen.schedule).cast::<()>();
        if !again.iter().any(|(known, _)| *known == key) {
            let schedule = (*seen.schedule).clone();
            again.push((key, repeat_schedule(test, schedule).ok()));
        }
        let repeated = again.iter().find(|(known, _)| *known == key)?.1.as_ref()?;
        let [held, taken] = seen.events.map(|event| explain::lock_taken(&repeated.record, event));
        let (held, taken) = (held?, taken?);
        Some(LockChain {
            thread: held.0,
            held: LockTaken::new(held.1),
            taken: LockTaken::new(taken.1),
        })
    };
    let mut all: Vec<Warning> = Vec::new();
    for cycle in order.inversions().take(WARNINGS_MAX) {
        if let Some(chains) = cycle.iter().map(&mut chain).collect() {
            all.push(Warning::LockOrder(chains));
        }
    }
    all
}
