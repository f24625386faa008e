//! What some executions of a sample teach about the next: how many decisions and events there are, and
//! where threads meet.
//!
//! Lessons are execution 0, a random walk, and those whose number is a power of 2, which are of the strategy
//! `surw`, so that a bad first estimate is outgrown. They are the same for every strategy of a seed. To repeat
//! execution n alone the lessons before it have to be run, at most 2 + log₂ n of them.

use super::places::{Place, Places, Touched, locations_of};
use crate::explore::run::Run;
use crate::graph::{Graph, Kind};
use raddle_shims::kernel::{EventId, LocationId, Op, ThreadId};

/// The estimates.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    lessons: u64,
    decisions_max: u64,
    threads: Vec<Counts>,
    parents: Vec<Option<ThreadId>>,
    pub(in crate::explore) places: Places,
    /// By place.
    shared: Vec<Shared>,
    touched: Touched,
    /// In this lesson, by location and thread, the latest event of the thread there, and whether it looks only.
    latest: Vec<Vec<Option<(EventId, bool)>>>,
    /// What the operation that is about to be performed meets.
    meetings: Vec<Meeting>,
}

/// What is known of a place.
#[derive(Clone, Debug, Default)]
struct Shared {
    counts: Vec<Counts>,
    /// Whether the order of some events is decided there and nowhere else.
    is_contended: bool,
}

/// How many events of a thread there were in all lessons, and in how many lessons there were any.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    events: u64,
    lessons: u64,
    /// Those of this lesson.
    now: u64,
}

/// Whom a thread meets at a location: whether there is an event of another thread that nothing orders before what it does now, and
/// whether one of these does more than look.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    location: LocationId,
    any: bool,
    changes: bool,
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
        if from == 0 { 0 } else { from.checked_next_power_of_two().unwrap_or(u64::MAX) }
    }

    /// A lesson begins.
    pub(super) fn begin(&mut self) {
        self.touched.begin();
        self.latest.iter_mut().for_each(Vec::clear);
    }

    /// Looks at whom a thread meets with an operation that it is about to perform.
    pub(super) fn look(&mut self, graph: &Graph, thread: ThreadId, op: &Op) {
        self.meetings.clear();
        for location in locations_of(graph, op) {
            let mut meeting = Meeting { location, any: false, changes: false };
            let latest = self.latest.get(location.index()).into_iter().flatten();
            for (earlier, looks) in latest.flatten() {
                let known = || graph.known_events(thread, graph.last_of(thread), earlier.thread);
                if earlier.thread != thread && known() <= earlier.index {
                    meeting.any = true;
                    meeting.changes |= !looks;
                }
                if meeting.changes {
                    // There is no more to find out.
                    break;
                }
            }
            self.meetings.push(meeting);
        }
    }

    /// Learns from that operation, which has become this event, or would be if it had not passed.
    pub(super) fn learn(&mut self, event: EventId, kind: Kind) {
        count(&mut self.threads, event.thread);
        for &Meeting { location, any, changes } in &self.meetings {
            let place = self.touched.teach(&mut self.places, event.thread, location);
            if self.shared.len() <= place.0 as usize {
                self.shared.resize_with(place.0 as usize + 1, Shared::default);
            }
            let shared = &mut self.shared[place.0 as usize];
            count(&mut shared.counts, event.thread);
            let looks = kind == Kind::Read;
            shared.is_contended |= changes || any && !looks;
            if self.latest.len() <= location.index() {
                self.latest.resize_with(location.index() + 1, Vec::new);
            }
            let (others, thread) = (&mut self.latest[location.index()], event.thread.index());
            if others.len() <= thread {
                others.resize(thread + 1, None);
            }
            others[thread] = Some((event, looks));
        }
    }

    /// A lesson with so many decisions has ended.
    pub(super) fn end(&mut self, run: &Run, decisions: u64) {
        self.lessons += 1;
        self.decisions_max = self.decisions_max.max(decisions);
        self.threads.iter_mut().for_each(Counts::close);
        self.shared.iter_mut().flat_map(|shared| &mut shared.counts).for_each(Counts::close);
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
        self.shared.get(place.0 as usize).map_or(0, |shared| self.under(&shared.counts, thread))
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

    /// The places at which two events of different threads could have come in another order although nothing
    /// else had, each with the number of its events. What is always done under one lock is not among them,
    /// but the lock is.
    pub(in crate::explore) fn contended(&self) -> impl Iterator<Item = (Place, u64)> + Clone + '_ {
        let contended = self.shared.iter().enumerate().filter(|(_, shared)| shared.is_contended);
        contended.map(|(place, shared)| {
            (Place(place as u32), shared.counts.iter().map(Counts::mean).sum())
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
        assert_eq!(lessons.len(), 16);
        assert_eq!(lessons[..6], [0, 1, 2, 4, 8, 16]);
    }
}
