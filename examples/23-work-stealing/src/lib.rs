//! A scheduler whose workers take tasks from their own queues, from a global one, and from each other; one fence is the trap.
//!
//! A worker's own queue is the deque of Chase and Lev, with the orderings of Lê, Pop, Cohen and Zappa Nardelli (PPoPP
//! 2013): its owner works at the bottom, thieves at the top.

#![forbid(unsafe_code)]

use raddle_shims::sync::Mutex;
use raddle_shims::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use raddle_shims::sync::atomic::{AtomicU32, AtomicUsize, fence};
use std::collections::VecDeque;

/// How many tasks a worker takes from the global queue at once, and has room for.
const BATCH: usize = 2;

/// The queue of a worker.
pub struct Deque {
    top: AtomicUsize,
    bottom: AtomicUsize,
    tasks: [AtomicU32; BATCH],
}

/// What came of stealing.
enum Stolen {
    Task(u32),
    Nothing,
    /// Somebody else was faster.
    Retry,
}

impl Deque {
    const fn new() -> Deque {
        let tasks = [const { AtomicU32::new(0) }; BATCH];
        // From 1, so that the bottom can be one below the top.
        Deque { top: AtomicUsize::new(1), bottom: AtomicUsize::new(1), tasks }
    }

    /// Only for the owner, and only if there is room.
    fn push(&self, task: u32) {
        let bottom = self.bottom.load(Relaxed);
        self.tasks[bottom % BATCH].store(task, Relaxed);
        fence(Release);
        self.bottom.store(bottom + 1, Relaxed);
    }

    /// The lower end, taken away from thieves; `barrier` is what stands between this and looking at the other end.
    fn pop_with(&self, barrier: impl FnOnce()) -> Option<u32> {
        let bottom = self.bottom.load(Relaxed) - 1;
        self.bottom.store(bottom, Relaxed);
        barrier();
        let top = self.top.load(Relaxed);
        if top > bottom {
            self.bottom.store(bottom + 1, Relaxed);
            return None;
        }
        let task = self.tasks[bottom % BATCH].load(Relaxed);
        if top < bottom {
            return Some(task);
        }
        // It is the last one: a thief may want it too.
        let mine = self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).is_ok();
        self.bottom.store(bottom + 1, Relaxed);
        mine.then_some(task)
    }

    fn steal(&self) -> Stolen {
        let top = self.top.load(Acquire);
        fence(SeqCst);
        let bottom = self.bottom.load(Acquire);
        if top >= bottom {
            return Stolen::Nothing;
        }
        let task = self.tasks[top % BATCH].load(Relaxed);
        match self.top.compare_exchange(top, top + 1, SeqCst, Relaxed) {
            Ok(_) => Stolen::Task(task),
            Err(_) => Stolen::Retry,
        }
    }
}

/// Takes from the lower end without a fence.
pub mod broken {
    use super::Deque;

    /// A task of the worker's own.
    pub fn pop(deque: &Deque) -> Option<u32> {
        deque.pop_with(|| {})
    }
}

/// A fence keeps the load of the top from coming before the store to the bottom.
pub mod fixed {
    use super::{Deque, SeqCst, fence};

    /// A task of the worker's own.
    pub fn pop(deque: &Deque) -> Option<u32> {
        deque.pop_with(|| fence(SeqCst))
    }
}

/// Two workers and what is to be done.
pub struct Scheduler {
    pop: fn(&Deque) -> Option<u32>,
    global: Mutex<VecDeque<u32>>,
    local: [Deque; 2],
}

impl Scheduler {
    /// Has these tasks to do, and takes a worker's own by `pop`.
    #[track_caller]
    pub fn new(pop: fn(&Deque) -> Option<u32>, tasks: impl IntoIterator<Item = u32>) -> Scheduler {
        let global = Mutex::new(tasks.into_iter().collect());
        Scheduler { pop, global, local: [const { Deque::new() }; 2] }
    }

    /// What the worker with that number is to do next.
    fn next(&self, me: usize) -> Option<u32> {
        if let Some(task) = (self.pop)(&self.local[me]) {
            return Some(task);
        }
        let batch: Vec<u32> = {
            let mut global = self.global.lock().unwrap_or_else(|e| e.into_inner());
            let count = global.len().min(BATCH);
            global.drain(..count).collect()
        };
        if !batch.is_empty() {
            batch.into_iter().for_each(|task| self.local[me].push(task));
            return (self.pop)(&self.local[me]);
        }
        loop {
            match self.local[1 - me].steal() {
                Stolen::Task(task) => return Some(task),
                Stolen::Nothing => return None,
                Stolen::Retry => {}
            }
        }
    }

    /// Runs tasks until there are none to be found: worker 0 or 1, each once.
    pub fn work(&self, me: usize, mut run: impl FnMut(u32)) {
        while let Some(task) = self.next(me) {
            run(task);
        }
    }
}
