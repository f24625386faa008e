//! How a shim reaches the checked execution in which its caller runs, if it runs in one.
//!
//! A shim asks [`inside`]. Outside of a checked execution it does what std does. Inside, it performs
//! [`Op`]s on the locations of its [`Object`]s. The shim keeps no state that decides who runs: whatever
//! threads can see of each other goes through operations.
//!
//! Where a primitive needs more state than fits into one value, it keeps it in ordinary memory and changes
//! it only right after an operation on its location that all threads using the state perform as a
//! read-modify-write: these are totally ordered, and replayed in that order.

mod contents;
mod current;
mod fresh;
mod heap;
mod object;
pub mod ops;
mod owners;
mod plain;
mod slots;
mod spurious;
mod stamp;

pub use contents::Contents;
pub use current::{
    Entered, HINTS, Model, Performs, SCRUBBED, enter, entered, inside, scrub, set_scrubs,
};
pub(crate) use current::{hint, running};
pub use fresh::{fresh, is_static, touch_outside};
pub use heap::{HeapBefore, heap, off_the_heap, use_heap};
pub use object::{Object, ObjectKind};
pub(crate) use owners::owners_are_trusted;
pub use owners::trust_owners;
pub use plain::Plain;
pub use slots::{Found, Slots, per_execution};
pub use spurious::wakes_spuriously;
pub use stamp::Stamps;

use crate::kernel::{Arm, Arms, LocationId, Op, Patience, Reply, ThreadId, Value};
use std::cell::RefCell;
use std::panic::Location;
use std::time::Duration;

/// A place in the source code of the program under test.
pub type Site = &'static Location<'static>;

/// Whether a place is in the sources of the shims themselves, so that names there are none of the program's.
pub fn is_own(site: Site) -> bool {
    let sources = file!().strip_suffix("model/mod.rs");
    sources.is_some_and(|sources| site.file().starts_with(sources))
}

/// How many bytes of a cell's contents are compared to notice a write through a raw pointer.
pub const WATCHED_BYTES_MAX: usize = 64;

/// What a thread unwinds with when its execution is over. Whoever catches it must pass it on.
#[derive(Debug)]
pub struct Stopped;

/// A thread to be started.
pub struct NewThread {
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// What it runs. It must not unwind, except with [`Stopped`].
    pub body: Box<dyn FnOnce()>,
}

/// What its owners do with something that must be released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handling {
    /// It is used there.
    Used(Site),
    /// It was dropped, which is not enough.
    Dropped,
    /// It has one more share, made there, whose number is what comes back.
    Shared(Site),
    /// The share of that number becomes a raw pointer.
    Exposed(u32),
    /// A raw pointer becomes a share, there, whose number is what comes back.
    Retaken(Site),
    /// The share of that number is gone.
    GivenUp(u32),
}

/// The checked execution in which the calling code runs: what the runtime offers to the shims.
pub trait Execution {
    /// Performs an operation of the running thread; other threads may run before it returns.
    ///
    /// Once the execution is over, the first call of each thread unwinds with [`Stopped`]; later ones, from destructors, act one after the other on what the memory
    /// held last.
    fn perform(&self, op: &Op, site: Site) -> Reply;

    /// Whether it is asked for the state of the running thread before an operation there, which follows at once, with [`Execution::perform_entered`].
    fn asks_state(&self, site: Site) -> bool;

    /// It is, and this is the moment. `stack` is where the part of the stack ends that belongs to the program, or 0.
    fn note_state(&self, stack: usize);

    /// The same as [`Execution::perform`] for an operation before which [`Execution::asks_state`] was called.
    fn perform_entered(&self, op: &Op, site: Site) -> Reply;

    /// The same for a plain access to what is at that address, which a report tells of.
    ///
    /// # Safety
    /// There must be a live value of the type of `contents`.
    unsafe fn perform_plain(
        &self,
        op: &Op,
        site: Site,
        at: *const u8,
        contents: &'static Contents,
    ) -> Reply;

    /// The running thread would rather let others run ([`Op::Yield`]), and has said so `repeated` times more since that was last heard, with nothing in between.
    /// Whether the next [`HINTS`] - 1 need not be heard, if they follow with nothing in between.
    fn hint(&self, repeated: u32, site: Site) -> bool;

    /// Performs a load of the running thread again and again until its value passes, as one operation that waits.
    fn await_value(&self, op: &Op, site: Site, pass: &mut dyn FnMut(Value) -> bool) -> Value;

    /// Makes a list of arms known to the controller, for actions that refer to it.
    fn arms(&self, arms: &[Arm]) -> Arms;

    /// Starts a thread.
    fn spawn(&self, thread: NewThread, site: Site) -> ThreadId;

    /// From now on a thread of this execution may be left behind when the main thread has ended.
    fn detach(&self, thread: ThreadId);

    /// The running thread.
    fn me(&self) -> ThreadId;

    /// The memory from which the running thread allocates, for [`use_heap`]; null for the system's.
    fn heap(&self) -> *const ();

