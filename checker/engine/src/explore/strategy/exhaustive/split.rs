//! Splitting the frontier: work that another search can do.

use super::Exhaustive;
use super::items::{Item, Level};
use crate::explore::run::Run;
use crate::explore::schedule::Schedule;
use crate::graph::Graph;

impl Exhaustive {
    /// Takes the oldest piece of work out of this search and gives it away as nodes, each to be explored
    /// by [`Exhaustive::below`]; empty if there is nothing left to give.
    ///
    /// A bound on preemptions is not part of a node: whoever explores it must set the same.
    ///
    /// The subtrees of different nodes are disjoint, so the pieces need not know of each other. A search
    /// that gave work away is never complete by itself.
    pub fn split(&mut self, run: &mut Run) -> Vec<Schedule> {
        while let Some(level) = self.levels.iter().position(|level| !level.items.is_empty()) {
            let item = self.levels[level].items.remove(0);
            let graph = self.levels[level].graph.as_ref().unwrap_or(&run.graph).clone();
            let nodes = self.nodes_of(run, item, graph);
            if !nodes.is_empty() {
                self.split_off = true;
                return nodes;
            }
        }
        Vec::new()
    }

    /// Every graph that an item of `graph` stands for.
    fn nodes_of(&mut self, run: &mut Run, item: Item, graph: Box<Graph>) -> Vec<Schedule> {
        let mut other = Exhaustive { fault: self.fault, ..Exhaustive::with_policy(self.policy) };
        other.preemptions.max = self.preemptions.max;
        other.started = true;
        other.levels.push(Level { graph: None, items: vec![item] });
        let mine = std::mem::replace(&mut run.graph, graph);
        let mut nodes = Vec::new();
        while other.next_node(run) {
            if other.is_given_up(run) {
                other.estimate.finish(other.weight);
                continue;
            }
            nodes.push(Schedule::of(&run.graph, &run.threads, other.weight));
        }
        run.graph = mine;
        self.estimate.finish(other.estimate.progress());
        nodes
    }
}
