//! The one thread-local: the execution that this operating-system thread is running code of.
//!
//! It is set by the runtime around each stretch of the program's code and empty otherwise, so the
//! checker's own code, and ordinary tests in the same process, pass through to std.

use super::{Contents, Execution, Site, use_heap};
use crate::kernel::{Op, Reply};
use std::cell::Cell;
use std::ops::Deref;
use std::ptr::NonNull;

thread_local! {
    static CURRENT: Cell<Option<Model>> = const { Cell::new(None) };
}

/// The execution in which the calling code runs.
#[derive(Clone, Copy)]
pub struct Model {
    execution: NonNull<dyn Execution>,
    stamp: u64,
}

impl Model {
    /// Performs an operation of the running thread; see [`Execution::perform`].
    #[inline(always)]
    pub fn perform(&self, op: &Op, site: Site) -> Reply {
        scrub();
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
        scrub();
        // SAFETY: the caller's duty is the same.
        unsafe { (**self).perform_plain(op, site, at, contents) };
        scrub();
    }

    /// The same where nothing of it may be left on the stack of the caller, as with [`Model::tell`].
    ///
    /// # Safety
    /// As there.
    #[inline(never)]
    pub unsafe fn tell_plain(&self, op: &Op, site: Site, what: (*const u8, &'static Contents)) {
        // SAFETY: the caller's duty is the same.
        unsafe { self.perform_plain(op, site, what) };
    }

    /// Performs an operation that has no reply. Of that nothing is left on the stack of the caller, where it
    /// would look like a difference.
    #[inline(never)]
    pub fn tell(&self, op: &Op, site: Site) {
        self.perform(op, site);
    }

    /// A number that no other execution of this process has.
    #[inline]
    pub fn stamp(&self) -> u64 {
        self.stamp
    }
}

impl Deref for Model {
    type Target = dyn Execution;

    #[inline]
    fn deref(&self) -> &Self::Target {
        // SAFETY: a `Model` is only got from `inside`, which finds one only while `enter`, which
        // borrows the execution, is running on this thread; it is not `Send`, and no shim keeps one.
        unsafe { self.execution.as_ref() }
    }
}

/// What [`scrub`] leaves on the stack.
pub const SCRUBBED: u8 = 0xb9;

/// Overwrites what earlier calls have left below the caller's frame, in a build without optimisation.
///
/// There a function has a place on its stack for every intermediate result, which holds anything until it
/// is first written; so a loop that has turned once looks different from one that has not turned yet.
/// Where the place holds [`SCRUBBED`] instead, it is known that nothing has been written there.
#[inline(always)]
pub fn scrub() {
    if cfg!(debug_assertions) {
        overwrite();
    }
}

#[inline(never)]
fn overwrite() {
    let mut area = [SCRUBBED; 3 << 10];
    std::hint::black_box(&mut area);
}

/// The execution in which the calling code runs, or none.
#[inline(always)]
pub fn inside() -> Option<Model> {
    let model = CURRENT.get();
    if model.is_some() {
        scrub();
    }
    model
}

/// Runs `code` as code of that execution. `stamp` must come from [`Stamps`](super::Stamps).
pub fn enter<R>(execution: &dyn Execution, stamp: u64, code: impl FnOnce() -> R) -> R {
    struct Restore(Option<Model>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let pointer = NonNull::from(execution);
    // SAFETY: only the lifetime of the trait object changes. The pointer is removed again before
    // this function returns, also by unwinding.
    let execution = unsafe {
        std::mem::transmute::<NonNull<dyn Execution + '_>, NonNull<dyn Execution>>(pointer)
    };
    let _restore = Restore(CURRENT.replace(Some(Model { execution, stamp })));
    // SAFETY: as in `Model::deref`.
    let _heap = use_heap(unsafe { execution.as_ref() }.heap());
    code()
}
