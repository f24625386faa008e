//! The brain: what an execution is, which executions a memory model allows, and which to try.
//!
//! [`objects`] act, [`graph`] remembers, [`memory`] allows, [`explore`] tries; each knows only those before
//! it.

#![forbid(unsafe_code)]

pub mod explore;
pub mod graph;
pub mod memory;
pub mod objects;
