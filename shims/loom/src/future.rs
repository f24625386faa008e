//! `loom::future`: running a future on the calling thread, and a place for a waker.

pub use raddle_shims::future::{AtomicWaker, block_on};
