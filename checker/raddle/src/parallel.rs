//! An exhaustive search that several workers share.
//!
//! Each worker has a runtime of its own and explores one piece of the frontier at a time. As long as somebody has
//! nothing to do, it gives the oldest work of its piece away. The pieces stand in the order in which one worker
//! alone would come to them (see [`Frontier`]), and whatever ends a search counts only if nothing
//! before it does: so the counts, the first failure and its number are those of a search by one worker. What does
//! differ is what a search has seen when its time is up.

use crate::search::{
    Clock, Cut, Notes, Program, Searched, Until, Void, engine_settings, exhaustive,
    exhaustive_below,
};
use crate::settings::Settings;
use crate::worker::Pulse;
use raddle_engine::explore::{
    self as engine, Coverage, Divergence, Ending, Exhaustive, Explorer, Frontier, Limit, Limits,
    Outcome, PieceId, Run, Schedule,
};
use raddle_runtime::{Lessons, Runtime};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many executions a worker makes before it looks whether somebody wants work.
const SLICE: u64 = 16;

/// Why the search ends with a part.
enum End {
    /// As any search may end.
    Searched(Result<Outcome, Divergence>),
    /// The runtime has learned something, so that everything explored is void.
    TakesBack(Lessons),
}

/// What came of a part of the search.
#[derive(Default)]
struct Part {
    coverage: Coverage,
    notes: Notes,
    end: Option<End>,
}

impl engine::Part for Part {
    fn append(&mut self, later: Part) {
        let Notes { threads_max, order, cut, .. } = later.notes;
        let notes = &mut self.notes;
        notes.threads_max = notes.threads_max.max(threads_max);
        notes.order.append(order);
        if notes.cut.is_none() {
            notes.cut = cut.map(|Cut { schedule, coverage }| {
                let mut before = self.coverage;
                before.append(&coverage);
                Cut { schedule, coverage: before }
            });
        }
        self.coverage.append(&later.coverage);
        self.end = later.end;
    }
}

/// What the workers share.
struct Shop<'a> {
    settings: &'a Settings,
    until: &'a Until,
    frontier: Mutex<Frontier<Part>>,
    /// Something has been given to the frontier, or it is over.
    changed: Condvar,
    /// How many workers wait for work.
    idle: AtomicUsize,
    /// Nothing more is begun: the time is up, or a worker has panicked.
    closed: AtomicBool,
}

/// Explores a program with as many workers as the settings ask for.
pub(crate) fn search(
    settings: &Settings,
    program: &Program,
    pulse: &Pulse,
    until: Until,
) -> Searched {
    let (mut lessons, mut void) = (Lessons::default(), Void::default());
    loop {
        let shop = Shop {
            settings,
            until: &until,
            frontier: Mutex::new(Frontier::new()),
            changed: Condvar::new(),
            idle: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        };
        thread::scope(|scope| {
            let work = || shop.work(program, pulse, &lessons);
            let others: Vec<_> = (1..settings.jobs).map(|_| scope.spawn(work)).collect();
            work();
            for other in others {
                other.join().unwrap_or_else(|payload| resume_unwind(payload));
            }
        });
        let is_cut_short = shop.closed.load(Relaxed);
        let frontier = shop.frontier.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut part = frontier.result().unwrap_or_default();
        part.notes.void = void;
        match part.end.take() {
            Some(End::TakesBack(learned)) => {
                lessons = learned;
                void.add(&part.coverage);
            }
            Some(End::Searched(result)) => return ended(result, part, lessons),
            None => return exhausted(settings, part, is_cut_short, lessons),
        }
    }
}

/// A search that something has ended.
fn ended(mut result: Result<Outcome, Divergence>, part: Part, lessons: Lessons) -> Searched {
    let Part { coverage, notes, .. } = part;
    match &mut result {
        Ok(Outcome::Violation(counterexample)) => counterexample.coverage = coverage,
        Ok(Outcome::Incomplete(reached, _) | Outcome::Verified(reached)) => *reached = coverage,
        Err(_) => {}
    }
    Searched { result, coverage, latest: None, notes, lessons }
}

/// A search of which every piece has been explored, or that its time has cut short.
fn exhausted(settings: &Settings, part: Part, is_cut_short: bool, lessons: Lessons) -> Searched {
    let Part { mut coverage, notes, .. } = part;
    let limit = match (is_cut_short, settings.limits.time) {
        (true, Some(most)) => Some(Limit::Time(most)),
        _ if coverage.cut > 0 => Some(Limit::Events(settings.limits.events_per_thread)),
        _ => settings.max_preemptions.map(Limit::Preemptions),
    };
    if !is_cut_short {
        coverage.progress = 1.0;
    }
    let outcome = match limit {
        Some(limit) => Outcome::Incomplete(coverage, limit),
        None => Outcome::Verified(coverage),
    };
    Searched { result: Ok(outcome), coverage, latest: None, notes, lessons }
}

