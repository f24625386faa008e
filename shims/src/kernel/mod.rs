//! The vocabulary shared by programs under test and the engine: plain data and two traits.
//!
//! A program under test is a [`World`] of threads. A thread runs until it performs an [`Op`]; the
//! engine, as the world's [`Controller`], either answers at once with a [`Reply`] or suspends the
//! thread and runs another one. Nothing here knows how threads are implemented (a script, a
//! coroutine, an operating-system thread) or how the engine decides.

mod failure;
mod ids;
mod object;
mod op;
mod ordering;
mod value;
mod world;

pub use failure::{Access, AccessKind, Blocker, Extent, Failure, Lack, Role, Waiting, WaitsFor};
pub use ids::{EventId, LocationId, ThreadId};
pub use object::{
    Action, Arm, Arms, Ask, Begun, CLOSED, CROWDED, GAVE_UP, POISONED, Patience, READ_WRITE,
    REUSED, Selected, Stance, TRANSFERABLE, UNBOUNDED,
};
pub use op::{Op, Otherwise, Reply, Test, Until};
pub use ordering::{FenceOrdering, LoadOrdering, OrderingError, RmwOrdering, StoreOrdering};
pub use value::{Change, RmwKind, Value, Width};
pub use world::{Answer, Controller, Readable, Stop, World};
