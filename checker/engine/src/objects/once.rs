//! One-time initialisation.

use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, Begun, GAVE_UP, Lack, Value};

/// Whether something has been initialised: one aspect, which those who find it done only look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Once {
    /// Not begun.
    Incomplete,
    /// A thread is at it.
    Running,
    /// Done.
    Complete,
    /// It failed.
    Poisoned,
}

const PHASE: u32 = 0;

impl Once {
    pub(super) fn new(value: Value) -> Once {
        if value.0 == 0 { Once::Incomplete } else { Once::Complete }
    }

    /// What an action finds that need not wait.
    fn found(self, action: Action) -> Option<Begun> {
        match (action, self) {
            (Action::Begin { .. } | Action::AwaitComplete { .. }, Once::Complete) => {
                Some(Begun::Complete)
            }
            (
                Action::Begin { force: false } | Action::AwaitComplete { force: false },
                Once::Poisoned,
            ) => Some(Begun::Poisoned),
            (Action::Begin { .. }, Once::Incomplete) => Some(Begun::Claimed),
            (Action::Begin { force: true }, Once::Poisoned) => Some(Begun::ClaimedPoisoned),
            _ => None,
        }
    }
}

impl Machine for Once {
    fn allows(&self, act: &Act) -> bool {
        !matches!(act.action, Action::Begin { .. } | Action::AwaitComplete { .. })
            || self.found(act.action).is_some()
    }

    fn lack(&self, _act: &Act) -> Lack {
        if *self == Once::Running { Lack::Release } else { Lack::Initialisation }
    }

    fn glance(&self) -> Glance {
        Glance::Once(*self)
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        let next = match act.action {
            Action::Begin { .. } | Action::AwaitComplete { .. } => {
                return match self.found(act.action) {
                    None => {
                        uses.reads(PHASE);
                        GAVE_UP
                    }
                    Some(begun @ (Begun::Complete | Begun::Poisoned)) => {
                        uses.reads(PHASE).acquiring();
                        begun.value()
                    }
                    Some(begun) => {
                        uses.writes(PHASE).acquiring();
                        *self = Once::Running;
                        begun.value()
                    }
                };
            }
            Action::Complete => Once::Complete,
            Action::Reset => Once::Incomplete,
            Action::Poison => Once::Poisoned,
            other => alien(other, self),
        };
        uses.writes(PHASE).releasing();
        *self = next;
        Value(0)
    }
}
