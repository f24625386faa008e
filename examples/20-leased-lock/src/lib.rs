//! Workers on different machines take a lock before they charge a customer; that a lock with a lease is no lock is the trap.
//!
//! Node 0 is the lock service, node 1 the ledger; all others are workers.

#![forbid(unsafe_code)]

use example_network::{Crashed, Node};
use raddle_shims::time::{Duration, Instant};
use std::collections::BTreeMap;

/// For how long a worker has the lock.
pub const LEASE: Duration = Duration::from_secs(30);

/// How long it needs.
const WORK: Duration = Duration::from_secs(20);

/// How long anybody waits for a reply, and before asking again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The lock service.
pub const LOCK: usize = 0;
/// The ledger.
pub const LEDGER: usize = 1;

/// Questions and replies. A token is the number of the lease under which somebody acts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Say {
    /// To the lock service: may I?
    Acquire,
    /// You may, for a lease.
    Granted(u64),
    /// Somebody else has it.
    Busy,
    /// To the lock service: I have done.
    Release(u64),
    /// To the ledger: has this customer been charged?
    IsCharged(u32, u64),
    /// To the ledger: charge this customer.
    Charge(u32, u64),
    /// Yes, or done.
    Yes,
    /// No.
    No,
    /// You are too late: somebody with a later lease was here.
    Stale,
}

/// Runs the lock service. It frees the lock for whoever asks it to, if `frees_for_anybody`, else for its holder.
pub fn lock_service(mut node: Node<Say>, frees_for_anybody: bool) {
    let (mut held, mut token) = (None::<(u64, Instant)>, 0);
    node.serve(|_, _, question| match question {
        Say::Acquire => {
            let now = Instant::now();
            if held.is_some_and(|(_, until)| now < until) {
                return Some(Say::Busy);
            }
            token += 1;
            held = Some((token, now + LEASE));
            Some(Say::Granted(token))
        }
        Say::Release(theirs) => {
            if frees_for_anybody || held.is_some_and(|(holder, _)| holder == *theirs) {
                held = None;
            }
            Some(Say::Yes)
        }
        _ => None,
    });
}

/// Runs the ledger, and says how often customers were charged. If it `fences`, it refuses those whose lease is older than
/// one that it has seen.
pub fn ledger(mut node: Node<Say>, fences: bool) -> BTreeMap<u32, u32> {
    let (mut charges, mut latest) = (BTreeMap::new(), 0);
    node.serve(|_, _, question| {
        let (Say::IsCharged(who, token) | Say::Charge(who, token)) = question else { return None };
        if fences && *token < latest {
            return Some(Say::Stale);
        }
        latest = latest.max(*token);
        match question {
            Say::IsCharged(..) if !charges.contains_key(who) => Some(Say::No),
            Say::IsCharged(..) => Some(Say::Yes),
            _ => {
                *charges.entry(*who).or_default() += 1;
                Some(Say::Yes)
            }
        }
    });
    charges
}

/// Charges the customer, unless that has been done.
///
/// # Errors
/// If the worker crashes.
pub fn charge(node: &mut Node<Say>, customer: u32) -> Result<(), Crashed> {
    for _ in 0..8 {
        let token = match node.call(LOCK, Say::Acquire, PATIENCE)? {
            Some(Say::Granted(token)) => token,
            _ => {
                node.work(PATIENCE)?;
                continue;
            }
        };
        if node.call(LEDGER, Say::IsCharged(customer, token), PATIENCE)? == Some(Say::No) {
            node.work(WORK)?;
            node.call(LEDGER, Say::Charge(customer, token), PATIENCE)?;
        }
        node.call(LOCK, Say::Release(token), PATIENCE)?;
        break;
    }
    Ok(())
}
