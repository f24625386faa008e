//! `urw`: a thread is chosen in proportion to the events that it and its descendants still have.
//!
//! The uniform random walk of Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform Concurrency Testing",
//! ASPLOS 2025: with right counts, and as far as nobody has to wait, all interleavings are equally probable.
//!
//! The counts are the means of the lessons; the paper has them given. A thread whose count has run out, or that no
//! lesson has seen, counts as one event. Fair: a thread that can go on has a positive weight at every
//! decision.

use super::sampling::{Dice, Learned, Sampling, Scene, Scheduler, Weights};
use crate::graph::{Kind, Position};
use raddle_shims::kernel::{Op, ThreadId};

/// How many events each thread still has, its descendants included that have not been spawned.
#[derive(Clone, Debug, Default)]
pub(super) struct Remaining(Vec<u64>);

impl Remaining {
    /// An execution begins; the main thread and its descendants have `all`.
    pub fn begin(&mut self, all: u64) {
        self.0.clear();
        self.0.push(all);
    }

    /// What a thread has left.
    pub fn of(&self, thread: ThreadId) -> u64 {
        self.0.get(thread.index()).copied().unwrap_or(0)
    }

    /// A thread has performed one of them.
    pub fn take(&mut self, thread: ThreadId) {
        if let Some(left) = self.0.get_mut(thread.index()) {
            *left = left.saturating_sub(1);
        }
    }

    /// A thread has spawned another, which takes `share` with it.
    pub fn split(&mut self, parent: ThreadId, child: ThreadId, share: u64) {
        if child.index() >= self.0.len() {
            self.0.resize(child.index() + 1, 0);
        }
        self.0[child.index()] = share;
        if let Some(left) = self.0.get_mut(parent.index()) {
            *left = left.saturating_sub(share);
        }
    }
}

/// Walks uniformly.
#[derive(Clone, Debug, Default)]
pub struct Urw {
    remaining: Remaining,
    /// The weights of those who can go on, by thread, as of that [round](Scene::round).
    weights: Weights,
    round: u64,
}

/// Makes one.
pub(super) fn scheduler(_: &Sampling) -> Box<dyn Scheduler> {
    Box::new(Urw::default())
}

impl Urw {
    /// A thread that could go on has performed an event.
    fn take(&mut self, thread: ThreadId) {
        self.remaining.take(thread);
        self.weights.set(thread.index(), self.remaining.of(thread).max(1));
    }
}

impl Scheduler for Urw {
    fn begin(&mut self, learned: &Learned, _: &mut Dice) {
        self.remaining.begin(learned.events_under(ThreadId::MAIN));
        self.round = 0;
    }

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        if self.round != scene.round {
            self.round = scene.round;
            let mut left = enabled;
            let weights = scene.run.thread_ids().map(|thread| match left {
                [first, rest @ ..] if *first == thread => {
                    left = rest;
                    self.remaining.of(thread).max(1)
                }
                _ => 0,
            });
            self.weights.fill(weights);
        }
        let left = enabled.iter().map(|&thread| self.remaining.of(thread).max(1));
        debug_assert_eq!(self.weights.total(), left.sum());
        let part = scene.dice.part_of(self.weights.total());
        ThreadId(self.weights.find(part) as u32)
    }

    fn on_event(&mut self, scene: Scene<'_>, at: Position) {
        let event = scene.run.graph.event(at);
        self.take(event.thread);
        if event.kind == Kind::Spawn {
            let child = ThreadId(event.chosen);
            self.remaining.split(event.thread, child, scene.learned.events_under(child));
            self.round = 0;
        }
    }

    fn on_access(&mut self, _: Scene<'_>, thread: ThreadId, _: &Op, _: Kind) {
        self.take(thread);
    }

    fn learns(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        "urw".to_string()
    }
}
