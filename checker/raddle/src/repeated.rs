//! Each execution of a sample twice, to see whether the second does what the first did.
//!
//! An exhaustive search repeats the beginnings of executions all the time, and notices if they differ; a sample does not.

use crate::explore::{
    Ran, Repeated, Test, lost_violation, nondeterminism, repeat_exhaustive, repeat_sample,
    repeat_schedule, violation,
};
use crate::outcome::{Outcome, Violation};
use crate::search::Cut;
use crate::worker::Lost;
use raddle_engine::explore::{Coverage, Limit, SampleId, Sampler};
use std::time::Instant;

/// Runs every execution of the sample of a test twice; of an exhaustive search the first one, before the search.
pub(crate) fn run(test: &Test, search: impl FnOnce() -> Ran) -> Ran {
    let (start, limits) = (Instant::now(), test.settings.limits);
    let sampling = test.settings.sampling;
    let Some(sampler) = Sampler::new(&test.settings.strategy, sampling) else {
        let twice = repeat_exhaustive(test, 0).and_then(|first| again(test, first));
        return match found(test, twice, None, Coverage::default()) {
            Ok(_) => search(),
            Err(violation) => ran(Outcome::Violation(violation), None, start),
        };
    };
    let (name, mut coverage, mut cut) = (sampler.latest().strategy, Coverage::default(), None);
    let most = limits.executions.unwrap_or(u64::MAX);
    for execution in 0..most {
        if limits.time.is_some_and(|most| start.elapsed() > most) {
            break;
        }
        let sample = SampleId { strategy: name.clone(), seed: sampling.seed, execution };
        let first = repeat_sample(test, &sample).expect("a strategy has been found by that name");
        let twice = first.and_then(|first| again(test, first));
        match found(test, twice, Some(sample), coverage) {
            Err(violation) => {
                return ran(Outcome::Violation(violation), None, start);
            }
            Ok(first) if !first.cut.is_empty() => {
                coverage.cut += 1;
                cut.get_or_insert_with(|| Cut::again(first.schedule, coverage));
            }
            Ok(_) => coverage.executions += 1,
        }
    }
    ran(Outcome::Incomplete(coverage, Limit::Sampled), cut, start)
}

/// The execution, and what the same decisions have led to the second time.
struct Twice {
    first: Repeated,
    second: Repeated,
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
    let Twice { first, second } = twice.map_err(|lost| Box::new(lost_violation(test, lost)))?;
    let differs = || {
        let lengths = [&first, &second].map(|it| it.graph.len());
        (lengths[0] != lengths[1]).then(|| {
            format!(
                "an execution had {} events, and {} when it was run again",
                lengths[0], lengths[1]
            )
        })
    };
    let why = first.divergence.clone().or_else(|| second.divergence.clone()).or_else(differs);
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
