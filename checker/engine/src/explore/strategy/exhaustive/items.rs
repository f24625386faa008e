//! The work list: what is left to try, and how a piece of it becomes the next graph.

use super::{Exhaustive, Fault};
use crate::explore::options::Options;
use crate::explore::run::Run;
use crate::graph::{Draft, Flags, Graph, Position};
use raddle_shims::kernel::{Op, ThreadId};

/// One graph of the search with what is left to try from it. Its graph is empty while the graph is
/// the one in the run.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub graph: Option<Graph>,
    pub items: Vec<Item>,
}

/// Something left to try.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// The event at `at`, in another way.
    Alternatives { at: Position, options: Options, weight: f64 },
    /// An update whose source is taken, to be added at `at` as a stepping stone.
    Stone { at: Position, draft: Draft },
    /// The read at `read` reads from the write at `write`, which is the last event.
    Revisit { write: Position, read: Position, weight: f64 },
    /// `op` of `thread` comes before the event at `overtaken`.
    Reversal(Box<Reversal>),
}

/// An operation that overtakes an event.
#[derive(Clone, Debug)]
pub(super) struct Reversal {
    /// How long the graph is from which this starts.
    pub end: Position,
    /// Who overtakes.
    pub thread: ThreadId,
    /// With what.
    pub op: Op,
    /// Whether it fails spuriously.
    pub spurious: bool,
    /// The event that is overtaken.
    pub overtaken: Position,
    /// What is kept from after it: for each thread, how many events.
    pub kept: Vec<u32>,
    pub weight: f64,
}

impl Item {
    /// Sets the weight of one child; that of a group is the weight of each of its members.
    pub fn set_weight(&mut self, share: f64) {
        match self {
            Item::Alternatives { weight, .. } | Item::Revisit { weight, .. } => *weight = share,
            Item::Reversal(reversal) => reversal.weight = share,
            Item::Stone { .. } => {}
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
    fn leave(&mut self, run: &mut Run) {
        self.levels.pop();
        if let Some(graph) = self.levels.last_mut().and_then(|level| level.graph.take()) {
            self.spare.push(std::mem::replace(&mut run.graph, graph));
        }
    }

    /// Makes an empty graph with room for what the run's has.
    pub(super) fn spare_graph(&mut self, run: &Run) -> Graph {
        self.spare.pop().unwrap_or_else(|| Graph::new(run.model.causality()))
    }

    /// Goes down to `child`, leaving the run's graph with the parent.
    pub(super) fn descend(&mut self, run: &mut Run, child: Graph) {
        let parent = std::mem::replace(&mut run.graph, child);
        let level = self.levels.last_mut().expect("there is a level while a search runs");
        level.graph = Some(parent);
        self.levels.push(Level::default());
    }

    /// Turns an item into the graph it stands for; false if that graph is not to be run.
    fn enter(&mut self, run: &mut Run, item: Item) -> bool {
        match item {
            Item::Alternatives { at, options, weight } => {
                self.enter_alternative(run, at, options, weight)
            }
            Item::Stone { at, draft } => {
                run.graph.truncate(at);
                let at = run.push(draft);
                self.push_revisits(run, at);
                false
            }
            Item::Revisit { write, read, weight } => self.enter_revisit(run, write, read, weight),
            Item::Reversal(reversal) => self.enter_reversal(run, *reversal),
        }
    }

    fn enter_alternative(
        &mut self,
        run: &mut Run,
        at: Position,
        mut options: Options,
        weight: f64,
    ) -> bool {
        let (thread, op, chosen) = {
            let event = run.graph.event(at);
            (event.thread, event.op, event.chosen)
        };
        run.graph.truncate(at);
        let source = Position::NONE;
        let draft = Draft { thread, op, source, after: 0, chosen, flags: Flags::default() };
        let before = options.count_max(&op);
        let choice = options.advance(run, draft);
        let after = options.count_max(&op);
        // Members of the group that turned out not to exist are finished.
        let gone = before - after - u32::from(choice.is_some());
        self.estimate.finish(weight * f64::from(gone));
        let Some(choice) = choice else { return false };
        if after > 0 {
            self.items().push(Item::Alternatives { at, options, weight });
        }
        let at = run.push(choice.draft);
        self.weight = weight;
        let first = self.items().len();
        let children = self.push_revisits(run, at);
        let conflict = choice.conflict && !self.has(Fault::BreaksAtomicity);
        let runs = !conflict && self.is_consistent(run, at);
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