/// Closes the shop if a worker panics: the others would wait for it for ever.
struct ClosesOnPanic<'a, 'b>(&'a Shop<'b>);

impl Drop for ClosesOnPanic<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

impl Shop<'_> {
    fn frontier(&self) -> MutexGuard<'_, Frontier<Part>> {
        self.frontier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins nothing more.
    fn close(&self) {
        let mut frontier = self.frontier();
        self.closed.store(true, Relaxed);
        frontier.close();
        drop(frontier);
        self.changed.notify_all();
    }

    /// Explores pieces until the search is over.
    fn work(&self, program: &Program, pulse: &Pulse, lessons: &Lessons) {
        let _closes = ClosesOnPanic(self);
        let program = Arc::clone(program);
        let runtime = Runtime::new(self.settings.options, move || program());
        let mut runtime = runtime.beat(pulse.counter());
        runtime.learn(lessons);
        while let Some((piece, node)) = self.next() {
            self.explore(&mut runtime, piece, node);
        }
    }

    /// A piece to explore; none if there is nothing left to do.
    fn next(&self) -> Option<(PieceId, Option<Schedule>)> {
        let mut frontier = self.frontier();
        loop {
            if self.closed.load(Relaxed) {
                return None;
            }
            if let Some(piece) = frontier.take() {
                return Some(piece);
            }
            if frontier.is_over() {
                self.changed.notify_all();
                return None;
            }
            self.idle.fetch_add(1, Relaxed);
            frontier = self.changed.wait(frontier).unwrap_or_else(PoisonError::into_inner);
            self.idle.fetch_sub(1, Relaxed);
        }
    }

    fn explore(&self, runtime: &mut Runtime, piece: PieceId, node: Option<Schedule>) {
        let repeated = node.as_ref().map_or(0, |node| node.steps.len() as u64);
        let begin = |node| exhaustive_below(self.settings, node);
        let strategy = node.map_or_else(|| exhaustive(self.settings), begin);
        let clock = Clock(self.until.start);
        let mut explorer = Explorer::new(
            strategy,
            engine::Settings {
                stopwatch: Some(&clock),
                stop_at_cut: self.until.stop_at_cut,
                ..engine_settings(self.settings)
            },
        );
        let mut notes = Notes::default();
        let objects = runtime.objects();
        let mut observe = |run: &Run, ending: Ending, coverage: &Coverage| {
            notes.look(run, ending, coverage, &objects);
        };
        let mut most = 0;
        let result = loop {
            most += SLICE;
            explorer.set_limits(Limits { executions: Some(most), ..self.settings.limits });
            let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
            if !matches!(result, Ok(Outcome::Incomplete(_, Limit::Executions(_)))) {
                break result;
            }
            if !self.frontier().wants(piece) {
                return;
            }
            self.give(&mut explorer, piece);
        };
        // What leads to the node has been counted where it was split off.
        let mut coverage = explorer.measured();
        coverage.events = coverage.events.saturating_sub(repeated);
        let end = match result {
            _ if runtime.takes_back() => Some(End::TakesBack(runtime.lessons())),
            Ok(Outcome::Incomplete(_, Limit::Time(_))) => {
                self.close();
                None
            }
            Ok(Outcome::Verified(_))
            | Ok(Outcome::Incomplete(_, Limit::Split | Limit::Preemptions(_))) => None,
            Ok(Outcome::Incomplete(_, Limit::Events(_))) if !self.until.stop_at_cut => None,
            result => Some(End::Searched(result)),
        };
        let ends = end.is_some();
        let part = Part { coverage, notes, end };
        let mut frontier = self.frontier();
        match ends {
            true => frontier.end(piece, part),
            false => frontier.finish(piece, part),
        }
        drop(frontier);
        self.changed.notify_all();
    }

    /// Gives work away, if somebody has none.
    fn give(&self, explorer: &mut Explorer<'_, Exhaustive>, piece: PieceId) {
        let wanted = self.idle.load(Relaxed);
        let mut given = 0;
        while given < wanted {
            let (strategy, run) = explorer.strategy_mut();
            let nodes = strategy.split(run);
            if nodes.is_empty() {
                return;
            }
            given += nodes.len();
            self.frontier().give(piece, nodes);
            self.changed.notify_all();
        }
    }
}
