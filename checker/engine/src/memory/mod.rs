//! What is allowed: which sources, places and graphs a memory model admits, and which are races.

mod axioms;
mod candidates;
mod closing;
mod model;
mod psc;
mod race;
mod relation;

pub use candidates::{coherence_floor, known_rank};
pub use model::{Axiom, Inconsistency, Model};
pub use psc::Psc;
pub use race::Races;
pub use relation::Relation;
