//! Every execution exactly once: block-revisit dynamic partial order reduction.
//!
//! # Approach
//!
//! A node of the search is a graph, whose sequence is a schedule that replays it. From a node the
//! search goes on with the next event of a thread that [`Policy`] picks, added by its canonical choice
//! (newest source, last place, first alternative); that event is *maximal*. Everything else becomes an
//! [`Item`] for later:
//!
//! * the other choices for the event ([`Item::Alternatives`]), which are not maximal;
//! * backward revisits ([`Item::Revisit`], [`revisit`]): an earlier read that could not yet see a new
//!   write reads from it (TruSt: Kokologiannakis, Marmanis, Gladstein, Vafeiadis, POPL 2022, with the
//!   sequence in place of insertion stamps);
//! * reversals ([`Item::Reversal`], [`reversal`]), where conflicts are ordered by causality (objects, and
//!   under `sc` atomics as well): an operation comes before an earlier event that it conflicts with.
//!
//! Both cut the sequence before the event that is moved, keep in addition the causal past of the mover,
//! and *fix* the mover (`*`): nothing below may delete it. They are allowed only if everything that
//! is deleted is deletable, which means: unfixed, maximal, and still maximal in what is kept. The
//! deleted events are then exactly those that the canonical extension of the kept part would
//! have added, so a target has one source, and no graph is reached twice.
//!
//! # Invariants
//!
//! 1. Every graph that is run is consistent. Stepping stones, updates whose source is taken, are never
//!    run; only their revisits are tried.
//! 2. The items of a level refer to positions in the graph of that level. They are popped in the
//!    reverse order of their making, so when one is popped the graph still begins with the events that
//!    it refers to.
//! 3. A guarded operation is performed when the newest value satisfies it, and then may take older ones
//!    as alternatives. While the newest value does not, its thread waits, and the operation is not an
//!    event; when nobody can go on, that is a deadlock, and older sources are alternatives to it
//!    ([`Item::Late`]).
//! 4. If preemptions are bounded, every node that is run could lead to an execution within the bound, as far as
//!    its core says ([`preemptions`]).
//! 5. The thread picked is a function of the sequence alone, never of how the node was reached. (A bounded search picks
//!    another one right behind a node. Its last event tells a node: it is fixed, revisited, or no canonical choice.)

mod asleep;
mod children;
mod items;
mod orders;
mod policy;
mod preemptions;
mod reversal;
mod revisit;
mod split;

use super::probe::Probe;
use super::replay::{follow, place_as_told};
use super::{Next, Strategy};
use crate::explore::estimate::Estimate;
use crate::explore::options::Options;
use crate::explore::outcome::{Ending, Limit};
use crate::explore::run::Run;
use crate::explore::schedule::Schedule;
use crate::graph::{Flags, Graph, Hold, Position, Restriction, Sources};
pub(in crate::explore) use children::Child;
use items::{Item, Late, Level};
pub use policy::Policy;
use raddle_shims::kernel::{EventId, Op, Test, ThreadId, Until};
use reversal::{Part, Scan};

/// A planted fault: one condition of the search left out, to show that the tests notice.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Fixed events may be deleted.
    DeletesFixed,
    /// Events that were not added by the canonical choice may be deleted.
    DeletesUnmaximal,
    /// Events that the kept part overtakes in coherence may be deleted.
    IgnoresKeptSuccessors,
    /// A write may revisit although its coherence successor is deleted.
    IgnoresWriteSuccessor,
    /// A revisited read may be revisited again by a write that does not come after the first.
    RevisitsAgain,
    /// The write part of a revisited update revisits nothing.
    ForgetsUpdateRevisits,
    /// psc is never checked.
    SkipsPsc,
    /// psc without the order of SeqCst fences.
    IgnoresFenceOrder,
    /// Updates do not continue release sequences.
    BreaksReleaseSequences,
    /// Updates may read a write that another update has read.
    BreaksAtomicity,
    /// Sleeping operations are performed.
    NeverAsleep,
    /// Interleaved accesses reverse nothing that they could have come before.
    ForgetsInterleaved,
    /// Operations that still wait at the end reverse nothing.
    ForgetsWaiting,
    /// Threads that turn for ever on what is not the newest are taken to hang.
    HangsOnOldValues,
    /// An execution is given up as soon as a thread turns.
    GivesUpTurns,
    /// A loop is taken to turn with every value that was tried.
    RefusesTried,
    /// A read that turns out to end a turn is taken back, and may take anything again.
    ForgetsHold,
    /// What waits when the clock goes on reverses nothing.
    ForgetsStandstill,
    /// The clock goes on to the last of the times that are waited for.
    SkipsTimes,
    /// Nothing is overtaken once the clock has gone on, so what happens at one time has one order.
    BreaksTies,
    /// What has not been tried is taken to make a load turn that comes right before an update.
    TrustsLooks,
    /// A node is given up if all of it needs too many preemptions, not only what is in every graph below.
    BoundsTheWhole,
    /// Every event is taken for one that leaves the others as they are.
    TakesAllForQuiet,
    /// An execution is taken to need no more preemptions than the node from which it went on.
    TrustsTheNode,
    /// That threads have yielded is not known of what is replayed.
    ForgetsYields,
}

