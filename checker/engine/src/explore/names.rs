//! Which location of the graph an object of the running execution is.
//!
//! A world that runs real code learns of an object when it is first touched, which may be by another
//! thread in the next execution; so it numbers its objects anew in every execution
//! ([`LocationId::local`]), and the graph, which outlives executions, says which is which: the object
//! that an event accesses when it is replayed *is* the location that the event has in the graph. An
//! object that no replayed event accesses gets a location that the graph does not use.
//!
//! 1. A location is bound to at most one object, and before it is accessed live.
//! 2. A thread that stops during replay at an operation that is not replayed keeps the object's own
//!    number until the replay is over: a thread that is replayed later may bind it.

use crate::graph::Graph;
use raddle_shims::kernel::{Action, Arm, Arms, LocationId, Op, Value};

const UNBOUND: LocationId = LocationId(u32::MAX);

/// The objects of one execution.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// For each object its location and its initial value.
    objects: Vec<(LocationId, Value)>,
    /// For each bound location its object.
    owners: Vec<u32>,
    /// The first location that is certainly not in the graph; known once the replay is over.
    fresh: u32,
}

impl Names {
    /// Forgets the objects of the previous execution.
    pub fn reset(&mut self) {
        self.objects.clear();
        self.owners.clear();
        self.fresh = 0;
    }

    /// Notes a new object, or a location that means the same in every execution.
    pub fn declare(&mut self, graph: &mut Graph, location: LocationId, initial: Value) {
        let Some(object) = location.as_local() else {
            graph.set_initial(location, initial);
            return;
        };
        let object = object as usize;
        if object >= self.objects.len() {
            self.objects.resize(object + 1, (UNBOUND, Value(0)));
        }
        self.objects[object] = (UNBOUND, initial);
    }

    /// The location of an object, if it has one yet.
    #[inline]
    pub fn location(&self, location: LocationId) -> Option<LocationId> {
        let Some(object) = location.as_local() else { return Some(location) };
        let &(bound, _) = self.objects.get(object as usize)?;
        (bound != UNBOUND).then_some(bound)
    }

    /// The location of an object that a replayed event accesses as `known`: that one, unless the
    /// object, or `known`, has been bound otherwise.
    #[inline]
    pub fn replayed(
        &mut self,
        graph: &mut Graph,
        location: LocationId,
        known: LocationId,
    ) -> Option<LocationId> {
        if location == known {
            return Some(known);
        }
        let object = location.as_local()?;
        let bound = self.objects.get(object as usize).map_or(UNBOUND, |(bound, _)| *bound);
        if bound != UNBOUND {
            return Some(bound);
        }
        if self.owners.get(known.index()).is_some_and(|owner| *owner != u32::MAX) {
            return None;
        }
        self.bind(graph, object, known);
        Some(known)
    }

    /// The location of an object that is accessed live.
    #[inline]
    pub fn live(&mut self, graph: &mut Graph, location: LocationId) -> LocationId {
        let Some(object) = location.as_local() else { return location };
        match self.objects.get(object as usize) {
            Some(&(bound, _)) if bound != UNBOUND => bound,
            _ => {
                let fresh = LocationId(self.fresh);
                self.fresh += 1;
                self.bind(graph, object, fresh);
                fresh
            }
        }
    }

    /// Gives an operation that is not replayed the locations of its objects.
    #[inline]
    pub fn name(&mut self, graph: &mut Graph, lists: &[Vec<Arm>], op: &mut Op) {
        match op {
            Op::Load { location, .. }
            | Op::Store { location, .. }
            | Op::Rmw { location, .. }
            | Op::CompareExchange { location, .. } => *location = self.live(graph, *location),
            Op::Act { object, action, .. } => {
                *object = self.live(graph, *object);
                match action {
                    Action::Stand(arms) => {
                        *arms = self.named_arms(graph, &lists[arms.0 as usize]);
                    }
                    action if action.is_of_exchange() => {
                        *action = self.named_action(graph, *action);
                    }
                    _ => {}
                }
            }
            Op::Select { arms, .. } => *arms = self.named_arms(graph, &lists[arms.0 as usize]),
            _ => {}
        }
    }

    fn named_arms(&mut self, graph: &mut Graph, arms: &[Arm]) -> Arms {
        let named = |arm: &Arm| Arm {
            object: self.live(graph, arm.object),
            action: self.named_action(graph, arm.action),
        };
        let named: Vec<Arm> = arms.iter().map(named).collect();
        graph.enter_arms(&named)
    }

    fn named_action(&mut self, graph: &mut Graph, action: Action) -> Action {
        action.channel().map_or(action, |channel| action.on(self.live(graph, channel)))
    }

    /// The action that a replayed event, which has `known`, asks for, with the location of its channel.
    pub fn replayed_action(&mut self, graph: &mut Graph, action: Action, known: Action) -> Action {
        let (Some(channel), Some(known)) = (action.channel(), known.channel()) else {
            return action;
        };
        self.replayed(graph, channel, known).map_or(action, |channel| action.on(channel))
    }

    /// The initial value of an object.
    pub fn initial(&self, location: LocationId) -> Value {
        let object = location.as_local().and_then(|object| self.objects.get(object as usize));
        object.map_or(Value(0), |(_, initial)| *initial)
    }

    /// The object at a location, for what the world is told.
    pub fn object(&self, location: LocationId) -> LocationId {
        match self.owners.get(location.index()) {
            Some(&object) if object != u32::MAX => LocationId::local(object),
            _ => location,
        }
    }

    /// The replay is over: from here on objects are bound to locations that the graph does not use.
    pub fn go_live(&mut self, graph: &Graph) {
        if self.objects.is_empty() {
            return;
        }
        debug_assert_eq!(graph.named(), named_by_events(graph));
        let selected = graph.selected().map(|location| location.0 + 1);
        self.fresh = selected.max().unwrap_or(0).max(graph.named());
    }

    #[cold]
    fn bind(&mut self, graph: &mut Graph, object: u32, location: LocationId) {
        if object as usize >= self.objects.len() {
            self.objects.resize(object as usize + 1, (UNBOUND, Value(0)));
        }
        let entry = &mut self.objects[object as usize];
        entry.0 = location;
        if location.index() >= self.owners.len() {
            self.owners.resize(location.index() + 1, u32::MAX);
        }
        self.owners[location.index()] = object;
        graph.set_initial(location, entry.1);
    }
}

/// What [`Graph::named`] says, from the events alone.
fn named_by_events(graph: &Graph) -> u32 {
    let locations = graph.events().iter().flat_map(|event| match event.op {
        Op::Act { object, action, .. } => [Some(object), action.channel()],
        op => [op.location(), None],
    });
    locations.flatten().map(|location| location.0 + 1).max().unwrap_or(0)
}
