//! What an execution has left to try, one by one, for random sweeps (see [`crate::explore::Probe`]).

use super::Exhaustive;
use super::items::{Item, Level};
use super::reversal::{Part, add_past, is_in, past_of, random_set};
use crate::explore::options::Options;
use crate::explore::run::Run;
use crate::graph::{Draft, Flags, Graph, Position};

/// Groups of more alternatives than this are not listed one by one.
const LISTED_MAX: u32 = 64;

/// Stands for how many alternatives to pass over where that is drawn.
const AT_RANDOM: u32 = u32::MAX;

/// Something left to try, as far as can be said without making it.
#[derive(Clone, Debug)]
pub(in crate::explore) struct Child {
    item: Item,
    /// About how many events there are where it begins: what comes later is explored anew.
    pub length: u32,
    /// How many there are of the kind, about, one of which is made at random.
    pub count: f64,
}

impl Exhaustive {
    /// Starts the search over, at the empty graph or at the node that the run's graph is.
    pub(in crate::explore) fn begin_at_node(&mut self) {
        self.levels.clear();
        self.levels.push(Level::default());
        self.placed.clear();
        self.weight = 1.0;
    }

    /// Takes out what is left to try after an execution, the latest first; the run's graph, which is that of the
    /// execution, is cut back on the way.
    pub(in crate::explore) fn take_children(&mut self, run: &mut Run, children: &mut Vec<Child>) {
        for item in std::mem::take(self.items()).into_iter().rev() {
            match item {
                Item::Alternatives { at, options, .. } if options.left() <= LISTED_MAX => {
                    list_alternatives(run, at, options, children);
                }
                mut item => {
                    if let Item::Alternatives { skip, .. } = &mut item {
                        *skip = AT_RANDOM;
                    }
                    run.graph.truncate(end_of(&item));
                    let length = length_of(&run.graph, &item, &mut self.kept);
                    let count = match &item {
                        Item::Reversal(reversal) => {
                            let open = reversal.moved.iter().filter(|(_, moved)| !moved);
                            f64::from(open.count() as u32).exp2()
                        }
                        item => f64::from(item.count()),
                    };
                    children.push(Child { item, length, count });
                }
            }
        }
    }

    /// Makes a child of the graph in the run, which has to begin as when the child was taken out: one of
    /// the nodes to run that the child stands for, picked at random, and how many like it there are. None if there is no such
    /// node. The run's graph is of no meaning afterwards.
    pub(in crate::explore) fn make(
        &mut self,
        run: &mut Run,
        child: Child,
        below: &mut impl FnMut(u32) -> u32,
    ) -> Option<(Box<Graph>, f64)> {
        let Child { mut item, .. } = child;
        run.graph.truncate(end_of(&item));
        let (mut alike, mut set) = (1.0, None);
        match &mut item {
            Item::Reversal(reversal) => {
                alike = random_set(&run.graph, &mut reversal.moved, below);
                set = Some(reversal.moved.clone());
            }
            Item::Alternatives { skip: AT_RANDOM, .. } | Item::Late(_) => {
                alike = f64::from(item.count());
                item.skip(below(item.count()));
            }
            Item::Alternatives { .. } | Item::Revisit { .. } => {}
        }
        self.begin_at_node();
        self.items().push(item);
        let (mut nodes, mut chosen) = (0, None);
        while let Some(level) = self.levels.last_mut() {
            let Some(item) = level.items.pop() else {
                self.leave(run);
                continue;
            };
            let is_group = self.levels.len() == 1 && !matches!(item, Item::Revisit { .. });
            let runs = self.enter(run, item);
            if is_group {
                let rest = &mut self.levels[0].items;
                let belongs = match rest.first() {
                    None | Some(Item::Revisit { .. }) => true,
                    Some(Item::Reversal(rest)) => set.as_ref() == Some(&rest.moved),
                    Some(_) => false,
                };
                if !belongs {
                    rest.remove(0);
                }
            }
            if runs {
                nodes += 1;
                if below(nodes) == 0 {
                    chosen = Some(run.graph.clone());
                }
            }
        }
        chosen.map(|graph| (graph, alike * f64::from(nodes)))
    }
}

/// Lists the alternatives of an event one by one.
fn list_alternatives(run: &mut Run, at: Position, options: Options, children: &mut Vec<Child>) {
    let event = run.graph.event(at);
    let (thread, op) = (event.thread, event.op);
    run.graph.truncate(at);
    let (source, flags) = (Position::NONE, Flags::default());
    let mut draft = Draft { thread, op, source, after: 0, chosen: 0, flags };
    let mut left = options;
    let mut skip = 0;
    while let Some(choice) = left.advance(run, &mut draft) {
        // Of an update whose source is taken there remains what the other one is revisited by.
        let other = op
            .location()
            .filter(|_| choice.conflict)
            .map(|location| run.graph.update_of(location, run.graph.rank(draft.source)));
        let length = other.map_or(at.0 + 1, |other| other.0 + 2);
        let item = Item::Alternatives { at, options, skip, weight: 0.0 };
        children.push(Child { item, length, count: 1.0 });
        skip += 1;
    }
}

/// How long the graph is to which an item belongs.
fn end_of(item: &Item) -> Position {
    match item {
        Item::Alternatives { at, .. } => Position(at.0 + 1),
        Item::Late(late) => late.end,
        Item::Revisit { write, .. } => Position(write.0 + 1),
        Item::Reversal(reversal) => reversal.end,
    }
}

/// How many events the child of `graph` keeps or begins with, about.
fn length_of(graph: &Graph, item: &Item, part: &mut Part) -> u32 {
    let later = |from: Position| (from.0..graph.end().0).map(|at| graph.event(Position(at)));
    match item {
        Item::Alternatives { at, .. } => at.0 + 1,
        Item::Late(late) => late.end.0 + 1,
        Item::Revisit { write, read, .. } => {
            let w = graph.event(*write);
            read.0 + later(*read).filter(|event| graph.causes(event, w)).count() as u32 + 2
        }
        Item::Reversal(reversal) => {
            past_of(graph, reversal.thread, part);
            for (at, _) in reversal.moved.iter().filter(|(_, moved)| *moved) {
                add_past(graph, part, graph.event(*at));
            }
            let from = reversal.overtaken;
            from.0 + later(from).filter(|event| is_in(part, event)).count() as u32 + 1
        }
    }
}
