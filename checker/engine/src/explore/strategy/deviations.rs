//! One execution as the few decisions in which it differs from a default policy: what a replay token
//! holds.
//!
//! The policy: the thread that performed the latest operation goes on if it can, else the enabled thread
//! with the lowest number; an operation takes its first alternative (a read the newest source, a store
//! the last place, a choice 0, and nothing fails spuriously). Threads are numbered as they are spawned
//! in the execution itself.

use super::{Next, Strategy, place_canonically, undiscovered};
use crate::explore::divergence::Divergence;
use crate::explore::minimise::cost::Taken;
use crate::explore::minimise::linear::wanted;
use crate::explore::options::Options;
use crate::explore::outcome::Ending;
use crate::explore::run::Run;
use crate::explore::schedule::Schedule;
use crate::explore::strategy::replay::{follow, place_as_told};
use crate::graph::{Draft, Event, Flags, Kind, Position};
use raddle_shims::kernel::{EventId, Op, ThreadId};

/// Where an execution leaves the default policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deviation {
    /// How many events come before.
    pub step: u32,
    /// Who goes next, if not the one whom the policy says.
    pub thread: Option<ThreadId>,
    /// Which alternative it takes, if not the first.
    pub alternative: Option<u32>,
}

pub(in crate::explore) fn policy(
    run: &Run,
    latest: ThreadId,
    order: impl Iterator<Item = ThreadId>,
) -> Option<ThreadId> {
    if run.is_enabled(latest) {
        return Some(latest);
    }
    order.into_iter().find(|&thread| run.is_enabled(thread))
}

/// The alternative with that number, or none if there are not so many.
fn nth(run: &mut Run, thread: ThreadId, mut draft: Draft, alternative: u32) -> Option<Draft> {
    let mut options = Options::of(run, thread, &draft.op);
    let mut number = 0;
    while let Some(choice) = options.advance(run, &mut draft) {
        if choice.conflict || !run.admits(&draft) {
            continue;
        }
        if number == alternative {
            return Some(draft);
        }
        number += 1;
    }
    None
}

/// Follows a schedule and notes where it leaves the default policy.
#[derive(Clone, Debug)]
pub struct Recorder {
    schedule: Schedule,
    started: bool,
    latest: ThreadId,
    /// The threads in the order in which this execution spawns them.
    order: Vec<ThreadId>,
    deviations: Vec<Deviation>,
}

impl Recorder {
    /// For the execution of that schedule.
    pub fn new(schedule: Schedule) -> Self {
        let (latest, order) = (ThreadId::MAIN, vec![ThreadId::MAIN]);
        // Who follows a token performs every load.
        let schedule = schedule.with_looks();
        Recorder { schedule, started: false, latest, order, deviations: Vec::new() }
    }

    /// The deviations of the execution that has been run.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    fn has_followed(&self, run: &Run) -> bool {
        run.graph.len() >= self.schedule.steps.len()
    }

    fn note(&mut self, step: usize, thread: Option<ThreadId>, alternative: Option<u32>) {
        let step = step as u32;
        match self.deviations.last_mut() {
            Some(last) if last.step == step => last.alternative = last.alternative.or(alternative),
            _ => self.deviations.push(Deviation { step, thread, alternative }),
        }
    }
}

impl Strategy for Recorder {
    fn prepare(&mut self, run: &mut Run) -> bool {
        run.graph.clear();
        run.threads = self.schedule.threads.clone();
        !std::mem::replace(&mut self.started, true)
    }

