//! One check: the search on a worker, and the failing execution once more, with everything recorded.

use crate::lock_order::{self, LockOrder, Warning};
use crate::outcome::{Kind, Outcome, Violation};
use crate::settings::{Settings, Strategy};
use crate::worker::{self, Lost, Pulse};
use crate::{explain, keep};
use raddle_engine::explore::{
    self as engine, Coverage, Deviation, Deviations, Divergence, Ending, Exhaustive, Explorer,
    Random, Recorder, Run, Schedule, Stopwatch,
};
use raddle_engine::graph::Graph;
use raddle_report::trace::Trace;
use raddle_runtime::{Record, Runtime, install_hook};
use raddle_shims::kernel::Failure;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After how many executions a search begins to estimate how many there are.
const ESTIMATE_FROM: u64 = 1 << 14;

/// What is checked, and how.
#[derive(Clone)]
pub(crate) struct Test {
    pub name: String,
    /// File, line and column.
    pub location: (String, u32, u32),
    pub settings: Settings,
    pub program: Arc<dyn Fn() + Send + Sync>,
}

/// What came of it.
pub(crate) struct Ran {
    pub outcome: Outcome,
    /// What is to be said although nothing failed.
    pub notes: Vec<String>,
    pub warnings: Vec<Warning>,
    pub elapsed: Duration,
}

struct Clock(Instant);

impl Stopwatch for Clock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A search that has ended.
struct Searched {
    result: Result<engine::Outcome, Divergence>,
    coverage: Coverage,
    threads_max: usize,
    order: LockOrder,
}

/// One execution with everything that happened in it.
pub(crate) struct Repeated {
    pub failure: Option<Failure>,
    pub record: Record,
    /// What it did.
    pub graph: Graph,
    pub deviations: Vec<Deviation>,
    /// The steps at which another thread went on although the one before could have.
    pub preemptions: Vec<u32>,
    /// Why it is not the execution that was asked for.
    pub divergence: Option<String>,
    pub coverage: Coverage,
}

