//! `pos`: every pending operation has a random priority, redrawn when something that it races with goes first.
//!
//! Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018. Each race between two operations is
//! decided by independent numbers, so that an execution that needs many rare orders is not as improbable as under a
//! random walk, where the decisions between unrelated operations count as well.
//!
//! What races is what the engine orders: two accesses of an atomic, not both reads, and two actions on an object
//! whose uses conflict. An action that has to wait is taken to race with all on its object. Deviation: an
//! operation gets its priority when it is first compared, not when it appears, which is the same unless it
//! would have been redrawn in between, and then too.
//!
//! Fair: with probability 1 every priority is the highest in the end, as those of others are redrawn.

use super::sampling::{
    Dice, Learned, Sampling, Scene, Scheduler, ThreadSets, locations_of, threads_of,
};
use crate::explore::run::Run;
use crate::graph::{Kind, Position};
use crate::objects::conflict;
use raddle_shims::kernel::{LocationId, Op, ThreadId};

/// Schedules by priorities of operations.
///
/// In a [round](Scene::round) the sets say what otherwise all threads would have to be asked for.
#[derive(Clone, Debug, Default)]
pub struct Pos {
    /// By thread that of its pending operation; 0 for none yet.
    priorities: Vec<u64>,
    /// The round of the sets; 0 if they are out of date.
    round: u64,
    /// Who can go on: by the highest bits of their priorities, and in the last set those who have none yet.
    heights: ThreadSets,
    /// Which of these sets, but for the last, are not empty.
    filled: u64,
    /// Who stands at accesses: two sets for each location, of those who only read and of the others.
    standing: ThreadSets,
    /// By thread, in which of these it is.
    place: Vec<Option<usize>>,
}

/// The set of those who have no priority.
const UNDRAWN: usize = 64;

/// In which set who has that priority is.
#[inline]
const fn height(priority: u64) -> usize {
    (priority >> 58) as usize
}

/// Makes one.
pub(super) fn scheduler(_: &Sampling) -> Box<dyn Scheduler> {
    Box::new(Pos::default())
}

impl Pos {
    /// Takes their priorities from a thread that has acted and from those that race with what it did.
    fn redraw(&mut self, performed: ThreadId, races: impl Fn(ThreadId) -> bool) {
        self.round = 0;
        for (number, priority) in self.priorities.iter_mut().enumerate() {
            let thread = ThreadId(number as u32);
            if *priority != 0 && (thread == performed || races(thread)) {
                *priority = 0;
            }
        }
    }

    /// Takes its priority from a thread.
    #[inline]
    fn lower(&mut self, thread: ThreadId) {
        let priority = std::mem::take(&mut self.priorities[thread.index()]);
        if priority != 0 {
            let height = height(priority);
            self.heights.remove(height, thread);
            if self.heights.is_empty(height) {
                self.filled &= !(1 << height);
            }
            self.heights.insert(UNDRAWN, thread);
        }
    }

    #[inline]
    fn raise(&mut self, thread: ThreadId, priority: u64) {
        self.priorities[thread.index()] = priority;
        self.heights.insert(height(priority), thread);
        self.filled |= 1 << height(priority);
    }

    /// Makes the sets anew.
    fn gather(&mut self, run: &Run, enabled: &[ThreadId]) {
        let threads = run.slots.len();
        if self.priorities.len() < threads {
            self.priorities.resize(threads, 0);
        }
        self.heights.clear(UNDRAWN + 1, threads);
        self.filled = 0;
        for &thread in enabled {
            match self.priorities[thread.index()] {
                0 => self.heights.insert(UNDRAWN, thread),
                priority => self.raise(thread, priority),
            }
        }
        self.standing.clear(0, threads);
        self.place.clear();
        self.place.resize(threads, None);
        run.thread_ids().for_each(|thread| self.arrive(run, thread));
    }

    /// A thread stands at another operation than before.
    #[inline]
    fn arrive(&mut self, run: &Run, thread: ThreadId) {
        self.leave(thread);
        let (location, only_reads) = match run.stands_at(thread) {
            Some(Op::Load { location, .. }) => (*location, true),
            Some(
                Op::Store { location, .. }
                | Op::Rmw { location, .. }
                | Op::CompareExchange { location, .. },
            ) => (*location, false),
            _ => return,
        };
        let set = set_of(location, only_reads);
        self.standing.ensure(set);
        self.standing.insert(set, thread);
        self.place[thread.index()] = Some(set);
    }

