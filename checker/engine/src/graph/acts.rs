//! The objects of a graph: the state that each is in, what it would be elsewhere, and what can be done.

use super::event::{Event, Kind, Position};
use super::execution_graph::{Graph, Location, Mark};
use super::push::Draft;
use crate::objects::{Act, State, Use, select};
use raddle_shims::kernel::{Arm, Arms, LocationId, Op, Selected, ThreadId, Value};
use std::sync::Arc;

/// Which events are kept after a cut; none are if it does not say.
pub type Kept<'a> = Option<&'a dyn Fn(Position) -> bool>;

/// One of so many acts on an object is marked.
const MARK_EVERY: usize = 32;

impl Graph {
    /// The first act on an object that is outside of a part of the graph; the part must be closed under causes.
    ///
    /// Of a long history this looks at the end only: a mark in the part tells that a beginning of the history is
    /// in the part as well.
    pub fn first_act_outside(
        &self,
        object: LocationId,
        part: impl Fn(&Event) -> bool,
    ) -> Option<Position> {
        let Location { acts, marks, .. } = self.locations.get(object.index())?;
        let inside = |act: usize| part(self.event(acts[act].0));
        let mark = marks.iter().rev().find(|mark| inside(mark.act));
        let covered = mark.map_or(0, |mark| acts.partition_point(|(at, _)| *at < mark.covered));
        let outside = (covered..acts.len()).find(|act| !inside(*act))?;
        Some(acts[outside].0)
    }

    /// Marks the acts of the event at the end, if it is their turn.
    #[inline]
    pub(super) fn mark_acts(&mut self, at: Position) {
        match self.event(at).op {
            Op::Act { object, .. } => self.mark_act(at, object),
            Op::Select { arms, .. } => self.mark_arms(at, arms),
            _ => {}
        }
    }

    #[inline(never)]
    fn mark_arms(&mut self, at: Position, arms: Arms) {
        let arms = Arc::clone(&self.arms[arms.0 as usize]);
        arms.iter().for_each(|arm| self.mark_act(at, arm.object));
    }

    #[inline]
    fn mark_act(&mut self, at: Position, object: LocationId) {
        if self.locations[object.index()].acts.len().is_multiple_of(MARK_EVERY) {
            self.mark_last_act(at, object);
        }
    }

    #[cold]
    fn mark_last_act(&mut self, at: Position, object: LocationId) {
        let Some(act) = self.locations[object.index()].acts.len().checked_sub(1) else { return };
        if self.locations[object.index()].marks.last().is_some_and(|mark| mark.act >= act) {
            return;
        }
        let event = self.event(at);
        let covered = self.first_act_outside(object, |other| self.causes(other, event));
        let mark = Mark { act, covered: covered.unwrap_or(at) };
        self.locations[object.index()].marks.push(mark);
    }

    /// The actions on an object, in the order in which they were performed, and the state after each.
    #[inline]
    pub fn acts(&self, object: LocationId) -> &[(Position, State)] {
        self.locations.get(object.index()).map_or(&[], |location| &location.acts)
    }

    /// Makes a list of arms known.
    pub fn enter_arms(&mut self, arms: &[Arm]) -> Arms {
        let known = self.arms.iter().position(|known| **known == *arms);
        let number = known.unwrap_or_else(|| {
            arms.iter().for_each(|arm| self.ensure_location(arm.object));
            self.arms.push(Arc::from(arms));
            self.arms.len() - 1
        });
        Arms(number as u32)
    }

    /// A list of arms.
    #[inline]
    pub fn arms(&self, arms: Arms) -> &[Arm] {
        &self.arms[arms.0 as usize]
    }