/// Explores the program of a test.
pub(crate) fn run(test: &Test) -> Ran {
    install_hook();
    let start = Instant::now();
    let (settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    let searched =
        worker::run(settings.patience, move |pulse| search(&settings, program, pulse, start));
    let (mut notes, mut warnings) = (Vec::new(), Vec::new());
    let outcome = match searched {
        Err(lost) => Outcome::Violation(Box::new(lost_violation(test, lost))),
        Ok(Searched { result: Err(divergence), coverage, .. }) => {
            let message = divergence.to_string();
            Outcome::Violation(Box::new(nondeterminism(test, message, coverage)))
        }
        Ok(Searched { result: Ok(outcome), threads_max, order, .. }) => match outcome {
            engine::Outcome::Verified(coverage) => {
                notes.extend(vacuity(&coverage, threads_max));
                warnings = lock_order::warnings(test, &order);
                Outcome::Verified(coverage)
            }
            engine::Outcome::Incomplete(coverage, limit) => {
                warnings = lock_order::warnings(test, &order);
                Outcome::Incomplete(coverage, limit)
            }
            engine::Outcome::Violation(counterexample) => {
                let coverage = counterexample.coverage;
                let violation = violation(test, counterexample.schedule, coverage);
                Outcome::Violation(Box::new(violation))
            }
        },
    };
    Ran { outcome, notes, warnings, elapsed: start.elapsed() }
}

fn search(
    settings: &Settings,
    program: Arc<dyn Fn() + Send + Sync>,
    pulse: Pulse,
    start: Instant,
) -> Searched {
    let runtime = Runtime::new(settings.options, move || program()).beat(pulse);
    match settings.strategy {
        Strategy::Exhaustive => explore_with(settings, runtime, start, Exhaustive::new),
        Strategy::Random => explore_with(settings, runtime, start, || Random::new(settings.seed)),
    }
}

fn explore_with<S: engine::Strategy>(
    settings: &Settings,
    mut runtime: Runtime,
    start: Instant,
    strategy: impl Fn() -> S,
) -> Searched {
    let clock = Clock(start);
    let engine_settings = engine::Settings {
        model: settings.model,
        time: settings.time,
        limits: settings.limits,
        stopwatch: Some(&clock),
        estimate_from: ESTIMATE_FROM,
        task_leak_fails: settings.check_task_leaks,
        ..Default::default()
    };
    loop {
        let (mut threads_max, mut order) = (0, LockOrder::default());
        let objects = runtime.objects();
        let mut explorer = Explorer::new(strategy(), engine_settings);
        let mut observe = |run: &Run, _: Ending, _: &Coverage| {
            threads_max = threads_max.max(run.thread_ids().count());
            order.look(run, &objects);
        };
        let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
        if !runtime.takes_back() {
            let coverage = explorer.measured();
            return Searched { result, coverage, threads_max, order };
        }
    }
}

/// What a strategy knows about the one execution that it has run.
#[derive(Default)]
struct Told {
    deviations: Vec<Deviation>,
    preemptions: Vec<u32>,
    unmet: Option<String>,
}

/// Runs one execution, with everything recorded.
fn repeat<S: engine::Strategy + 'static>(
    test: &Test,
    strategy: impl Fn() -> S + Send + 'static,
    told: impl FnOnce(&S) -> Told + Send + 'static,
) -> Result<Repeated, Lost> {
    install_hook();
    let (mut settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    settings.options.records = true;
    worker::run(settings.patience, move |pulse| {
        let mut runtime = Runtime::new(settings.options, move || program()).beat(pulse);
        let mut limits = settings.limits;
        (limits.executions, limits.time) = (Some(1), None);
        let engine_settings = engine::Settings {
            model: settings.model,
            time: settings.time,
            limits,
            task_leak_fails: settings.check_task_leaks,
            ..Default::default()
        };
        let (mut explorer, failure, graph, result) = loop {
            let mut explorer = Explorer::new(strategy(), engine_settings);
            let (mut failure, mut graph) = (None, Graph::new(settings.model.causality()));
            let mut observe = |run: &Run, _: Ending, _: &Coverage| {
                failure = run.failure().cloned();
                graph.clone_from(&run.graph);
            };
            let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
            if !runtime.takes_back() {
                break (explorer, failure, graph, result);
            }
        };
        let Told { deviations, preemptions, unmet } = told(explorer.strategy_mut().0);
        let divergence = result.err().map(|divergence| divergence.to_string()).or(unmet);
        let (record, coverage) = (runtime.record(), explorer.measured());
        Repeated { failure, record, graph, deviations, preemptions, divergence, coverage }
    })
}

/// The execution that deviations describe.
pub(crate) fn repeat_deviations(test: &Test, deviations: Vec<Deviation>) -> Result<Repeated, Lost> {
    let given = deviations.clone();
    repeat(
        test,
        move || Deviations::new(deviations.clone()),
        move |strategy| {
            let unmet = strategy.unmet().map(|deviation| {
                format!("at step {} the token asks for what is not possible there", deviation.step)
            });
            Told { deviations: given, preemptions: strategy.preemptions().to_vec(), unmet }
        },
    )
}

/// The execution with that number of a sample.
pub(crate) fn repeat_sample(test: &Test, seed: u64, execution: u64) -> Result<Repeated, Lost> {
    let strategy = move || Random::new(seed).starting_at(execution);
    repeat(test, strategy, |_| Told::default())
}

/// The execution that a schedule leads to.
pub(crate) fn repeat_schedule(test: &Test, schedule: Schedule) -> Result<Repeated, Lost> {
    repeat(
        test,
        move || Recorder::new(schedule.clone()),
        |strategy| Told { deviations: strategy.deviations().to_vec(), ..Told::default() },
    )
}

/// The violation that a schedule leads to. It is run twice: to learn its token, and from its token, so
/// that what is reported is what a replay of the token shows.
fn violation(test: &Test, schedule: Schedule, coverage: Coverage) -> Violation {
    let repeated = repeat_schedule(test, schedule).and_then(|first| match first.failure {
        Some(_) => repeat_deviations(test, first.deviations),
        None => Ok(first),
    });
    let repeated = match repeated {
        Err(lost) => return lost_violation(test, lost),
        Ok(repeated) => repeated,
    };
    let Some(failure) = &repeated.failure else {
        let message = "a failing execution did not fail when it was run again".to_string();
        return nondeterminism(test, repeated.divergence.unwrap_or(message), coverage);
    };
    let token = explain::token(test, explain::body(test, &repeated.deviations, &coverage));
    let token = keep::short(&test.name, token);
    let mut trace = explain::trace(test, failure, &repeated, &coverage);
    trace.token = Some(token.clone());
    finish(trace, Some(token), coverage)
}

/// The violation that a trace describes.
pub(crate) fn finish(trace: Trace, token: Option<String>, coverage: Coverage) -> Violation {
    let kind = explain::kind(trace.verdict.kind);
    let report = explain::render(&trace);
    let message = trace.verdict.message.clone();
    Violation { kind, message, report, token, coverage, trace: Box::new(trace) }
}

fn nondeterminism(test: &Test, message: String, coverage: Coverage) -> Violation {
    let trace = explain::bare(test, Kind::Nondeterminism, &message, &coverage);
    finish(trace, None, coverage)
}

pub(crate) fn lost_violation(test: &Test, lost: Lost) -> Violation {
    let message = match lost {
        Lost::Stuck(patience) => format!(
            "nothing has happened for {} s: the program waits outside of raddle_shims (a lock or channel \
             of std, input, a real sleep), or computes that long between two operations (then raise \
             `patience`)",
            patience.as_secs_f32()
        ),
        Lost::Panicked(text) => panic!("internal error of raddle, please report it: {text}"),
    };
    let coverage = Coverage::default();
    finish(explain::bare(test, Kind::Misuse, &message, &coverage), None, coverage)
}

/// A remark on a search that can hardly have found anything.
fn vacuity(coverage: &Coverage, threads_max: usize) -> Option<String> {
    if coverage.executions == 0 {
        return Some("every execution was set aside by an assumption: nothing was checked".into());
    }
    match (threads_max, coverage.executions) {
        (0 | 1, 1) => Some(
            "the model has one thread and one execution: nothing concurrent was checked; threads must \
             be spawned with raddle_shims::thread inside of the closure"
                .into(),
        ),
        (_, 1) => Some(
            "there is one execution only: the threads share nothing through raddle_shims, or are \
             ordered by what they share"
                .into(),
        ),
        _ => None,
    }
}
