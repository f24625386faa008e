//! What makes the difference: whether an interleaving fails too, and the first decision that matters.

use crate::bench::{Bench, Once};
use crate::explore::{Repeated, Test};
use crate::signature::Signature;
use crate::worker;
use raddle_engine::explore::minimise::{Interleaving, Laboratory};
use raddle_engine::explore::{Deviation, Deviations, Ending};
use raddle_engine::graph::Kind;
use raddle_engine::memory::Model;
use raddle_runtime::install_hook;
use raddle_shims::kernel::{Failure, ThreadId};
use std::sync::Arc;
use std::time::Duration;

/// How long it may take; it is bounded by numbers of executions, and this is for programs that are very slow.
const LIMIT: Duration = Duration::from_secs(5);
/// So many executions are tried in the search for one that passes.
const TRIES_MAX: u32 = 200;

/// What is known about a failing execution beyond itself.
#[derive(Default)]
pub(crate) struct Insight {
    /// Whether an interleaving fails in the same way; none if the memory model has no others.
    pub interleaving: Option<Interleaving>,
    /// Where an execution that passes first differs.
    pub contrast: Option<Contrast>,
}

/// The first decision in which an execution that passes differs from one that fails.
pub(crate) struct Contrast {
    /// Before how many events of the failing one.
    pub event: u32,
    /// What is decided there instead.
    pub instead: Instead,
}

/// A decision.
pub(crate) enum Instead {
    /// This thread goes on.
    Thread(ThreadId),
    /// The first alternative of an event of this kind.
    First(Kind),
}

/// Looks into a failing execution.
pub(crate) fn of(test: &Test, failure: &Failure, repeated: &Repeated) -> Insight {
    if repeated.told.sequence.is_empty() {
        return Insight::default();
    }
    let weak = !repeated.told.stale.is_empty();
    let model = test.settings.model;
    let signature = Signature::of(failure, &repeated.record);
    let (mut settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    settings.options.records = true;
    let longest = repeated.coverage.events_max.try_into().unwrap_or(u32::MAX);
    let most = longest.saturating_mul(4).saturating_add(100);
    settings.limits.events_per_thread = most.min(settings.limits.events_per_thread);
    let deviations = repeated.told.deviations.clone();
    let length = repeated.told.sequence.len() as u32;
    install_hook();
    let insight = worker::run(test.settings.patience, move |pulse| {
        let mut bench = Bench::new(settings, program, pulse, LIMIT);
        let interleaving = match (model, weak) {
            (Model::Sc, _) => None,
            (_, false) => Some(Interleaving::Fails(Vec::new())),
            (_, true) => Some(bench.interleaving(&signature)),
        };
        let contrast = contrast(&mut bench, model, &deviations, length);
        Insight { interleaving, contrast }
    });
    insight.unwrap_or_default()
}

/// An execution that passes and agrees with this one for as long as possible: without one of its deviations,
/// or, if it has none, with one.
fn contrast(
    bench: &mut Bench,
    model: Model,
    deviations: &[Deviation],
    length: u32,
) -> Option<Contrast> {
    let mut passes = |changed: Vec<Deviation>| {
        let run = (!bench.is_over()).then(|| bench.once(Deviations::new(changed), model))?;
        let Once { strategy, ending, .. } = run;
        (ending == Some(Ending::Complete) && strategy.unmet().is_none()).then_some(strategy)
    };
    for (i, deviation) in deviations.iter().enumerate().rev() {
        let mut less = deviations[..i].to_vec();
        less.extend(
            deviation.thread.filter(|_| deviation.alternative.is_some()).map(|thread| Deviation {
                thread: Some(thread),
                alternative: None,
                ..*deviation
            }),
        );
        let Some(passing) = passes(less) else { continue };
        let at = passing.sequence().get(deviation.step as usize)?;
        let instead = match deviation.alternative {
            Some(_) => Instead::First(at.kind),
            None => Instead::Thread(at.id.thread),
        };
        return Some(Contrast { event: deviation.step, instead });
    }
    if !deviations.is_empty() {
        return None;
    }
    let later = (0..length).rev().flat_map(|step| (0..4).map(move |thread| (step, thread)));
    for (step, thread) in later.take(TRIES_MAX as usize) {
        let thread = ThreadId(thread);
        let deviation = Deviation { step, thread: Some(thread), alternative: None };
        if let Some(passing) = passes(vec![deviation])
            && passing.sequence().get(step as usize).is_some_and(|at| at.id.thread == thread)
        {
            return Some(Contrast { event: step, instead: Instead::Thread(thread) });
        }
    }
    None
}
