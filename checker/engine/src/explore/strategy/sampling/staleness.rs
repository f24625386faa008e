//! What a sampled read reads and where a sampled store stands: the weak memory of all sampling
//! strategies.
//!
//! The choices are those of the memory model: for a read the coherent suffix of its location, for a store
//! every coherent place, insertion before others included. The newest source, or the last place, is taken
//! with probability 1 - ε; otherwise the choice steps back in coherence, each step with the same odds. So
//! every choice that the model allows keeps a probability of at least ε^j (1 - ε), j steps back, and none
//! is far more likely than the newest one. Miri (`weak_memory.rs`) draws uniformly among all sources,
//! which starves loops that spin, and never places a store before another, which misses 2+2W.
//!
//! Hard fairness: who has read the same stale store of a location [`AGAIN_MAX`] times in a row gets the newest
//! one the next time, so that no loop spins on an old value for ever. This takes executions out of the
//! sample in which somebody reads one stale store more often than that.
//!
//! Two more things are left out, so that what has to be remembered of a long execution is bounded. A choice is at most
//! [`STEPS_MAX`] steps back, which with the default ε leaves out what has a probability of 10⁻⁴⁴. And from [`PSC_MAX`] events on a
//! choice that is not the newest is not made where that might violate the order of SeqCst: to find out takes the
//! whole execution, and time in proportion to the square of its length.

use super::dice::Dice;
use crate::explore::options::Alternatives;
use crate::explore::run::Run;
use crate::graph::Draft;
use raddle_shims::kernel::{EventId, LocationId, Op, ThreadId};
use std::collections::BTreeMap;

/// How often in a row a thread may read the same stale store.
const AGAIN_MAX: u32 = 3;

/// How far back in coherence a source or a place may be.
const STEPS_MAX: u32 = 64;

/// Up to how many events the order of SeqCst is checked.
const PSC_MAX: usize = 1_024;

/// Chooses sources and places.
#[derive(Clone, Debug)]
pub(super) struct Staleness {
    /// ε, in parts of 256.
    odds: u8,
    /// [`STEPS_MAX`], and [`PSC_MAX`].
    bounds: (u32, usize),
    /// The stale store that a thread read last at a location, and how often in a row.
    again: BTreeMap<(ThreadId, LocationId), (Option<EventId>, u32)>,
}

impl Staleness {
    /// With ε = `odds` / 256.
    pub fn new(odds: u8) -> Staleness {
        Staleness { odds, bounds: (STEPS_MAX, PSC_MAX), again: BTreeMap::new() }
    }

    /// With other bounds, to test what they are for.
    pub fn with_bounds(self, steps: u32, psc: usize) -> Staleness {
        Staleness { bounds: (steps, psc), ..self }
    }

    /// How many steps back a choice may be.
    pub fn steps(&self) -> u32 {
        self.bounds.0
    }

    /// Up to how many events the order of SeqCst is checked.
    pub fn psc_max(&self) -> usize {
        self.bounds.1
    }

    /// The least rank that an access of a location with so many writes may read or be placed behind.
    pub fn oldest(&self, last_rank: u32) -> u32 {
        last_rank.saturating_sub(self.bounds.0)
    }

    /// An execution begins.
    pub fn begin(&mut self) {
        self.again.clear();
    }

    /// Decides everything about the operation of a draft, which can be performed.
    #[inline]
    pub fn decide(&mut self, run: &mut Run, draft: &mut Draft, dice: &mut Dice) {
        if matches!(draft.op, Op::Spawn | Op::Join(_) | Op::Fence(_)) {
            // There is one way.
            return;
        }
        if !is_plain_access(&draft.op) {
            self.decide_among::<false>(run, draft, dice, false);
            return;
        }
        // Whether to take anything but the newest comes first: mostly not, and then what else there is need not be found out. Bytes
        // in place of numbers are not spent where there is nothing to choose.
        let is_newest = run.orders_conflicts(&draft.op);
        if !is_newest && dice.are_given() {
            self.decide_among::<false>(run, draft, dice, false);
            return;
        }
        let steps = !is_newest && self.odds != 0 && dice.chance(self.odds);
        if steps {
            self.decide_among::<false>(run, draft, dice, true);
            return;
        }
        take_the_newest(run, draft);
        self.take_newest(draft.thread, &draft.op);
    }

    /// A thread takes the newest choice.
    #[inline(always)]
    fn take_newest(&mut self, thread: ThreadId, op: &Op) {
        if let Op::Load { location, .. } = *op
            && !self.again.is_empty()
        {
            self.again.remove(&(thread, location));
        }
    }

