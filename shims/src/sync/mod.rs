//! `std::sync`: checked inside a model, std's outside.

pub mod atomic;
