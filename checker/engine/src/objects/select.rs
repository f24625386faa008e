//! Selects: one of several actions, any that can be performed.
//!
//! Whichever arm is taken, what the event uses of an object is a function of the state of that object: an
//! arm that could be performed uses what performing it uses, one that could not uses what giving up uses.

use super::{Act, State, Use};
use raddle_shims::kernel::{Arm, GAVE_UP, LocationId, Patience, Selected, ThreadId, Value};

/// An arm as an act.
pub fn act(thread: ThreadId, arm: &Arm) -> Act {
    Act { thread, action: arm.action, patience: Patience::None, chosen: 0 }
}

/// The arms that can be performed, by their places; `state` is the state of an arm's object.
pub fn ready(arms: &[Arm], thread: ThreadId, state: impl Fn(&Arm) -> State) -> Vec<usize> {
    let ready = |arm: &usize| state(&arms[*arm]).allows(&act(thread, &arms[*arm]));
    (0..arms.len()).filter(ready).collect()
}

/// Performs one of the arms that are ready, or gives up; the reply, and what became of the object.
pub fn select(
    arms: &[Arm],
    thread: ThreadId,
    chosen: u32,
    state: impl Fn(&Arm) -> State,
    uses: &mut Vec<Use>,
) -> (Value, Option<(LocationId, State)>) {
    let ready = ready(arms, thread, &state);
    let taken = ready.get(chosen as usize).copied();
    let mut outcome = (GAVE_UP, None);
    for (place, arm) in arms.iter().enumerate() {
        let mut next = state(arm);
        // No arm of this kind has arms of its own.
        let reply = next.perform(arm.object, &act(thread, arm), &[], uses);
        if taken == Some(place) {
            let selected = Selected { arm: place as u32, reply };
            outcome = (selected.value(), Some((arm.object, next)));
        }
    }
    outcome
}