    fn select(&mut self, run: &mut Run) -> Next {
        if let Some(thread) = undiscovered(run) {
            return Next::Discover(thread);
        }
        if self.has_followed(run) {
            // Threads that hang in loops still have to get there, as they will without a schedule.
            let next = policy(run, self.latest, self.order.iter().copied());
            return next.map_or(Next::Nobody, Next::Perform);
        }
        let next = follow(&self.schedule, run);
        if let Next::Perform(thread) = next
            && policy(run, self.latest, self.order.iter().copied()) != Some(thread)
        {
            let number = self.order.iter().position(|&known| known == thread);
            let number = number.map(|number| ThreadId(number as u32));
            self.note(run.graph.len(), number, None);
        }
        next
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        if self.has_followed(run) {
            self.latest = thread;
            return place_canonically(run, thread);
        }
        let step = run.graph.len();
        let mut draft = run.draft(thread);
        let op = draft.op;
        let mut alternatives = Vec::new();
        let mut options = Options::of(run, thread, &op);
        while let Some(choice) = options.advance(run, &mut draft) {
            if !choice.conflict && run.admits(&draft) {
                alternatives.push(draft);
            }
        }
        let at = place_as_told(&self.schedule, run, thread);
        let event = run.graph.event(at);
        let chosen = event.chosen;
        let same = |draft: &Draft| {
            let writes = matches!(op, Op::Store { .. });
            let spurious = draft.flags.has(Flags::SPURIOUS) == event.is(Flags::SPURIOUS);
            let place = !writes || draft.after + 1 == event.rank;
            spurious && draft.source == event.source && place && draft.chosen == event.chosen
        };
        match alternatives.iter().position(same) {
            Some(0) => {}
            Some(number) => self.note(step, None, Some(number as u32)),
            None => {
                let id = event.id();
                let (expected, found) = (format!("{:?}", event.op), "no such alternative".into());
                run.divergence = Some(Divergence { event: id, expected, found });
            }
        }
        if op == Op::Spawn {
            self.order.push(ThreadId(chosen));
        }
        self.latest = thread;
        at
    }

    fn on_standstill(&mut self, run: &mut Run) {
        // The clock gets its number when it first goes on.
        let clock = run.threads.clock();
        if !self.order.contains(&clock) {
            self.order.push(clock);
        }
    }
}

/// A read of an old value, or a store that was placed before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stale {
    /// The read or the store.
    pub event: EventId,
    /// The write that was read, or after which the store was placed; none for the initial value.
    pub source: Option<EventId>,
    /// The write that comes next in coherence.
    pub newer: EventId,
}

/// An event of an execution that has been run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Performed {
    /// Which.
    pub id: EventId,
    /// What it does.
    pub kind: Kind,
    /// How many events of each thread happen before it; what its own thread did before may be missing.
    pub known: Vec<u32>,
}

/// Runs the one execution that deviations describe.
#[derive(Clone, Debug)]
pub struct Deviations {
    deviations: Vec<Deviation>,
    next: usize,
    started: bool,
    latest: ThreadId,
    unmet: Option<Deviation>,
    preemptions: Vec<u32>,
    stale: Vec<Stale>,
    causes: Vec<u32>,
    sequence: Vec<Performed>,
    stops: bool,
}

impl Deviations {
    /// The execution with these deviations, which are ordered by step.
    pub fn new(deviations: Vec<Deviation>) -> Self {
        Deviations {
            deviations,
            next: 0,
            started: false,
            latest: ThreadId::MAIN,
            unmet: None,
            preemptions: Vec::new(),
            stale: Vec::new(),
            causes: Vec::new(),
            sequence: Vec::new(),
            stops: false,
        }
    }

    /// Ends the execution, as a divergence, at the first deviation that is not possible. Without this it is
    /// passed over.
    #[must_use]
    pub fn stopping(self) -> Self {
        Deviations { stops: true, ..self }
    }

    fn miss(&mut self, run: &mut Run, deviation: Deviation, found: String) {
        self.unmet = self.unmet.or(Some(deviation));
        if self.stops {
            let thread = deviation.thread.unwrap_or(self.latest);
            let event = EventId { thread, index: run.graph.count_of(thread) };
            let expected = match (deviation.thread, deviation.alternative) {
                (Some(thread), _) => format!("{thread} goes on at step {}", deviation.step),
                (None, number) => {
                    format!("alternative {} at step {}", number.unwrap_or(0), deviation.step)
                }
            };
            run.divergence = Some(Divergence { event, expected, found });
        }
    }

