//! Executions in the order of their cost, the cheapest first (Dijkstra's algorithm; CHESS's iterative context
//! bounding, PLDI 2007, with a finer measure).
//!
//! A node is a list of deviations. Running it shows the crossings behind its last deviation, at which one more
//! deviation gives another node that costs more. Two lists that lead to the same [state](super::state) go on
//! alike, so only the first one, which costs no more, is followed from there. The first execution that fails
//! in the right way is thus one of least cost, threads and steps left aside.

use super::cost::{Cost, Taken};
use super::guide::{Crossing, Guide, Survey, Wishes};
use super::reduce::Search;
use super::{Fault, Laboratory};
use crate::explore::strategy::deviations::Deviation;
use raddle_shims::kernel::ThreadId;
use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap};

/// So many nodes may wait at a time.
const NODES_MAX: usize = 1 << 17;
/// So many nodes that cost as much as the best are run for the sake of fewer threads and steps.
const EQUAL_MAX: u32 = 500;

/// A list of deviations that has not been run.
#[derive(Debug)]
struct Node {
    /// With its deviations, and what gave up by itself before `from`.
    cost: Cost,
    /// Which node it is: of two that cost the same the older one goes first.
    number: u64,
    deviations: Vec<Deviation>,
    /// The step from which on crossings are of interest.
    from: u32,
    /// Whether the last deviation is at that step; else it is an earlier node that goes on there.
    deviates: bool,
}

impl Ord for Node {
    fn cmp(&self, other: &Node) -> Ordering {
        (other.cost, other.number).cmp(&(self.cost, self.number))
    }
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Node) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Node {}

struct Frontier {
    nodes: BinaryHeap<Node>,
    settled: BTreeSet<u128>,
    count: u64,
    /// What costs more is of no interest.
    most: Cost,
    overflowed: bool,
    /// Whether interleavings do not go before others.
    alike: bool,
    /// A planted fault.
    merges: bool,
}

impl<L: Laboratory> Search<'_, L> {
    /// Looks for a cheaper execution. True if it is certain that there is none.
    pub fn cheapest(&mut self) -> bool {
        if self.best.cost.weak {
            // Long before all interleavings have been tried, few old values may be enough.
            self.within(40, |search| search.cheapest_of(true, true));
        }
        // Interleavings cost less than everything else, and have fewer alternatives.
        self.cheapest_of(false, false) && (!self.best.cost.weak || self.cheapest_of(true, false))
    }

    /// Tries executions in order, with old values among the alternatives if `weak`; `alike` lets interleavings
    /// not go before others.
    fn cheapest_of(&mut self, weak: bool, alike: bool) -> bool {
        let bound = |cost: Cost| match alike {
            true => Cost { weak: false, ..cost.decisions() },
            false => cost.decisions(),
        };
        let mut frontier = Frontier {
            nodes: BinaryHeap::new(),
            settled: BTreeSet::new(),
            count: 0,
            most: bound(self.best.cost),
            alike,
            overflowed: false,
            merges: self.fault == Some(Fault::MergesStates),
        };
        let mut equal = 0;
        frontier.push(Cost::default(), Vec::new(), 0, false);
        while let Some(node) = frontier.nodes.pop() {
            frontier.most = bound(self.best.cost);
            if node.cost >= frontier.most {
                equal += 1;
                if node.cost > frontier.most || equal > EQUAL_MAX {
                    break;
                }
            }
            let wishes = Wishes::Steps(node.deviations.clone());
            let Some((mut guide, fails)) = self.run(wishes, Some(Survey { from: node.from, weak }))
            else {
                return node.cost >= frontier.most && !frontier.overflowed;
            };
            frontier.expand(&node, &guide);
            if fails {
                guide.crossings.clear();
                self.take(guide);
            }
        }
        !frontier.overflowed
    }
}

impl Frontier {
    fn push(&mut self, cost: Cost, deviations: Vec<Deviation>, from: u32, deviates: bool) {
        let cost = Cost { weak: cost.weak && !self.alike, ..cost };
        if cost > self.most {
            return;
        }
        if self.nodes.len() >= NODES_MAX {
            self.overflowed = true;
            return;
        }
        self.count += 1;
        self.nodes.push(Node { cost, number: self.count, deviations, from, deviates });
    }

    /// Adds what differs from an execution by one more deviation.
    fn expand(&mut self, node: &Node, guide: &Guide) {
        for crossing in &guide.crossings {
            if node.deviates && crossing.step == node.from {
                self.alternatives_of_own(node, crossing);
                continue;
            }
            let cost = crossing.cost.decisions();
            let cost = Cost { weak: cost.weak && !self.alike, ..cost };
            if cost != node.cost {
                // Something gave up by itself: other nodes may be cheaper now.
                return self.push(cost, node.deviations.clone(), crossing.step, false);
            }
            let state = if self.merges { crossing.step.into() } else { crossing.state };
            if !self.settled.insert(state) {
                return;
            }
            self.deviate(node, crossing);
        }
    }

    fn deviate(&mut self, node: &Node, crossing: &Crossing) {
        let step = crossing.step;
        let mut add = |cost: Cost, thread: Option<u32>, alternative: Option<u32>| {
            let mut deviations = node.deviations.clone();
            let thread = thread.map(ThreadId);
            deviations.push(Deviation { step, thread, alternative });
            self.push(cost, deviations, step, true);
        };
        let deviating = Cost { deviations: node.cost.deviations + 1, ..node.cost };
        for (number, &taken) in crossing.alternatives.iter().enumerate() {
            add(with(deviating, taken), None, Some(number as u32 + 1));
        }
        let preemptions = deviating.preemptions + u32::from(crossing.preempts);
        for &thread in &crossing.others {
            add(Cost { preemptions, ..deviating }, Some(thread), None);
        }
    }

    /// The alternatives of the operation of a thread that goes on by the latest deviation.
    fn alternatives_of_own(&mut self, node: &Node, crossing: &Crossing) {
        let Some((last, before)) = node.deviations.split_last() else { return };
        if last.alternative.is_some() {
            return;
        }
        for (number, &taken) in crossing.alternatives.iter().enumerate() {
            let alternative = Some(number as u32 + 1);
            let mut deviations = before.to_vec();
            deviations.push(Deviation { alternative, ..*last });
            self.push(with(node.cost, taken), deviations, node.from, true);
        }
    }
}

fn with(mut cost: Cost, taken: Taken) -> Cost {
    cost.take(taken);
    cost
}
