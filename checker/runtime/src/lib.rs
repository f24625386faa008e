//! The body: runs ordinary closures as threads that stop at every operation.
//!
//! A thread of the program under test is a [fiber]: a pooled coroutine, or an operating-system
//! thread that takes turns. [`Runtime`] is the kernel's `World` over them; to the shims it is the
//! `Execution`. An operation is a direct call to the controller; fibers are switched only when the
//! controller suspends one.
//!
//! ```text
//!   engine ── World::run(t) ──▶ Runtime ── resume ──▶ fiber of t ── shim ── Execution::perform
//!     ▲                                                                          │
//!     └────────────────────────── Controller::perform(op) ◀──────────────────────┘
//! ```
//!
//! Files: `runtime` the world · `shared` the running execution, `local` a thread of it, `execution` what shims ask of it · `body` a thread from its beginning to its end · `fiber`, `pool` stacks · `drain` the end of an
//! execution · `panics` what a panic says · `fatal` panics after which std aborts · `record` the steps of one
//! execution · `counter` a number that outlives the process · `addresses` memory of each thread · `lessons` what runtimes of one program tell each other · `spin` loops that only read · `notes` what a turn writes that no operation shows · `reach` where · `watch` writes through raw pointers.

#![allow(
    clippy::disallowed_methods,
    reason = "the backend on operating-system threads starts them; everything else runs on its caller"
)]

mod addresses;
mod afterlife;
mod body;
mod confirm;
mod counter;
mod drain;
mod execution;
mod fatal;
pub mod fiber;
mod frame;
mod hints;
mod lessons;
mod local;
mod loops;
mod notes;
mod panics;
mod pool;
mod reach;
mod record;
mod runtime;
mod sections;
mod shared;
mod spin;
mod standing;
mod state;
mod turns;
mod until;
mod watch;

pub use addresses::DeterministicAlloc;
pub use counter::Counter;
pub use hints::HintFault;
pub use lessons::Lessons;
pub use panics::{Panic, install_hook};
pub use record::{Declared, Record, Recorded, Resource, Share, ThreadRecord};
pub use runtime::{Objects, Options, Runtime};
pub use sections::SectionFault;
pub use shared::RESTS;
pub use standing::{Observed, Standing};
