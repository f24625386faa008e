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

use super::sampling::{Dice, Learned, Place, Sampling, Scene, Scheduler, Touched, locations_of};
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
    /// Those who can go on and are not held, by ascending number, as far as it is known.
    free: Vec<ThreadId>,
    known: Known,
}

/// For what [`Surw::free`] is right: the [round](Scene::round), [`Touched::news`], and who is intended.
type Known = (u64, u64, Option<ThreadId>);

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

    /// Draws who performs the next event at the place; nobody if none is left.
    fn intend(&mut self, run: &Run, dice: &mut Dice) {
        let lives = |thread| !matches!(run.state(thread), State::Absent | State::Exited);
        let weight = |thread| if lives(thread) { self.remaining.of(thread) } else { 0 };
        let weights = run.thread_ids().map(weight);
        let drawn = ThreadId(dice.weighted(weights.clone()) as u32);
        self.intended = (weight(drawn) > 0).then_some(drawn);
    }
}

impl Surw {
    /// Finds out who is not held. In a round only the running thread can have come to the place, or away from it.
    fn sort_out(&mut self, run: &Run, learned: &Learned, round: u64, enabled: &[ThreadId]) {
        let now = (round, self.touched.news(), self.intended);
        if self.known == now {
            let thread = run.current;
            if self.is_held(run, learned, thread)
                && let Ok(at) = self.free.binary_search(&thread)
            {
                self.free.remove(at);
            }
            let all = enabled.iter().filter(|it| !self.is_held(run, learned, **it));
            debug_assert!(all.eq(&self.free), "{:?} are not all", self.free);
            return;
        }
        self.known = now;
        let mut free = std::mem::take(&mut self.free);
        free.clear();
        free.extend(enabled.iter().copied().filter(|&it| !self.is_held(run, learned, it)));
        self.free = free;
    }

    /// Whether a thread is held until the intended one has acted.
    #[inline]
    fn is_held(&self, run: &Run, learned: &Learned, thread: ThreadId) -> bool {
        self.intended.is_some_and(|intended| intended != thread)
            && self.comes_to(run, learned, thread)
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
            self.intended = None;
            self.known = Known::default();
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
        self.known = Known::default();
    }

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        let Scene { run, learned, dice, round } = scene;
        let gone = |thread| matches!(run.state(thread), State::Absent | State::Exited);
        if self.intended.is_none_or(gone) {
            self.intend(run, dice);
        }
        self.sort_out(run, learned, round, enabled);
        match self.free.len() {
            0 => {
                self.intended = None;
                self.known = Known::default();
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
