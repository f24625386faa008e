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
use raddle_report::trace::Trace;
use raddle_runtime::{Record, Runtime, install_hook};
use raddle_shims::kernel::{Failure, ThreadId};
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
    /// The first execution in which a thread came to a limit.
    pub cut: Option<Cut>,
    pub elapsed: Duration,
}

/// An execution in which a thread came to a limit.
#[derive(Clone)]
pub(crate) struct Cut {
    schedule: Schedule,
    /// What had been explored before.
    coverage: Coverage,
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
    cut: Option<Cut>,
}

/// One execution with everything that happened in it.
pub(crate) struct Repeated {
    pub failure: Option<Failure>,
    /// The threads that came to a limit, and whether to that of operations that are no events.
    pub cut: Vec<(ThreadId, bool)>,
    pub record: Record,
    pub deviations: Vec<Deviation>,
    /// The steps at which another thread went on although the one before could have.
    pub preemptions: Vec<u32>,
    /// Why it is not the execution that was asked for.
    pub divergence: Option<String>,
    pub coverage: Coverage,
}

/// Explores the program of a test, if told so only until a thread comes to a limit.
pub(crate) fn run(test: &Test, stop_at_cut: bool) -> Ran {
    install_hook();
    let start = Instant::now();
    let (settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    let until = Until { start, stop_at_cut };
    let searched =
        worker::run(settings.patience, move |pulse| search(&settings, program, pulse, until));
    let (mut notes, mut warnings, mut first_cut) = (Vec::new(), Vec::new(), None);
    let outcome = match searched {
        Err(lost) => Outcome::Violation(Box::new(lost_violation(test, lost))),
        Ok(Searched { result: Err(divergence), coverage, .. }) => {
            let message = divergence.to_string();
            Outcome::Violation(Box::new(nondeterminism(test, message, coverage)))
        }
        Ok(Searched { result: Ok(outcome), threads_max, order, cut, .. }) => match outcome {
            engine::Outcome::Verified(coverage) => {
                notes.extend(vacuity(&coverage, threads_max));
                warnings = lock_order::warnings(test, &order);
                Outcome::Verified(coverage)
            }
            engine::Outcome::Incomplete(coverage, limit) => {
                warnings = lock_order::warnings(test, &order);
                first_cut = cut;
                Outcome::Incomplete(coverage, limit)
            }
            engine::Outcome::Violation(counterexample) => {
                let coverage = counterexample.coverage;
                let violation = violation(test, counterexample.schedule, coverage);
                Outcome::Violation(Box::new(violation))
            }
        },
    };
    Ran { outcome, notes, warnings, cut: first_cut, elapsed: start.elapsed() }
}

/// When a search began, and what ends it beside its limits.
#[derive(Clone, Copy)]
struct Until {
    start: Instant,
    stop_at_cut: bool,
}

fn search(
    settings: &Settings,
    program: Arc<dyn Fn() + Send + Sync>,
    pulse: Pulse,
    until: Until,
) -> Searched {
    let runtime = Runtime::new(settings.options, move || program()).beat(pulse);
    match settings.strategy {
        Strategy::Exhaustive => explore_with(settings, runtime, until, Exhaustive::new),
        Strategy::Random => explore_with(settings, runtime, until, || Random::new(settings.seed)),
    }
}

fn explore_with<S: engine::Strategy>(
    settings: &Settings,
    mut runtime: Runtime,
    until: Until,
    strategy: impl Fn() -> S,
) -> Searched {
    let clock = Clock(until.start);
    let engine_settings = engine::Settings {
        model: settings.model,
        time: settings.time,
        limits: settings.limits,
        stopwatch: Some(&clock),
        estimate_from: ESTIMATE_FROM,
        stop_at_cut: until.stop_at_cut,
        task_leak_fails: settings.check_task_leaks,
        ..Default::default()
    };
    loop {
        let (mut threads_max, mut order, mut cut) = (0, LockOrder::default(), None);
        let objects = runtime.objects();
        let mut explorer = Explorer::new(strategy(), engine_settings);
        let mut observe = |run: &Run, ending: Ending, coverage: &Coverage| {
            if ending == Ending::Cut && cut.is_none() {
                let schedule = Schedule::of(&run.graph, &run.threads, 0.0);
                cut = Some(Cut { schedule, coverage: Coverage { cut: 0, ..*coverage } });
            }
            threads_max = threads_max.max(run.thread_ids().count());
            order.look(run, &objects);
        };
        let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
        if !runtime.takes_back() {
            let coverage = explorer.measured();
            return Searched { result, coverage, threads_max, order, cut };
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
        let (mut explorer, failure, cut, result) = loop {
            let mut explorer = Explorer::new(strategy(), engine_settings);
            let (mut failure, mut cut) = (None, Vec::new());
            let mut observe = |run: &Run, _: Ending, _: &Coverage| {
                failure = run.failure().cloned();
                cut = run.cut().collect();
            };
            let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
            if !runtime.takes_back() {
                break (explorer, failure, cut, result);
            }
        };
        let Told { deviations, preemptions, unmet } = told(explorer.strategy_mut().0);
        let divergence = result.err().map(|divergence| divergence.to_string()).or(unmet);
        let (record, coverage) = (runtime.record(), explorer.measured());
        Repeated { failure, cut, record, deviations, preemptions, divergence, coverage }
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

/// The execution that a schedule leads to, which fails or comes to a limit. It is run twice: to learn its token,
/// and from its token, so that what is reported is what a replay of the token shows.
fn repeat_twice(test: &Test, schedule: Schedule) -> Result<Repeated, Lost> {
    let first = repeat_schedule(test, schedule)?;
    match first.failure.is_some() || !first.cut.is_empty() {
        true => repeat_deviations(test, first.deviations),
        false => Ok(first),
    }
}

/// The violation that a schedule leads to.
fn violation(test: &Test, schedule: Schedule, coverage: Coverage) -> Violation {
    let repeated = repeat_twice(test, schedule);
    let repeated = match repeated {
        Err(lost) => return lost_violation(test, lost),
        Ok(repeated) => repeated,
    };
    let Some(failure) = &repeated.failure else {
        let message = "a failing execution did not fail when it was run again".to_string();
        return nondeterminism(test, repeated.divergence.unwrap_or(message), coverage);
    };
    let trace = explain::trace(test, failure, &repeated, &coverage);
    with_token(test, trace, &repeated, coverage)
}

/// The violation that it is that a thread came to a limit.
pub(crate) fn cut_violation(test: &Test, cut: Cut) -> Violation {
    let Cut { schedule, coverage } = cut;
    let repeated = match repeat_twice(test, schedule) {
        Err(lost) => return lost_violation(test, lost),
        Ok(repeated) => repeated,
    };
    match explain::cut(test, &repeated, &coverage) {
        Some(trace) => with_token(test, trace, &repeated, coverage),
        None => {
            let message =
                "an execution in which a thread came to a limit ended when it was run again";
            let message = repeated.divergence.unwrap_or_else(|| message.to_string());
            nondeterminism(test, message, coverage)
        }
    }
}

/// The violation that a trace describes, with the token of its execution.
fn with_token(test: &Test, mut trace: Trace, repeated: &Repeated, coverage: Coverage) -> Violation {
    let token = explain::token(test, explain::body(test, &repeated.deviations, &coverage));
    let token = keep::short(&test.name, token);
    trace.token = Some(token.clone());
    finish(trace, Some(token), coverage)
}

/// The violation that a trace describes.
pub(crate) fn finish(trace: Trace, token: Option<String>, coverage: Coverage) -> Violation {
    let kind = explain::kind(trace.verdict.kind);
    let report = explain::render(&trace);
    Violation { kind, message: trace.verdict.message, report, token, coverage }
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
