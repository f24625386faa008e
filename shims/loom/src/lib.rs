//! Stands in for [loom] 0.7: the same paths and signatures, checked by raddle.
//!
//! A test suite that uses loom runs on raddle, unchanged, when cargo is told to take this package instead:
//! `cargo test --config 'patch.crates-io.loom.path="…/shims/loom"'`, or `cargo raddle loom test`, which does that and
//! makes sure that it works. What is explored that loom does not explore, and the other way round, is listed in
//! `differences.md`.
//!
//! ```
//! use loom::sync::{Arc, atomic::{AtomicUsize, Ordering::Relaxed}};
//! use loom::thread;
//!
//! loom::model(|| {
//!     let hits = Arc::new(AtomicUsize::new(0));
//!     let theirs = hits.clone();
//!     let other = thread::spawn(move || theirs.fetch_add(1, Relaxed));
//!     hits.fetch_add(1, Relaxed);
//!     other.join().unwrap();
//!     assert_eq!(hits.load(Relaxed), 2);
//! });
//! ```
//!
//! [loom]: https://docs.rs/loom

/// Addresses are the same whenever a thread does the same. A test binary that has an allocator of its own must be
/// built with `--cfg raddle_own_allocator` in `RUSTFLAGS`.
#[cfg(not(raddle_own_allocator))]
#[global_allocator]
static ALLOCATOR: raddle::DeterministicAlloc = raddle::DeterministicAlloc;

pub mod alloc;
pub mod cell;
pub mod future;
pub mod hint;
pub mod lazy_static;
pub mod model;
pub mod sync;
pub mod thread;

#[doc(inline)]
pub use crate::model::model;
pub use raddle_shims::{lazy_static, thread_local};

/// How many threads loom can have in one execution. Here there is no limit.
pub const MAX_THREADS: usize = 5;

/// loom: begins to explore here. Everything is explored here in any case, so this does nothing.
pub fn explore() {}

/// loom: does not explore what comes now. Everything is explored here, so this does nothing.
pub fn stop_exploring() {}

/// loom: does not explore what comes now, and cannot be told to go on. Everything is explored here, so this does
/// nothing.
pub fn skip_branch() {}
