//! `pct`: the thread of highest priority goes on; at d - 1 random decisions its priority falls below all.
//!
//! Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of
//! Finding Bugs", ASPLOS 2010. With n threads and k steps, an execution has a bug of depth d, one that d
//! orderings between events suffice for, with probability of at least 1 / (n k^(d-1)).
//!
//! Deviations: (1) a step is a decision, a moment at which two threads or more can go on; the argument of the
//! paper needs no more, and k is smaller. (2) k is not given but estimated, as the most decisions of a
//! lesson; an execution with more than twice as many has fewer changes than it should. (3) A thread that is
//! spawned gets a random rank among those that there are; the paper has all threads at the start. (4) Who
//! yields falls below all others that have not yielded after it.
//!
//! Not fair: a thread that waits in a loop without a yield keeps its priority, and goes on until the rule
//! for all strategies lets others have their turn.

use super::sampling::{Dice, Learned, Sampling, Scene, Scheduler};
use raddle_shims::kernel::ThreadId;

/// Priorities that no change and no yield has lowered are at least this.
const UNCHANGED: i64 = 1 << 32;

/// Schedules by priorities.
#[derive(Clone, Debug)]
pub struct Pct {
    depth: u32,
    /// By thread; 0 for one that has none yet.
    priorities: Vec<i64>,
    /// The decisions at which a priority changes, and the new priorities, which are unique; the latest first.
    changes: Vec<(u64, i64)>,
    decision: u64,
    /// The lowest priority that a yield gave.
    lowest: i64,
    /// Who was the highest, and in which [round](Scene::round): as long as nothing changes, that one is.
    known: (u64, ThreadId),
}

/// Of no round.
const UNKNOWN: (u64, ThreadId) = (0, ThreadId::MAIN);

/// Makes one.
pub(super) fn scheduler(sampling: &Sampling) -> Box<dyn Scheduler> {
    Box::new(Pct {
        depth: sampling.depth,
        priorities: Vec::new(),
        changes: Vec::new(),
        decision: 0,
        lowest: 0,
        known: UNKNOWN,
    })
}

impl Pct {
    fn priority(&mut self, thread: ThreadId, dice: &mut Dice) -> &mut i64 {
        if thread.index() >= self.priorities.len() {
            self.priorities.resize(thread.index() + 1, 0);
        }
        let priority = &mut self.priorities[thread.index()];
        if *priority == 0 {
            *priority = UNCHANGED + (dice.number() >> 2) as i64;
        }
        priority
    }

    fn highest(&mut self, enabled: &[ThreadId], dice: &mut Dice) -> ThreadId {
        let rank = |thread: &ThreadId| *self.priority(*thread, dice);
        enabled.iter().copied().max_by_key(rank).expect("two threads or more can go on")
    }
}

impl Scheduler for Pct {
    fn begin(&mut self, learned: &Learned, dice: &mut Dice) {
        self.priorities.clear();
        self.decision = 0;
        self.lowest = 0;
        self.known = UNKNOWN;
        let steps = learned.decisions();
        let wanted = u64::from(self.depth - 1).min(steps) as usize;
        self.changes.clear();
        while self.changes.len() < wanted {
            let step = dice.below(steps as usize) as u64;
            if self.changes.iter().all(|change| change.0 != step) {
                // Which priority goes with which step is as random as the order in which steps are drawn.
                self.changes.push((step, self.changes.len() as i64 + 1));
            }
        }
        self.changes.sort_unstable_by(|left, right| right.cmp(left));
    }

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        let Scene { dice, round, .. } = scene;
        let mut thread = match self.known {
            (known, highest) if known == round => {
                debug_assert_eq!(highest, self.highest(enabled, dice));
                highest
            }
            _ => self.highest(enabled, dice),
        };
        if self.changes.last().is_some_and(|change| change.0 == self.decision) {
            let (_, priority) = self.changes.pop().unwrap_or_default();
            *self.priority(thread, dice) = priority;
            thread = self.highest(enabled, dice);
        }
        self.known = (round, thread);
        self.decision += 1;
        thread
    }

    fn on_yield(&mut self, thread: ThreadId, dice: &mut Dice) {
        self.known = UNKNOWN;
        self.lowest -= 1;
        *self.priority(thread, dice) = self.lowest;
    }

    fn watches(&self) -> bool {
        false
    }

    fn learns(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        format!("pct{}", self.depth)
    }
}
