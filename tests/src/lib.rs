//! What the workspace's own tests share: programs, samples, and the scanning functions of the tidy test.

#![forbid(unsafe_code)]

pub mod samples;
pub mod support;
pub mod tidy;