    /// The objects of all selects that there could be.
    pub fn selected(&self) -> impl Iterator<Item = LocationId> + '_ {
        let arms = self.arms.iter().flat_map(|arms| arms.iter());
        arms.flat_map(|arm| [Some(arm.object), arm.action.channel()]).flatten()
    }

    /// The objects that an operation uses; none if it is not about objects.
    pub fn objects_of(&self, op: &Op) -> Vec<LocationId> {
        let mut objects = match *op {
            Op::Act { object, .. } => vec![object],
            Op::Select { arms, .. } => self.arms(arms).iter().map(|arm| arm.object).collect(),
            _ => Vec::new(),
        };
        objects.sort_unstable();
        objects.dedup();
        objects
    }

    /// The exchange that an operation uses.
    pub fn exchange_of(op: &Op) -> Option<LocationId> {
        match *op {
            Op::Act { object, action, .. } if action.is_of_exchange() => Some(object),
            _ => None,
        }
    }

    /// The channels of an exchange that an operation of a thread is about.
    pub fn channels_of(&self, thread: ThreadId, op: &Op) -> Vec<LocationId> {
        match *op {
            Op::Act { object, action, patience } => {
                let act = Act { thread, action, patience, chosen: 0 };
                self.ask(object, &act, |state| state.channels(thread, action, &self.arms))
            }
            _ => Vec::new(),
        }
    }

    /// Whether an event uses one of these locations or objects.
    #[inline]
    pub fn uses_any(&self, at: Position, locations: &[LocationId]) -> bool {
        let event = self.event(at);
        match event.op {
            Op::Act { action, .. } if action.is_of_exchange() => {
                self.uses(at).iter().any(|used| locations.contains(&used.location))
            }
            Op::Select { arms, .. } => {
                self.arms(arms).iter().any(|arm| locations.contains(&arm.object))
            }
            _ => event.location().is_some_and(|location| locations.contains(&location)),
        }
    }

    /// What `ask` says of the newest state of the object that an act is about.
    #[inline(always)]
    pub fn ask<R>(&self, object: LocationId, act: &Act, ask: impl FnOnce(&State) -> R) -> R {
        let untouched;
        // Asked in one place, so that the question becomes a part of this.
        let state = match self.acts(object).last() {
            Some((_, state)) => state,
            None => {
                untouched = self.untouched(object, act);
                &untouched
            }
        };
        ask(state)
    }

    /// The newest state of the object of an arm.
    /// The state of an object as it is.
    pub fn state(&self, object: LocationId, act: &Act) -> State {
        self.ask(object, act, State::clone)
    }

    fn newest(&self, thread: ThreadId, arm: &Arm) -> State {
        self.ask(arm.object, &select::act(thread, arm), State::clone)
    }

    /// Whether a thread need not wait with an operation on objects.
    #[inline]
    pub fn admits(&self, thread: ThreadId, op: &Op) -> bool {
        match *op {
            Op::Act { object, action, patience } => {
                let act = Act { thread, action, patience, chosen: 0 };
                self.ask(object, &act, |state| state.admits(&act, self.now()))
            }
            _ => self.ways_now(thread, op) > 0,
        }
    }

    /// Whether all that a thread can do with an operation on objects now is to give up.
    pub fn gives_up(&self, thread: ThreadId, op: &Op) -> bool {
        match *op {
            Op::Act { object, action, patience } if patience.has_ended(self.now()) => {
                let act = Act { thread, action, patience, chosen: 0 };
                !self.ask(object, &act, |state| state.allows(&act))
            }
            Op::Select { arms, patience } if patience.has_ended(self.now()) => {
                let state = |arm: &Arm| self.newest(thread, arm);
                select::ready(self.arms(arms), thread, state).is_empty()
            }
            _ => false,
        }
    }

    /// In how many ways an operation on objects can be performed now, which is none if it has to wait.
    #[inline]
    pub fn ways_now(&self, thread: ThreadId, op: &Op) -> u32 {
        match *op {
            Op::Act { object, action, patience } => {
                let act = Act { thread, action, patience, chosen: 0 };
                self.ask(object, &act, |state| state.ways(&act, self.now()))
            }
            _ => self.ways(thread, op, Position::NONE, None),
        }
    }

    /// In how many ways an operation on objects can be performed, which is none if it has to wait, after
    /// those events that come before `cut`, and those later ones that `kept` names. What is kept must be
    /// closed under causes.
    pub fn ways(&self, thread: ThreadId, op: &Op, cut: Position, kept: Kept<'_>) -> u32 {
        match *op {
            Op::Act { object, action, patience } => {
                let act = Act { thread, action, patience, chosen: 0 };
                let ways = |state: &State| state.ways(&act, self.now());
                match self.remembered(object, cut, kept) {
                    Some(state) => ways(state),
                    None => ways(&self.state_after(object, &act, cut, kept)),
                }
            }
            Op::Select { arms, patience } => {
                let state = |arm: &Arm| self.arm_state(thread, arm, cut, kept);
                let ready = select::ready(self.arms(arms), thread, state).len() as u32;
                if patience.has_ended(self.now()) { ready.max(1) } else { ready }
            }
            _ => 1,
        }
    }

    /// Whether an operation on objects can be performed there; then it adds what it would use in its first
    /// way to `uses`.
    pub fn would_use(
        &self,
        thread: ThreadId,
        op: &Op,
        (cut, kept): (Position, Kept<'_>),
        uses: &mut Vec<Use>,
    ) -> bool {
        match *op {
            Op::Act { object, action, patience } => {
                let act = Act { thread, action, patience, chosen: 0 };
                let admits = |state: &State| state.admits(&act, self.now());
                if self.remembered(object, cut, kept).is_some_and(|state| !admits(state)) {
                    return false;
                }
                let mut state = self.state_after(object, &act, cut, kept);
                let is_admitted = admits(&state);
                if is_admitted {
                    state.perform(object, &act, &self.arms, uses);
                }
                is_admitted
            }
            Op::Select { arms, .. } if self.ways(thread, op, cut, kept) > 0 => {
                let state = |arm: &Arm| self.arm_state(thread, arm, cut, kept);
                select::select(self.arms(arms), thread, 0, state, uses);
                true
            }
            _ => false,
        }
    }

    /// The same state as [`Graph::state_after`] if the graph has it: nothing later is kept, and there was
    /// something before.
    fn remembered(&self, object: LocationId, cut: Position, kept: Kept<'_>) -> Option<&State> {
        let acts = self.acts(object);
        let before = acts.partition_point(|(at, _)| *at < cut);
        let last = before.checked_sub(1)?;
        let is_last = kept.is_none_or(|kept| !acts[before..].iter().any(|(at, _)| kept(*at)));
        is_last.then_some(&acts[last].1)
    }

    /// The state of an object after those of its acts that come before `cut`, and those later ones that
    /// `kept` names.
    pub fn state_after(
        &self,
        object: LocationId,
        act: &Act,
        cut: Position,
        kept: Kept<'_>,
    ) -> State {
        let acts = self.acts(object);
        let before = acts.partition_point(|(at, _)| *at < cut);
        let mut state = match before.checked_sub(1) {
            Some(last) => acts[last].1.copied(),
            None => self.untouched(object, act),
        };
        let Some(kept) = kept else { return state };
        let mut uses = Vec::new();
        for (at, _) in acts[before..].iter().filter(|(at, _)| kept(*at)) {
            if let Some(act) = act_on(&self.arms, self.event(*at), object) {
                state.perform(object, &act, &self.arms, &mut uses);
            }
        }
        state
    }

    fn arm_state(&self, thread: ThreadId, arm: &Arm, cut: Position, kept: Kept<'_>) -> State {
        self.state_after(arm.object, &select::act(thread, arm), cut, kept)
    }

    /// What an event did to an object, if anything.
    pub fn act_on(&self, event: &Event, object: LocationId) -> Option<Act> {
        act_on(&self.arms, event, object)
    }

    /// Performs the operation on objects of the event that is about to stand at the end, on the newest
    /// states, and returns its reply. What it uses is collected in `scratch`, which is empty.
    #[inline(always)]
    pub(super) fn act(&mut self, draft: &Draft) -> Value {
        let (at, thread, chosen) = (self.end(), draft.thread, draft.chosen);
        match draft.op {
            Op::Act { object, action, patience } => {
                let act = Act { thread, action, patience, chosen };
                let location = &mut self.locations[object.index()];
                let mut state = match location.acts.last() {
                    Some((_, state)) => state.copied(),
                    None => State::initial(action, location.initial),
                };
                let reply = state.perform(object, &act, &self.arms, &mut self.scratch);
                location.acts.push((at, state));
                reply
            }
            Op::Select { arms, .. } => self.act_select(draft, arms),
            op => unreachable!("{op:?} is not about objects"),
        }
    }

    #[inline(never)]
    fn act_select(&mut self, draft: &Draft, arms: Arms) -> Value {
        let (at, thread, chosen) = (self.end(), draft.thread, draft.chosen);
        let mut uses = std::mem::take(&mut self.scratch);
        let arms = Arc::clone(&self.arms[arms.0 as usize]);
        let newest = |arm: &Arm| self.newest(thread, arm);
        let (reply, next) = select::select(&arms, thread, chosen, newest, &mut uses);
        let mut states: Vec<(LocationId, State)> = Vec::new();
        for arm in &*arms {
            if states.iter().all(|(object, _)| *object != arm.object) {
                states.push((arm.object, newest(arm)));
            }
        }
        if let Some((object, state)) = next {
            states.iter_mut().filter(|s| s.0 == object).for_each(|s| s.1 = state.clone());
        }
        for (object, state) in states {
            self.locations[object.index()].acts.push((at, state));
        }
        self.scratch = uses;
        reply
    }

    /// Forgets what the last event, which is gone, did.
    pub(super) fn leave_acts(&mut self, event: &Event) {
        match event.op {
            Op::Act { object, .. } => self.locations[object.index()].leave_act(),
            op => {
                for object in self.objects_of(&op) {
                    self.locations[object.index()].leave_act();
                }
            }
        }
    }

    #[inline(never)]
    fn untouched(&self, object: LocationId, act: &Act) -> State {
        let initial = self.locations.get(object.index()).map(|l| l.initial).unwrap_or_default();
        State::initial(act.action, initial)
    }
}

