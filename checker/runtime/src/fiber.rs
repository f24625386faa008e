//! Stacks that can be left and entered again.
//!
//! ```text
//!   runner                fiber
//!     | resume ───────────▶ |  runs its job
//!     | ◀─────────── suspend |  in the middle of it
//!     | resume ───────────▶ |  goes on
//!     | ◀──────────── (done) |  waits for the next job
//! ```
//!
//! A fiber that is suspended in the middle of a job must not be dropped: what is on its stack would be unwound. It is leaked instead, or, when
//! nobody can have a reference to its stack any more, forgotten.

mod coroutine;
mod os_thread;

pub(crate) use coroutine::Coroutine;
pub(crate) use os_thread::OsThread;

use crate::panics::RUNNING;
use crate::shared::Shared;
use raddle_shims::kernel::ThreadId;
use raddle_shims::model::Execution;
use std::rc::Rc;

/// What a fiber runs: one thread of the program, from its beginning to its end.
pub(crate) struct Job {
    /// The execution, which outlives the job.
    pub shared: *const Shared,
    /// Which thread.
    pub thread: ThreadId,
    /// Its code.
    pub body: Body,
}

/// The code of a thread.
pub(crate) enum Body {
    /// The program, which every execution runs again.
    Main(Rc<dyn Fn()>),
    /// What was spawned.
    Spawned(Box<dyn FnOnce()>),
    /// Nothing: it was lost with an execution that ended.
    Nothing,
}

impl Body {
    /// Runs it.
    pub fn run(self) {
        match self {
            Body::Main(program) => program(),
            Body::Spawned(body) => body(),
            Body::Nothing => {}
        }
    }
}

impl Job {
    /// Runs it. It is never part of its caller, which goes on on other threads: see [`Coroutine::new`].
    #[inline(never)]
    fn run(self) {
        // SAFETY: the runtime owns the execution and resumes fibers only while it lives.
        let shared = unsafe { &*self.shared };
        match RUNNING.is_set() {
            true => shared.run_thread(self.thread, self.body),
            // On a thread of its own.
            false => {
                shared.prepare_stacks();
                RUNNING.set(shared, || shared.run_thread(self.thread, self.body));
            }
        }
    }
}

/// How a stack came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Back {
    /// In the middle of its job.
    Suspended,
    /// The job is done, and the fiber can take another one.
    Done,
    /// The job needed more stack than there is; the fiber cannot be used any more.
    Overflowed,
}

/// A stack of its own.
pub(crate) trait Fiber {
    /// Gives it its next job, to be begun by [`Fiber::resume`].
    fn assign(&mut self, job: Job);

    /// Runs the job, as code of that execution, until it suspends itself or is done.
    fn resume(&mut self, execution: &dyn Execution, stamp: u64) -> Back;

    /// The coroutine that it is, if it is one. Whoever asks can enter it without a call between: each return to a stack that
    /// was left is mispredicted.
    fn as_coroutine(&mut self) -> Option<&mut Coroutine> {
        None
    }

    /// How the job leaves its stack, from within.
    fn door(&self) -> Door;

    /// Gives up a fiber in the middle of its job, with its stack.
    fn leak(self: Box<Self>);

    /// Gives up a fiber in the middle of its job for whose stack nobody has any use. What is on it is forgotten, as with
    /// [`std::mem::forget`]: no destructor runs.
    fn abandon(self: Box<Self>) {
        self.leak();
    }
}

/// The way out of a fiber. It is good as long as the fiber lives.
#[derive(Clone, Copy)]
pub(crate) struct Door {
    fiber: *const (),
    /// None of a coroutine, which is left without a call.
    leave: Option<unsafe fn(*const ())>,
}

impl Door {
    /// Leaves the stack that runs; comes back when the fiber is resumed.
    ///
    /// # Safety
    /// The code that calls this must run on the fiber that the door belongs to.
    #[inline(always)]
    pub unsafe fn suspend(self) {
        match self.leave {
            // SAFETY: the caller runs on the fiber, so the fiber lives; it is a coroutine.
            None => unsafe { coroutine::leave(self.fiber) },
            // SAFETY: the caller runs on the fiber, so the fiber lives.
            Some(leave) => unsafe { leave(self.fiber) },
        }
    }
}

/// Which kind of fiber to use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Backend {
    /// Coroutines on one operating-system thread.
    #[default]
    Coroutines,
    /// Operating-system threads that take turns: slow, for debuggers and sanitizers.
    Threads,
}

impl Backend {
    /// A new fiber with a stack of that many bytes.
    pub(crate) fn create(self, stack_size: usize) -> Box<dyn Fiber> {
        match self {
            Backend::Coroutines => Box::new(Coroutine::new(stack_size)),
            Backend::Threads => Box::new(OsThread::new(stack_size)),
        }
    }
}
