//! What there is for threads that go on after the end of their execution, in destructors or towards a place where they can be
//! left.
//!
//! They go on from what they have been told. The graph can hold more: events that are yet to be replayed, with values of an
//! earlier execution, and an event whose thread was not resumed because the execution was over with it. That thread performs
//! its operation again, which must not find that it has been performed: a compare-exchange that puts a node into a list
//! would put it there twice.

use super::run::Run;
use crate::graph::Position;
use crate::objects::{self, Act};
use raddle_shims::kernel::{GAVE_UP, LocationId, Value};

impl Run {
    /// The execution is over with the event at `at`, if there is one, and its thread is not told.
    pub(super) fn leave_unheard(&mut self, at: Position) {
        if at < self.graph.end() {
            self.unheard = Some(at);
        }
    }

    /// The first position at which an event may stand that its thread does not know to have happened.
    fn known_end(&self) -> Position {
        let replayed = self.replays().map(|_| Position(self.replayed as u32));
        replayed.into_iter().chain(self.unheard).min().unwrap_or(self.graph.end())
    }

    /// The newest value of a variable or the state of an object, as far as threads know it.
    pub(super) fn newest(&self, location: LocationId) -> Value {
        let initial = self.names.initial(location);
        let Some(at) = self.names.location(location) else { return initial };
        if !self.graph.acts(at).is_empty() {
            return self.known_state(at).map_or(initial, objects::State::value);
        }
        if self.graph.lets_pass() {
            let unheard = self.unheard_access.filter(|(location, _)| *location == at);
            return unheard.map_or_else(|| self.graph.newest_passed(at), |(_, before)| before);
        }
        let end = self.known_end();
        let known = self.graph.coherence(at).iter().rev().find(|write| **write < end);
        self.graph.value(at, known.copied().unwrap_or(Position::INITIAL))
    }

    /// The state of an object after the last act on it of which its thread knows.
    fn known_state(&self, object: LocationId) -> Option<&objects::State> {
        let acts = self.graph.acts(object);
        let known = acts.partition_point(|(at, _)| *at < self.known_end());
        known.checked_sub(1).map(|last| &acts[last].1)
    }

    /// Acts after the end of the execution; none if the action would have to wait.
    pub(super) fn act_afterwards(
        &mut self,
        object: LocationId,
        act: &Act,
        initial: Value,
    ) -> Option<Value> {
        if act.action.is_of_exchange() {
            // What threads can still see of channels then, they see as if nobody were there.
            let gives_up = act.action.may_wait();
            return Some(if gives_up { GAVE_UP } else { Value(0) });
        }
        if !self.afterwards.contains_key(&object) {
            let known = self.names.location(object).and_then(|at| self.known_state(at)).cloned();
            let state = known.unwrap_or_else(|| objects::State::initial(act.action, initial));
            self.afterwards.insert(object, state);
        }
        let state = self.afterwards.get_mut(&object)?;
        state.admits(act, u64::MAX).then(|| state.perform(object, act, &[], &mut Vec::new()))
    }
}
