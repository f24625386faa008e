//! `surw`: uniform over the orders of the events at one location, which is drawn for each execution.
//!
//! Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform Concurrency Testing", ASPLOS 2025. The thread that
//! shall perform the next event at the location is drawn in proportion to how many it still has, its
//! descendants included; others that come to such an event are held until it has. All else is a random walk
//! among those that are not held, so that every interleaving keeps a positive probability.
//!
//! The location is drawn in proportion to its events, as in the paper's evaluation. Deviations: (1) locks and
//! channels are locations as well; and only those count at which a lesson has shown two events whose order nothing
//! else gives, so that what is done under a lock is left out and the lock is in. (2) If all that can go on are
//! held, they are let go, and another thread is intended; the paper blocks on nothing but held threads. (3)
//! When the intended thread spawns another that has such events, the intention passes to the child with
//! the probability with which it was meant for it. (4) Counts are means over the lessons. In the first
//! execution nothing is known, and it is a random walk.
//!
//! Fair: a thread is held only until the intended one has acted or those that can go on are all held, and a
//! random walk is fair.

use super::sampling::{
    Dice, Learned, Place, Sampling, Scene, Scheduler, Touched, Weights, locations_of,
};
use super::urw::Remaining;
use crate::explore::run::{Run, State};
use crate::graph::{Kind, Position};
use raddle_shims::kernel::{LocationId, Op, ThreadId};

/// Walks uniformly over the events at one place.
#[derive(Clone, Debug, Default)]
pub struct Surw {
    place: Option<Place>,
    /// How many events at the place each thread still has.
    remaining: Remaining,
    /// Who performs the next one.
    intended: Option<ThreadId>,
    touched: Touched,
    /// What the threads that live have left, as of that [round](Scene::round).
    left: Weights,
    round: u64,
    /// By thread, whether it comes to the place, as of that round and of [`Touched::news`].
    comes: Vec<bool>,
    news: u64,
    /// Those who can go on and are not held, by ascending number, if it is known for whom: for who is intended.
    free: Vec<ThreadId>,
    free_for: Option<Option<ThreadId>>,
}

/// Makes one.
pub(super) fn scheduler(_: &Sampling) -> Box<dyn Scheduler> {
    Box::new(Surw::default())
}

impl Surw {
    /// Whether the next operation of a thread is at the place.
    fn comes_to(&self, run: &Run, learned: &Learned, thread: ThreadId) -> bool {
        let (Some(op), Some(_)) = (run.stands_at(thread), self.place) else { return false };
        locations_of(&run.graph, op)
            .any(|location| self.touched.place(&learned.places, thread, location) == self.place)
    }

    /// Notes what has changed since this was last done. In a round only the running thread can have come to the place, or away from it.
    fn look(&mut self, run: &Run, learned: &Learned, round: u64) {
        if self.round != round {
            let lives = |thread| !matches!(run.state(thread), State::Absent | State::Exited);
            let left = |thread| if lives(thread) { self.remaining.of(thread) } else { 0 };
            self.left.fill(run.thread_ids().map(left));
        }
        if (self.round, self.news) == (round, self.touched.news()) {
            let comes = self.comes_to(run, learned, run.current);
            self.comes[run.current.index()] = comes;
            return;
        }
        (self.round, self.news) = (round, self.touched.news());
        let mut comes = std::mem::take(&mut self.comes);
        comes.clear();
        comes.extend(run.thread_ids().map(|thread| self.comes_to(run, learned, thread)));
        self.comes = comes;
        self.free_for = None;
    }

    /// Draws who performs the next event at the place; nobody if none is left.
    fn intend(&mut self, dice: &mut Dice) {
        let (total, drawn) = (self.left.total(), dice.part_of(self.left.total()));
        self.intended = (total > 0).then(|| ThreadId(self.left.find(drawn) as u32));
    }

