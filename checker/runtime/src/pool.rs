//! Fibers between two jobs.

use crate::fiber::{Backend, Fiber};

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
        self.idle.pop().unwrap_or_else(|| self.backend.create(self.stack_size))
    }

    /// Keeps a fiber whose job is done.
    #[inline]
    pub fn give_back(&mut self, fiber: Box<dyn Fiber>) {
        self.idle.push(fiber);
    }
}
