//! The objects of a graph: the state that each is in, and what it would be elsewhere.

use super::event::{Event, Position};
use super::execution_graph::Graph;
use crate::objects::{Act, State, Use};
use raddle_shims::kernel::{LocationId, Op, Value};
use std::borrow::Cow;

impl Graph {
    /// The actions on an object, in the order in which they were performed, and the state after each.
    pub fn acts(&self, object: LocationId) -> &[(Position, State)] {
        self.locations.get(object.index()).map_or(&[], |location| &location.acts)
    }

    /// The state of the object that an act is about.
    pub fn state(&self, object: LocationId, act: &Act) -> Cow<'_, State> {
        match self.acts(object).last() {
            Some((_, state)) => Cow::Borrowed(state),
            None => Cow::Owned(self.untouched(object, act)),
        }
    }

    /// Whether an act could be performed next.
    pub fn admits(&self, object: LocationId, act: &Act) -> bool {
        self.state(object, act).admits(act)
    }

    /// The state of an object after those of its acts that come before `cut`, and those later ones that
    /// `kept` names. What is kept must be closed under causes.
    pub fn state_after(
        &self,
        object: LocationId,
        act: &Act,
        cut: Position,
        mut kept: impl FnMut(Position) -> bool,
    ) -> State {
        let acts = self.acts(object);
        let before = acts.partition_point(|(at, _)| *at < cut);
        let mut state = match before.checked_sub(1) {
            Some(last) => acts[last].1.clone(),
            None => self.untouched(object, act),
        };
        let mut uses = Vec::new();
        for (at, _) in acts[before..].iter().filter(|(at, _)| kept(*at)) {
            if let Some(act) = act_of(self.event(*at)) {
                state.perform(object, &act, &mut uses);
            }
        }
        state
    }

    /// Performs an act on the newest state: the reply, the next state, and what it used.
    pub(super) fn try_act(
        &self,
        object: LocationId,
        act: &Act,
        uses: &mut Vec<Use>,
    ) -> (Value, State) {
        let mut state = self.state(object, act).into_owned();
        let reply = state.perform(object, act, uses);
        (reply, state)
    }

    fn untouched(&self, object: LocationId, act: &Act) -> State {
        let initial = self.locations.get(object.index()).map(|l| l.initial).unwrap_or_default();
        State::initial(act.action, initial)
    }
}

/// What an event did, if it is an act.
pub fn act_of(event: &Event) -> Option<Act> {
    let Op::Act { action, patience, .. } = event.op else { return None };
    Some(Act { thread: event.thread, action, patience, chosen: event.chosen })
}
