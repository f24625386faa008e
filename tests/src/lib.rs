//! What the workspace's own tests share: the scanning functions of the tidy test.

#![forbid(unsafe_code)]

pub mod support;
pub mod tidy;
