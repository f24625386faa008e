//! The part of an execution that is replayed: events that the graph has already, with fresh values.

use super::run::{Run, State};
use crate::graph::{Kind, Position, effect};
use raddle_shims::kernel::{
    Action, Answer, Arm, Arms, Op, Patience, Reply, ThreadId, Until, Value,
};

impl Run {
    /// Replays the next event, which belongs to `thread`, with the operation it now performs.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn replay(&mut self, thread: ThreadId, op: &Op) -> Answer {
        let at = Position(self.replayed as u32);
        debug_assert_eq!(self.graph.event(at).thread, thread);
        let known = self.graph.event(at).location();
        let location = match (op.location(), known) {
            (Some(location), Some(known)) => self.names.replayed(&mut self.graph, location, known),
            (location, _) => location,
        };
        if location == known
            && let Some(reply) = self.replay_common(at, op)
        {
            return self.finish_replay(thread, at, reply);
        }
        match location {
            Some(location) => self.replay_other(thread, at, &op.at(location)),
            None => self.replay_other(thread, at, op),
        }
    }

    /// The common cases, without going through what can happen to other operations. The locations are the same.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn replay_common(&mut self, at: Position, op: &Op) -> Option<Reply> {
        let event = self.graph.event(at);
        match (op, &event.op) {
            (
                Op::Load { location: _, ordering, until: None },
                Op::Load { location, ordering: before, until: None },
            ) if ordering == before => {
                let read = self.graph.value(*location, event.source);
                self.graph.event_mut(at).read = read;
                Some(Reply::Value(read))
            }
            (
                Op::Store { location: _, ordering, value },
                Op::Store { location: _, ordering: before, .. },
            ) if ordering == before => {
                self.graph.event_mut(at).written = *value;
                Some(Reply::Done)
            }
            (
                Op::Rmw { location: _, ordering, change, until: None },
                Op::Rmw { location, ordering: before, change: known, until: None },
            ) if ordering == before
                && (change.kind, change.width) == (known.kind, known.width)
                && event.kind == Kind::Update =>
            {
                let location = *location;
                let read = self.graph.value(location, event.source);
                let event = self.graph.event_mut(at);
                event.op = op.at(location);
                event.read = read;
                event.written = change.apply(read);
                Some(Reply::Value(read))
            }
            (
                Op::CompareExchange { location: _, success, failure, weak, until: None, .. },
                Op::CompareExchange {
                    location,
                    success: before,
                    failure: otherwise,
                    weak: known,
                    until: None,
                    ..
                },
            ) if (success, failure, weak) == (before, otherwise, known) => {
                let location = *location;
                let read = self.graph.value(location, event.source);
                let (kind, written) = effect(op, event.flags, read);
                if kind != event.kind {
                    return None;
                }
                let event = self.graph.event_mut(at);
                event.op = op.at(location);
                (event.read, event.written) = (read, written);
                let is_update = kind == Kind::Update;
                Some(if is_update { Reply::Exchanged(read) } else { Reply::Refused(read) })
            }
            (
                Op::Act { object: _, action, patience },
                Op::Act { object: _, action: known, patience: before },
            ) if !action.is_of_exchange() && action == known && patience == before => {
                Some(Reply::Value(event.read))
            }
            (Op::Choose { alternatives }, Op::Choose { alternatives: known })
                if alternatives == known =>
            {
                Some(Reply::Value(Value(event.chosen.into())))
            }
            (Op::Spawn, Op::Spawn) => Some(self.reply(at)),
            (Op::Join(thread), Op::Join(known))
                if thread == known && self.state(*thread) != State::Fresh =>
            {
                Some(Reply::Done)
            }
            _ => None,
        }
    }

    fn replay_other(&mut self, thread: ThreadId, at: Position, op: &Op) -> Answer {
        if self.unseen_exit().is_some() {
            return self.stop(thread, op);
        }
        let guarded;
        let known = self.graph.event(at).op.until();
        let learned = |until: Option<Until>| until.is_some_and(Until::is_learned);
        let op = match learned(known) || learned(op.until()) {
            // What was found out about a loop belongs to the graph.
            true => {
                guarded = op.guarded(known);
                &guarded
            }
            false => op,
        };
        let (kind, before) = (self.graph.event(at).kind, &self.graph.event(at).op);
        let same = match (before, *op) {
            (&Op::Select { arms: known, patience }, Op::Select { arms, patience: now }) => {
                patience == now && self.binds_arms(known, arms)
            }
            (
                &Op::Act { object, action: Action::Stand(known), patience },
                Op::Act { object: here, action: Action::Stand(arms), patience: now },
            ) => object == here && patience == now && self.binds_arms(known, arms),
            (
                &Op::Act { object, action: known, patience },
                Op::Act { object: here, action, patience: now },
            ) => {
                let action = self.names.replayed_action(&mut self.graph, action, known);
                // Whether it is tried in a loop belongs to the graph as well.
                let tries = |it| matches!(it, Patience::None | Patience::Polls | Patience::Some);
                let is_same = patience == now || tries(patience) && tries(now);
                object == here && is_same && action == known
            }
            (before, _) => same_shape(before, op),
        };
        if !same {
            self.diverge(at, format!("{op:?}"));
            return Answer::Suspend;
        }
        if kind != Kind::Act && op.location().is_some() && self.refresh(at, op).is_none() {
            return Answer::Suspend;
        }
        let reply = self.reply(at);
        self.finish_replay(thread, at, reply)
    }

    /// Whether a list of arms is the one that the graph knows; its objects are bound to those.
    fn binds_arms(&mut self, known: Arms, arms: Arms) -> bool {
        let known: Vec<Arm> = self.graph.arms(known).to_vec();
        let arms = &self.lists[arms.0 as usize];
        known.len() == arms.len()
            && known.iter().zip(arms).all(|(known, arm)| {
                let graph = &mut self.graph;
                self.names.replayed_action(graph, arm.action, known.action) == known.action
                    && self.names.replayed(graph, arm.object, known.object) == Some(known.object)
            })
    }

    /// Makes a list of arms known for this execution.
    pub(super) fn enter_arms(&mut self, arms: &[Arm]) -> Arms {
        // A loop that selects asks for the same list again and again.
        let known = self.lists.iter().position(|known| known == arms);
        let number = known.unwrap_or_else(|| {
            self.lists.push(arms.to_vec());
            self.lists.len() - 1
        });
        Arms(number as u32)
    }

    #[inline(always)]
    fn finish_replay(&mut self, thread: ThreadId, at: Position, reply: Reply) -> Answer {
        self.replayed += 1;
        let slot = &mut self.slots[thread.index()];
        slot.state = State::Running;
        slot.last = at;
        slot.silent = 0;
        if self.check_races(at) {
            self.leave_unheard(at);
            return Answer::Suspend;
        }
        Answer::Reply(reply)
    }

    /// Gives a replayed event the values of this execution.
    #[inline]
    fn refresh(&mut self, at: Position, op: &Op) -> Option<()> {
        let event = self.graph.event(at);
        let location = event.location()?;
        let (kind, source) = (event.kind, event.source);
        let flags = event.flags;
        let read = self.graph.value(location, source);
        let (new_kind, written) = effect(op, flags, read);
        let skipped = event.op.skips(event.read) != op.skips(read);
        if new_kind != kind || skipped || op.until().is_some_and(|until| !until.accepts(read)) {
            self.diverge(at, format!("{op:?} reading {read}"));
            return None;
        }
        let event = self.graph.event_mut(at);
        event.op = *op;
        event.read = read;
        event.written = written;
        Some(())
    }
}

/// Whether two operations are the same but for the values in them, which may be addresses.
fn same_shape(old: &Op, new: &Op) -> bool {
    match (old, new) {
        (
            Op::Load { location: l, ordering: o, until: u },
            Op::Load { location: l2, ordering: o2, until: u2 },
        ) => l == l2 && o == o2 && u.is_some() == u2.is_some(),
        (
            Op::Store { location: l, ordering: o, .. },
            Op::Store { location: l2, ordering: o2, .. },
        ) => l == l2 && o == o2,
        (
            Op::Rmw { location: l, ordering: o, change: c, until: u },
            Op::Rmw { location: l2, ordering: o2, change: c2, until: u2 },
        ) => {
            l == l2
                && o == o2
                && c.kind == c2.kind
                && c.width == c2.width
                && u.is_some() == u2.is_some()
        }
        (
            Op::CompareExchange { location: l, success: s, failure: f, weak: w, .. },
            Op::CompareExchange { location: l2, success: s2, failure: f2, weak: w2, .. },
        ) => l == l2 && s == s2 && f == f2 && w == w2,
        (old, new) => old == new,
    }
}
