//! The two sides of a run: the world performs the program, the controller decides.
//!
//! ```text
//!   engine                         world                      thread's code
//!     | run(t, reply) -------------> | --- reply ---------------> |
//!     | <---- perform(op) ---------- | <-- op ------------------- |
//!     | ----- Answer::Reply(r) ----> | --- r -------------------> |   no switch: t goes on
//!     | <---- perform(op') --------- | <-- op' ------------------ |
//!     | ----- Answer::Suspend -----> |                            |   t stays stopped at op'
//!     | <---- Stop::Suspended ------ |
//!     | run(u, reply) -------------> | ...
//! ```

use super::{Action, Arm, Arms, Failure, LocationId, Op, Patience, Reply, ThreadId, Value};

/// A program under test: threads that stop at operations.
///
/// Every execution starts with [`World::reset`] and with the main thread alone, stopped before its
/// first operation. A thread must be deterministic: what it does next is a function of the replies it
/// has had.
pub trait World {
    /// Abandons the running execution, if any, and makes everything as it was at the start.
    fn reset(&mut self);

    /// Lets `thread` go on with `reply` until it is suspended or ends.
    ///
    /// The reply answers the operation at which the thread was suspended; a thread that has not run
    /// yet gets [`Reply::Done`]. Every operation goes to [`Controller::perform`]; on
    /// [`Answer::Reply`] the thread goes on at once, on [`Answer::Suspend`] this returns
    /// [`Stop::Suspended`].
    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop;

    /// Whether the thread may be left behind, waiting or running for ever, when the main thread has ended.
    fn is_detached(&self, thread: ThreadId) -> bool {
        let _ = thread;
        false
    }

    /// A panic of a thread that nobody can be told of any more, whatever the other threads do. It is asked of
    /// executions in which some were stopped at the limit of events, so that the end cannot be waited for.
    fn left_panic(&self) -> Option<Failure> {
        None
    }

    /// The execution is over: every thread has ended, or what is left of them is not run any more.
    /// Nothing may be performed here; [`Controller::newest`] still answers. A world that has something
    /// to say against the execution as a whole (a leak) may [fail](Controller::fail) it, which counts
    /// only if it was `complete`: nothing was wrong with it so far and every thread ended.
    fn end(&mut self, complete: bool, controller: &mut dyn Controller) {
        let _ = (complete, controller);
    }
}

/// The numbers below 64 that a read could get, as masks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Readable {
    /// From the coherence-latest write.
    pub newest: u64,
    /// From earlier ones.
    pub older: u64,
    /// Whether it could get another number.
    pub other: bool,
}

/// Why [`World::run`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The controller suspended the thread.
    Suspended,
    /// The thread has ended.
    Exited,
}

/// What the controller says to an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It has been performed; go on with this.
    Reply(Reply),
    /// Stop here; the reply comes with a later [`World::run`] or [`Controller::goes_on`], or never.
    Suspend,
}

/// The engine, as a running thread sees it.
pub trait Controller {
    /// Performs `op` for the running thread.
    fn perform(&mut self, op: &Op) -> Answer;

    /// The running thread has said so many times more that it would rather let others run ([`Op::Yield`]), since it last performed that and with nothing
    /// in between. It changes nothing but how many such operations it has performed; it is about to perform another.
    fn on_hints(&mut self, hints: u32) {
        let _ = hints;
    }

    /// Who goes on now that the running thread is suspended, and with what reply, if that is known already. A world may ask
    /// instead of returning from [`World::run`], and run that thread as if it had been told to; it returns for the one that it has
    /// run last. Without an answer it has to return.
    fn goes_on(&mut self) -> Option<(ThreadId, Reply)> {
        None
    }

    /// Says what `location` holds before anything is written to it. Once in each execution, before
    /// the first access; an undeclared location holds 0.
    fn declare(&mut self, location: LocationId, initial: Value);

    /// What the clock of the execution shows, in nanoseconds: it goes on, to the next time that somebody
    /// waits for, only when nobody else can. None if time is not modelled: then any time limit may be over
    /// at any moment.
    fn clock(&self) -> Option<u64>;

    /// Makes a list of arms known, for [`Op::Select`]; good for this execution.
    fn arms(&mut self, arms: &[Arm]) -> Arms;

    /// What the coherence-latest write to `location` wrote, or its initial value; of a lock whether it is
    /// [poisoned](super::POISONED).
    fn newest(&self, location: LocationId) -> Value;

    /// Which numbers below 64 the running thread could get by `op`, which reads, if it is of use to know beforehand
    /// which of them let a loop go on that reads them. While an execution is replayed there are none; that is asked
    /// for later.
    fn readable(&mut self, op: &Op) -> Option<Readable> {
        let _ = op;
        None
    }

    /// The running thread cannot go on, as the world has tried out what it would do with another reply than
    /// it has: the execution starts again and comes back to this point. Only after [`Controller::readable`].
    fn again(&mut self) {}

    /// Acts on an object after the end of the execution, as destructors do: on a copy of the state in which
    /// the execution, and earlier calls of this, left it, and by the first alternative. None if the action
    /// would have to wait. `initial` is the value of an object that was not declared before the end.
    fn act_afterwards(
        &mut self,
        thread: ThreadId,
        op: (LocationId, Action, Patience),
        initial: Value,
    ) -> Option<Value>;

    /// Reports that the program is wrong. The execution is over: the running thread must stop as if it
    /// had been suspended.
    fn fail(&mut self, failure: Failure);
}
