//! The programs on the primitives of shuttle.

mod face {
    pub use shuttle::sync::atomic::AtomicUsize;
    pub use shuttle::sync::{Mutex, mpsc};
    pub use shuttle::thread::{self, yield_now as spin};
}

#[path = "programs.rs"]
mod programs;

pub use programs::*;
