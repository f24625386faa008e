//! A group of tasks of which so many run at once; what becomes of a permit when a task fails is the trap.

#![forbid(unsafe_code)]

use raddle_shims::go::atomic::Int64;
use raddle_shims::go::{Semaphore, context, errgroup::Group};
use std::sync::Arc;

/// What a task does, and how many do it at once.
#[derive(Default)]
pub struct Work(Int64);

impl Work {
    /// Works; the first task fails.
    ///
    /// # Errors
    /// If it is the first task.
    ///
    /// # Panics
    /// If more than `at_once` do.
    pub fn run(&self, task: u32, at_once: u64) -> Result<(), &'static str> {
        let running = self.0.add(1);
        assert!(running <= at_once as i64, "{running} at once, and only {at_once} permits");
        self.0.add(-1);
        if task == 0 { Err("the first task failed") } else { Ok(()) }
    }
}

/// Gives the permit back if the task has succeeded.
pub mod broken_permit {
    use super::{Arc, Group, Semaphore, Work, context};

    /// Runs so many tasks, `at_once` of them at the same time at most.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn run(tasks: u32, at_once: u64, work: &Arc<Work>) -> Result<(), &'static str> {
        let (group, permits) = (Group::new(), Arc::new(Semaphore::new(at_once)));
        for task in 0..tasks {
            let _ = permits.acquire(&context::background(), 1);
            let (permits, work) = (Arc::clone(&permits), Arc::clone(work));
            group.go(move || {
                work.run(task, at_once)?;
                permits.release(1);
                Ok(())
            });
        }
        group.wait()
    }
}

/// Does not look whether it has got a permit: it has not if the context is over.
pub mod broken_context {
    use super::{Arc, Group, Semaphore, Work, context};

    /// Runs so many tasks, `at_once` of them at the same time at most.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn run(tasks: u32, at_once: u64, work: &Arc<Work>) -> Result<(), &'static str> {
        let (group, ctx) = Group::with_context(&context::background());
        let permits = Arc::new(Semaphore::new(at_once));
        for task in 0..tasks {
            let (ctx, permits, work) = (ctx.clone(), Arc::clone(&permits), Arc::clone(work));
            group.go(move || {
                let acquired = permits.acquire(&ctx, 1);
                let result = work.run(task, at_once);
                if acquired.is_ok() {
                    permits.release(1);
                }
                result
            });
        }
        group.wait()
    }
}

/// Gives the permit back whatever comes, and does nothing without one.
pub mod fixed {
    use super::{Arc, Group, Semaphore, Work, context};

    /// Runs so many tasks, `at_once` of them at the same time at most.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn run(tasks: u32, at_once: u64, work: &Arc<Work>) -> Result<(), &'static str> {
        let (group, ctx) = Group::with_context(&context::background());
        let permits = Arc::new(Semaphore::new(at_once));
        for task in 0..tasks {
            if permits.acquire(&ctx, 1).is_err() {
                break;
            }
            let (permits, work) = (Arc::clone(&permits), Arc::clone(work));
            group.go(move || {
                let result = work.run(task, at_once);
                permits.release(1);
                result
            });
        }
        group.wait()
    }
}
