//! How many preemptions an execution needs, and what that bound leaves out.
//!
//! A preemption is a switch to another thread while the one that went last could go on (Musuvathi, Qadeer, "Iterative
//! context bounding for systematic testing of multithreaded programs", PLDI 2007). An execution needs the least number over
//! all orders of its events that respect the causal order. A yield is no event and does not make a switch free.
//!
//! # Why the bounded search misses nothing
//!
//! Events that are fixed, or were not added by the canonical choice, are in every graph below a node, and so is what
//! they come after: the *core*. No graph needs less preemptions than a causally closed part of it: take an order of
//! the graph and leave out what is not in the part. Where the order of the part leaves a thread that has a later
//! event e in the part and could go on, so does the order of the graph at some moment after the same events of
//! the part, and the thread stands at e there as well; what lies between conflicts neither with e nor with what e waits for, or
//! else it would come before e in causality and be in the part. So a node whose core needs too much is given up, with
//! everything below it, and no slack is needed (Coons, Musuvathi, McKinley, "Bounded partial-order reduction", OOPSLA 2013, needs
//! conservative backtrack points instead).
//!
//! Whether a thread could go on is the engine's rule, asked of the states after the events so far. Where that
//! depends on values, which a core does not have yet, a thread counts as waiting unless what it waits for
//! is there; the executions themselves are judged exactly. Under `rc20` a waiting read can go on as soon as its source
//! is there. A failure is told even if it needs more preemptions, because an execution is not explored beyond
//! it, and others that need fewer may come from there. A time limit that has not come yet is no reason to go on.
//!
//! A node all of which needs too much is run if its core does not, because a reversal below may delete the rest; but
//! the execution that goes on from it is beyond the bound, and no order of it is looked for. From a node that has an order within the
//! bound the search goes on with the thread that goes last there, so that the order can mostly be continued
//! as it is.

use super::orders::{Orders, Part};
use super::{Exhaustive, Fault};
use crate::explore::run::Run;
use crate::graph::{Flags, Graph};
use raddle_shims::kernel::ThreadId;

/// A bound, and what is known of the node that is run.
#[derive(Debug, Default)]
pub(super) struct Preemptions {
    /// The most that an execution may need.
    pub max: Option<u32>,
    pub orders: Orders,
    node: Node,
    /// How many nodes have been looked at, and how many given up.
    seen: u64,
    given_up: u64,
}

/// What is known of the node with which an execution begins.
#[derive(Clone, Copy, Debug, Default)]
enum Node {
    /// Nothing.
    #[default]
    Unseen,
    /// An order within the bound has been found for so many events, which that thread ends.
    Within(usize, Option<ThreadId>),
    /// There is none for all of its events.
    Beyond,
}

/// The part of the graph that is in every graph below it.
fn core(graph: &Graph, core: &mut Part) {
    core.resize(graph.threads(), 0);
    for event in graph.events() {
        if event.is(Flags::FIXED) || !event.is(Flags::MAXIMAL) {
            let known = graph.clocks().get(event.causal);
            for (thread, count) in core.iter_mut().enumerate() {
                let known = known.get(thread).copied().unwrap_or(0);
                *count = (*count).max(known.min(graph.count_of(ThreadId(thread as u32))));
            }
            let own = &mut core[event.thread.index()];
            *own = (*own).max(event.index + 1);
        }
    }
}

impl Exhaustive {
    /// Whether everything below the node needs too many preemptions.
    pub(super) fn is_given_up(&mut self, run: &Run) -> bool {
        let bounds_the_whole = self.has(Fault::BoundsTheWhole);
        let Preemptions { max, orders, node, seen, given_up } = &mut self.preemptions;
        let Some(most) = *max else { return false };
        *seen += 1;
        let mut search = orders.of_node(run);
        let mut is_within = search.take_all().stands(most);
        if !is_within {
            // Which is looked at first does not matter, but takes time. If one has no order, there is none of the other or no need of it.
            let core_first = 4 * *given_up > *seen;
            let core_exceeds = core_first && !search.take(core).succeeds(most);
            is_within = !core_exceeds && search.take_all().finds(most);
            if core_exceeds || !is_within && !core_first && !search.take(core).succeeds(most) {
                *given_up += 1;
                return true;
            }
        }
        *node = match is_within {
            true => Node::Within(run.graph.len(), orders.last()),
            false => Node::Beyond,
        };
        bounds_the_whole && !is_within
    }

    /// Whether the execution that has just ended needs too many preemptions.
    pub(super) fn is_beyond_bound(&mut self, run: &Run) -> bool {
        let trusts_the_node = self.has(Fault::TrustsTheNode);
        let Preemptions { max, orders, node, .. } = &mut self.preemptions;
        let Some(most) = *max else { return false };
        match *node {
            // No graph needs less than a part of it.
            Node::Beyond => true,
            Node::Within(..) => {
                let mut search = orders.of_ended(run, true);
                search.take_all();
                !(trusts_the_node || search.continues_found(most) || search.succeeds(most))
            }
            Node::Unseen => !orders.of_ended(run, false).take_all().succeeds(most),
        }
    }

    /// Forgets the node: the graph is another one.
    pub(super) fn forget_node(&mut self) {
        self.preemptions.node = Node::Unseen;
    }

    /// The thread that has gone last: of a node that is where an order within the bound ends. A function of the graph alone.
    pub(super) fn last_in_order(&self, run: &Run) -> Option<ThreadId> {
        match self.preemptions.node {
            Node::Within(length, last) if length == run.graph.len() => last,
            _ => run.graph.events().last().map(|event| event.thread),
        }
    }
}
