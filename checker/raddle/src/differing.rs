//! A program that does not do the same again: the search once more, recorded, so that a report can tell both sides.

use crate::explore::Test;
use crate::search::{Clock, engine_settings, exhaustive};
use crate::worker;
use raddle_engine::explore::{
    self as engine, Coverage, Divergence, Ending, Explorer, Run, Sampler, Strategy,
};
use raddle_runtime::{Record, Runtime, install_hook};
use raddle_shims::kernel::EventId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many executions more than the first search, and how long, the program has to do it again.
const EXECUTIONS_MORE: u64 = 64;
const PATIENCE: Duration = Duration::from_secs(5);

/// Two executions with the same schedule that are not the same.
pub(crate) struct Differing {
    /// The first event that differs.
    pub event: EventId,
    /// The execution that was to be repeated.
    pub before: Record,
    /// The one that did something else.
    pub after: Record,
}

/// Searches again until the program does something else than before; none if it does not do so soon. Whatever the event
/// belongs to that does not come again has been performed in the execution right before, as a search goes back
/// over one execution at a time.
pub(crate) fn search(test: &Test, executions: u64) -> Option<Differing> {
    let settings = &test.settings;
    match Sampler::new(&settings.strategy, settings.sampling) {
        None => {
            let settings = settings.clone();
            search_with(test, executions, move || exhaustive(&settings))
        }
        Some(_) => {
            let (row, sampling) = (settings.strategy, settings.sampling);
            let sampler = move || Sampler::new(&row, sampling).expect("this row samples");
            search_with(test, executions, sampler)
        }
    }
}

fn search_with<S: Strategy>(
    test: &Test,
    executions: u64,
    strategy: impl Fn() -> S + Send + 'static,
) -> Option<Differing> {
    install_hook();
    let (mut settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    settings.options.records = true;
    let searched = worker::run(settings.patience, move |pulse| {
        let clock = Clock(Instant::now());
        let mut engine_settings = engine::Settings {
            stopwatch: Some(&clock),
            stop_at_failure: false,
            ..engine_settings(&settings)
        };
        engine_settings.limits.executions = Some(executions + EXECUTIONS_MORE);
        engine_settings.limits.time = Some(PATIENCE);
        let mut runtime = Runtime::new(settings.options, move || program()).beat(pulse.counter());
        loop {
            let mut before = None;
            let objects = runtime.objects();
            let mut explorer = Explorer::new(strategy(), engine_settings);
            let mut keep = |_: &Run, _: Ending, _: &Coverage| before = Some(objects.record());
            let result = runtime.within(|runtime| explorer.explore(runtime, &mut keep));
            if !runtime.takes_back() {
                let Err(Divergence { event, .. }) = result else { return None };
                return Some(Differing { event, before: before?, after: runtime.record() });
            }
        }
    });
    searched.ok().flatten()
}