    /// Finds out who is not held.
    fn sort_out(&mut self, current: ThreadId, enabled: &[ThreadId]) {
        if self.free_for == Some(self.intended) {
            if self.is_held(current)
                && let Ok(at) = self.free.binary_search(&current)
            {
                self.free.remove(at);
            }
            return;
        }
        self.free_for = Some(self.intended);
        let mut free = std::mem::take(&mut self.free);
        free.clear();
        free.extend(enabled.iter().copied().filter(|&thread| !self.is_held(thread)));
        self.free = free;
    }

    /// Whether a thread is held until the intended one has acted.
    #[inline]
    fn is_held(&self, thread: ThreadId) -> bool {
        self.comes[thread.index()] && self.intended.is_some_and(|intended| intended != thread)
    }

    /// Whether all of that is what it is if all threads are asked.
    fn is_right(&self, run: &Run, learned: &Learned, enabled: &[ThreadId]) -> bool {
        let comes = |thread: &ThreadId| self.comes_to(run, learned, *thread);
        let free = enabled
            .iter()
            .filter(|it| self.intended.is_none_or(|intended| intended == **it) || !comes(it));
        let left = run
            .thread_ids()
            .filter(|thread| !matches!(run.state(*thread), State::Absent | State::Exited));
        let left = left.map(|thread| self.remaining.of(thread));
        free.eq(&self.free) && left.sum::<u64>() == self.left.total()
    }

    /// A thread has used these locations.
    fn note(
        &mut self,
        learned: &Learned,
        thread: ThreadId,
        locations: impl Iterator<Item = LocationId>,
    ) {
        let Some(place) = self.place else { return };
        let mut here = false;
        for location in locations {
            self.touched.touch(&learned.places, thread, location);
            here |= self.touched.place(&learned.places, thread, location) == Some(place);
        }
        if here {
            self.remaining.take(thread);
            self.left.set(thread.index(), self.remaining.of(thread));
            self.intended = None;
            self.free_for = None;
        }
    }
}

impl Scheduler for Surw {
    fn begin(&mut self, learned: &Learned, dice: &mut Dice) {
        let places = learned.contended();
        let drawn = dice.weighted(places.clone().map(|(_, events)| events));
        self.place = places.clone().nth(drawn).map(|(place, _)| place);
        let all = self.place.map_or(0, |place| learned.events_under_at(place, ThreadId::MAIN));
        self.remaining.begin(all);
        self.intended = None;
        self.touched.begin();
        (self.round, self.free_for) = (0, None);
    }

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        let Scene { run, learned, dice, round } = scene;
        let gone = |thread| matches!(run.state(thread), State::Absent | State::Exited);
        self.look(run, learned, round);
        if self.intended.is_none_or(gone) {
            self.intend(dice);
        }
        self.sort_out(run.current, enabled);
        debug_assert!(self.is_right(run, learned, enabled), "{:?} are not all", self.free);
        match self.free.len() {
            0 => {
                (self.intended, self.free_for) = (None, None);
                let weights = enabled.iter().map(|&thread| self.remaining.of(thread).max(1));
                enabled[dice.weighted(weights)]
            }
            count => self.free[dice.below(count)],
        }
    }

    fn on_event(&mut self, scene: Scene<'_>, at: Position) {
        let Some(place) = self.place else { return };
        let Scene { run, learned, dice, .. } = scene;
        let event = run.graph.event(at);
        self.note(learned, event.thread, locations_of(&run.graph, &event.op));
        if event.kind == Kind::Spawn {
            let child = ThreadId(event.chosen);
            let share = learned.events_under_at(place, child);
            self.remaining.split(event.thread, child, share);
            self.round = 0;
            let left = self.remaining.of(event.thread);
            if self.intended == Some(event.thread) && dice.weighted([left, share].into_iter()) == 1
            {
                self.intended = Some(child);
            }
        }
    }

    fn on_access(&mut self, scene: Scene<'_>, thread: ThreadId, op: &Op, _: Kind) {
        self.note(scene.learned, thread, op.location().into_iter());
    }

    fn learns(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        "surw".to_string()
    }
}
