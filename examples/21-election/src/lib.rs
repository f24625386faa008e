//! Nodes elect the one that runs the job of the night; that the elected one may crash, or stand still, is the trap.
//!
//! Node 0 is a store that all agree on; all others are candidates.

#![forbid(unsafe_code)]

use example_network::{Crashed, Node};
use raddle_shims::time::{Duration, Instant};

/// For how long somebody is elected who does not say more.
pub const TERM: Duration = Duration::from_secs(10);

/// How long anybody waits for a reply.
const PATIENCE: Duration = Duration::from_secs(5);

/// The store.
pub const STORE: usize = 0;

/// Questions and replies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Say {
    /// Elect me.
    Elect,
    /// You are elected, in that term.
    Elected(u64),
    /// Somebody else is.
    Other,
    /// Has the job run?
    HasRun,
    /// Run the job; in that term, if it matters.
    Run(Option<u64>),
    /// It has run.
    Done,
    /// It has not.
    Open,
    /// It has not, for your term is over.
    Over,
}

/// Runs the store, in which an election is for ever if it has no term; says how often the job has run.
pub fn store(mut node: Node<Say>, term: Option<Duration>) -> u32 {
    let (mut elected, mut number, mut runs) = (None::<Instant>, 0, 0);
    node.serve(|_, _, question| match question {
        Say::Elect => {
            let now = Instant::now();
            let is_over = |since: Instant| term.is_some_and(|term| now >= since + term);
            if elected.is_some_and(|since| !is_over(since)) {
                return Some(Say::Other);
            }
            (elected, number) = (Some(now), number + 1);
            Some(Say::Elected(number))
        }
        Say::HasRun if runs == 0 => Some(Say::Open),
        Say::HasRun => Some(Say::Done),
        Say::Run(Some(theirs)) if *theirs != number => Some(Say::Over),
        Say::Run(Some(_)) if runs > 0 => Some(Say::Done),
        Say::Run(_) => {
            runs += 1;
            Some(Say::Done)
        }
        _ => None,
    });
    runs
}

/// Whoever is elected runs the job; the others go home. For an election without a term.
pub mod broken_for_ever {
    use super::{Crashed, Node, PATIENCE, STORE, Say};

    /// A candidate.
    ///
    /// # Errors
    /// If it crashes.
    pub fn candidate(node: &mut Node<Say>) -> Result<(), Crashed> {
        if let Some(Say::Elected(_)) = node.call(STORE, Say::Elect, PATIENCE)? {
            node.call(STORE, Say::Run(None), PATIENCE)?;
        }
        Ok(())
    }
}

/// The others ask again when the term must be over, as the elected one may have crashed; and whoever is elected asks whether the
/// job has run.
pub mod broken_term {
    use super::{Crashed, Node, PATIENCE, STORE, Say, TERM};

    /// A candidate.
    ///
    /// # Errors
    /// If it crashes.
    pub fn candidate(node: &mut Node<Say>) -> Result<(), Crashed> {
        for _ in 0..3 {
            if let Some(Say::Elected(_)) = node.call(STORE, Say::Elect, PATIENCE)? {
                if node.call(STORE, Say::HasRun, PATIENCE)? == Some(Say::Open) {
                    node.call(STORE, Say::Run(None), PATIENCE)?;
                }
                return Ok(());
            }
            node.work(TERM)?;
        }
        Ok(())
    }
}

/// The job runs at the store, in one step with the question whether it has run and whether the term is over.
pub mod fixed {
    use super::{Crashed, Node, PATIENCE, STORE, Say, TERM};

    /// A candidate.
    ///
    /// # Errors
    /// If it crashes.
    pub fn candidate(node: &mut Node<Say>) -> Result<(), Crashed> {
        for _ in 0..4 {
            if let Some(Say::Elected(term)) = node.call(STORE, Say::Elect, PATIENCE)?
                && node.call(STORE, Say::Run(Some(term)), PATIENCE)? == Some(Say::Done)
            {
                return Ok(());
            }
            node.work(TERM)?;
        }
        Ok(())
    }
}
