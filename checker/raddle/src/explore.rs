//! One check: the search on a worker, and the failing execution once more, with everything recorded.

use crate::keep::TOKEN_MAX;
use crate::lock_order::{self, Warning};
use crate::outcome::{Kind, Outcome, Violation};
use crate::search::{Cut, Notes, Program, Searched, Until, engine_settings, exhaustive, search};
use crate::settings::Settings;
use crate::signature::Signature;
use crate::worker::{self, Lost};
use crate::{differing, explain, insight, keep, minimise, standing};
use raddle_engine::explore::{
    self as engine, Coverage, Deviation, Deviations, Ending, Explorer, Limits, Performed, Recorder,
    Run, SampleId, Sampler, Sampling, Schedule, Stale,
};
use raddle_engine::graph::Graph;
use raddle_report::token::Body;
use raddle_report::trace::Trace;
use raddle_runtime::{Lessons, Record, Runtime, install_hook};
use raddle_shims::kernel::{Extent, Failure, ThreadId};
use std::sync::Arc;
use std::time::Duration;

/// What is checked, and how.
#[derive(Clone)]
pub(crate) struct Test {
    pub name: String,
    /// File, line and column.
    pub location: (String, u32, u32),
    pub settings: Settings,
    pub program: Program,
    /// What a search has learned of the program.
    pub lessons: Lessons,
    /// The command that repeats an execution, with `TOKEN` for its token, if it is not raddle's own.
    pub replay_command: Option<&'static str>,
    /// Whether bytes choose the execution, and no search finds it.
    pub by_bytes: bool,
}

