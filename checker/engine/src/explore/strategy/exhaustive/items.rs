//! The work list: what is left to try, and how a piece of it becomes the next graph.

use super::{Exhaustive, Fault};
use crate::explore::options::Options;
use crate::explore::run::Run;
use crate::graph::{Draft, Flags, Graph, Hold, Position, Sources};
use raddle_shims::kernel::{EventId, Op, ThreadId};

/// One graph of the search with what is left to try from it. Its graph is empty while the graph is
/// the one in the run.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub graph: Option<Box<Graph>>,
    pub items: Vec<Item>,
}

/// Something left to try.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// The event at `at`, in another way.
    Alternatives { at: Position, options: Options, skip: u32, weight: f64 },
    /// A guarded operation that waits when nobody can go on takes an older source after all.
    Late(Box<Late>),
    /// The read at `read` reads from the write at `write`, which is the last event; if it is a weak
    /// compare-exchange, it may thereby fail spuriously.
    Revisit { write: Position, read: Position, spurious: bool, weight: f64 },
    /// `op` of `thread` comes before the event at `overtaken`.
    Reversal(Box<Reversal>),
}

/// A guarded operation that the newest value does not let pass.
#[derive(Clone, Debug)]
pub(super) struct Late {
    /// How long the graph is.
    pub end: Position,
    pub thread: ThreadId,
    pub op: Op,
    pub options: Options,
    /// How many of the options to pass over: none but in random sweeps.
    pub skip: u32,
    /// Other operations that wait here, for which older sources have been tried already.
    pub declined: Vec<EventId>,
    pub weight: f64,
}

/// An operation that overtakes an event, together with any set of later events that it comes after.
#[derive(Clone, Debug)]
pub(super) struct Reversal {
    /// How long the graph is from which this starts.
    pub end: Position,
    /// Who overtakes.
    pub thread: ThreadId,
    /// With what.
    pub op: Op,
    /// In which way it is performed next.
    pub way: Way,
    /// The event that is overtaken.
    pub overtaken: Position,
    /// Later events in ascending order, and whether each belongs to the set that is next.
    pub moved: Vec<(Position, bool)>,
    /// Later events that cannot be deleted.
    pub must_keep: Vec<Position>,
    pub weight: f64,
}

/// How an overtaking operation is performed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// An access of an atomic: whether it may also fail spuriously, and whether it does so now.
    Access { both: bool, spurious: bool },
    /// An action on an object, by that alternative.
    Act { chosen: u32 },
}

impl Item {
    /// How many children it stands for, at most.
    pub fn count(&self) -> u32 {
        match self {
            Item::Alternatives { at: _, options, .. } => options.left(),
            Item::Late(late) => late.options.left(),
            Item::Revisit { .. } | Item::Reversal(_) => 1,
        }
    }

    /// Passes over children of a group.
    pub fn skip(&mut self, count: u32) {
        match self {
            Item::Alternatives { skip, .. } => *skip = count,
            Item::Late(late) => late.skip = count,
            Item::Revisit { .. } | Item::Reversal(_) => {}
        }
    }

    /// Sets the weight of one child; that of a group is the weight of each of its members.
    pub fn set_weight(&mut self, share: f64) {
        match self {
            Item::Alternatives { weight, .. } | Item::Revisit { weight, .. } => *weight = share,
            Item::Reversal(reversal) => reversal.weight = share,
            Item::Late(late) => late.weight = share,
        }
    }
}

impl Exhaustive {
    /// Pops items until one gives a graph to run; false if none is left.
    pub(super) fn next_node(&mut self, run: &mut Run) -> bool {
        while let Some(level) = self.levels.last_mut() {
            match level.items.pop() {
                Some(item) => {
                    if self.enter(run, item) {
                        return true;
                    }
                }
                None => self.leave(run),
            }
        }
        false
    }

    /// Goes back to the graph of the parent.
    pub(super) fn leave(&mut self, run: &mut Run) {
        if let Some(Level { mut items, .. }) = self.levels.pop() {
            items.clear();
            self.spare_items.push(items);
        }
        if let Some(graph) = self.levels.last_mut().and_then(|level| level.graph.take()) {
            self.spare.push(std::mem::replace(&mut run.graph, graph));
        }
    }

    /// Makes an empty graph with room for what the run's has.
    pub(super) fn spare_graph(&mut self, run: &Run) -> Box<Graph> {
        self.spare.pop().unwrap_or_else(|| Box::new(Graph::new(run.model.causality())))
    }

