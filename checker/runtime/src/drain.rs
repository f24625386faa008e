//! The end of an execution: what is on the stacks and in the slots is dropped, and the execution as a
//! whole is judged.
//!
//! Threads that have begun go on, one after the other, on what the memory held last, as if nothing had happened; those that
//! they wait for begin, too. When nobody makes progress any more, those that wait unwind from there, and the
//! operations of their destructors act in the same way. What still waits (a scope for its threads) or turns in a loop when nobody
//! makes progress is forgotten: its destructors do not run. Its stack is given back when nothing of the execution is left that could have a
//! reference to it. After an overflow or in the middle of std's own panicking nothing can be unwound safely, so that is leaked, stack and all.

use crate::fiber::{Back, Fiber};
use crate::record::Resource;
use crate::runtime::Runtime;
use raddle_shims::kernel::{Failure, ThreadId};
use raddle_shims::model::{Slots, enter};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

impl Runtime {
    /// Leaves nothing of the execution behind. If it is complete, every thread has ended.
    pub(crate) fn drain(&mut self, complete: bool) {
        let shared = std::rc::Rc::clone(&self.shared);
        let threads = shared.threads.borrow().len();
        shared.draining.set(true);
        shared.watches.borrow_mut().clear();
        shared.afterlife.borrow_mut().reset();
        let mut left = Vec::new();
        if self.fibers.iter().any(Option::is_some) {
            for thread in (0..threads as u32).map(ThreadId) {
                let local = shared.local(thread);
                local.stopped.set(local.unwinding.get());
            }
            if !shared.broken.get() {
                self.go_on(true);
                shared.afterlife.borrow_mut().begin_unwinding();
                self.go_on(false);
            }
            left = self.give_up();
        }
        shared.afterlife.borrow_mut().set_direct(true);
        if !shared.broken.get() {
            if !complete {
                self.drop_bodies();
            }
            self.drop_slots(&shared.slots);
        }
        left.into_iter().for_each(Fiber::abandon);
        // What was spawned here is not of this execution; kept, it would be looked at in every later execution.
        shared.threads.borrow_mut().truncate(threads);
        shared.draining.set(false);
    }

    /// Lets all threads go on until none does any more, and those begin that have not.
    fn go_on(&mut self, begins: bool) {
        loop {
            let before = self.shared.afterlife.borrow().performed();
            let (mut waits, mut progress) = (false, false);
            let threads = self.shared.threads.borrow().len();
            for thread in (0..threads).rev().map(|thread| ThreadId(thread as u32)) {
                if self.shared.broken.get() {
                    return;
                }
                if self.slot(thread).is_none() {
                    let begins = begins && self.shared.local(thread).begins();
                    if !begins || !self.start(thread) {
                        continue;
                    }
                    progress = true;
                }
                match self.resume(thread) {
                    Back::Suspended => waits = true,
                    Back::Done | Back::Overflowed => progress = true,
                }
            }
            progress |= self.shared.afterlife.borrow().performed() != before;
            if !waits || !progress {
                return;
            }
        }
    }

    /// Gives up the threads that have not ended, and returns those whose stacks can be used for something else in the end. Not those that
    /// stand in the middle of an unwinding, as std has counted that.
    fn give_up(&mut self) -> Vec<Box<dyn Fiber>> {
        let mut left = Vec::new();
        for (thread, fiber) in self.fibers.iter_mut().enumerate() {
            if let Some(fiber) = fiber.take() {
                let local = self.shared.local(ThreadId(thread as u32));
                match local.unwinding.get() || self.shared.broken.get() {
                    true => fiber.leak(),
                    false => left.push(fiber),
                }
                std::mem::forget(std::mem::take(&mut *local.slots.borrow_mut()));
            }
        }
        left
    }

    /// Drops what threads that never began would have run.
    fn drop_bodies(&self) {
        let threads = self.shared.threads.borrow().len();
        for thread in (0..threads as u32).map(ThreadId) {
            let local = self.shared.local(thread);
            if let Some(body) = local.body.take() {
                self.shared.set_current(thread);
                self.dropped(body);
            }
            if !local.slots.borrow().is_empty() {
                self.shared.set_current(thread);
                self.drop_slots(&local.slots);
            }
        }
    }

    fn drop_slots(&self, slots: &RefCell<Slots>) {
        if slots.borrow().is_empty() {
            return;
        }
        loop {
            let next = slots.borrow_mut().take_next();
            let Some(value) = next else { break };
            self.dropped(value);
        }
    }

    fn dropped<T>(&self, value: T) {
        // A destructor that panics here does so after the verdict; it is too late to matter.
        let drop = || enter(&*self.shared, self.stamp, || drop(value));
        let _ = catch_unwind(AssertUnwindSafe(drop));
    }

