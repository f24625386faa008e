//! The crate that programs under test import, and the narrow waist between them and the checker.
//!
//! Today it holds the [`kernel`]: the vocabulary in which a program under test (a *world*) and the
//! engine talk to each other. It depends on nothing.

#![forbid(unsafe_code)]

pub mod kernel;