/// An event that has been placed, and what there was before.
#[derive(Clone, Copy, Debug)]
struct Placed {
    at: Position,
    /// How many items.
    items: usize,
    /// How many with those that are not revisits by the event.
    before_revisits: usize,
    weight: f64,
}

/// The exhaustive strategy.
#[derive(Debug)]
pub struct Exhaustive {
    policy: Policy,
    fault: Option<Fault>,
    started: bool,
    /// Where the search begins, if not at the empty graph.
    root: Option<Schedule>,
    /// Parents of the graph in the run, outermost first; the last level's graph is the run's.
    levels: Vec<Level>,
    /// Graphs to be used again.
    #[allow(clippy::vec_box, reason = "the boxes themselves go to and fro")]
    spare: Vec<Box<Graph>>,
    /// Empty lists, to be used again.
    spare_items: Vec<Vec<Item>>,
    restriction: Restriction,
    /// Room for what a scan for reversals meets, and for what a reversal keeps.
    scan: Scan,
    kept: Part,
    estimate: Estimate,
    /// The weight of the branch being explored.
    weight: f64,
    split_off: bool,
    preemptions: preemptions::Preemptions,
    /// Whether it began at a node of another search.
    part: bool,
    /// The events that have been placed in this execution.
    placed: Vec<Placed>,
}

impl Default for Exhaustive {
    fn default() -> Self {
        Exhaustive::new()
    }
}

impl Exhaustive {
    /// All executions.
    pub fn new() -> Self {
        Exhaustive {
            policy: Policy::default(),
            fault: None,
            started: false,
            root: None,
            levels: Vec::new(),
            spare: Vec::new(),
            spare_items: Vec::new(),
            restriction: Restriction::default(),
            scan: Scan::default(),
            kept: Part::new(),
            estimate: Estimate::default(),
            weight: 1.0,
            split_off: false,
            preemptions: preemptions::Preemptions::default(),
            part: false,
            placed: Vec::new(),
        }
    }

    /// All executions, picking threads by `policy`.
    pub fn with_policy(policy: Policy) -> Self {
        Exhaustive { policy, ..Exhaustive::new() }
    }

    /// The executions below a node that was split off another search; the policy must be that one's.
    pub fn below(node: Schedule, policy: Policy) -> Self {
        let weight = node.weight;
        Exhaustive { policy, root: Some(node), part: true, weight, ..Exhaustive::new() }
    }

    /// Only the executions that need at most so many preemptions, each once. See [`Limit::Preemptions`].
    pub fn with_preemptions(mut self, most: u32) -> Self {
        self.preemptions.max = Some(most);
        self
    }

    /// The same search with a condition left out.
    #[doc(hidden)]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Whether the last event leaves the graph consistent.
    fn is_consistent(&self, run: &mut Run, at: Position) -> bool {
        self.has(Fault::SkipsPsc) || run.is_consistent_with(at)
    }
}

/// An operation that refuses what has been tried, but for the newest value.
fn refusing_tried(run: &mut Run, thread: ThreadId, op: Op) -> Op {
    match op.until() {
        Some(until) if until.test == Test::Outside => {
            let refused = until.operand.0 | until.mask & !run.readable(thread, &op).newest;
            op.guarded(Some(Until::outside(refused, until.mask)))
        }
        _ => op,
    }
}

