//! `loom::lazy_static`: what the macro [`lazy_static!`](crate::lazy_static!) is made of.

pub use crate::thread::{AccessError, panicking, yield_now};
pub use raddle_shims::sync::lazy_static::LazyStatic as Lazy;
