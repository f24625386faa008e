//! raddle checks concurrent Rust code: it runs a closure in every interleaving, and with every value that
//! the memory model lets it see, or samples these, and finds data races, deadlocks, panics, leaks and
//! broken invariants. A failure comes with a report and a token that repeats it.
//!
//! The code under test imports `raddle_shims::{sync, thread, cell, …}` instead of `std`'s modules; a normal
//! build of it is std's, re-exported. Tests use this crate, as a development dependency:
//!
//! ```
//! use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use raddle_shims::thread;
//! use std::sync::Arc;
//!
//! raddle::check(|| {
//!     let hits = Arc::new(AtomicU32::new(0));
//!     let theirs = Arc::clone(&hits);
//!     let other = thread::spawn(move || theirs.fetch_add(1, Relaxed));
//!     hits.fetch_add(1, Relaxed);
//!     other.join().unwrap();
//!     assert_eq!(hits.load(Relaxed), 2);
//! });
//! ```
//!
//! Ways in: [`macro@test`] on a test function, [`check`] for the defaults, [`Builder`] for everything else, and
//! [`explore`] for the [`Outcome`] as a value. Inside a model, [`choose`] and [`assume`] are for
//! nondeterminism that is not the scheduler's, and [`label!`] names objects for reports.
//! With the feature `proptest`, `check_with` generates inputs, and makes those that fail smaller together with the
//! schedule.
//!
//! # What is explored
//! Every execution up to equivalence: two interleavings that no thread can tell apart count as one. The
//! memory model is that of Rust (RC11 with C++20 release sequences); `model = "sc"` restricts it to
//! interleavings. A search that ends without a failure is [`Outcome::Verified`], provided that the closure is
//! deterministic but for what goes through the shims.
//!
//! # Strategies
//! | `strategy` | how executions are chosen | fair |
//! |---|---|---|
//! | `exhaustive` | every execution exactly once (optimal dynamic partial order reduction) | |
//! | `random` | a uniformly random thread at every decision | yes |
//! | `pct` | random priorities with depth - 1 changes; finds a bug of that depth with a known probability | no |
//! | `pos` | random priorities of operations, redrawn for those that race with what goes first | yes |
//! | `urw` | threads in proportion to what they have left: uniform over interleavings | yes |
//! | `surw` | uniform over the orders of the events at one location, drawn for each execution | yes |
//! | `portfolio` | the other sampling strategies in turn, more often those that show new behaviours | no |
//!
//! All but the first sample: they run as many executions as [`Builder::iterations`] and [`Builder::max_time`] say,
//! each drawn from [`Builder::seed`] and its number, and verify nothing. Under the default memory model a read
//! takes an older value, and a store comes before others, with a probability of 1/5 for each step back. A
//! strategy is fair if every thread that can go on does so in the end with probability 1; those that are
//! not let another thread have its turn after 10,000 decisions for the same one.

#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "the facade owns the worker threads and the clock; results do not depend on either"
)]

mod bench;
mod builder;
mod bytes;
mod campaign;
mod differing;
mod explain;
mod explore;
mod flight;
#[cfg(feature = "proptest")]
mod input;
mod insight;
mod keep;
mod lock_order;
mod minimise;
mod model;
mod outcome;
mod parallel;
mod passing;
mod profile;
mod progress;
mod repeated;
mod replay;
mod search;
mod settings;
mod signature;
mod standing;
mod told;
mod worker;

#[doc(hidden)]
pub mod __private;

pub use builder::Builder;
#[cfg(feature = "proptest")]
pub use input::check_with;
pub use lock_order::{LockChain, LockTaken, Warning};
pub use model::{assume, choose};
pub use outcome::{Kind, Outcome, Violation};
pub use raddle_engine::explore::{Coverage, Limit, Sample};
pub use raddle_macros::test;
pub use raddle_runtime::DeterministicAlloc;
pub use raddle_shims::track::{Open, Tracked, track};

/// Checks the closure with the default settings, those of the environment and of the profile.
///
/// It is run once for each execution, from its beginning, as the main thread of the model; threads that it
/// spawns must have ended, or be able to, before an execution counts as complete.
///
/// # Panics
/// If an execution fails: the report has then been printed on standard error, and the message of the
/// panic is its headline. Also if a thread comes to the limit of events ([`Builder::max_events`]), or a
/// setting is wrong.
#[track_caller]
pub fn check(f: impl Fn() + Send + Sync + 'static) {
    Builder::new().check(f);
}

/// Explores the closure with the default settings, those of the environment and of the profile, and returns
/// what was found.
///
/// ```
/// use raddle::{Kind, Outcome};
/// use raddle_shims::{sync::mpsc, thread};
/// let outcome = raddle::explore(|| {
///     let (tx, rx) = mpsc::sync_channel(1);
///     tx.send(1).unwrap();
///     tx.send(2).unwrap();
///     drop(rx);
/// });
/// let Outcome::Violation(violation) = outcome else { panic!("the second send waits for ever") };
/// assert_eq!(violation.kind, Kind::Deadlock);
/// ```
///
/// # Panics
/// If a setting is wrong.
#[track_caller]
pub fn explore(f: impl Fn() + Send + Sync + 'static) -> Outcome {
    Builder::new().explore(f)
}
