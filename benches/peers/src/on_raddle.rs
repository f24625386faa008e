//! The programs on the primitives of raddle.

mod face {
    pub use raddle_shims::hint::spin_loop as spin;
    pub use raddle_shims::sync::atomic::AtomicUsize;
    pub use raddle_shims::sync::{Mutex, mpsc};
    pub use raddle_shims::thread;
}

#[path = "programs.rs"]
mod programs;

pub use programs::*;
