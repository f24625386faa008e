//! Runs the execution that is wished for, and notes what it was: the token, the cost, the graph.

use super::cost::{Cost, Taken};
use super::plan::Plan;
use super::state::Fingerprint;
use crate::explore::options::Options;
use crate::explore::outcome::Ending;
use crate::explore::run::Run;
use crate::explore::schedule::Decision;
use crate::explore::strategy::deviations::{Deviation, policy};
use crate::explore::strategy::{Next, Strategy, undiscovered};
use crate::explore::threads::Threads;
use crate::graph::{Draft, Flags, Graph, Position};
use raddle_shims::kernel::{EventId, Failure, Op, ThreadId};

/// What is wished for.
#[derive(Clone, Debug)]
pub(super) enum Wishes {
    /// The deviations of a token; those that cannot be met are passed over.
    Steps(Vec<Deviation>),
    /// A plan.
    Events(Plan),
}

/// Which crossings are noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Survey {
    /// From which step on.
    pub from: u32,
    /// With old values among the alternatives.
    pub weak: bool,
}

/// One event of an execution as it could have been decided otherwise.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    /// How many events came before.
    pub step: u32,
    /// What had been decided before.
    pub cost: Cost,
    /// Stands for everything that the rest of the execution depends on.
    pub state: u128,
    /// The numbers of the others that could go on.
    pub others: Vec<u32>,
    /// Whether taking another one is a preemption.
    pub preempts: bool,
    /// What the alternatives of the event that was performed are, the first one left out.
    pub alternatives: Vec<Taken>,
}

/// A strategy for one execution: it follows wishes as far as it can, and else the default policy.
///
/// [`super::minimise`] makes them; a [`super::Laboratory`] runs each once, on a fresh execution of the
/// program, and hands it back.
#[derive(Clone, Debug)]
pub struct Guide {
    wishes: Wishes,
    /// Which crossings are noted.
    survey: Option<Survey>,
    next: usize,
    started: bool,
    latest: ThreadId,
    last_event: Option<EventId>,
    /// Which number means which thread, in all executions of one minimisation.
    pub(super) threads: Threads,
    /// The threads in the order in which this execution spawns them.
    order: Vec<ThreadId>,
    fingerprint: Fingerprint,
    pub(super) deviations: Vec<Deviation>,
    pub(super) plan: Plan,
    pub(super) cost: Cost,
    pub(super) crossings: Vec<Crossing>,
    /// The graph at the end, if the execution failed, and the failure.
    pub(super) failed: Option<(Box<Graph>, Failure)>,
    /// How many events there were.
    pub(super) length: u32,
}

impl Guide {
    pub(super) fn new(wishes: Wishes, threads: Threads, survey: Option<Survey>) -> Guide {
        Guide {
            wishes,
            survey,
            next: 0,
            started: false,
            latest: ThreadId::MAIN,
            last_event: None,
            threads,
            order: vec![ThreadId::MAIN],
            fingerprint: Fingerprint::default(),
            deviations: Vec::new(),
            plan: Plan::default(),
            cost: Cost::default(),
            crossings: Vec::new(),
            failed: None,
            length: 0,
        }
    }

    /// The deviations of the execution that has been run.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    fn due(&self, run: &Run) -> Option<Deviation> {
        let Wishes::Steps(deviations) = &self.wishes else { return None };
        let next = deviations[self.next..].iter().find(|d| d.step as usize >= run.graph.len())?;
        (next.step as usize == run.graph.len()).then_some(*next)
    }

    fn wished_thread(&self, run: &Run) -> Option<ThreadId> {
        let thread = match &self.wishes {
            Wishes::Steps(_) => self
                .order
                .get(self.due(run)?.thread?.index())
                .copied()
                .unwrap_or(ThreadId(u32::MAX)),
            Wishes::Events(plan) => *plan.turns.get(&self.last_event?)?,
        };
        run.is_enabled(thread).then_some(thread)
    }

    fn number(&self, thread: ThreadId) -> Option<u32> {
        self.order.iter().position(|&known| known == thread).map(|number| number as u32)
    }

    fn note(&mut self, step: usize, thread: Option<u32>, alternative: Option<u32>) {
        let (step, thread) = (step as u32, thread.map(ThreadId));
        match self.deviations.last_mut() {
            Some(last) if last.step == step => last.alternative = last.alternative.or(alternative),
            _ => {
                self.cost.deviations += 1;
                self.deviations.push(Deviation { step, thread, alternative });
            }
        }
    }

    fn surveys(&self, run: &Run) -> bool {
        self.survey.is_some_and(|survey| run.graph.len() >= survey.from as usize)
    }

    fn survey_threads(&mut self, run: &Run, default: ThreadId) {
        let others = self.order.iter().enumerate();
        let others = others.filter(|(_, thread)| **thread != default && run.is_enabled(**thread));
        let others = others.map(|(number, _)| number as u32).collect();
        let state = self.fingerprint.state(self.latest, &self.order);
        let step = run.graph.len() as u32;
        let preempts = run.is_enabled(self.latest);
        let (cost, alternatives) = (self.cost, Vec::new());
        self.crossings.push(Crossing { step, cost, state, others, preempts, alternatives });
    }

    /// Chooses among the alternatives of an operation; its number and draft. All of them are looked at if
    /// that is asked for.
    fn choose(&mut self, run: &mut Run, thread: ThreadId, op: Op, all: bool) -> (u32, Draft) {
        let mut draft = run.draft(thread);
        let id = EventId { thread, index: run.graph.count_of(thread) };
        let due = self.due(run).and_then(|deviation| deviation.alternative);
        let wished = match &self.wishes {
            Wishes::Steps(_) => None,
            Wishes::Events(plan) => plan.picks.get(&id).copied(),
        };
        let mut sought = due.is_some() || wished.is_some();
        let weak = self.survey.is_some_and(|survey| survey.weak);
        let (mut number, mut chosen, mut taken) = (0, None, Vec::new());
        let mut options = Options::of(run, thread, &op);
        while let Some(choice) = options.advance(run, &mut draft) {
            let kind = Taken::of(&op, number, draft.flags);
            let counts = all && (weak || kind != Taken::Stale);
            if number > 0 && !sought && !counts {
                break;
            }
            if choice.conflict || !run.admits(&draft) {
                continue;
            }
            let is_wished =
                due == Some(number) || wished.is_some_and(|wish| wish == decision(run, &draft));
            if number == 0 || is_wished {
                chosen = Some((number, draft));
            }
            sought &= !is_wished;
            if number > 0 && counts {
                taken.push(kind);
            }
            number += 1;
            if !sought && !all {
                break;
            }
        }
        if all && let Some(crossing) = self.crossings.last_mut() {
            crossing.alternatives = taken;
        }
        chosen.expect("a thread that is placed is enabled")
    }
}