    /// Goes down to `child`, leaving the run's graph with the parent.
    pub(super) fn descend(&mut self, run: &mut Run, child: Box<Graph>) {
        let parent = std::mem::replace(&mut run.graph, child);
        let level = self.levels.last_mut().expect("there is a level while a search runs");
        level.graph = Some(parent);
        let items = self.spare_items.pop().unwrap_or_default();
        self.levels.push(Level { graph: None, items });
    }

    /// Turns an item into the graph it stands for; false if that graph is not to be run.
    pub(super) fn enter(&mut self, run: &mut Run, item: Item) -> bool {
        match item {
            Item::Alternatives { at, options, skip, weight } => {
                self.enter_alternative(run, at, (options, skip), weight)
            }
            Item::Late(late) => self.enter_late(run, late),
            Item::Revisit { write, read, spurious, weight } => {
                self.enter_revisit(run, (write, read), spurious, weight)
            }
            Item::Reversal(reversal) => self.enter_reversal(run, reversal),
        }
    }

    fn enter_alternative(
        &mut self,
        run: &mut Run,
        at: Position,
        (mut options, skip): (Options, u32),
        weight: f64,
    ) -> bool {
        let event = run.graph.event(at);
        let (thread, op) = (event.thread, event.op);
        run.graph.truncate(at);
        let Some(choice) = self.next_choice(run, (thread, op), (&mut options, skip), weight) else {
            return false;
        };
        if options.left() > 0 {
            self.items().push(Item::Alternatives { at, options, skip: 0, weight });
        }
        self.enter_choice(run, choice, weight)
    }

    fn enter_late(&mut self, run: &mut Run, mut late: Box<Late>) -> bool {
        run.graph.truncate(late.end);
        let (weight, step) = (late.weight, (late.thread, late.op));
        let skip = std::mem::take(&mut late.skip);
        let Some(choice) = self.next_choice(run, step, (&mut late.options, skip), weight) else {
            return false;
        };
        for &event in &late.declined {
            run.graph.push_hold(Hold { event, sources: Sources::Later, start: late.end });
        }
        if late.options.left() > 0 {
            self.items().push(Item::Late(late));
        }
        self.enter_choice(run, choice, weight)
    }

    /// The next of the other choices for an event, and whether it violates atomicity; those that turned out not to exist are finished.
    fn next_choice(
        &mut self,
        run: &Run,
        (thread, op): (ThreadId, Op),
        (options, skip): (&mut Options, u32),
        weight: f64,
    ) -> Option<(Draft, bool)> {
        let (source, flags) = (Position::NONE, Flags::default());
        let mut draft = Draft { thread, op, source, after: 0, chosen: 0, flags };
        options.skip(run, &mut draft, skip);
        let before = options.left();
        let choice = options.advance(run, &mut draft);
        let gone = before - options.left() - u32::from(choice.is_some());
        self.estimate.finish(weight * f64::from(gone));
        choice.map(|choice| (draft, choice.conflict))
    }

    /// Adds an event that is not the canonical choice.
    fn enter_choice(
        &mut self,
        run: &mut Run,
        (draft, conflict): (Draft, bool),
        weight: f64,
    ) -> bool {
        let at = run.push(&draft);
        self.weight = weight;
        let first = self.items().len();
        let children = self.push_revisits(run, at);
        let conflict = conflict && !self.has(Fault::BreaksAtomicity);
        let runs = !conflict && self.is_consistent(run, at) && follows_overtaker(&run.graph, at);
        self.share_after(first, children, runs);
        runs
    }

    /// Shares the weight of a node among its items; a node that is not run keeps no part for itself.
    pub(super) fn share_after(&mut self, first: usize, children: u32, runs: bool) {
        if runs {
            self.share_weight(first, children);
        } else if children == 0 {
            self.estimate.finish(self.weight);
        } else {
            self.weight += self.weight / f64::from(children);
            self.share_weight(first, children);
        }
    }
}

/// Whether the last event, if it has been overtaken, comes causally after what overtook it. A weak
/// compare-exchange that was overtaken by a read because it would have written may fail spuriously
/// instead; then the two commute, and the graph belongs to the branch without the reversal.
fn follows_overtaker(graph: &Graph, at: Position) -> bool {
    let event = graph.event(at);
    let mine = graph.fixes().iter().filter(|fix| fix.overtaken == event.id());
    mine.filter_map(|fix| graph.position(fix.event))
        .all(|overtaker| graph.causes(graph.event(overtaker), event))
}