    /// The name of a thread, as given to its builder.
    fn name(&self, thread: ThreadId) -> Option<String>;

    /// The number, in this execution, of an object that is touched for the first time.
    fn declare(&self, kind: ObjectKind, initial: Value, created: Site) -> u32;

    /// An object has noted its number at these addresses, where a change means nothing.
    fn on_touched(&self, addresses: std::ops::Range<usize>);

    /// The running thread is about to give back a lock under which it could only look at what lies there: nobody can have
    /// taken a mutable reference.
    fn on_looked(&self, data: *const u8, size: usize);

    /// The number of an object that cannot hold its number itself, because another exploration uses it
    /// at the same time: the same for the same address.
    fn shared(&self, address: usize, kind: ObjectKind, initial: Value, created: Site) -> u32;

    /// The number that [`Execution::shared`] gave to the object at an address, if it was asked.
    fn known_at(&self, address: usize) -> Option<u32>;

    /// What the coherence-latest write to a location wrote. Only for a thread that has the object for
    /// itself.
    fn newest(&self, location: LocationId) -> Value;

    /// The number of the object that holds the park token of a thread.
    fn park_token(&self, thread: ThreadId) -> LocationId;

    /// Whether barriers that were created there are used by more threads than they wait for, as far as is
    /// known.
    fn is_crowded(&self, created: Site) -> bool;

    /// From now on they are. Ends the execution, and the exploration starts again; returns only if the
    /// execution is over, or its thread is unwinding.
    fn note_crowd(&self, created: Site);

    /// Whether the program asks threads whether they have finished, as far as is known.
    fn asks_finished(&self) -> bool;

    /// From now on it does. Ends the execution, and the exploration starts again; returns only if the
    /// execution is over, or its thread is unwinding.
    fn note_asks_finished(&self);

    /// Whether the program asks how many shares of something there are, as far as is known.
    fn asks_counts(&self) -> bool;

    /// From now on it does. Ends the execution, and the exploration starts again; returns only if the
    /// execution is over, or its thread is unwinding.
    fn note_asks_counts(&self);

    /// Whether the running thread is unwinding.
    fn panicking(&self) -> bool;

    /// Whether the execution is over and this thread only runs its destructors.
    fn is_draining(&self) -> bool;

    /// Whether the running thread is not at its destructors yet, although the execution is over: it goes on as if it were not, and
    /// what it waits for can come.
    fn goes_on(&self) -> bool;

    /// Whether nothing is said to be poisoned any more: the execution is over, and has failed or is unwound. Destructors that
    /// unwrap would panic a second time. What an execution that is given up does until then is as without an end.
    fn forgets_poison(&self) -> bool;

    /// The running thread has panicked with this payload, and its body has been unwound.
    fn on_panic(&self, payload: &(dyn std::any::Any + Send));

    /// The same, and it ends the execution as a failure, whoever would be told.
    fn fail_by_panic(&self, payload: &(dyn std::any::Any + Send)) -> !;

    /// Somebody has been told that the thread panicked.
    fn on_panic_observed(&self, thread: ThreadId);

    /// A thread has panicked and its handle is gone, so nobody will be told any more but a scope, which panics in turn.
    fn on_panic_left(&self, thread: ThreadId);

    /// Ends the execution as a failure: the program did something that is never right, at that place, or at the
    /// operation at which the thread stands.
    fn misuse(&self, message: String, site: Option<Site>) -> !;

    /// The running thread has got a pointer to the contents of a cell, for what it does not say. If the
    /// first `size` bytes have changed when it performs its next operation, that was a plain write; at
    /// most [`WATCHED_BYTES_MAX`] bytes are compared.
    fn watch(&self, location: LocationId, contents: *const u8, size: usize, site: Site);

    /// The cell is going away: its contents must not be looked at any more.
    fn unwatch(&self, location: LocationId);

    /// Gives an object a name for reports.
    fn label(&self, location: LocationId, name: String);

    /// Storage that lives as long as the execution, for what stands for statics.
    fn execution_slots(&self) -> &RefCell<Slots>;

    /// Storage of the running thread, for its thread-locals.
    fn thread_slots(&self) -> &RefCell<Slots>;

    /// Time that has passed for the running thread since the execution began.
    fn now(&self) -> Duration;

    /// Waits until so much time has passed.
    fn pause(&self, duration: Duration, site: Site);

    /// How long an action waits that has a time limit. If it gives up, [`Execution::sleep`] is told.
    fn patience(&self, limit: Duration) -> Patience;

    /// So much time has passed for the running thread; without effect if the model has a clock.
    fn sleep(&self, duration: Duration);

    /// Something was acquired that must be released before the execution ends; the number is for
    /// [`Execution::release`].
    fn acquire(&self, what: &'static str, site: Site) -> u64;

    /// What was acquired under that number has been released.
    fn release(&self, number: u64);

    /// What its owners do with what was acquired under that number, for the report if it is never released.
    fn handle(&self, number: u64, handling: Handling) -> u32;
}
