//! Fibers as operating-system threads that take turns.

use super::{Back, Door, Fiber, Job};
use raddle_shims::model::{Execution, enter};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Owner,
    Fiber,
    /// The owner has gone: the thread ends when it is between two jobs.
    Gone,
}

struct State {
    turn: Turn,
    job: Option<Job>,
    done: bool,
    execution: Option<(*const dyn Execution, u64)>,
}

// SAFETY: the job and the execution are handed over together with the turn, so only one thread at a
// time uses them and what they refer to.
unsafe impl Send for State {}

struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the turn to `to` and waits until it is not `to`'s any more.
    fn hand_over(&self, mut state: MutexGuard<'_, State>, to: Turn) {
        state.turn = to;
        self.changed.notify_all();
        while state.turn == to {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A fiber that is an operating-system thread.
pub(crate) struct OsThread {
    desk: Arc<Desk>,
}

impl OsThread {
    /// One with a stack of at least that many bytes.
    ///
    /// # Panics
    /// If the operating system cannot start a thread.
    pub fn new(stack_size: usize) -> OsThread {
        let state = State { turn: Turn::Owner, job: None, done: false, execution: None };
        let desk = Arc::new(Desk { state: Mutex::new(state), changed: Condvar::new() });
        let theirs = Arc::clone(&desk);
        let builder = thread::Builder::new().name("raddle fiber".into()).stack_size(stack_size);
        builder.spawn(move || serve(&theirs)).expect("failed to start a thread");
        OsThread { desk }
    }
}

fn serve(desk: &Desk) {
    loop {
        let mut state = desk.lock();
        while state.turn == Turn::Owner {
            state = desk.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.turn == Turn::Gone {
            return;
        }
        let (job, execution) = (state.job.take(), state.execution);
        drop(state);
        if let (Some(job), Some((execution, stamp))) = (job, execution) {
            // SAFETY: the owner waits in `resume`, which borrows the execution, whenever this runs.
            enter(unsafe { &*execution }, stamp, || job.run());
        }
        let mut state = desk.lock();
        state.done = true;
        state.turn = Turn::Owner;
        desk.changed.notify_all();
    }
}

unsafe fn leave(desk: *const ()) {
    // SAFETY: the fiber lives, and its thread holds a share of the desk.
    let desk = unsafe { &*desk.cast::<Desk>() };
    let state = desk.lock();
    desk.hand_over(state, Turn::Owner);
}

impl Fiber for OsThread {
    fn assign(&mut self, job: Job) {
        self.desk.lock().job = Some(job);
    }

    fn resume(&mut self, execution: &dyn Execution, stamp: u64) -> Back {
        let mut state = self.desk.lock();
        // SAFETY: only the lifetime changes; the pointer is used while this call waits.
        let execution = unsafe {
            std::mem::transmute::<*const (dyn Execution + '_), *const dyn Execution>(execution)
        };
        state.execution = Some((execution, stamp));
        self.desk.hand_over(state, Turn::Fiber);
        match std::mem::take(&mut self.desk.lock().done) {
            true => Back::Done,
            false => Back::Suspended,
        }
    }

    fn door(&self) -> Door {
        Door { fiber: Arc::as_ptr(&self.desk).cast(), leave: Some(leave) }
    }

    fn leak(self: Box<Self>) {
        std::mem::forget(self);
    }
}

impl Drop for OsThread {
    fn drop(&mut self) {
        self.desk.lock().turn = Turn::Gone;
        self.desk.changed.notify_all();
    }
}
