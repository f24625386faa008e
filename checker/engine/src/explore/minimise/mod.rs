//! From a failing execution to one that fails in the same way and is as easy to understand as possible.
//!
//! What is better is said by [`Cost`]. Everything is tried by running the program: a candidate counts only
//! if it fails with the same signature, and what comes out is the token of an execution that was seen to
//! fail. In this order:
//!
//! 1. *Causes* (`linear.rs`): what the failure does not depend on is left out, and the rest is put in an
//!    order with few switches, as an interleaving if it is one.
//! 2. *Delta debugging* (`reduce.rs`; Zeller and Hildebrandt, TSE 2002; of schedules: Choi and Zeller, ISSTA
//!    2002): wishes are dropped, many at a time and then one by one; then switches are moved (`moves.rs`).
//! 3. *Interleavings*: if what is left is none, the laboratory looks for one.
//! 4. *Cheapest first* (`cheapest.rs`): executions in the order of their cost, from the one without any
//!    deviation on, until the best one known is reached. If it is, nothing cheaper fails: [`Minimised::is_least`].
//! 5. *Single deviations*: none can be left out of the token.
//!
//! The work is bounded by a number of operations, so that it is the same every time, and by the
//! laboratory's clock.

mod cheapest;
pub(super) mod cost;
mod guide;
pub(super) mod linear;
mod moves;
mod plan;
mod reduce;
mod state;

pub use self::cost::Cost;
pub use self::guide::Guide;

use self::guide::Wishes;
use self::reduce::Search;
use super::strategy::deviations::Deviation;
use super::threads::Threads;

/// Runs candidates.
pub trait Laboratory {
    /// By what failures are told apart.
    type Signature: PartialEq;

    /// Runs one execution under the guide, from the beginning, under the memory model and the kind of time of
    /// the failing execution. Gives the guide back, and the signature of the failure if there is one.
    fn execute(&mut self, guide: Guide) -> (Guide, Option<Self::Signature>);

    /// Looks for an interleaving that fails with this signature.
    fn interleaving(&mut self, signature: &Self::Signature) -> Interleaving {
        let _ = signature;
        Interleaving::Unknown
    }

    /// Whether there is no time left; asked before every execution.
    fn is_over(&mut self) -> bool {
        false
    }
}

/// Whether an interleaving fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Interleaving {
    /// This one does.
    Fails(Vec<Deviation>),
    /// None does.
    Never,
    /// Not all of them could be looked at.
    Unknown,
}

/// What minimisation came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Minimised {
    /// The token's body.
    pub deviations: Vec<Deviation>,
    /// What it costs.
    pub cost: Cost,
    /// Whether it is certain that no execution that costs less fails with the same signature, threads and
    /// steps not counted.
    pub is_least: bool,
    /// Whether everything was tried that there is to try; if not, a limit was reached.
    pub is_complete: bool,
    /// Whether an interleaving fails; [`Interleaving::Fails`] without deviations if this is one.
    pub interleaving: Interleaving,
    /// How many executions were run.
    pub executions: u64,
}

/// How much work it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// How many events may be performed, each execution counting for 50 more.
    pub operations: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { operations: 400_000 }
    }
}

/// What can be broken on purpose.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing is reduced before executions are tried by their cost. Not wrong, but all depends on those.
    OnlyCheapest,
    /// The same, and two executions of the same length count as the same state.
    MergesStates,
    /// Deviations that are not needed stay.
    KeepsDeviations,
}

/// Minimises the execution of a token. None if it does not fail.
pub fn minimise<L: Laboratory>(
    laboratory: &mut L,
    deviations: &[Deviation],
    effort: Effort,
) -> Option<Minimised> {
    run(laboratory, deviations, effort, None)
}

/// The same with a planted fault, to show that the tests notice.
#[doc(hidden)]
pub fn minimise_with<L: Laboratory>(
    mut laboratory: L,
    deviations: &[Deviation],
    effort: Effort,
    fault: Option<Fault>,
) -> Option<Minimised> {
    run(&mut laboratory, deviations, effort, fault)
}

fn run<L: Laboratory>(
    laboratory: &mut L,
    deviations: &[Deviation],
    effort: Effort,
    fault: Option<Fault>,
) -> Option<Minimised> {
    let wishes = Wishes::Steps(deviations.to_vec());
    let guide = Guide::new(wishes, Threads::default(), None);
    let (guide, signature) = laboratory.execute(guide);
    let mut search = Search::new(laboratory, guide, signature?, effort, fault);
    if fault.is_none() {
        search.keep_causes();
        search.within(60, Search::reduce);
    }
    let mut interleaving = Interleaving::Unknown;
    if search.best.cost.weak {
        interleaving = search.look_for_interleaving();
    }
    let mut is_least = false;
    if fault != Some(Fault::KeepsDeviations) {
        search.drop_single();
        is_least = search.within(70, Search::cheapest);
        search.drop_single();
    }
    if !search.best.cost.weak {
        interleaving = Interleaving::Fails(Vec::new());
    } else if is_least {
        interleaving = Interleaving::Never;
    }
    Some(Minimised {
        deviations: search.best.deviations.clone(),
        cost: search.best.cost,
        is_least,
        is_complete: !search.is_over(),
        interleaving,
        executions: search.executions,
    })
}