/// What an event did to an object, if anything.
fn act_on(lists: &[Arc<[Arm]>], event: &Event, object: LocationId) -> Option<Act> {
    let thread = event.thread;
    match event.op {
        Op::Act { action, patience, .. } => {
            Some(Act { thread, action, patience, chosen: event.chosen })
        }
        Op::Select { arms, .. } => {
            let selected = Selected::from_value(event.read)?;
            let arm = lists[arms.0 as usize].get(selected.arm as usize)?;
            (arm.object == object).then(|| select::act(thread, arm))
        }
        _ => None,
    }
}

impl Location {
    /// Forgets the last act.
    fn leave_act(&mut self) {
        self.acts.pop();
        while self.marks.last().is_some_and(|mark| mark.act >= self.acts.len()) {
            self.marks.pop();
        }
    }

    /// Copies the acts that are kept, which `moved` says; behind one that is not, the states are made anew.
    pub(super) fn copy_acts(
        &mut self,
        old: &Location,
        object: LocationId,
        (events, arms): (&[Event], &[Arc<[Arm]>]),
        moved: impl Fn(Position) -> Position,
    ) {
        let (mut gap, mut uses) = (false, Vec::new());
        // Marks stay while nothing has moved; what they say of later acts need not be known.
        let mut still = 0;
        for (number, (before, state)) in old.acts.iter().enumerate() {
            let at = moved(*before);
            if !at.is_some() {
                gap = true;
                continue;
            }
            if at == *before && number == still {
                still += 1;
            }
            let event = &events[at.index()];
            debug_assert_eq!(event.kind, Kind::Act);
            let state = match (gap, self.acts.last()) {
                (false, _) => state.copied(),
                (true, before) => {
                    let act = act_on(arms, event, object);
                    match (before, act) {
                        (Some((_, before)), None) => before.clone(),
                        (None, None) => state.clone(),
                        (before, Some(act)) => {
                            let before = before.map(|(_, state)| state.clone());
                            let mut state =
                                before.unwrap_or_else(|| State::initial(act.action, self.initial));
                            state.perform(object, &act, arms, &mut uses);
                            uses.clear();
                            state
                        }
                    }
                }
            };
            self.acts.push((at, state));
        }
        self.marks.extend(old.marks.iter().take_while(|mark| mark.act < still));
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Causality, Draft, Event, Flags, Graph, Position, Restriction};
    use raddle_shims::kernel::{Action, LocationId, Op, Patience, ThreadId, UNBOUNDED};

