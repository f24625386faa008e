//! Naive explorers of litmus programs, too simple to be wrong, and the programs to compare them on.
//!
//! Nothing here uses the engine. The two oracles share the interpreter of threads (`interp`) and
//! nothing else: [`axiomatic`] grows execution graphs and tests the published axioms, while
//! [`interleaving`] runs schedules on one shared memory.
//!
//! In both, a partial execution with a data race is not extended and is not among the graphs: what
//! a racing access reads is not defined, so neither is what comes after it. If `race` is set, the
//! graphs, `blocked` and `deadlock` are those met without racing and are not to be compared.

pub mod axiomatic;
mod axioms;
mod exchange;
pub mod generate;
pub mod interleaving;
mod interp;
pub mod mixed;
pub mod objects;
mod relation;
pub mod shrink;
#[cfg(test)]
mod tests;

/// Which executions are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Sequential consistency, whatever the orderings written; they still decide about data races.
    Sc,
    /// RC11 with the release sequences of C++20.
    Rc20,
}

/// When a thread at a false guard counts as waiting for ever.
///
/// The two differ on `x = 1` at first, `x = 0 || await x == 1`: a waiter that comes late finds 0 for
/// ever, but the execution graph without its read can be extended, by a read of the initial value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stuck {
    /// When no write that it may still read satisfies the guard. An execution that could be extended
    /// in any way is not final.
    #[default]
    NoPlacement,
    /// When the last write in coherence does not satisfy the guard and nobody else can go on: what a
    /// loop that polls the location would do. Such an execution is final although the thread might
    /// have read an older write, and the execution in which it does is explored as well.
    LatestValue,
}
