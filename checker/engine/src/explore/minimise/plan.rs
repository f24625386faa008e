//! Wishes for an execution that stay meaningful when some of them are dropped.
//!
//! The deviations of a token count steps, so dropping one shifts the meaning of all that follow. A plan
//! says the same by events: who goes on after a certain event, and what a certain event decides.

use crate::explore::schedule::Decision;
use raddle_shims::kernel::{EventId, ThreadId};
use std::collections::BTreeMap;

/// Wishes for an execution; where one cannot be met, or nothing is wished, the default policy decides.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Plan {
    /// Who goes on after an event, if not the one whom the policy says.
    pub turns: BTreeMap<EventId, ThreadId>,
    /// What an event decides, if not the first alternative.
    pub picks: BTreeMap<EventId, Decision>,
    /// All of these, in the order in which they are met.
    pub order: Vec<Wish>,
}

/// One wish of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// The pick of that event.
    Pick(EventId),
    /// The turn after that event.
    Turn(EventId),
}

impl Plan {
    /// Wishes that another thread goes on after an event.
    pub fn turn(&mut self, after: EventId, thread: ThreadId) {
        self.turns.insert(after, thread);
        self.order.push(Wish::Turn(after));
    }

    /// Wishes that an event decides this.
    pub fn pick(&mut self, event: EventId, decision: Decision) {
        self.picks.insert(event, decision);
        self.order.push(Wish::Pick(event));
    }

    /// The plan without these wishes.
    pub fn without(&self, wishes: &[Wish]) -> Plan {
        let mut plan = self.clone();
        plan.order.retain(|wish| !wishes.contains(wish));
        for wish in wishes {
            match wish {
                Wish::Pick(event) => _ = plan.picks.remove(event),
                Wish::Turn(event) => _ = plan.turns.remove(event),
            }
        }
        plan
    }
}
