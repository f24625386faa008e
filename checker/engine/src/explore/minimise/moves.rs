//! Candidates in which a switch comes somewhere else, or takes the place of an old value.
//!
//! Leaving out wishes ends where each single one is needed; often fewer others do the same.

use super::Laboratory;
use super::guide::Wishes;
use super::plan::{Plan, Wish};
use super::reduce::Search;
use crate::explore::schedule::Decision;
use raddle_shims::kernel::{EventId, ThreadId};

/// How far a switch is moved to later events of its thread.
const SLIDE_MAX: u32 = 8;

impl<L: Laboratory> Search<'_, L> {
    /// Tries something for each wish, until nothing helps.
    fn try_each(&mut self, candidates: impl Fn(&Self, Wish) -> Vec<Plan>) {
        let mut number = 0;
        while let Some(&wish) = self.best.plan.order.get(number) {
            let any =
                candidates(self, wish).into_iter().any(|plan| self.attempt(Wishes::Events(plan)));
            if !any {
                number += 1;
            }
            if self.is_over() {
                return;
            }
        }
    }

    /// Instead of a read of an old value, the thread reads before it is overwritten: it goes on in place of
    /// the thread that would write next.
    pub fn refresh(&mut self) {
        self.try_each(|search, wish| {
            let Wish::Pick(event) = wish else { return Vec::new() };
            let plan = &search.best.plan;
            let Some(Decision::Source(_)) = plan.picks.get(&event) else { return Vec::new() };
            let Some(before) = search.before_overwriting(event) else { return Vec::new() };
            let mut early = plan.without(&[wish, Wish::Turn(before)]);
            early.turn(before, event.thread);
            let mut back = early.clone();
            back.turn(event, before.thread);
            vec![early, back]
        });
    }

    /// The event after which the thread is about to overwrite what `read` reads.
    fn before_overwriting(&self, read: EventId) -> Option<EventId> {
        let (graph, _) = self.best.failed.as_ref()?;
        let event = graph.event(graph.position(read)?);
        let location = event.location()?;
        let next = graph.coherence(location).get(graph.rank(event.source) as usize)?;
        let next = graph.event(*next);
        let index = next.index.checked_sub(1)?;
        (next.thread != read.thread).then_some(EventId { thread: next.thread, index })
    }

    /// Where a thread runs only to make way, it does not run there at all.
    pub fn skip(&mut self) {
        self.try_each(|search, wish| {
            let Wish::Turn(event) = wish else { return Vec::new() };
            let plan = &search.best.plan;
            let (Some(before), Some(&thread)) =
                (search.before_run_of(event), plan.turns.get(&event))
            else {
                return Vec::new();
            };
            let mut skipping = plan.without(&[wish, Wish::Turn(before)]);
            if before.thread != thread {
                skipping.turn(before, thread);
            }
            vec![skipping]
        });
    }

    /// The last event of another thread before this event.
    fn before_run_of(&self, event: EventId) -> Option<EventId> {
        let (graph, _) = self.best.failed.as_ref()?;
        let at = graph.position(event)?.index();
        let others = graph.events()[..at].iter().rev();
        let mut others = others.filter(|other| other.thread != event.thread);
        others.next().map(|other| other.id())
    }

    /// Lets a thread go on a little before it makes way.
    pub fn slide(&mut self) {
        self.try_each(|search, wish| {
            let Wish::Turn(event) = wish else { return Vec::new() };
            let plan = &search.best.plan;
            let Some(&thread) = plan.turns.get(&event) else { return Vec::new() };
            let later = |further| EventId { index: event.index + further, ..event };
            let free = (1..=SLIDE_MAX).map(later);
            let free = free.take_while(|later| !plan.turns.contains_key(later));
            let moved = |later| moved(plan, wish, later, thread);
            free.map(moved).collect()
        });
    }
}

fn moved(plan: &Plan, wish: Wish, to: EventId, thread: ThreadId) -> Plan {
    let mut plan = plan.without(&[wish]);
    plan.turn(to, thread);
    plan
}
