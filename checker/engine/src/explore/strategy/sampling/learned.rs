//! What the first executions of a sample teach about the next: how many decisions, events and locations
//! there are.
//!
//! Lessons are random walks: execution 0, and those whose number is a power of 8, so that a bad first
//! estimate is outgrown and a program of any size is sampled with a handful of them. They are the same for
//! every strategy of a seed. To repeat execution n alone, the lessons before it have to be run, at most
//! 1 + log₈ n of them.

use super::places::{Place, Places, Touched, locations_of};
use crate::explore::run::Run;
use crate::graph::Kind;
use raddle_shims::kernel::ThreadId;
use std::collections::BTreeMap;

/// The estimates.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    lessons: u64,
    decisions_max: u64,
    threads: Vec<Counts>,
    parents: Vec<Option<ThreadId>>,
    pub(in crate::explore) places: Places,
    shared: BTreeMap<Place, Vec<Counts>>,
    touched: Touched,
}

/// How many events of a thread there were in all lessons, and in how many lessons there were any.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    events: u64,
    lessons: u64,
    /// Those of this lesson.
    now: u64,
}

impl Counts {
    fn mean(&self) -> u64 {
        match self.lessons {
            0 => 0,
            lessons => self.events.div_ceil(lessons),
        }
    }

    fn close(&mut self) {
        self.events += self.now;
        self.lessons += u64::from(self.now > 0);
        self.now = 0;
    }
}

fn count(list: &mut Vec<Counts>, thread: ThreadId) {
    if thread.index() >= list.len() {
        list.resize(thread.index() + 1, Counts::default());
    }
    list[thread.index()].now += 1;
}

impl Learned {
    /// The first lesson from that number on.
    pub(super) fn next_lesson(from: u64) -> u64 {
        match from {
            0 => 0,
            1..=8 => 8,
            from => {
                let power = from.ilog(8);
                if 8_u64.pow(power) == from { from } else { 8_u64.saturating_pow(power + 1) }
            }
        }
    }

    /// Learns from an execution with so many decisions.
    pub(super) fn learn(&mut self, run: &Run, decisions: u64) {
        self.lessons += 1;
        self.decisions_max = self.decisions_max.max(decisions);
        let mut touched = std::mem::take(&mut self.touched);
        touched.begin();
        for event in run.graph.events().iter().filter(|event| event.kind != Kind::Advance) {
            count(&mut self.threads, event.thread);
            for location in locations_of(&run.graph, &event.op) {
                let place = touched.teach(&mut self.places, event.thread, location);
                count(self.shared.entry(place).or_default(), event.thread);
            }
        }
        self.touched = touched;
        self.threads.iter_mut().for_each(Counts::close);
        self.shared.values_mut().flatten().for_each(Counts::close);
        self.parents = run.thread_ids().map(|thread| run.threads.parent(thread)).collect();
    }

    /// The most decisions, that is, moments at which two threads or more could go on, in a lesson; at
    /// least 1.
    pub fn decisions(&self) -> u64 {
        self.decisions_max.max(1)
    }

    /// About how many events a thread has, those of its descendants included.
    pub fn events_under(&self, thread: ThreadId) -> u64 {
        self.under(&self.threads, thread)
    }

    /// About how many of its events, and of its descendants', are at a place.
    pub(in crate::explore) fn events_under_at(&self, place: Place, thread: ThreadId) -> u64 {
        self.shared.get(&place).map_or(0, |counts| self.under(counts, thread))
    }

    fn under(&self, counts: &[Counts], thread: ThreadId) -> u64 {
        let descends = |mut other: ThreadId| {
            while other != thread {
                match self.parents.get(other.index()) {
                    Some(&Some(parent)) => other = parent,
                    _ => return false,
                }
            }
            true
        };
        let all = counts.iter().enumerate();
        let mine = all.filter(|(number, _)| descends(ThreadId(*number as u32)));
        mine.map(|(_, counts)| counts.mean()).sum()
    }

    /// The places that two threads or more have used, each with the number of its events.
    pub(in crate::explore) fn contended(&self) -> impl Iterator<Item = (Place, u64)> + Clone + '_ {
        self.shared.iter().filter_map(|(place, counts)| {
            let users = counts.iter().filter(|counts| counts.lessons > 0).count();
            let events = counts.iter().map(Counts::mean).sum();
            (users > 1).then_some((*place, events))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_rare() {
        let mut lessons = Vec::new();
        let mut next = 0;
        while next < 10_000 {
            next = Learned::next_lesson(next);
            lessons.push(next);
            next += 1;
        }
        assert_eq!(lessons, [0, 8, 64, 512, 4_096, 32_768]);
    }
}