    /// A thread does not stand any more where it stood.
    #[inline]
    fn leave(&mut self, thread: ThreadId) {
        if let Some(set) = self.place[thread.index()].take() {
            self.standing.remove(set, thread);
        }
    }

    /// A thread has accessed a location in this round.
    fn race(&mut self, thread: ThreadId, location: LocationId, writes: bool) {
        self.leave(thread);
        self.lower(thread);
        for set in [set_of(location, true), set_of(location, false)] {
            if set == set_of(location, true) && !writes {
                continue;
            }
            self.standing.ensure(set);
            for word in 0..self.standing.width() {
                let racing = self.standing.words(set)[word];
                threads_of(word, racing).for_each(|thread| self.lower(thread));
            }
        }
    }
}

/// The set of those who stand at accesses of a location that only read, or of the others.
#[inline]
const fn set_of(location: LocationId, only_reads: bool) -> usize {
    2 * location.index() + only_reads as usize
}

impl Scheduler for Pos {
    fn begin(&mut self, _: &Learned, _: &mut Dice) {
        self.priorities.clear();
        self.round = 0;
    }

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        if self.round == scene.round {
            self.arrive(scene.run, scene.run.current);
        } else {
            self.gather(scene.run, enabled);
            self.round = scene.round;
        }
        for word in 0..self.heights.width() {
            for thread in threads_of(word, self.heights.words(UNDRAWN)[word]) {
                self.heights.remove(UNDRAWN, thread);
                self.raise(thread, scene.dice.number() | 1);
            }
        }
        let highest = 63 - self.filled.leading_zeros() as usize;
        let words = self.heights.words(highest).iter().enumerate();
        let threads = words.flat_map(|(word, bits)| threads_of(word, *bits));
        let priority = |thread: ThreadId| (self.priorities[thread.index()], thread);
        let highest = threads.map(priority).max().expect("two threads or more can go on");
        debug_assert_eq!(Some(highest), enabled.iter().copied().map(priority).max());
        highest.1
    }

    fn on_event(&mut self, scene: Scene<'_>, at: Position) {
        let run = scene.run;
        self.redraw(run.graph.event(at).thread, |thread| races(run, thread, at));
    }

    fn on_access(&mut self, scene: Scene<'_>, thread: ThreadId, op: &Op, kind: Kind) {
        let run = scene.run;
        match op.location() {
            Some(location) if self.round == scene.round => {
                self.race(thread, location, kind.writes());
                let races = |other| races_with_access(run, other, op, kind);
                let mut others = run.thread_ids().filter(|other| *other != thread);
                debug_assert!(others.all(|it| self.priorities[it.index()] == 0 || !races(it)));
            }
            _ => self.redraw(thread, |other| races_with_access(run, other, op, kind)),
        }
    }

    fn on_yield(&mut self, thread: ThreadId, _: &mut Dice) {
        if let Some(priority) = self.priorities.get_mut(thread.index()) {
            *priority = 0;
            self.round = 0;
        }
    }

    fn name(&self) -> String {
        "pos".to_string()
    }
}

/// Whether the order of the event at `at`, which is no access, and the operation at which a thread stands matters.
fn races(run: &Run, thread: ThreadId, at: Position) -> bool {
    let Some(op @ (Op::Act { .. } | Op::Select { .. })) = run.stands_at(thread) else {
        return false;
    };
    let near = locations_of(&run.graph, op).any(|location| run.graph.uses_any(at, &[location]));
    let mut uses = Vec::new();
    let now = (Position::NONE, None);
    near && (!run.graph.would_use(thread, op, now, &mut uses)
        || conflict(&uses, run.graph.uses(at)))
}

/// Whether the order of this access and the operation at which a thread stands matters.
fn races_with_access(run: &Run, thread: ThreadId, op: &Op, kind: Kind) -> bool {
    match run.stands_at(thread) {
        Some(Op::Load { location, .. }) => kind.writes() && op.location() == Some(*location),
        Some(Op::Act { .. } | Op::Select { .. }) | None => false,
        Some(other) => other.location().is_some() && other.location() == op.location(),
    }
}
