//! Random descents in the search tree, which estimate how many executions there are.
//!
//! A descent starts at the root and takes one child of every node at random; the executions it meets,
//! each weighted by the product of the numbers of children above it, add up to an unbiased estimate of
//! their total number (Knuth, "Estimating the efficiency of backtrack programs", Mathematics of
//! Computation 29, 1975). The tree is that of [`super::exhaustive`], whose children are all known at
//! a node.

use super::exhaustive::{Exhaustive, Policy};
use super::{Next, Strategy};
use crate::explore::outcome::Ending;
use crate::explore::run::Run;
use crate::graph::Position;
use raddle_shims::kernel::ThreadId;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A strategy that descends again and again, without end.
#[derive(Debug)]
pub struct Probe {
    tree: Exhaustive,
    policy: Policy,
    rng: ChaCha8Rng,
    /// How many nodes like the present one the descent stands for.
    factor: f64,
    /// The estimate of the present descent.
    value: f64,
    descents: u64,
    sum: f64,
    /// The execution was broken off to go to one of its items.
    jumps: bool,
    /// Whether to do so has not been decided yet for the latest event.
    undecided: bool,
}

impl Probe {
    /// Descents in the tree that [`Exhaustive::with_policy`] searches, from a seed.
    pub fn new(policy: Policy, seed: u64) -> Self {
        Probe {
            tree: Exhaustive::with_policy(policy),
            policy,
            rng: ChaCha8Rng::seed_from_u64(seed),
            factor: 1.0,
            value: 0.0,
            descents: 0,
            sum: 0.0,
            jumps: false,
            undecided: false,
        }
    }

    /// How many descents have been finished.
    pub fn descents(&self) -> u64 {
        self.descents
    }

    /// The mean of the finished descents.
    pub fn executions(&self) -> Option<f64> {
        let mean = self.sum / self.descents as f64;
        (self.descents > 0 && mean.is_finite()).then_some(mean)
    }

    fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.rng.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// Picks a child of the node whose queued children the tree holds: none for going on with the
    /// execution itself, which is a child if `goes_on`. Leaves at most that child queued; false if
    /// there is no child at all.
    fn pick(&mut self, goes_on: bool) -> Option<bool> {
        let queued = self.tree.queued();
        let children = queued + u32::from(goes_on);
        if children == 0 {
            return None;
        }
        self.factor *= f64::from(children);
        let child = self.below(children);
        let goes_on = child == queued;
        self.tree.keep_only((!goes_on).then_some(child));
        Some(!goes_on)
    }

    /// Enters queued children until one is an execution to run; false if the descent has ended.
    fn descend(&mut self, run: &mut Run) -> bool {
        loop {
            let (rng, factor) = (&mut self.rng, &mut self.factor);
            let runs = self.tree.enter_queued(run, || {
                *factor *= 2.0;
                rng.next_u32() & 1 == 1
            });
            match self.pick(runs) {
                None => return false,
                Some(false) => return true,
                Some(true) => {}
            }
        }
    }

    /// Whether to go on after the latest event or to one of the other children.
    fn decide(&mut self, run: &mut Run) {
        if std::mem::take(&mut self.undecided) {
            self.jumps = self.pick(true) == Some(true);
            run.moot |= self.jumps;
        }
    }

    fn start(&mut self, run: &mut Run) {
        self.tree = Exhaustive::with_policy(self.policy);
        self.factor = 1.0;
        self.value = 0.0;
        self.jumps = false;
        self.undecided = false;
        self.tree.prepare(run);
    }

    fn finish_descent(&mut self) {
        self.descents += 1;
        self.sum += self.value;
    }
}

impl Strategy for Probe {
    fn prepare(&mut self, run: &mut Run) -> bool {
        if self.jumps {
            self.jumps = false;
            if self.descend(run) {
                return true;
            }
            self.finish_descent();
        }
        self.start(run);
        true
    }

    fn select(&mut self, run: &mut Run) -> Next {
        self.decide(run);
        if self.jumps { Next::Nobody } else { self.tree.select(run) }
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        let at = self.tree.place(run, thread);
        self.undecided = true;
        // A read may be taken back, if it turns out to have ended a turn of a loop.
        if !run.graph.event(at).kind.reads() {
            self.decide(run);
        }
        at
    }

    fn take_back(&mut self, run: &mut Run, from: Position) -> bool {
        // Only the latest choice is still open.
        let latest = run.graph.end().0 - from.0 == 1 && self.undecided;
        let taken = latest && self.tree.take_back(run, from);
        self.undecided &= !taken;
        taken
    }

    fn on_standstill(&mut self, run: &mut Run) {
        self.tree.on_standstill(run);
        self.jumps = self.pick(true) == Some(true);
        run.moot |= self.jumps;
    }

    fn is_moot(&self, run: &Run, thread: ThreadId) -> bool {
        self.tree.is_moot(run, thread)
    }

    fn erases_turns(&self) -> bool {
        self.tree.erases_turns()
    }

    fn on_idle(&mut self, run: &mut Run, at: Position) {
        self.tree.on_idle(run, at);
    }

    fn finish(&mut self, run: &mut Run, ending: Ending) {
        self.decide(run);
        if self.jumps {
            return;
        }
        if matches!(ending, Ending::Complete | Ending::Deadlock) {
            self.value += self.factor;
        }
        self.tree.finish(run, ending);
        self.jumps = self.pick(false) == Some(true);
        if !self.jumps {
            self.finish_descent();
        }
    }

    fn estimate(&self) -> (f64, Option<f64>) {
        (0.0, self.executions())
    }
}
