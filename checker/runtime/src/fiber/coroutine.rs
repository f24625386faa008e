//! Fibers as coroutines.
//!
//! Making one costs some 40 µs, mostly for its stack, and a switch some 10 ns; so a coroutine is made once
//! and runs one job after another. Nothing is passed through the coroutine's own channel, and none is
//! ever unwound from outside. Between two jobs it may go to another operating-system thread.

use super::{Back, Door, Fiber, Job};
use generator::{Gn, LocalGenerator, Scope};
use raddle_shims::model::{Execution, enter};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

type Inner = LocalGenerator<'static, (), ()>;

/// What the coroutine and its owner share.
#[derive(Default)]
struct Desk {
    job: RefCell<Option<Job>>,
    done: Cell<bool>,
    /// The coroutine's own end, on its stack, while it has been entered at least once.
    scope: Cell<*mut ()>,
}

/// A fiber that is a coroutine.
pub(crate) struct Coroutine {
    inner: Option<Inner>,
    desk: Box<Desk>,
}

/// A mark that is not null: with it a stack overflow is kept for the owner instead of unwinding it.
static KEEPS_ERRORS: u8 = 0;

impl Coroutine {
    /// One with a stack of at least that many bytes.
    pub fn new(stack_size: usize) -> Coroutine {
        let desk = Box::<Desk>::default();
        let theirs = std::ptr::from_ref(&*desk);
        // An even number of words: an odd one would fill the stack to measure its use.
        let words = (stack_size / size_of::<usize>()).next_multiple_of(512);
        let mut inner = Gn::<()>::new_scoped_opt_local(words, move |mut scope| {
            // SAFETY: the desk is freed after the coroutine, if that is ever freed.
            let desk = unsafe { &*theirs };
            desk.scope.set((&raw mut scope).cast());
            // The next job may come on another operating-system thread. So nothing here may use a thread-local, whose
            // address would be kept; what the job uses it looks up in a call of its own.
            loop {
                let job = desk.job.borrow_mut().take();
                let Some(job) = job else { return };
                job.run();
                desk.done.set(true);
                scope.yield_with(());
            }
        });
        inner.set_local_data((&raw const KEEPS_ERRORS).cast_mut());
        Coroutine { inner: Some(inner), desk }
    }
}

/// Leaves the coroutine that runs, until it is resumed.
///
/// # Safety
/// The code that calls this must run on the coroutine whose desk that is.
#[inline(always)]
pub(super) unsafe fn leave(desk: *const ()) {
    // SAFETY: the fiber lives, so its desk does; it is running, so the scope is on its stack.
    unsafe {
        let scope = (*desk.cast::<Desk>()).scope.get().cast::<Scope<'_, '_, (), ()>>();
        (*scope).yield_with(());
    }
}

impl Coroutine {
    /// Runs the job, as [`Fiber::resume`] says, as a part of the caller.
    #[inline(always)]
    pub fn enter(&mut self, execution: &dyn Execution, stamp: u64) -> Back {
        let Some(inner) = &mut self.inner else { return Back::Overflowed };
        enter(execution, stamp, || inner.resume());
        if self.desk.done.replace(false) {
            return Back::Done;
        }
        match inner.get_panic_data() {
            None => Back::Suspended,
            Some(_) => Back::Overflowed,
        }
    }
}

impl Fiber for Coroutine {
    fn assign(&mut self, job: Job) {
        *self.desk.job.borrow_mut() = Some(job);
    }

    fn resume(&mut self, execution: &dyn Execution, stamp: u64) -> Back {
        self.enter(execution, stamp)
    }

    fn as_coroutine(&mut self) -> Option<&mut Coroutine> {
        Some(self)
    }

    fn door(&self) -> Door {
        Door { fiber: std::ptr::from_ref(&*self.desk).cast(), leave: None }
    }

    fn leak(mut self: Box<Self>) {
        if let Some(inner) = self.inner.take() {
            let _ = inner.into_raw();
            std::mem::forget(self);
        }
    }

    fn abandon(mut self: Box<Self>) {
        // A generator that is dropped while its owner unwinds gives its stack back and does not enter it again.
        if cfg!(panic = "unwind")
            && let Some(inner) = self.inner.take()
        {
            let _ = catch_unwind(AssertUnwindSafe(move || {
                let _dropped = inner;
                resume_unwind(Box::new(()));
            }));
        }
        self.leak();
    }
}

impl Drop for Coroutine {
    fn drop(&mut self) {
        let Some(mut inner) = self.inner.take() else { return };
        // Between two jobs nothing is on its stack, but dropping it would still unwind it, which must
        // not happen while this thread panics, and takes longer than making it. Without a job it ends.
        if std::thread::panicking() {
            let _ = inner.into_raw();
            std::mem::forget(std::mem::take(&mut self.desk));
        } else if !self.desk.scope.get().is_null() {
            inner.resume();
        }
    }
}