impl Strategy for Exhaustive {
    fn prepare(&mut self, run: &mut Run) -> bool {
        self.placed.clear();
        if !std::mem::replace(&mut self.started, true) {
            run.graph.clear();
            if self.has(Fault::BreaksReleaseSequences) {
                run.graph.break_release_sequences();
            }
            run.hangs_on_old_values = self.has(Fault::HangsOnOldValues);
            run.skips_times = self.has(Fault::SkipsTimes);
            run.trusts_looks = self.has(Fault::TrustsLooks);
            run.forgets_yields = self.has(Fault::ForgetsYields);
            self.preemptions.orders.takes_all_for_quiet = self.has(Fault::TakesAllForQuiet);
            if self.has(Fault::IgnoresFenceOrder) {
                run.psc.ignore_fence_order();
            }
            if let Some(root) = &self.root {
                run.threads = root.threads.clone();
            }
            self.levels.push(Level::default());
            return true;
        }
        while self.next_node(run) {
            if !self.is_given_up(run) {
                return true;
            }
            self.estimate.finish(self.weight);
        }
        false
    }

    fn judge(&mut self, run: &Run, ending: Ending) -> Ending {
        match ending {
            Ending::Complete | Ending::Deadlock if self.is_beyond_bound(run) => Ending::OutOfBound,
            _ => ending,
        }
    }

    fn select(&mut self, run: &mut Run) -> Next {
        if let Some(root) = &self.root {
            if run.graph.len() < root.steps.len() {
                return follow(root, run);
            }
            // The node has been reached; graphs shorter than it are the search's own.
            self.root = None;
            self.is_given_up(run);
        }
        self.select_next(run)
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        if let Some(root) = &self.root {
            return place_as_told(root, run, thread);
        }
        let mut draft = run.draft(thread);
        if self.has(Fault::RefusesTried) {
            draft.op = refusing_tried(run, thread, draft.op);
        }
        let (items_before, weight) = (self.items().len(), self.weight);
        if matches!(draft.op, Op::Spawn | Op::Join(_) | Op::Fence(_) | Op::Sleep(_)) {
            // There is no other way to do this, and nothing that it could come before.
            draft.flags = Flags::MAXIMAL;
            let at = run.push(&draft);
            self.placed.push(Placed {
                at,
                items: items_before,
                before_revisits: items_before,
                weight,
            });
            return at;
        }
        let mut children = 0;
        if self.is_reversed(run, &draft.op) {
            children += self.push_reversals(run, thread, &draft.op);
        }
        let mut options = Options::of(run, thread, &draft.op);
        options.advance(run, &mut draft).expect("a thread that is placed is enabled");
        draft.flags = draft.flags.with(Flags::MAXIMAL);
        let at = run.push(&draft);
        let others = options.left();
        if others > 0 {
            children += others;
            self.items().push(Item::Alternatives { at, options, skip: 0, weight: 0.0 });
        }
        let before_revisits = self.items().len();
        self.placed.push(Placed { at, items: items_before, before_revisits, weight });
        children += self.push_revisits(run, at);
        self.share_weight(items_before, children);
        at
    }

    fn erases_turns(&self) -> bool {
        true
    }

    fn on_idle(&mut self, _run: &mut Run, at: Position) {
        let Some(latest) = self.placed.last().copied().filter(|latest| latest.at == at) else {
            return;
        };
        let revisits = self.items().len() - latest.before_revisits;
        self.items().truncate(latest.before_revisits);
        self.estimate.finish(self.weight * revisits as f64);
    }

    fn take_back(&mut self, run: &mut Run, from: Position) -> bool {
        let count = (run.graph.end().0 - from.0) as usize;
        let Some(first) = self.placed.len().checked_sub(count) else { return false };
        let Placed { at, items, weight, .. } = self.placed[first];
        if at != from {
            return false;
        }
        self.placed.truncate(first);
        self.items().truncate(items);
        self.weight = weight;
        run.graph.truncate(from);
        true
    }

    fn waits_instead(&mut self, run: &mut Run, thread: ThreadId) -> bool {
        let told = self.root.as_ref().map_or(0, |root| root.steps.len());
        let is_node = self.placed.is_empty() && run.graph.len() >= told;
        let waits = is_node && self.becomes_hold(run, thread);
        if waits {
            // The node is not what the search was told any more.
            self.root = None;
            self.forget_node();
        }
        waits
    }

