//! Litmus programs as data, a scripted world that runs them under the engine, and naive oracles.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]

pub mod bench;
mod check;
pub mod families;
pub mod fuzz;
mod interleave;
pub mod key;
pub mod objects;
pub mod oracle;
pub mod program;
pub mod report;
mod script;
pub mod scripted;
pub mod threaded;
