//! Each execution of a sample twice, to see whether the second does what the first did.
//!
//! An exhaustive search repeats the beginnings of executions all the time, and notices if they differ; a sample does not.

use crate::explore::{
    Latest, Ran, Repeated, Test, Told, lost_violation, nondeterminism, repeat_exhaustive,
    repeat_schedule, violation,
};
use crate::outcome::{Outcome, Violation};
use crate::search::{Cut, Program, engine_settings};
use crate::settings::Settings;
use crate::worker::{self, Lost, Pulse};
use raddle_engine::explore::{
    self as engine, Coverage, Explorer, Limit, Limits, Recorder, SampleId, Sampler,
};
use raddle_runtime::Runtime;
use std::sync::Arc;
use std::time::Instant;

/// Runs every execution of the sample of a test twice; of an exhaustive search the first one, before the search.
pub(crate) fn run(test: &Test, search: impl FnOnce() -> Ran) -> Ran {
    let start = Instant::now();
    if Sampler::new(&test.settings.strategy, test.settings.sampling).is_none() {
        let twice = repeat_exhaustive(test, 0).and_then(|first| again(test, first));
        return match found(test, twice, None, Coverage::default()) {
            Ok(_) => search(),
            Err(violation) => ran(Outcome::Violation(violation), None, start),
        };
    }
    let (settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    let sampled = worker::run(settings.patience, move |pulse| {
        sample_twice(&settings, program, &pulse, start)
    });
    match sampled {
        Err(lost) => ran(Outcome::Violation(Box::new(lost_violation(test, lost))), None, start),
        Ok(Sampled { coverage, cut, last: None }) => {
            ran(Outcome::Incomplete(coverage, Limit::Sampled), cut, start)
        }
        Ok(Sampled { coverage, last: Some((sample, twice)), .. }) => {
            match found(test, Ok(twice), Some(sample), coverage) {
                Err(violation) => ran(Outcome::Violation(violation), None, start),
                Ok(_) => unreachable!("a sample ends only with an execution that fails or differs"),
            }
        }
    }
}

/// What came of a sample each of whose executions is run twice.
struct Sampled {
    coverage: Coverage,
    cut: Option<Cut>,
    /// The execution that fails or differs, with which it ended.
    last: Option<(SampleId, Twice)>,
}

/// Samples, and runs each execution once more right away, on one thread.
fn sample_twice(settings: &Settings, program: Program, pulse: &Pulse, start: Instant) -> Sampled {
    let mut options = settings.options;
    options.records = true;
    let mut runtime = Runtime::new(options, move || program()).beat(pulse.counter());
    loop {
        if let Some(sampled) = sample_on(settings, &mut runtime, start) {
            return sampled;
        }
    }
}

/// The same with what is known of the program by now; none if something was learned.
fn sample_on(settings: &Settings, runtime: &mut Runtime, start: Instant) -> Option<Sampled> {
    let limits = Limits { time: None, ..settings.limits };
    let engine_settings = engine::Settings { limits, ..engine_settings(settings) };
    let sampler = Sampler::new(&settings.strategy, settings.sampling)?;
    let mut sampler = Explorer::new(sampler, engine_settings);
    let (mut coverage, mut cut) = (Coverage::default(), None);
    for execution in 0..settings.limits.executions.unwrap_or(u64::MAX) {
        if settings.limits.time.is_some_and(|most| start.elapsed() > most) {
            break;
        }
        sampler.set_limits(Limits { executions: Some(execution + 1), ..limits });
        let first = one(settings, runtime, &mut sampler)?;
        let mut recorder = Explorer::new(Recorder::new(first.schedule.clone()), engine_settings);
        recorder.set_limits(Limits { executions: Some(1), ..limits });
        let mut second = one(settings, runtime, &mut recorder)?;
        second.told.deviations = recorder.strategy_mut().0.deviations().to_vec();
        let twice = Twice { first, second };
        if twice.differs().is_some() || twice.first.failure.is_some() {
            let sample = SampleId { execution, ..sampler.strategy_mut().0.latest() };
            return Some(Sampled { coverage, cut, last: Some((sample, twice)) });
        }
        match twice.first.cut.is_empty() {
            true => coverage.executions += 1,
            false => {
                coverage.cut += 1;
                cut.get_or_insert_with(|| Cut::again(twice.first.schedule, coverage));
            }
        }
    }
    Some(Sampled { coverage, cut, last: None })
}

/// The next execution of a strategy; none if something was learned, so that all is to begin again.
fn one<S: engine::Strategy>(
    settings: &Settings,
    runtime: &mut Runtime,
    explorer: &mut Explorer<'_, S>,
) -> Option<Repeated> {
    let mut latest = Latest::new(settings);
    let result = runtime.within(|runtime| explorer.explore(runtime, &mut latest));
    if runtime.takes_back() {
        return None;
    }
    let divergence = result.err().map(|divergence| divergence.to_string());
    Some(latest.repeated(runtime, Told::default(), divergence, explorer.measured()))
}

/// The execution, and what the same decisions have led to the second time.
struct Twice {
    first: Repeated,
    second: Repeated,
}

impl Twice {
    /// Why they are not the same, if they are not.
    fn differs(&self) -> Option<String> {
        let Twice { first, second } = self;
        let lengths = [first, second].map(|it| it.graph.len());
        let differs = || {
            (lengths[0] != lengths[1]).then(|| {
                format!(
                    "an execution had {} events, and {} when it was run again",
                    lengths[0], lengths[1]
                )
            })
        };
        first.divergence.clone().or_else(|| second.divergence.clone()).or_else(differs)
    }
}

fn again(test: &Test, first: Repeated) -> Result<Twice, Lost> {
    let second = repeat_schedule(test, first.schedule.clone())?;
    Ok(Twice { first, second })
}

/// The execution, if it does not fail and is the same twice.
fn found(
    test: &Test,
    twice: Result<Twice, Lost>,
    sample: Option<SampleId>,
    coverage: Coverage,
) -> Result<Repeated, Box<Violation>> {
    let twice = twice.map_err(|lost| Box::new(lost_violation(test, lost)))?;
    let (why, first) = (twice.differs(), twice.first);
    match why {
        Some(why) => Err(Box::new(nondeterminism(test, why, coverage))),
        None if first.failure.is_some() => {
            Err(Box::new(violation(test, (first.schedule, sample), coverage)))
        }
        None => Ok(first),
    }
}

fn ran(outcome: Outcome, cut: Option<Cut>, start: Instant) -> Ran {
    Ran { outcome, notes: Vec::new(), warnings: Vec::new(), cut, elapsed: start.elapsed() }
}