    const CHANNEL: LocationId = LocationId(0);

    /// Numbers that look random.
    fn below(seed: &mut u64, bound: usize) -> usize {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize % bound
    }

    fn push(graph: &mut Graph, seed: &mut u64) {
        let actions =
            [Action::AddSender, Action::Send, Action::Send, Action::Receive, Action::Length];
        let known = if below(seed, 20) == 0 { 5 } else { 4 };
        let action = actions[below(seed, known)];
        let op = Op::Act { object: CHANNEL, action, patience: Patience::Forever };
        // Each thread goes on for a while.
        let thread = ThreadId((graph.len() / 40 + below(seed, 2)) as u32 % 3);
        let (source, flags) = (Position::NONE, Flags::MAXIMAL);
        graph.push(Draft { thread, op, source, after: 0, chosen: 0, flags });
    }

    /// Compares with a search from the beginning, for the past of every event.
    fn check(graph: &Graph) -> usize {
        for of in graph.events() {
            let inside = |event: &Event| graph.causes(event, of);
            let mut all = graph.acts(CHANNEL).iter().map(|(at, _)| *at);
            let outside = all.find(|at| !inside(graph.event(*at)));
            assert_eq!(graph.first_act_outside(CHANNEL, inside), outside);
        }
        graph.locations[0].marks.len()
    }

    #[test]
    fn marks_only_tell_where_to_begin() {
        for mut seed in 0..40 {
            let seed = &mut seed;
            let mut graph = Graph::new(Causality::ReadsFrom);
            graph.set_initial(CHANNEL, UNBOUNDED);
            for _ in 0..4 {
                (0..150).for_each(|_| push(&mut graph, seed));
                assert!(check(&graph) > 0);
                let len = graph.len() - below(seed, 100);
                graph.truncate(Position(len as u32));
                check(&graph);
                let pivot = Position(below(seed, graph.len()) as u32);
                let of = *graph.event(Position(below(seed, graph.len()) as u32));
                let mut part = Graph::new(Causality::ReadsFrom);
                let keeps = |_, event: &Event| graph.causes(event, &of);
                Restriction::default().copy(&graph, &mut part, pivot, keeps);
                (0..80).for_each(|_| push(&mut part, seed));
                check(&part);
            }
        }
    }
}
