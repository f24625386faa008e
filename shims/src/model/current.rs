//! The one thread-local: the execution that this operating-system thread is running code of.
//!
//! It is set by the runtime around each stretch of the program's code and empty otherwise, so the
//! checker's own code, and ordinary tests in the same process, pass through to std.

use super::{Contents, Execution, Site, use_heap};
use crate::kernel::{Op, Reply};
use std::cell::Cell;
use std::ops::Deref;
use std::panic::Location;
use std::ptr::NonNull;

/// What there is to know of the code that an operating-system thread runs.
struct Current {
    execution: Cell<Option<NonNull<dyn Execution>>>,
    stamp: Cell<u64>,
    scrubs: Cell<bool>,
    /// How many hints the running thread still gives of which nobody need hear, and one more; 0 if it has done anything since
    /// the last that was heard, or none was.
    hints: Cell<u32>,
}

/// Of so many hints that follow one another, only the first is [heard](Execution::hint).
pub const HINTS: u32 = 64;

thread_local! {
    static CURRENT: Current = const {
        Current {
            execution: Cell::new(None),
            stamp: Cell::new(0),
            scrubs: Cell::new(false),
            hints: Cell::new(0),
        }
    };
}

/// The execution in which the calling code runs.
///
/// It says where to look, and is a single word, so that nothing is copied to the stack of the program, where places that are used for one
/// thing before a loop and for another in it make turns look different.
#[derive(Clone, Copy)]
pub struct Model {
    current: NonNull<Current>,
}

impl Model {
    /// Performs an operation of the running thread; see [`Execution::perform`].
    #[inline(always)]
    pub fn perform(&self, op: &Op, site: Site) -> Reply {
        // Before the others nobody looks at the stack.
        if cfg!(raddle_is_slow) && may_look(op) {
            scrub();
        }
        let reply = (**self).perform(op, site);
        // What it has left there would look like a difference between the turns of a loop that begins now.
        scrub();
        reply
    }

