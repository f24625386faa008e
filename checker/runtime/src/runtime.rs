//! The world of real code: which thread is on which stack.

use crate::fiber::{Back, Backend, Body, Fiber, Job};
use crate::hints::HintFault;
use crate::panics::RUNNING;
use crate::pool::Pool;
use crate::record::{Declared, Record};
use crate::sections::{SectionFault, Sections};
use crate::shared::Shared;
use crate::standing::Observed;
use raddle_shims::kernel::{Controller, Failure, Reply, Stop, ThreadId, World};
use raddle_shims::model::{ObjectKind, Stamps};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// How to run the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The size of every thread's stack, in bytes.
    pub stack_size: usize,
    /// What kind of stacks.
    pub backend: Backend,
    /// Whether to keep what happens in the latest execution, for [`Runtime::record`].
    pub records: bool,
    /// Whether something that was acquired and is not released at the end is a failure.
    pub check_leaks: bool,
}

impl Options {
    /// The default size of a stack, in bytes.
    pub const STACK_SIZE: usize = 256 << 10;
}

impl Default for Options {
    fn default() -> Self {
        let (stack_size, backend) = (Options::STACK_SIZE, Backend::default());
        Options { stack_size, backend, records: false, check_leaks: true }
    }
}

/// A program under test: a closure that is the main thread of every execution.
pub struct Runtime {
    pub(crate) shared: Rc<Shared>,
    pub(crate) pool: Pool,
    /// By thread; only those in the middle of their job.
    pub(crate) fibers: Vec<Option<Box<dyn Fiber>>>,
    stamps: Stamps,
    pub(crate) stamp: u64,
    program: Rc<dyn Fn()>,
    pub(crate) options: Options,
}

impl Runtime {
    /// The program that `main` is.
    pub fn new(options: Options, main: impl Fn() + 'static) -> Runtime {
        let shared = Shared::new();
        shared.records.set(options.records);
        Runtime {
            shared: Rc::new(shared),
            pool: Pool::new(options.backend, options.stack_size),
            fibers: Vec::new(),
            stamps: Stamps::new(),
            stamp: 0,
            program: Rc::new(main),
            options,
        }
    }

    /// Counts operations there, so that an observer can see whether anything moves, and adds [`RESTS`](crate::RESTS) while the
    /// program does not run.
    ///
    /// # Panics
    /// If called from within the program.
    pub fn beat(mut self, pulse: Arc<AtomicU64>) -> Runtime {
        let shared = Rc::get_mut(&mut self.shared).expect("the program is not running");
        shared.pulse = pulse;
        self
    }

    /// Shows there where the program stands, if it [is recorded](Options::records).
    ///
    /// # Panics
    /// If called from within the program.
    pub fn shows(mut self, observed: Observed) -> Runtime {
        let shared = Rc::get_mut(&mut self.shared).expect("the program is not running");
        shared.observed = Some(observed);
        self
    }

    /// Learns with which values loops turn only from the executions that are explored, and tries none: more of those
    /// are given up. To test what then happens.
    #[doc(hidden)]
    pub fn without_trying(self) -> Runtime {
        self.shared.loops.borrow_mut().tries = false;
        self
    }

    /// The same with a planted fault.
    #[doc(hidden)]
    pub fn with_section_fault(self, fault: Option<SectionFault>) -> Runtime {
        self.shared.section_fault.set(fault);
        if fault == Some(SectionFault::IgnoresWrites) {
            self.shared.sections.set(Sections::Turns);
        }
        self
    }

    /// The same with a planted fault.
    #[doc(hidden)]
    pub fn with_hint_fault(self, fault: Option<HintFault>) -> Runtime {
        self.shared.hint_fault.set(fault);
        self
    }

    /// Runs `explore`, which may run executions of the program. Panics within these are kept instead of
    /// printed, if [the hook](crate::install_hook) is installed.
    pub fn within<R>(&mut self, explore: impl FnOnce(&mut Runtime) -> R) -> R {
        let shared = Rc::clone(&self.shared);
        RUNNING.set(&shared, || explore(self))
    }

    /// Whether the exploration has to be started again: the runtime has learned, in the latest execution,
    /// that a loop which it took to wait does something else, that a barrier has more users than it waits
    /// for, or that threads are asked whether they have finished. The execution ended as misuse. Asking resets it.
    pub fn takes_back(&mut self) -> bool {
        self.shared.is_void.replace(false)
    }

    /// Whether an execution left std in the middle of a panic, so that nothing can be run any more.
    pub fn is_broken(&self) -> bool {
        self.shared.broken.get()
    }

    /// What happened in the latest execution; the steps only with [`Options::records`].
    pub fn record(&self) -> Record {
        self.objects().record()
    }

    /// The objects of the latest execution, to be looked at between executions.
    pub fn objects(&self) -> Objects {
        Objects { shared: Rc::clone(&self.shared) }
    }

