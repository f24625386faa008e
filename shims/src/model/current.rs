//! The one thread-local: the execution that this operating-system thread is running code of.
//!
//! It is set by the runtime around each stretch of the program's code and empty otherwise, so the
//! checker's own code, and ordinary tests in the same process, pass through to std.

use super::Execution;
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

/// The execution in which the calling code runs, or none.
#[inline(always)]
pub fn inside() -> Option<Model> {
    CURRENT.get()
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
    code()
}
