//! An execution as the decisions that lead to it: what is replayed, split off, and sent elsewhere.

use super::threads::Threads;
use crate::graph::{Fix, Flags, Graph, Hold, Kind, Position};
use raddle_shims::kernel::{EventId, Test, ThreadId};

/// What was decided about one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// There was nothing to decide.
    None,
    /// A read: its source, or none for the initial value.
    Source(Option<EventId>),
    /// A weak compare-exchange that fails although the values are equal: its source.
    Spurious(Option<EventId>),
    /// A store: the write after which it stands in coherence, or none for the initial value.
    After(Option<EventId>),
    /// Nobody could go on, so the clock did.
    Advance,
    /// A choice or an action: the alternative.
    Alternative(u32),
}

/// One event of a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Who performs its next operation.
    pub thread: ThreadId,
    /// With what decision.
    pub decision: Decision,
    /// [`Flags::FIXED`], [`Flags::MAXIMAL`] and [`Flags::REVISITED`].
    pub flags: Flags,
    /// Whether a load comes right before that is no event, see [`Test::Confirms`].
    pub looks: bool,
}

/// A self-contained node of the search: everything a fresh process needs to reach it and to go on
/// from it as if it had been there all along.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Schedule {
    /// The events, in sequence.
    pub steps: Vec<Step>,
    /// The reversals that hold.
    pub fixes: Vec<Fix>,
    /// What guarded operations that are still to come leave to other parts of the search.
    pub holds: Vec<Hold>,
    /// Which number means which thread.
    pub threads: Threads,
    /// The part of the search that the node stands for.
    pub weight: f64,
}

impl Schedule {
    /// The schedule of a graph.
    pub fn of(graph: &Graph, threads: &Threads, weight: f64) -> Schedule {
        let id = |at: Position| at.is_some().then(|| graph.event(at).id());
        // A store is placed relative to the writes that stand before it in the sequence: those that
        // stand later were placed relative to it.
        let mut placed = vec![Vec::new(); graph.locations()];
        let mut steps = Vec::with_capacity(graph.len());
        for (i, event) in graph.events().iter().enumerate() {
            let order: &mut Vec<Position> = match event.location() {
                Some(location) => &mut placed[location.index()],
                None => &mut Vec::new(),
            };
            let slot = order.partition_point(|&w| graph.event(w).rank < event.rank);
            let decision = match event.kind {
                Kind::Read if event.is(Flags::SPURIOUS) => Decision::Spurious(id(event.source)),
                Kind::Read | Kind::Update => Decision::Source(id(event.source)),
                Kind::Write => {
                    Decision::After(slot.checked_sub(1).and_then(|before| id(order[before])))
                }
                Kind::Choice | Kind::Act => Decision::Alternative(event.chosen),
                Kind::Fence | Kind::Spawn | Kind::Join | Kind::Sleep => Decision::None,
                Kind::Advance => Decision::Advance,
            };
            if event.kind.writes() {
                order.insert(slot, Position(i as u32));
            }
            let flags = [Flags::FIXED, Flags::MAXIMAL, Flags::REVISITED];
            let flags =
                flags.into_iter().filter(|f| event.is(*f)).fold(Flags::default(), Flags::with);
            let looks =
                event.until().is_some_and(|until| until.test == Test::Confirms { looks: true });
            steps.push(Step { thread: event.thread, decision, flags, looks });
        }
        let (fixes, holds) = (graph.fixes().to_vec(), graph.holds().to_vec());
        Schedule { steps, fixes, holds, threads: threads.clone(), weight }
    }

    /// The same execution for who performs every load: those that are no events here become events, which read
    /// what the update behind them reads. It is no node of a search any more.
    pub fn with_looks(&self) -> Schedule {
        if !self.steps.iter().any(|step| step.looks) {
            return self.clone();
        }
        // By thread and event, how many loads come before it or with it.
        let mut before: Vec<Vec<u32>> = Vec::new();
        for step in &self.steps {
            let thread = step.thread.index();
            if before.len() <= thread {
                before.resize_with(thread + 1, Vec::new);
            }
            let so_far = before[thread].last().copied().unwrap_or(0);
            before[thread].push(so_far + u32::from(step.looks));
        }
        let moved = |EventId { thread, index }| {
            let known = before.get(thread.index()).and_then(|known| known.get(index as usize));
            EventId { thread, index: index + known.copied().unwrap_or(0) }
        };
        let mut steps = Vec::with_capacity(2 * self.steps.len());
        for step in &self.steps {
            let decision = match step.decision {
                Decision::Source(source) => Decision::Source(source.map(moved)),
                Decision::Spurious(source) => Decision::Spurious(source.map(moved)),
                Decision::After(place) => Decision::After(place.map(moved)),
                other => other,
            };
            if let (true, Decision::Source(source) | Decision::Spurious(source)) =
                (step.looks, decision)
            {
                let (decision, flags) = (Decision::Source(source), Flags::default());
                steps.push(Step { thread: step.thread, decision, flags, looks: false });
            }
            steps.push(Step { decision, looks: false, ..*step });
        }
        let threads = self.threads.clone();
        Schedule { steps, fixes: vec![], holds: vec![], threads, weight: self.weight }
    }
}