    /// Gives a thread that begins a fiber; false if the execution fails instead.
    #[inline(never)]
    pub(crate) fn start(&mut self, thread: ThreadId) -> bool {
        if self.shared.broken.get() {
            // An earlier execution left std in the middle of a panic; nothing can be run here any more.
            let message = "a destructor panicked while an execution that is given up (a false \
                           assumption, a failure elsewhere) was cleaned up, for which std aborts the \
                           process; destructors must not panic while threads unwind";
            self.shared.set_current(thread);
            self.shared.fail(Failure::Misuse { thread, message: message.to_string() });
            return false;
        }
        let local = self.shared.local(thread);
        let body = match thread {
            ThreadId::MAIN => Body::Main(Rc::clone(&self.program)),
            _ => local.body.take().map_or(Body::Nothing, Body::Spawned),
        };
        let mut fiber = self.pool.take();
        local.door.set(Some(fiber.door()));
        fiber.assign(Job { shared: Rc::as_ptr(&self.shared), thread, body });
        *self.slot(thread) = Some(fiber);
        true
    }

    pub(crate) fn slot(&mut self, thread: ThreadId) -> &mut Option<Box<dyn Fiber>> {
        if self.fibers.len() <= thread.index() {
            self.fibers.resize_with(thread.index() + 1, || None);
        }
        &mut self.fibers[thread.index()]
    }

    /// Resumes a thread that is in the middle of its job; afterwards it has its fiber only if it still is.
    #[inline]
    pub(crate) fn resume(&mut self, thread: ThreadId) -> Back {
        self.shared.set_current(thread);
        let slot = &mut self.fibers[thread.index()];
        let Some(fiber) = slot else { return Back::Done };
        let back = match fiber.as_coroutine() {
            Some(coroutine) => coroutine.enter(&*self.shared, self.stamp),
            None => fiber.resume(&*self.shared, self.stamp),
        };
        if back != Back::Suspended
            && let Some(fiber) = slot.take()
        {
            match back {
                Back::Overflowed => fiber.leak(),
                _ => self.pool.give_back(fiber),
            }
        }
        back
    }

    fn overflow(&self, thread: ThreadId) -> Failure {
        let size = self.options.stack_size >> 10;
        let message = format!(
            "stack overflow: the thread used up its {size} KiB; if it does not recurse for ever, give \
             threads more with `stack_size` (in bytes) or RADDLE_STACK_SIZE"
        );
        Failure::Misuse { thread, message }
    }
}

/// The objects of the latest execution of a [`Runtime`].
pub struct Objects {
    shared: Rc<Shared>,
}

impl Objects {
    /// The same as [`Runtime::record`].
    pub fn record(&self) -> Record {
        let threads = self.shared.threads.borrow();
        let threads = threads.iter().map(|local| {
            let mut record = local.record.borrow().clone();
            record.at = local.at.get();
            record
        });
        let mut threads: Vec<_> = threads.collect();
        // Threads of earlier executions that this one did not start.
        while threads.len() > 1
            && threads.last().is_some_and(|thread| thread.spawned.is_none() && thread.at.is_none())
        {
            threads.pop();
        }
        if let Some(main) = threads.first_mut() {
            main.name = Some("main".to_string());
        }
        Record {
            steps: self.shared.steps.borrow().clone(),
            objects: self.shared.objects.borrow().clone(),
            threads,
            resources: self.shared.resources.borrow().iter().flatten().cloned().collect(),
            arms: self.shared.arms.borrow().clone(),
            found: self.shared.found.borrow().clone(),
        }
    }

    /// Calls `look` with the number of every lock, in the order in which they were first used.
    pub fn each_lock(&self, mut look: impl FnMut(u32, &Declared)) {
        for (number, object) in self.shared.objects.borrow().iter().enumerate() {
            if matches!(object.kind, ObjectKind::Mutex | ObjectKind::RwLock) {
                look(number as u32, object);
            }
        }
    }
}

/// The same pointer, for as long as a call lasts.
pub(crate) fn erase(controller: &mut dyn Controller) -> *mut (dyn Controller + 'static) {
    // SAFETY: only the lifetime changes. The pointer is removed before the borrow ends.
    unsafe {
        std::mem::transmute::<*mut (dyn Controller + '_), *mut (dyn Controller + 'static)>(
            controller,
        )
    }
}

impl World for Runtime {
    fn reset(&mut self) {
        self.shared.reset();
        self.shared.beat();
        self.stamp = self.stamps.advance();
    }

    #[inline]
    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop {
        self.shared.set_resting(false);
        let (mut thread, mut reply) = (thread, reply);
        let stop = loop {
            self.shared.controller.set(Some(erase(controller)));
            if self.slot(thread).is_none() && !self.start(thread) {
                break Stop::Suspended;
            }
            self.shared.reply.set(reply);
            if self.shared.records.get() {
                self.shared.show(thread);
            }
            match self.resume(thread) {
                Back::Done => break Stop::Exited,
                Back::Overflowed => {
                    self.shared.fail(self.overflow(thread));
                    break Stop::Suspended;
                }
                Back::Suspended => match controller.goes_on() {
                    Some(next) => (thread, reply) = next,
                    None => break Stop::Suspended,
                },
            }
        };
        self.shared.set_resting(true);
        self.shared.controller.set(None);
        stop
    }

    fn is_detached(&self, thread: ThreadId) -> bool {
        self.shared.local(thread).detached.get()
    }

    fn left_panic(&self) -> Option<Failure> {
        Runtime::left_panic(self)
    }

    fn end(&mut self, complete: bool, controller: &mut dyn Controller) {
        self.shared.controller.set(Some(erase(controller)));
        self.shared.set_resting(false);
        self.drain(complete);
        if complete {
            self.judge();
        }
        self.shared.set_resting(true);
        self.shared.controller.set(None);
    }
}
