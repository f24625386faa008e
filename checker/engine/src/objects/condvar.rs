//! Condition variables: who waits, and who has been chosen.

use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, GAVE_UP, Lack, ThreadId, Value};

/// A condition variable.
///
/// Aspects: the queue, and for every thread whether it has been notified. A thread that goes on because
/// it was notified touches the latter alone, so it does not depend on whoever waits or notifies after that.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Condvar {
    /// In the order in which they began to wait.
    queue: Vec<ThreadId>,
    notified: Vec<ThreadId>,
}

const QUEUE: u32 = 0;

fn token(thread: ThreadId) -> u32 {
    1 + thread.0
}

impl Condvar {
    /// Chooses the threads with these places in the queue; any of `candidates` could have been.
    fn choose(
        &mut self,
        places: std::ops::Range<usize>,
        candidates: usize,
        uses: &mut Uses,
    ) -> Value {
        if self.queue.is_empty() {
            uses.reads(QUEUE);
            return Value(0);
        }
        uses.writes(QUEUE);
        for thread in &self.queue[..candidates] {
            uses.writes(token(*thread));
        }
        let chosen = self.queue.drain(places);
        let count = chosen.len();
        self.notified.extend(chosen);
        // A set: in which order they were chosen does not matter any more.
        self.notified.sort_unstable();
        Value(count as u64)
    }
}

impl Machine for Condvar {
    fn allows(&self, act: &Act) -> bool {
        act.action != Action::Wake || self.notified.contains(&act.thread)
    }

    fn lack(&self, _act: &Act) -> Lack {
        Lack::Notification { lost: None }
    }

    fn alternatives(&self, act: &Act) -> u32 {
        match act.action {
            Action::NotifyOne => self.queue.len().max(1) as u32,
            _ => 1,
        }
    }

    fn glance(&self) -> Glance {
        let (waiting, notified) = (self.queue.len() as u64, self.notified.len() as u64);
        Glance::Condvar { waiting, notified }
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        let (waiting, chosen) = (self.queue.len(), act.chosen as usize);
        match act.action {
            Action::Enqueue => {
                uses.writes(QUEUE);
                self.queue.push(act.thread);
                Value(0)
            }
            Action::Wake if self.allows(act) => {
                uses.writes(token(act.thread));
                self.notified.retain(|thread| *thread != act.thread);
                Value(0)
            }
            Action::Wake => {
                uses.writes(QUEUE).writes(token(act.thread));
                self.queue.retain(|thread| *thread != act.thread);
                GAVE_UP
            }
            Action::NotifyOne => self.choose(chosen..chosen + 1, waiting, uses),
            Action::NotifyOldest => self.choose(0..1, waiting.min(1), uses),
            Action::NotifyAll => self.choose(0..waiting, waiting, uses),
            other => alien(other, self),
        }
    }
}
