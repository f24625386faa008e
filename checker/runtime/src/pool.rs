//! Fibers between two jobs.

use crate::fiber::{Backend, Fiber};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many fibers are kept for explorations to come. Of each, only that part of its stack takes memory that was ever
/// used.
const SPARE_MAX: usize = 64;

/// Coroutines that explorations before have left: to make a stack and to give it back takes longer than a small
/// execution, and there are explorations with no more than one of these.
static SPARE: Mutex<Vec<Spare>> = Mutex::new(Vec::new());

fn spare() -> MutexGuard<'static, Vec<Spare>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A coroutine between two jobs, and the size of its stack that was asked for.
struct Spare {
    stack_size: usize,
    fiber: Box<dyn Fiber>,
}

// SAFETY: only coroutines are put here, and only between two jobs. Then nothing is on their stack but the loop that
// takes the next job (see `Coroutine::new`), which has no reference to anything of the thread on which it last ran.
unsafe impl Send for Spare {}

/// Fibers of one kind, kept for the next execution.
pub(crate) struct Pool {
    backend: Backend,
    stack_size: usize,
    idle: Vec<Box<dyn Fiber>>,
}

impl Pool {
    pub fn new(backend: Backend, stack_size: usize) -> Pool {
        Pool { backend, stack_size, idle: Vec::new() }
    }

    /// An idle fiber, or a new one.
    #[inline]
    pub fn take(&mut self) -> Box<dyn Fiber> {
        self.idle.pop().unwrap_or_else(|| self.find())
    }

    #[cold]
    fn find(&self) -> Box<dyn Fiber> {
        let mut left = None;
        if self.backend == Backend::Coroutines {
            let mut spare = spare();
            let fits = spare.iter().rposition(|spare| spare.stack_size == self.stack_size);
            left = fits.map(|fits| spare.swap_remove(fits).fiber);
        }
        left.unwrap_or_else(|| self.backend.create(self.stack_size))
    }

    /// Keeps a fiber whose job is done.
    #[inline]
    pub fn give_back(&mut self, fiber: Box<dyn Fiber>) {
        self.idle.push(fiber);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.backend != Backend::Coroutines || std::thread::panicking() {
            return;
        }
        let mut spare = spare();
        let room = SPARE_MAX.saturating_sub(spare.len()).min(self.idle.len());
        let stack_size = self.stack_size;
        spare.extend(self.idle.drain(..room).map(|fiber| Spare { stack_size, fiber }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drain::tests::GivesUp;
    use crate::{Options, Runtime};
    use raddle_shims::kernel::{Reply, Stop, ThreadId, World};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// A size that no other test asks for.
    const SIZE: usize = 4_321 << 10;

    fn kept() -> usize {
        spare().iter().filter(|spare| spare.stack_size == SIZE).count()
    }

    /// Runs one execution, on a thread of its own, and says where its stack was and whether std's thread-local was new.
    fn execution(ran: &Arc<AtomicUsize>) -> usize {
        thread_local! {
            static CALLS: AtomicUsize = const { AtomicUsize::new(0) };
        }
        let (place, ran) = (Arc::new(AtomicUsize::new(0)), Arc::clone(ran));
        let noted = Arc::clone(&place);
        let program = move || {
            let local = 0_u8;
            noted.store(std::ptr::from_ref(&local) as usize, Relaxed);
            ran.fetch_add(CALLS.with(|calls| calls.fetch_add(1, Relaxed) + 1), Relaxed);
        };
        let thread = std::thread::spawn(|| {
            let options = Options { stack_size: SIZE, ..Options::default() };
            Runtime::new(options, program).within(|runtime| {
                runtime.reset();
                assert_eq!(runtime.run(ThreadId::MAIN, Reply::Done, &mut GivesUp), Stop::Exited);
                runtime.end(true, &mut GivesUp);
            });
        });
        thread.join().expect("the execution ends");
        place.load(Relaxed)
    }

    #[test]
    fn a_stack_serves_one_exploration_after_the_other() {
        let ran = Arc::new(AtomicUsize::new(0));
        let first = execution(&ran);
        assert_eq!(kept(), 1);
        for _ in 0..20 {
            assert_eq!(execution(&ran), first, "the same stack is used again");
            assert_eq!(kept(), 1);
        }
        // On every thread the thread-local was that thread's.
        assert_eq!(ran.load(Relaxed), 21);
    }
}