    /// The panic of a thread as a failure.
    fn panic_of(&self, thread: usize) -> Failure {
        let panics = &self.shared.local(ThreadId(thread as u32)).record;
        let message = panics.borrow().panics.last().map(|panic| panic.message.clone());
        Failure::Assertion { thread: ThreadId(thread as u32), message: message.unwrap_or_default() }
    }

    /// The first panic, if there is one, of which nobody has been told nor can be any more, but for a scope that would panic
    /// in turn.
    pub(crate) fn left_panic(&self) -> Option<Failure> {
        let threads = self.shared.threads.borrow();
        let panicked = |thread: &usize| {
            threads[*thread].unobserved_panic.get() && threads[*thread].left_panic.get()
        };
        (0..threads.len()).find(panicked).map(|thread| self.panic_of(thread))
    }

    /// Fails an execution in which every thread ended, if something about it as a whole is wrong.
    pub(crate) fn judge(&self) {
        let threads = self.shared.threads.borrow();
        let panicked = |thread: &usize| threads[*thread].unobserved_panic.get();
        if let Some(thread) = (0..threads.len()).find(panicked) {
            self.shared.fail(self.panic_of(thread));
            return;
        }
        let resources = self.shared.resources.borrow();
        if let Some(Resource { what, created, .. }) = resources.iter().flatten().next()
            && self.options.check_leaks
        {
            let count = resources.iter().flatten().count();
            let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            let message = format!("{what} created at {created} is never released{more}");
            self.shared.fail(Failure::Leak { message });
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::runtime::Options;
    use raddle_shims::kernel::{
        Action, Answer, Arm, Arms, Controller, LocationId, Op, Patience, Reply, Value, World,
    };
    #[cfg(target_os = "linux")]
    use raddle_shims::sync::atomic::AtomicBool;
    use raddle_shims::thread;
    #[cfg(target_os = "linux")]
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    /// Gives up every execution at its first operation.
    pub(crate) struct GivesUp;

    impl Controller for GivesUp {
        fn perform(&mut self, _: &Op) -> Answer {
            Answer::Suspend
        }
        fn declare(&mut self, _: LocationId, _: Value) {}
        fn newest(&self, _: LocationId) -> Value {
            Value(0)
        }
        fn clock(&self) -> Option<u64> {
            None
        }
        fn arms(&mut self, _: &[Arm]) -> Arms {
            Arms(0)
        }
        fn act_afterwards(
            &mut self,
            _: ThreadId,
            _: (LocationId, Action, Patience),
            _: Value,
        ) -> Option<Value> {
            None
        }
        fn fail(&mut self, _: Failure) {}
    }

    #[test]
    fn threads_that_are_spawned_after_the_end_are_not_kept() {
        let mut runtime = Runtime::new(Options::default(), || {
            for _ in 0..5 {
                thread::spawn(|| {});
            }
        });
        for _ in 0..3 {
            runtime.within(|runtime| {
                runtime.reset();
                runtime.run(ThreadId::MAIN, Reply::Done, &mut GivesUp);
                runtime.end(false, &mut GivesUp);
            });
            assert_eq!(runtime.shared.threads.borrow().len(), 1);
        }
    }

    /// Says when it is dropped.
    #[cfg(target_os = "linux")]
    struct Dropped(&'static AtomicU32);

    #[cfg(target_os = "linux")]
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// How many pieces of address space the process has.
    #[cfg(target_os = "linux")]
    fn mappings() -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux says what is mapped");
        maps.lines().count()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_turns_for_ever_leaves_no_stack_behind() {
        static DROPPED: AtomicU32 = AtomicU32::new(0);
        static ENTERED: AtomicU32 = AtomicU32::new(0);
        let mut runtime = Runtime::new(Options::default(), || {
            let (flag, _dropped) = (AtomicBool::new(false), Dropped(&DROPPED));
            ENTERED.fetch_add(1, Relaxed);
            while !flag.load(Relaxed) {}
        });
        let mut runs = |count| {
            for _ in 0..count {
                runtime.within(|runtime| {
                    runtime.reset();
                    runtime.run(ThreadId::MAIN, Reply::Done, &mut GivesUp);
                    runtime.end(false, &mut GivesUp);
                });
            }
        };
        runs(10);
        let before = mappings();
        runs(2_000);
        // Each stack is two, with its guard. Other tests run at the same time.
        let more = mappings().saturating_sub(before);
        assert!(more < 500, "{more} mappings more after 2,000 executions");
        assert_eq!((ENTERED.load(Relaxed), DROPPED.load(Relaxed)), (2_010, 0));
    }
}
