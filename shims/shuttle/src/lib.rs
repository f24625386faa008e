//! Stands in for [shuttle] 0.9: the same paths and signatures, checked by raddle.
//!
//! A test suite that uses shuttle runs on raddle, unchanged, when cargo is told to take this package instead:
//! `cargo test --config 'patch.crates-io.shuttle.path="…/shims/shuttle"'`, or `cargo raddle shuttle test`, which does that
//! and makes sure that it works. What is explored that shuttle does not explore, and the other way round, is listed in
//! `differences.md`.
//!
//! ```
//! use shuttle::sync::{Arc, Mutex};
//! use shuttle::thread;
//!
//! let test = || {
//!     let lock = Arc::new(Mutex::new(0u64));
//!     let theirs = lock.clone();
//!     let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
//!     *lock.lock().unwrap() += 1;
//!     other.join().unwrap();
//!     assert_eq!(*lock.lock().unwrap(), 2);
//! };
//! // A sample, of as many executions as shuttle would run.
//! shuttle::check_random(test, 100);
//! // Every execution: there are two.
//! shuttle::check_dfs(test, None);
//! ```
//!
//! What shuttle checks are interleavings, so here the memory model is `sc`; `RADDLE_MODEL=rc20` asks for that of Rust. All
//! other `RADDLE_*` variables stand above what a test says, too.
//!
//! [shuttle]: https://docs.rs/shuttle

mod check;
mod config;
pub mod current;
mod execution;
pub mod future;
pub mod hint;
mod labels;
pub mod lazy_static;
pub mod rand;
mod runner;
pub mod scheduler;
pub mod sync;
pub mod thread;

pub use check::{
    check, check_dfs, check_pct, check_random, check_random_with_seed,
    check_uncontrolled_nondeterminism, check_urw, replay, replay_from_file,
};
pub use config::{
    Config, ContinuationFunctionBehavior, FailurePersistence, MaxSteps, UngracefulShutdownConfig,
};
pub use raddle_shims::{lazy_static, thread_local};
pub use runner::{PortfolioRunner, Runner};

/// Addresses are the same whenever a thread does the same. A test binary that has an allocator of its own must be
/// built with `--cfg raddle_own_allocator` in `RUSTFLAGS`.
#[cfg(not(raddle_own_allocator))]
#[global_allocator]
static ALLOCATOR: raddle::DeterministicAlloc = raddle::DeterministicAlloc;

/// shuttle: the variable that names the file of an annotated schedule. Here a failing execution is told step by step in its
/// report, so it means nothing.
pub const ANNOTATION_FILE: &str = "SHUTTLE_ANNOTATION_FILE";

/// shuttle: the variable that asks for backtraces of deadlocked tasks. Reports say where each thread waits in any case.
pub const CAPTURE_BACKTRACE: &str = "SHUTTLE_CAPTURE_BACKTRACE";

/// shuttle: the variable that silences warnings about what it does not model. Here there are none.
pub const SILENCE_WARNINGS: &str = "SHUTTLE_SILENCE_WARNINGS";