impl Guide {
    fn performed(&mut self, run: &Run, at: Position) {
        let event = run.graph.event(at);
        self.cost.perform(event);
        if self.survey.is_some() {
            self.fingerprint.add(&run.graph, at);
        }
        if event.op == Op::Spawn {
            self.order.push(ThreadId(event.chosen));
        }
        self.latest = event.thread;
        self.last_event = Some(event.id());
    }
}

/// What a draft decides, in terms that hold in other executions.
fn decision(run: &Run, draft: &Draft) -> Decision {
    let id = |at: Position| at.is_some().then(|| run.graph.event(at).id());
    match draft.op {
        Op::Load { .. } | Op::Rmw { .. } | Op::CompareExchange { .. } => {
            match draft.flags.has(Flags::SPURIOUS) {
                true => Decision::Spurious(id(draft.source)),
                false => Decision::Source(id(draft.source)),
            }
        }
        Op::Store { location, .. } => Decision::After(id(run.graph.at_rank(location, draft.after))),
        Op::Choose { .. } | Op::Act { .. } | Op::Select { .. } => {
            Decision::Alternative(draft.chosen)
        }
        _ => Decision::None,
    }
}

impl Strategy for Guide {
    fn prepare(&mut self, run: &mut Run) -> bool {
        run.graph.clear();
        run.threads = self.threads.clone();
        !std::mem::replace(&mut self.started, true)
    }

    fn select(&mut self, run: &mut Run) -> Next {
        if let Some(thread) = undiscovered(run) {
            return Next::Discover(thread);
        }
        let Some(default) = policy(run, self.latest, self.order.iter().copied()) else {
            return Next::Nobody;
        };
        let chosen = self.wished_thread(run).unwrap_or(default);
        if self.surveys(run) {
            self.survey_threads(run, default);
        }
        if chosen != default {
            if run.is_enabled(self.latest) {
                self.cost.preemptions += 1;
            }
            self.note(run.graph.len(), self.number(chosen), None);
            if let Some(event) = self.last_event {
                self.plan.turn(event, chosen);
            }
        }
        Next::Perform(chosen)
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        let step = run.graph.len();
        let op = run.pending(thread).expect("a thread that is placed stands at an operation");
        let (number, mut draft) = self.choose(run, thread, op, self.surveys(run));
        if number > 0 {
            self.note(step, None, Some(number));
            self.cost.take(Taken::of(&op, number, draft.flags));
            let id = EventId { thread, index: run.graph.count_of(thread) };
            self.plan.pick(id, decision(run, &draft));
        }
        if let Wishes::Steps(deviations) = &self.wishes {
            let passed = |deviation: &&Deviation| deviation.step as usize <= step;
            self.next += deviations[self.next..].iter().take_while(passed).count();
        }
        draft.flags = draft.flags.with(Flags::MAXIMAL);
        let at = run.push(&draft);
        self.performed(run, at);
        at
    }

    fn on_standstill(&mut self, run: &mut Run) {
        // The clock gets its number when it first goes on.
        let clock = run.threads.clock();
        if !self.order.contains(&clock) {
            self.order.push(clock);
        }
        self.fingerprint.advance();
    }

    fn finish(&mut self, run: &mut Run, ending: Ending) {
        self.length = run.graph.len() as u32;
        self.threads = run.threads.clone();
        self.cost.steps = self.length;
        let ids = run.thread_ids();
        self.cost.threads = ids.filter(|&thread| run.graph.count_of(thread) > 0).count() as u32;
        if ending == Ending::Failed
            && let Some(failure) = run.failure()
        {
            self.failed = Some((run.graph.clone(), failure.clone()));
        }
    }
}