impl Test {
    /// The command that repeats the execution of that token.
    pub fn replay_command(&self, token: &str) -> String {
        self.replay_command.unwrap_or("cargo raddle replay TOKEN").replace("TOKEN", token)
    }
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

/// One execution with everything that happened in it.
pub(crate) struct Repeated {
    pub failure: Option<Failure>,
    /// The threads that came to a limit, and whether to that of operations that are no events.
    pub cut: Vec<(ThreadId, bool)>,
    pub record: Record,
    /// What it did.
    pub graph: Graph,
    /// The same as decisions.
    pub schedule: Schedule,
    /// What its strategy says of it.
    pub told: Told,
    /// Why it is not the execution that was asked for.
    pub divergence: Option<String>,
    pub coverage: Coverage,
}

/// Explores the program of a test.
pub(crate) fn run(test: &Test, until: Until) -> Ran {
    install_hook();
    let start = until.start;
    let searched = searched(test, until);
    let (mut notes, mut warnings, mut first_cut) = (Vec::new(), Vec::new(), None);
    let outcome = match searched {
        Err(lost) => Outcome::Violation(Box::new(lost_violation(test, lost))),
        Ok(Searched { result: Err(divergence), coverage, notes: seen, .. }) => {
            let message = divergence.to_string();
            let again = differing::search(test, coverage.runs());
            let trace =
                explain::nondeterminism(test, &message, seen.differs, again.as_ref(), &coverage);
            Outcome::Violation(Box::new(finish(trace, None, coverage)))
        }
        Ok(Searched { result: Ok(outcome), latest, notes: seen, lessons, .. }) => {
            let test = &Test { lessons, ..test.clone() };
            let Notes { threads_max, order, cut, void, .. } = seen;
            match outcome {
                engine::Outcome::Verified(coverage) => {
                    notes.extend(vacuity(&coverage, threads_max));
                    warnings = lock_order::warnings(test, &order);
                    Outcome::Verified(coverage)
                }
                engine::Outcome::Incomplete(coverage, limit) => {
                    if matches!(limit, engine::Limit::Time(_) | engine::Limit::Executions(_))
                        && latest.is_none()
                    {
                        notes.extend(void.told(&coverage));
                    }
                    warnings = lock_order::warnings(test, &order);
                    first_cut = cut;
                    Outcome::Incomplete(coverage, limit)
                }
                engine::Outcome::Violation(counterexample) => {
                    let coverage = counterexample.coverage;
                    let violation = violation(test, (counterexample.schedule, latest), coverage);
                    Outcome::Violation(Box::new(violation))
                }
            }
        }
    };
    Ran { outcome, notes, warnings, cut: first_cut, elapsed: start.elapsed() }
}

/// A search; if it ends with threads that seem to go on for ever, and do not, it begins again and takes those for what they
/// are, executions that were cut.
fn searched(test: &Test, until: Until) -> Result<Searched, Lost> {
    let (start, stop_at_cut) = (until.start, until.stop_at_cut);
    let run = |settings: Settings, until: Until| {
        let program = Arc::clone(&test.program);
        worker::run(settings.patience, move |pulse| search(&settings, program, pulse, until))
    };
    let first = run(test.settings.clone(), until)?;
    if let Ok(engine::Outcome::Violation(counterexample)) = &first.result
        && let Failure::Deadlock { extent: Extent::LiveLeak, .. } = &counterexample.failure
        && comes_to_an_end(test, counterexample.schedule.clone())
    {
        let settings = Settings { live_leaks: false, ..test.settings.clone() };
        return run(settings, Until { start, stop_at_cut, flight: None, progress: None });
    }
    Ok(first)
}

/// Whether threads that go on at the limit of events have ended at a limit that is so much higher. Loops without events are
/// not asked: nothing that they see can change.
fn comes_to_an_end(test: &Test, schedule: Schedule) -> bool {
    let Ok(first) = repeat_schedule(test, schedule) else { return false };
    if first.cut.iter().any(|(_, is_silent)| *is_silent) {
        return false;
    }
    let mut longer = test.clone();
    let events = &mut longer.settings.limits.events_per_thread;
    *events = events.saturating_mul(LONGER);
    let again = repeat_deviations(&longer, first.told.deviations);
    again.is_ok_and(|again| again.cut.is_empty() && again.divergence.is_none())
}

/// How much longer threads may go on before they are said to do so for ever.
const LONGER: u32 = 16;

/// What a strategy knows about the one execution that it has run.
#[derive(Default)]
pub(crate) struct Told {
    pub deviations: Vec<Deviation>,
    /// The steps at which another thread went on although the one before could have.
    pub preemptions: Vec<u32>,
    /// What is weaker than an interleaving.
    pub stale: Vec<Stale>,
    /// How many events of each thread the failure depends on; empty if not known.
    pub causes: Vec<u32>,
    /// Its events, in order.
    pub sequence: Vec<Performed>,
    /// What could not be done as it was asked for.
    unmet: Option<String>,
}

/// Which execution of a strategy is meant.
#[derive(Clone, Copy)]
enum Which {
    /// The one with that number, from 0, if none before it fails.
    Number(u64),
    /// The one after which the strategy ends.
    Last,
}

/// Runs one execution, with everything recorded.
fn repeat<S: engine::Strategy + 'static>(
    test: &Test,
    which: Which,
    strategy: impl Fn() -> S + Send + 'static,
    told: impl FnOnce(&S) -> Told + Send + 'static,
) -> Result<Repeated, Lost> {
    install_hook();
    let (mut settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    let mut lessons = Some(test.lessons.clone());
    settings.options.records = true;
    worker::run(settings.patience, move |pulse| {
        let mut runtime = Runtime::new(settings.options, move || program()).beat(pulse.counter());
        let mut engine_settings = engine_settings(&settings);
        engine_settings.limits.time = None;
        let limits = match which {
            Which::Number(skipped) => {
                engine_settings.limits.executions = Some(skipped);
                Limits { executions: Some(skipped + 1), ..engine_settings.limits }
            }
            Which::Last => {
                engine_settings.stop_at_failure = false;
                engine_settings.limits.executions = Some(0);
                Limits { executions: None, ..engine_settings.limits }
            }
        };
        let (mut explorer, latest, result) = loop {
            let mut explorer = Explorer::new(strategy(), engine_settings);
            let mut latest = Latest::new(&settings);
            let result = runtime.within(|runtime| {
                explorer.explore(runtime, &mut ())?;
                explorer.set_limits(limits);
                explorer.explore(runtime, &mut latest)
            });
            if runtime.takes_back() {
                continue;
            }
            // It may differ before it comes to where what was learned is learned.
            match lessons.take().filter(|_| result.is_err()) {
                Some(lessons) => runtime.learn(&lessons),
                None => break (explorer, latest, result),
            }
        };
        let mut told = told(explorer.strategy_mut().0);
        let divergence = result.err().map(|divergence| divergence.to_string());
        let divergence = divergence.or(told.unmet.take());
        latest.repeated(&runtime, told, divergence, explorer.measured())
    })
}

/// What is kept of the latest execution.
pub(crate) struct Latest {
    failure: Option<Failure>,
    cut: Vec<(ThreadId, bool)>,
    graph: Graph,
    pub schedule: Schedule,
}

impl Latest {
    pub fn new(settings: &Settings) -> Latest {
        let (graph, schedule) = (Graph::new(settings.model.causality()), Schedule::default());
        Latest { failure: None, cut: Vec::new(), graph, schedule }
    }

    /// All of it, with what else is known.
    pub fn repeated(
        self,
        runtime: &Runtime,
        told: Told,
        divergence: Option<String>,
        coverage: Coverage,
    ) -> Repeated {
        let Latest { failure, cut, graph, schedule } = self;
        let record = runtime.record();
        Repeated { failure, cut, record, graph, schedule, told, divergence, coverage }
    }
}

impl engine::Observer for Latest {
    fn on_execution(&mut self, run: &Run, _: Ending, _: &Coverage) {
        self.failure = run.failure().cloned();
        self.cut = run.cut().collect();
        self.graph.clone_from(&run.graph);
        self.schedule = run.schedule();
    }
}

/// The execution that deviations describe.
pub(crate) fn repeat_deviations(test: &Test, deviations: Vec<Deviation>) -> Result<Repeated, Lost> {
    repeat_strategy(test, Deviations::new(deviations))
}

/// The same, up to the first deviation that is not possible.
pub(crate) fn repeat_until_divergence(
    test: &Test,
    deviations: Vec<Deviation>,
) -> Result<Repeated, Lost> {
    repeat_strategy(test, Deviations::new(deviations).stopping())
}

fn repeat_strategy(test: &Test, strategy: Deviations) -> Result<Repeated, Lost> {
    let given = strategy.given().to_vec();
    repeat(
        test,
        Which::Number(0),
        move || strategy.clone(),
        move |strategy| {
            let unmet = strategy.unmet().map(|deviation| {
                format!("at step {} the token asks for what is not possible there", deviation.step)
            });
            Told {
                deviations: given,
                preemptions: strategy.preemptions().to_vec(),
                stale: strategy.stale().to_vec(),
                causes: strategy.causes().to_vec(),
                sequence: strategy.sequence().to_vec(),
                unmet,
            }
        },
    )
}

/// One execution of a sample; none if there is no such strategy.
pub(crate) fn repeat_sample(test: &Test, sample: &SampleId) -> Option<Result<Repeated, Lost>> {
    let execution = sample.execution;
    let sampling = Sampling { seed: sample.seed, ..Sampling::default() };
    let (row, sampling) = sampling.named(&sample.strategy)?;
    let strategy = move || {
        Sampler::new(&row, sampling)
            .expect("a name of a sample means a row that samples")
            .alone(execution)
    };
    // Those before it are lessons.
    Some(repeat(test, Which::Last, strategy, |_| Told::default()))
}

/// The execution that bytes choose.
pub(crate) fn repeat_bytes(test: &Test, bytes: Vec<u8>) -> Result<Repeated, Lost> {
    let strategy = move || Sampler::of_bytes(bytes.clone());
    repeat(test, Which::Number(0), strategy, |_| Told::default())
}

/// The execution with that number of an exhaustive search.
pub(crate) fn repeat_exhaustive(test: &Test, execution: u64) -> Result<Repeated, Lost> {
    let settings = test.settings.clone();
    repeat(test, Which::Number(execution), move || exhaustive(&settings), |_| Told::default())
}

/// The violation of an execution of a sample, minimised; none inside if it does not fail, none at all if there is
/// no such strategy.
pub(crate) fn minimised_sample(test: &Test, sample: &SampleId) -> Option<Option<Violation>> {
    Some(match repeat_sample(test, sample)? {
        Err(lost) => Some(lost_violation(test, lost)),
        Ok(Repeated { failure: None, .. }) => None,
        Ok(first) => Some(violation(test, (first.schedule, Some(sample.clone())), first.coverage)),
    })
}

/// The violation of an execution that fails, minimised; none if it does not fail.
pub(crate) fn minimised_deviations(test: &Test, deviations: Vec<Deviation>) -> Option<Violation> {
    let first = repeat_deviations(test, deviations).ok()?;
    let failure = first.failure.clone()?;
    let coverage = first.coverage;
    let repeated = smallest(test, &failure, &first).ok()?;
    let failure = repeated.failure.as_ref()?;
    Some(reported(test, failure, &repeated, (explain::body(&repeated.told.deviations), coverage)))
}

/// The execution that a schedule leads to.
pub(crate) fn repeat_schedule(test: &Test, schedule: Schedule) -> Result<Repeated, Lost> {
    repeat(
        test,
        Which::Number(0),
        move || Recorder::new(schedule.clone()),
        |strategy| Told { deviations: strategy.deviations().to_vec(), ..Told::default() },
    )
}

/// The violation that a schedule leads to. It is run to learn its token, minimised, and run from its token,
/// so that what is reported is what a replay of the token shows.
pub(crate) fn violation(
    test: &Test,
    (schedule, sample): (Schedule, Option<SampleId>),
    coverage: Coverage,
) -> Violation {
    let repeated = repeat_schedule(test, schedule).and_then(|first| match &first.failure {
        Some(failure) => smallest(test, failure, &first),
        None => Ok(first),
    });
    let repeated = match repeated {
        Err(lost) => return lost_violation(test, lost),
        Ok(repeated) => repeated,
    };
    let (repeated, body) = named(test, repeated, sample);
    let Some(failure) = &repeated.failure else {
        let message = "a failing execution did not fail when it was run again".to_string();
        return nondeterminism(test, repeated.divergence.unwrap_or(message), coverage);
    };
    reported(test, failure, &repeated, (body, coverage))
}

/// An execution with what its token says. If that is long although the execution is minimised, the one that was
/// sampled is reported instead, whose number says it all.
fn named(test: &Test, repeated: Repeated, sample: Option<SampleId>) -> (Repeated, Body) {
    let body = explain::body(&repeated.told.deviations);
    if explain::token(test, body.clone()).len() > TOKEN_MAX
        && let Some(sample) = sample
        && let Some(Ok(sampled)) = repeat_sample(test, &sample)
        && sampled.failure.is_some()
    {
        let SampleId { strategy, seed, execution } = sample;
        return (sampled, Body::Sample { strategy, seed, execution });
    }
    (repeated, body)
}

/// What is reported of a failing execution.
fn reported(
    test: &Test,
    failure: &Failure,
    repeated: &Repeated,
    (body, coverage): (Body, Coverage),
) -> Violation {
    let insight = insight::of(test, failure, repeated);
    let trace = explain::trace(test, failure, repeated, &insight, &coverage);
    with_token(test, trace, body, coverage)
}

/// The violation that it is that a thread came to a limit.
pub(crate) fn cut_violation(test: &Test, cut: Cut) -> Violation {
    let Cut { schedule, coverage } = cut;
    let repeated = repeat_schedule(test, schedule)
        .and_then(|first| repeat_deviations(test, first.told.deviations));
    let repeated = match repeated {
        Err(lost) => return lost_violation(test, lost),
        Ok(repeated) => repeated,
    };
    match explain::cut(test, &repeated, &coverage) {
        Some(trace) => with_token(test, trace, explain::body(&repeated.told.deviations), coverage),
        None => {
            let message =
                "an execution in which a thread came to a limit ended when it was run again";
            let message = repeated.divergence.unwrap_or_else(|| message.to_string());
            nondeterminism(test, message, coverage)
        }
    }
}

/// The violation that a trace describes, with the token of its execution.
fn with_token(test: &Test, mut trace: Trace, body: Body, coverage: Coverage) -> Violation {
    let token = keep::short(&test.name, explain::token(test, body));
    if test.replay_command.is_some() {
        trace.replay = test.replay_command(&token);
    }
    trace.token = Some(token.clone());
    keep::replace(&trace);
    finish(trace, Some(token), coverage)
}

/// The execution minimised, or as it is if that comes to nothing.
fn smallest(test: &Test, failure: &Failure, first: &Repeated) -> Result<Repeated, Lost> {
    let longest = first.coverage.events_max.try_into().unwrap_or(u32::MAX);
    if let Some(minimised) = minimise::shrink(test, &first.told.deviations, longest)
        && let Ok(repeated) = repeat_deviations(test, minimised.deviations)
        && let Some(other) = &repeated.failure
        && Signature::of(other, &repeated.record) == Signature::of(failure, &first.record)
    {
        return Ok(repeated);
    }
    repeat_deviations(test, first.told.deviations.clone())
}

/// The violation that a trace describes.
pub(crate) fn finish(trace: Trace, token: Option<String>, coverage: Coverage) -> Violation {
    let kind = explain::kind(trace.verdict.kind);
    keep::trace(&trace);
    keep::save(&trace);
    let report = explain::render(&trace);
    let message = trace.verdict.message.clone();
    let (trace, signature) = (Box::new(trace), None);
    Violation { kind, message, report, token, coverage, trace, signature }
}

pub(crate) fn nondeterminism(test: &Test, message: String, coverage: Coverage) -> Violation {
    let trace = explain::nondeterminism(test, &message, None, None, &coverage);
    finish(trace, None, coverage)
}

pub(crate) fn lost_violation(test: &Test, lost: Lost) -> Violation {
    let (told, site) = match lost {
        Lost::Stuck(patience) => {
            let told = standing::told(test).map(|(told, site)| (format!("; {told}"), site));
            let (place, site) = told.unwrap_or_default();
            let message = format!(
                "nothing has happened for {} s: the program waits outside of raddle_shims (a lock or channel \
                 of std, input, a real sleep), is in a loop without operations, or computes that long between two \
                 operations (then raise `patience`){place}",
                patience.as_secs_f32()
            );
            (message, site)
        }
        Lost::Panicked(text) => panic!("internal error of raddle, please report it: {text}"),
    };
    let coverage = Coverage::default();
    let mut trace = explain::bare(test, Kind::Misuse, &told, &coverage);
    if let Some(site) = site {
        trace.verdict.site = Some(site.into());
    }
    finish(trace, None, coverage)
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
