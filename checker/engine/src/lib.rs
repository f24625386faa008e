//! The brain: what an execution is, which executions a memory model allows, and which to try.

#![forbid(unsafe_code)]
