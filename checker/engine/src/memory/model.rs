//! The memory models there are, and how they say no.

use super::axioms;
use crate::graph::{Causality, Graph};
use raddle_shims::kernel::EventId;
use std::fmt;
use std::str::FromStr;

/// A memory model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Model {
    /// Sequential consistency for values: every execution is an interleaving. Data races are still
    /// judged by the orderings as written.
    Sc,
    /// RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017) with the release sequences of C++20,
    /// which are those of Rust: only read-modify-writes continue them.
    #[default]
    Rc20,
}

impl Model {
    /// Every model, with its name and one line about it.
    pub const ALL: [(Model, &'static str, &'static str); 2] = [
        (Model::Sc, "sc", "sequential consistency: interleavings only"),
        (Model::Rc20, "rc20", "RC11 with C++20 release sequences: the memory model of Rust"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Model::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// What the causal order of its graphs contains.
    ///
    /// Under `sc` atomics are objects whose conflicting accesses are ordered; under `rc20` the only
    /// order between threads is reads-from.
    pub fn causality(self) -> Causality {
        match self {
            Model::Sc => Causality::Conflicts,
            Model::Rc20 => Causality::ReadsFrom,
        }
    }

    /// Checks a graph against all axioms, from scratch.
    ///
    /// # Errors
    /// The axiom that is violated and a shortest cycle that violates it.
    pub fn check(self, graph: &Graph) -> Result<(), Inconsistency> {
        axioms::check(self, graph)
    }
}

impl FromStr for Model {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let row = Model::ALL.iter().find(|row| row.1 == name);
        row.map(|row| row.0).ok_or_else(|| {
            let names: Vec<_> = Model::ALL.iter().map(|row| row.1).collect();
            format!("unknown memory model {name:?}; there are {}", names.join(" and "))
        })
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A condition that a memory model puts on graphs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Axiom {
    /// `po ∪ rf` is acyclic: no value out of thin air.
    NoThinAir,
    /// `hb ; eco?` is irreflexive.
    Coherence,
    /// An update stands in coherence immediately after its source.
    Atomicity,
    /// `psc` is acyclic (`rc20`).
    SeqCst,
    /// `po ∪ rf ∪ co ∪ fr` is acyclic (`sc`).
    Interleaving,
}

impl fmt::Display for Axiom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Axiom::NoThinAir => "no-thin-air (po ∪ rf is acyclic)",
            Axiom::Coherence => "coherence (hb; eco? is irreflexive)",
            Axiom::Atomicity => "atomicity (an update follows its source immediately)",
            Axiom::SeqCst => "sequential consistency of SeqCst (psc is acyclic)",
            Axiom::Interleaving => "interleaving (po ∪ rf ∪ co ∪ fr is acyclic)",
        })
    }
}

/// Why a graph cannot happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inconsistency {
    /// The violated axiom.
    pub axiom: Axiom,
    /// A shortest cycle of the relation that should have none; the last event leads to the first.
    pub cycle: Vec<EventId>,
}

impl fmt::Display for Inconsistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cycle: Vec<_> = self.cycle.iter().map(EventId::to_string).collect();
        write!(f, "{} is violated by {}", self.axiom, cycle.join(" -> "))
    }
}

impl std::error::Error for Inconsistency {}
