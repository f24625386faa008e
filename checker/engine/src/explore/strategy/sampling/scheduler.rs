//! What chooses threads in sampled executions.

use super::{Dice, Learned};
use crate::explore::run::Run;
use crate::graph::{Kind, Position};
use raddle_shims::kernel::{Op, ThreadId};
use std::fmt;

/// What a scheduler sees when it decides.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The execution.
    pub run: &'a Run,
    /// What the lessons have taught.
    pub learned: &'a Learned,
    /// Random numbers.
    pub dice: &'a mut Dice,
    /// As long as this number stays the same, so do those who can go on, and only the [running thread](Run) has come to another
    /// operation since who goes next was last asked.
    pub round: u64,
}

/// Chooses threads in sampled executions: all that sampling strategies differ in.
///
/// What it does in an execution depends on nothing but what it is told there: its state is set anew by
/// [`Scheduler::begin`].
pub trait Scheduler: fmt::Debug {
    /// An execution begins.
    fn begin(&mut self, learned: &Learned, dice: &mut Dice);

    /// The same execution begins once more, with the same random numbers.
    fn begin_again(&mut self, learned: &Learned, dice: &mut Dice) {
        self.begin(learned, dice);
    }

    /// Who goes next of two threads or more that can, given by ascending number.
    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId;

    /// The event at `at`, the last one, which is no access of an atomic, has been added.
    fn on_event(&mut self, _scene: Scene<'_>, _at: Position) {}

    /// A thread has performed this access of an atomic. Whether it has become an event of the graph is not to be asked.
    fn on_access(&mut self, _scene: Scene<'_>, _thread: ThreadId, _op: &Op, _kind: Kind) {}

    /// Whether in this execution it draws one of those who can go on, each with the same probability: then it need not be asked.
    fn is_uniform(&self) -> bool {
        false
    }

    /// Whether it wants to be told of accesses in this execution.
    fn watches(&self) -> bool {
        true
    }

    /// A thread would rather let others go on.
    fn on_yield(&mut self, _thread: ThreadId, _dice: &mut Dice) {}

    /// The execution has ended, and was the first of its class if `new`.
    fn end(&mut self, _new: bool) {}

    /// Whether it needs estimates, and so lessons.
    fn learns(&self) -> bool {
        false
    }

    /// The name under which the present execution can be asked for again, see [`Sampling::named`].
    fn name(&self) -> String;
}