    /// The same as [`Staleness::decide`] for an access that passes although it need not take the newest write; none if it does. It
    /// draws what that one does.
    #[inline(always)]
    pub fn decide_passing(
        &mut self,
        run: &mut Run,
        thread: ThreadId,
        dice: &mut Dice,
    ) -> Option<Draft> {
        let op = &run.slots[thread.index()].op;
        let is_plain = is_plain_access(op) && !dice.are_given();
        let steps = is_plain && self.odds != 0 && dice.chance(self.odds);
        if is_plain && !steps {
            self.take_newest(thread, op);
            return None;
        }
        Some(self.decide_back(run, thread, dice, steps))
    }

    #[inline(never)]
    fn decide_back(
        &mut self,
        run: &mut Run,
        thread: ThreadId,
        dice: &mut Dice,
        steps: bool,
    ) -> Draft {
        let mut draft = run.draft(thread);
        self.decide_among::<true>(run, &mut draft, dice, steps);
        draft
    }

    /// Decides whether a weak compare-exchange under `sc` that finds the value it expects fails, where accesses pass. It draws
    /// what [`Staleness::decide`] does.
    pub fn fails_spuriously(&self, run: &Run, thread: ThreadId, dice: &mut Dice) -> bool {
        if self.odds == 0 || !run.may_fail_spuriously(thread) || !dice.chance(self.odds) {
            return false;
        }
        // Whether to go back another step; there is none.
        dice.chance(self.odds);
        true
    }

    /// The same with all that there is to choose from; `steps` if it has been drawn already that it is not the newest, if there
    /// is anything else.
    fn decide_among<const PASSES: bool>(
        &mut self,
        run: &mut Run,
        draft: &mut Draft,
        dice: &mut Dice,
        steps: bool,
    ) {
        let mut options =
            Alternatives::<PASSES>::of(run, draft.thread, &draft.op).within(self.bounds.0);
        if options.counts_up() {
            // What the program, or the scheduler of a real system, chooses among: no alternative is special.
            let count = options.left();
            if count > 1 {
                options.skip(run, draft, dice.below(count as usize) as u32);
            }
        }
        // The first is the newest, which is always consistent.
        options.advance(run, draft).expect("a thread that is placed is enabled");
        if options.left() == 0 || options.counts_up() || self.odds == 0 {
            return;
        }
        let first = *draft;
        let mut chosen = first;
        let long = run.graph.total() >= self.bounds.1;
        let mut steps = steps || dice.chance(self.odds);
        while steps && older(run, draft, &mut options, long) {
            chosen = *draft;
            steps = dice.chance(self.odds);
        }
        let source = Some(chosen.source).filter(|source| source.is_some());
        let source = source.zip(chosen.op.location()).map(|(source, location)| match PASSES {
            true => run.graph.writer_passed(location, source),
            false => run.graph.event(source).id(),
        });
        *draft = self.spare(first, chosen, source);
    }

    /// The choice, which reads that event, or the first one if the thread has made it too often.
    fn spare(&mut self, first: Draft, chosen: Draft, source: Option<EventId>) -> Draft {
        let Op::Load { location, .. } = first.op else { return chosen };
        let key = (first.thread, location);
        if chosen.source == first.source {
            if !self.again.is_empty() {
                self.again.remove(&key);
            }
            return chosen;
        }
        let entry = self.again.entry(key).or_insert((source, 0));
        if entry.0 != source {
            *entry = (source, 0);
        }
        if entry.1 == AGAIN_MAX {
            self.again.remove(&key);
            return first;
        }
        entry.1 += 1;
        chosen
    }
}

/// Whether it is a load, a store or an update, one that neither waits nor fails spuriously: the newest write, or the place behind
/// it, is always allowed.
#[inline]
const fn is_plain_access(op: &Op) -> bool {
    matches!(
        *op,
        Op::Store { .. }
            | Op::Load { until: None, .. }
            | Op::Rmw { until: None, .. }
            | Op::CompareExchange { until: None, weak: false, .. }
    )
}

/// Puts the newest choice into the draft of such an access.
#[inline]
fn take_the_newest(run: &Run, draft: &mut Draft) {
    let Some(location) = draft.op.location() else { return };
    match draft.op {
        Op::Store { .. } => draft.after = run.graph.last_rank(location),
        _ => draft.source = run.graph.newest_write(location),
    }
}

/// Puts the next older choice that the model allows into the draft, if there is one; in a long execution, if that can be said
/// without psc.
fn older<const PASSES: bool>(
    run: &mut Run,
    draft: &mut Draft,
    options: &mut Alternatives<PASSES>,
    long: bool,
) -> bool {
    while let Some(choice) = options.advance(run, draft) {
        if long && run.depends_on_psc(draft) {
            return false;
        }
        if !choice.conflict && run.admits(draft) {
            return true;
        }
    }
    false
}