    /// The deviations that are asked for.
    pub fn given(&self) -> &[Deviation] {
        &self.deviations
    }

    /// What is weaker than an interleaving.
    pub fn stale(&self) -> &[Stale] {
        &self.stale
    }

    /// How many events of each thread the failure depends on, if the execution failed.
    pub fn causes(&self) -> &[u32] {
        &self.causes
    }

    /// Every event of the execution, in order.
    pub fn sequence(&self) -> &[Performed] {
        &self.sequence
    }

    fn note_stale(&mut self, run: &Run, draft: &Draft) {
        let Some(location) = draft.op.location() else { return };
        if Taken::of(&draft.op, 1, draft.flags) != Taken::Stale {
            return;
        }
        let (graph, thread) = (&run.graph, draft.thread);
        let rank = match draft.op {
            Op::Store { .. } => draft.after,
            _ => graph.rank(draft.source),
        };
        let id = |at: Position| at.is_some().then(|| graph.event(at).id());
        let Some(&newer) = graph.coherence(location).get(rank as usize) else { return };
        let event = EventId { thread, index: graph.count_of(thread) };
        let (source, newer) = (id(graph.at_rank(location, rank)), graph.event(newer).id());
        self.stale.push(Stale { event, source, newer });
    }

    /// The steps at which another thread went on although the one before could have.
    pub fn preemptions(&self) -> &[u32] {
        &self.preemptions
    }

    /// The first deviation that was not possible, or that came after the end: the program is not the
    /// one that the deviations were noted from.
    pub fn unmet(&self) -> Option<Deviation> {
        self.unmet.or_else(|| self.deviations.get(self.next).copied())
    }

    fn due(&self, run: &Run) -> Option<Deviation> {
        let next = self.deviations.get(self.next)?;
        (next.step as usize == run.graph.len()).then_some(*next)
    }
}

impl Strategy for Deviations {
    fn prepare(&mut self, run: &mut Run) -> bool {
        run.graph.clear();
        !std::mem::replace(&mut self.started, true)
    }

    fn select(&mut self, run: &mut Run) -> Next {
        if let Some(thread) = undiscovered(run) {
            return Next::Discover(thread);
        }
        if let Some(deviation) = self.due(run)
            && let Some(thread) = deviation.thread
        {
            if run.is_enabled(thread) {
                if run.is_enabled(self.latest) && thread != self.latest {
                    self.preemptions.push(deviation.step);
                }
                return Next::Perform(thread);
            }
            self.miss(run, deviation, format!("{thread} cannot go on"));
            if self.stops {
                return Next::Nobody;
            }
        }
        policy(run, self.latest, run.thread_ids()).map_or(Next::Nobody, Next::Perform)
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        let draft = run.draft(thread);
        let mut placed = None;
        if let Some(deviation) = self.due(run) {
            self.next += 1;
            if let Some(alternative) = deviation.alternative {
                placed = nth(run, thread, draft, alternative);
                if let Some(draft) = placed.filter(|_| alternative > 0) {
                    self.note_stale(run, &draft);
                }
                if placed.is_none() {
                    self.miss(run, deviation, "there is no such alternative".to_string());
                }
            }
        }
        let mut draft = match placed {
            Some(draft) => draft,
            None => nth(run, thread, draft, 0).expect("a thread that is placed is enabled"),
        };
        draft.flags = draft.flags.with(Flags::MAXIMAL);
        self.latest = thread;
        run.push(&draft)
    }

    fn finish(&mut self, run: &mut Run, ending: Ending) {
        let known = |clock| run.graph.clocks().get(clock).to_vec();
        let events = run.graph.events().iter();
        let performed = |e: &Event| Performed { id: e.id(), kind: e.kind, known: known(e.hb) };
        self.sequence = events.map(performed).collect();
        if ending == Ending::Failed
            && let Some(failure) = run.failure()
        {
            self.causes = wanted(&run.graph, failure);
        }
    }
}
