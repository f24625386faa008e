//! Litmus programs as data, a scripted world that runs them under the engine, and naive oracles.

pub mod families;
pub mod key;
pub mod program;
