//! What an execution costs the person who has to understand it.

use crate::graph::{Event, Flags};
use raddle_shims::kernel::{GAVE_UP, Op, Patience};

/// The measure by which one failing execution is better than another: the first difference decides.
///
/// Whether it is weak comes first: an execution in which every read takes the newest value and every
/// store goes last is an interleaving, which needs no memory model to be understood. It is also what
/// "this also fails under `sc`" means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cost {
    /// Whether it is no interleaving.
    pub weak: bool,
    /// How often another thread went on although the one before could have.
    pub preemptions: u32,
    /// Reads of a source that is not the newest, and stores that were placed before others.
    pub stale: u32,
    /// Weak compare-exchanges that failed for no reason, and waits that gave up.
    pub spurious: u32,
    /// Where it leaves the default policy.
    pub deviations: u32,
    /// Threads that performed an event.
    pub threads: u32,
    /// Events.
    pub steps: u32,
}

/// What taking an alternative adds to a cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::explore) enum Taken {
    /// Nothing but a deviation.
    Plain,
    /// An old value, or a place before others.
    Stale,
    /// A failure for no reason.
    Spurious,
}

impl Taken {
    /// What alternative `number` of an operation is.
    pub fn of(op: &Op, number: u32, flags: Flags) -> Taken {
        if flags.has(Flags::SPURIOUS) {
            return Taken::Spurious;
        }
        match op {
            Op::Load { .. } | Op::Store { .. } | Op::Rmw { .. } | Op::CompareExchange { .. }
                if number > 0 =>
            {
                Taken::Stale
            }
            _ => Taken::Plain,
        }
    }
}

impl Cost {
    /// Adds an alternative.
    pub(super) fn take(&mut self, taken: Taken) {
        match taken {
            Taken::Plain => {}
            Taken::Stale => {
                self.weak = true;
                self.stale += 1;
            }
            Taken::Spurious => self.spurious += 1,
        }
    }

    /// Adds an event that has been performed: a wait that gave up although it need not have.
    pub(super) fn perform(&mut self, event: &Event) {
        let (Op::Act { patience, .. } | Op::Select { patience, .. }) = event.op else { return };
        if event.read == GAVE_UP && patience != Patience::None {
            self.spurious += 1;
        }
    }

    /// The part that grows from decision to decision, without threads and steps.
    pub(super) fn decisions(self) -> Cost {
        Cost { threads: 0, steps: 0, ..self }
    }
}
