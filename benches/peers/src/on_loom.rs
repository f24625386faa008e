//! The programs on the primitives of loom.

mod face {
    pub use loom::sync::atomic::AtomicUsize;
    pub use loom::sync::{Mutex, mpsc};
    pub use loom::thread::{self, yield_now as spin};
}

#[path = "programs.rs"]
#[allow(dead_code, reason = "loom knows no more than four threads beside main")]
mod programs;

pub use programs::*;