    fn is_moot(&self, run: &Run, thread: ThreadId) -> bool {
        if self.has(Fault::GivesUpTurns) && run.turns(thread) {
            return true;
        }
        // The assumption can only come true, and the turn of a loop only become another, if the thread's last event is deleted or revisited; what a
        // fixed event or an alternative comes causally after stays as it is.
        let last = run.graph.last_of(thread);
        last.is_some()
            && run.graph.events()[last.index()..].iter().any(|event| {
                (event.is(Flags::FIXED) || !event.is(Flags::MAXIMAL))
                    && run.graph.causes(run.graph.event(last), event)
            })
    }

    fn on_standstill(&mut self, run: &mut Run) {
        if self.has(Fault::ForgetsStandstill) {
            return;
        }
        for event in self.push_waiting(run) {
            let start = run.graph.end();
            run.graph.push_hold(Hold { event, sources: Sources::Later, start });
        }
    }

    fn finish(&mut self, run: &mut Run, ending: Ending) {
        if !matches!(ending, Ending::Failed | Ending::Moot) {
            self.push_waiting(run);
        }
        if matches!(ending, Ending::Complete | Ending::Deadlock) {
            self.estimate.found();
        }
        self.estimate.finish(self.weight);
    }

    fn gap(&self) -> Option<Limit> {
        match self.preemptions.max {
            Some(most) => Some(Limit::Preemptions(most)),
            None => self.split_off.then_some(Limit::Split),
        }
    }

    fn estimate(&self) -> (f64, Option<f64>) {
        (self.estimate.progress(), self.estimate.executions())
    }

    fn probe(&self) -> Option<Probe> {
        (!self.part && self.preemptions.max.is_none()).then(|| Probe::new(self.policy, 0))
    }
}

impl Exhaustive {
    /// Queues what operations that wait could have done earlier, or could do with older sources; those that
    /// have such sources leave them to others from then on.
    fn push_waiting(&mut self, run: &mut Run) -> Vec<EventId> {
        let mut declined = Vec::new();
        if self.has(Fault::ForgetsWaiting) {
            return declined;
        }
        let items_before = self.items().len();
        let mut children = 0;
        for thread in run.thread_ids() {
            let Some(op) = run.pending(thread) else { continue };
            children += match self.is_reversed(run, &op) {
                true => self.push_reversals(run, thread, &op),
                false => self.push_late(run, (thread, op), &mut declined),
            };
        }
        self.share_weight(items_before, children);
        declined
    }

    /// Whether what the operation could have come before is found by reversals, and not by revisits and older sources.
    fn is_reversed(&self, run: &Run, op: &Op) -> bool {
        match op {
            Op::Act { .. } | Op::Select { .. } => true,
            op => {
                run.orders_conflicts(op)
                    && !(self.has(Fault::ForgetsInterleaved) && op.is_interleaved())
            }
        }
    }

    fn items(&mut self) -> &mut Vec<Item> {
        &mut self.levels.last_mut().expect("there is a level while a search runs").items
    }

    /// Queues the older sources that an operation could take which waits at the end of an execution.
    ///
    /// Where several wait, one after the other is asked; what a later one does is explored with the
    /// earlier ones still waiting, and they may then only take what is written after that.
    fn push_late(
        &mut self,
        run: &Run,
        (thread, op): (ThreadId, Op),
        declined: &mut Vec<EventId>,
    ) -> u32 {
        if op.until().is_none() {
            return 0;
        }
        let options = Options::of(run, thread, &op);
        let (end, others) = (run.graph.end(), declined.clone());
        declined.push(EventId { thread, index: run.graph.count_of(thread) });
        let (skip, weight, declined) = (0, 0.0, others);
        let late = Late { end, thread, op, options, skip, declined, weight };
        self.items().push(Item::Late(Box::new(late)));
        options.left()
    }

    /// Gives the items from `first` on, which stand for `children` children, and the branch that goes
    /// on equal parts of the weight.
    fn share_weight(&mut self, first: usize, children: u32) {
        if children == 0 {
            return;
        }
        let share = self.weight / (f64::from(children) + 1.0);
        self.weight = share;
        for item in &mut self.items()[first..] {
            item.set_weight(share);
        }
    }
}