    /// Performs a plain access; see [`Execution::perform_plain`].
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    pub unsafe fn perform_plain(
        &self,
        op: &Op,
        site: Site,
        (at, contents): (*const u8, &'static Contents),
    ) {
        // SAFETY: the caller's duty is the same.
        unsafe { (**self).perform_plain(op, site, at, contents) };
        scrub();
    }

    /// The same where nothing of it may be left on the stack of the caller, as with [`Model::tell`].
    ///
    /// # Safety
    /// As there.
    #[inline(never)]
    pub unsafe fn tell_plain(self, op: &Op, site: Site, what: (*const u8, &'static Contents)) {
        // SAFETY: the caller's duty is the same.
        unsafe { self.perform_plain(op, site, what) };
    }

    /// Performs an operation that has no reply. Of that nothing is left on the stack of the caller, where it
    /// would look like a difference.
    #[inline(never)]
    pub fn tell(self, op: &Op, site: Site) {
        self.perform(op, site);
    }

    /// The running thread would rather let others run; see [`Execution::hint`]. Of that nothing is left on the stack of the caller.
    #[inline(never)]
    fn hint(self, repeated: u32, site: Site) {
        if cfg!(raddle_is_slow) {
            scrub();
        }
        if (*self).hint(repeated, site) {
            self.current().hints.set(HINTS);
        }
        scrub();
    }

    /// A number that no other execution of this process has.
    #[inline]
    pub fn stamp(&self) -> u64 {
        self.current().stamp.get()
    }

    #[inline(always)]
    fn current(&self) -> &Current {
        // SAFETY: it points to a thread-local of the thread that runs; a `Model` is not `Send`.
        unsafe { self.current.as_ref() }
    }
}

impl Deref for Model {
    type Target = dyn Execution;

    #[inline]
    fn deref(&self) -> &Self::Target {
        // Whatever is asked of the execution is something between two hints.
        self.current().hints.set(0);
        let execution = self.current().execution.get();
        debug_assert!(execution.is_some(), "the code that ran in the model has returned");
        // SAFETY: a `Model` is only got from `inside` and `entered`, which find one only while `enter`, which borrows the
        // execution, is running on this thread; it is not `Send`, and no shim keeps one.
        unsafe { execution.unwrap_unchecked().as_ref() }
    }
}

/// The running thread would rather let others run; outside of a model, `outside` does.
///
/// A hint right after another, with nothing between that the execution was asked for, changes nothing: what follows from the first is so
/// already. Loops that back off give hundreds of them, so only one of [`HINTS`] is told, and with it how many came before.
///
/// It is never part of the program's function: what a loop has read would be kept while it is found out whether this is a model.
#[inline(never)]
pub(crate) fn hint(outside: fn(), site: Site) {
    let left = CURRENT.with(|current| current.hints.get());
    if left > 1 {
        return CURRENT.with(|current| current.hints.set(left - 1));
    }
    match inside() {
        None => outside(),
        Some(model) => Model::hint(model, left * (HINTS - 1), site),
    }
}

/// Whether what is on the stack before the operation may be compared.
#[inline(always)]
const fn may_look(op: &Op) -> bool {
    !matches!(op, Op::Store { .. } | Op::PlainRead(_) | Op::PlainWrite(_))
}

/// What [`scrub`] leaves on the stack.
pub const SCRUBBED: u8 = 0xb9;

/// How much of it: without optimisation functions have many times the places.
const DEPTH: usize = if cfg!(raddle_is_slow) { 3 << 10 } else { 1 << 10 };

/// At least what a single call of few arguments uses.
const FRAME: usize = 256;

/// Whether [`scrub`] does anything on this operating-system thread.
///
/// To be asked for before an execution begins in which stacks are compared.
pub fn set_scrubs(scrubs: bool) {
    CURRENT.with(|current| current.scrubs.set(scrubs));
}

/// Overwrites what earlier calls have left below the caller's frame.
///
/// A function has places on its stack that it does not write each time, without optimisation one for every
/// intermediate result; they hold anything until they are first written. So a loop that has turned once looks different
/// from one that has not turned yet. Where the place holds [`SCRUBBED`] instead, it is known that nothing has been written
/// there. This costs too much where nobody looks, so it must be [asked for](set_scrubs).
#[inline(always)]
pub fn scrub() {
    if scrubs() {
        overwrite::<DEPTH>();
    }
}

#[inline(always)]
fn scrubs() -> bool {
    CURRENT.with(|current| current.scrubs.get())
}

#[inline(never)]
fn overwrite<const SIZE: usize>() {
    let mut area = [SCRUBBED; SIZE];
    std::hint::black_box(&mut area);
}

/// The execution in which the calling code runs, or none.
#[inline(always)]
pub fn inside() -> Option<Model> {
    let model = running();
    if model.is_some() {
        scrub();
    }
    model
}

/// The same for what only writes, before which nobody looks at the stack.
#[inline(always)]
pub(crate) fn running() -> Option<Model> {
    CURRENT.with(|current| {
        let model = Model { current: NonNull::from(current) };
        current.execution.get().is_some().then_some(model)
    })
}

/// The execution in which the calling code runs, for one operation that follows at once, with nothing of the program's own code between.
///
/// As the state of the thread counts the state in which it called [`Entered::noted`], whatever the shims do from there on: what they leave on
/// their part of the stack differs with what they find.
#[derive(Clone, Copy)]
pub struct Entered(Model);

/// The same as [`inside`], for a single operation of an atomic. To be part of the function that the program calls, and this of the
/// program's.
#[inline(always)]
pub fn entered() -> Option<Entered> {
    running().map(Entered)
}

impl Entered {
    /// Notes the state of the thread, where that will be asked for. All that is needed for the operation should have been got before: without
    /// optimisation it has places on the program's stack, which hold anything when a function is entered.
    #[inline(always)]
    #[must_use]
    #[track_caller]
    pub fn noted(self) -> Entered {
        self.noted_for(Location::caller())
    }

    /// The same for an operation that is told to be there.
    #[inline(always)]
    #[must_use]
    pub fn noted_for(self, site: Site) -> Entered {
        if scrubs() {
            overwrite::<FRAME>();
            note_state(self.0, stack_pointer(), site);
            overwrite::<FRAME>();
        }
        self
    }
}

/// A call, so that all that the caller still needs is on the stack or in the registers that calls preserve. Whether it is asked for the state
/// leaves no trace in the caller, where it would look like a difference.
#[inline(never)]
fn note_state(model: Model, stack: usize, site: Site) {
    let asks = model.asks_state(site);
    overwrite::<DEPTH>();
    if asks {
        model.note_state(stack);
        overwrite::<DEPTH>();
    }
}

/// Where the stack of the caller ends; 0 where that is not known.
#[inline(always)]
#[allow(clippy::missing_const_for_fn, reason = "it is not on the architectures that matter")]
fn stack_pointer() -> usize {
    #[allow(unused_mut, reason = "nothing is known on other architectures")]
    let mut stack = 0_usize;
    // SAFETY: only copies a register.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!("mov {}, rsp", out(reg) stack, options(nomem, nostack, preserves_flags));
    }
    // SAFETY: only copies a register.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!("mov {}, sp", out(reg) stack, options(nomem, nostack, preserves_flags));
    }
    stack
}

/// What performs operations of the running thread.
pub trait Performs {
    /// The execution.
    fn model(&self) -> &Model;

    /// Performs an operation; see [`Execution::perform`].
    fn perform(&self, op: &Op, site: Site) -> Reply;
}

impl Performs for Model {
    #[inline(always)]
    fn model(&self) -> &Model {
        self
    }

    #[inline(always)]
    fn perform(&self, op: &Op, site: Site) -> Reply {
        Model::perform(self, op, site)
    }
}

impl Performs for Entered {
    #[inline(always)]
    fn model(&self) -> &Model {
        &self.0
    }

    #[inline(always)]
    fn perform(&self, op: &Op, site: Site) -> Reply {
        let reply = (*self.0).perform_entered(op, site);
        // What it has left there would look like a difference between the turns of a loop that begins now.
        scrub();
        reply
    }
}

/// Runs `code` as code of that execution. `stamp` must come from [`Stamps`](super::Stamps).
pub fn enter<R>(execution: &dyn Execution, stamp: u64, code: impl FnOnce() -> R) -> R {
    struct Restore(Option<NonNull<dyn Execution>>, u64);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.with(|current| {
                current.execution.set(self.0);
                current.stamp.set(self.1);
                current.hints.set(0);
            });
        }
    }
    let pointer = NonNull::from(execution);
    // SAFETY: only the lifetime of the trait object changes. The pointer is removed again before
    // this function returns, also by unwinding.
    let execution = unsafe {
        std::mem::transmute::<NonNull<dyn Execution + '_>, NonNull<dyn Execution>>(pointer)
    };
    let _restore = CURRENT.with(|current| {
        // The hints before were those of another thread.
        current.hints.set(0);
        Restore(current.execution.replace(Some(execution)), current.stamp.replace(stamp))
    });
    // SAFETY: as in `Model::deref`.
    let _heap = use_heap(unsafe { execution.as_ref() }.heap());
    code()
}
