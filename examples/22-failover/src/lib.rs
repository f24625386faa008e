//! A lock in a store of two machines, of which the second takes over if the first is gone; when a write counts is the trap.
//!
//! Node 0 is the primary, node 1 the replica; all others are clients.

#![forbid(unsafe_code)]

use example_network::{Crashed, Node};
use raddle_shims::time::Duration;

/// How long anybody waits for a reply before it takes the other for gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// The primary.
pub const PRIMARY: usize = 0;
/// The replica.
pub const REPLICA: usize = 1;

/// Questions and replies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Say {
    /// To the store: may I have the lock?
    Acquire,
    /// You have it.
    Granted,
    /// Somebody else has it.
    Busy,
    /// To the replica: that node has the lock.
    Holder(usize),
    /// I have noted it.
    Noted,
}

/// When a write counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writes {
    /// When the primary has it; the replica learns of it later.
    Asynchronous,
    /// When the replica has it too.
    Synchronous,
}

/// Runs the primary.
pub fn primary(mut node: Node<Say>, writes: Writes) {
    let mut holder = None;
    node.run(|node| {
        while let Some(question) = node.recv()? {
            if holder.is_some_and(|holder| holder != question.from) {
                node.reply(&question, Say::Busy)?;
                continue;
            }
            holder = Some(question.from);
            let note = Say::Holder(question.from);
            if writes == Writes::Synchronous {
                node.call(REPLICA, note, PATIENCE)?;
                node.reply(&question, Say::Granted)?;
            } else {
                node.reply(&question, Say::Granted)?;
                node.send(REPLICA, note)?;
            }
        }
        Ok(())
    });
}

/// Runs the replica.
pub fn replica(mut node: Node<Say>) {
    let mut holder = None;
    node.serve(|_, from, question| match question {
        Say::Holder(other) => {
            holder = Some(*other);
            Some(Say::Noted)
        }
        Say::Acquire if holder.is_none_or(|holder| holder == from) => {
            holder = Some(from);
            Some(Say::Granted)
        }
        Say::Acquire => Some(Say::Busy),
        _ => None,
    });
}

/// Whether the client gets the lock: from the primary, or from the replica if the primary is gone.
///
/// # Errors
/// If it crashes.
pub fn acquire(node: &mut Node<Say>) -> Result<bool, Crashed> {
    let reply = match node.call(PRIMARY, Say::Acquire, PATIENCE)? {
        None => node.call(REPLICA, Say::Acquire, PATIENCE)?,
        reply => reply,
    };
    Ok(reply == Some(Say::Granted))
}
