//! What production code imports instead of `std::sync`, `std::thread` and the like, so that raddle can
//! check it.
//!
//! Without the feature `model` every item is std's own, re-exported: no cost, no difference. With it, which
//! `raddle` switches on as a development dependency, every operation looks whether it runs inside a
//! checked execution. If so the checker decides what it sees and who runs next; if not it passes
//! through to std.
//!
//! ```
//! use raddle_shims::sync::atomic::{AtomicU32, Ordering};
//! use raddle_shims::thread;
//!
//! static HITS: AtomicU32 = AtomicU32::new(0);
//! let other = thread::spawn(|| HITS.fetch_add(1, Ordering::Relaxed));
//! HITS.fetch_add(1, Ordering::Relaxed);
//! other.join().unwrap();
//! assert_eq!(HITS.load(Ordering::Relaxed), 2);
//! ```
//!
//! The crate also holds the [`kernel`], the vocabulary in which a program under test and the engine talk
//! to each other.

#![cfg_attr(not(feature = "model"), forbid(unsafe_code))]
#![cfg_attr(
    feature = "model",
    allow(clippy::disallowed_methods, reason = "outside of a model time is real")
)]

pub mod future;
pub mod go;
pub mod kernel;
mod until;

#[cfg(feature = "model")]
pub mod model;

#[cfg(feature = "model")]
pub mod alloc;
#[cfg(feature = "model")]
pub mod cell;
#[cfg(feature = "model")]
pub mod hint;
#[cfg(feature = "model")]
pub mod sync;
#[cfg(feature = "model")]
pub mod thread;
#[cfg(feature = "model")]
pub mod time;
#[cfg(feature = "model")]
pub mod track;

#[cfg(not(feature = "model"))]
mod plain;
#[cfg(not(feature = "model"))]
pub use plain::*;
