//! Where a program stands that goes on for ever without an operation: the search once more, watched.
//!
//! The thread on which it was noticed is lost, and a search notes nothing. What it did before is done again, as everything is.

use crate::explore::Test;
use crate::search::{Clock, engine_settings, exhaustive};
use crate::worker::{self, Lost};
use raddle_engine::explore::{self as engine, Coverage, Ending, Explorer, Run, Sampler, Strategy};
use raddle_runtime::{Observed, Runtime, Standing, install_hook};
use raddle_shims::kernel::ThreadId;
use raddle_shims::model::Site;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// For how long it is searched for. A search that did not come that far in this time is told without.
const LONGEST: Duration = Duration::from_secs(5);

/// Where it stands, in words, and the place of its latest operation, if it comes there again soon.
pub(crate) fn told(test: &Test) -> Option<(String, Option<Site>)> {
    let settings = &test.settings;
    let standing = match Sampler::new(&settings.strategy, settings.sampling) {
        None => {
            let settings = settings.clone();
            search_with(test, move || exhaustive(&settings))
        }
        Some(_) => {
            let (row, sampling) = (settings.strategy, settings.sampling);
            search_with(test, move || Sampler::new(&row, sampling).expect("this row samples"))
        }
    }?;
    let name = match (&standing.name, standing.thread) {
        (_, ThreadId::MAIN) => "main".to_string(),
        (Some(name), thread) => format!("t{} \"{name}\"", thread.0),
        (None, thread) => format!("t{}", thread.0),
    };
    let spawned = standing.spawned.map(|site| format!(" (spawned at {site})")).unwrap_or_default();
    let at = match standing.at {
        Some(site) => format!("its latest operation is at {site}"),
        None => "it has performed no operation".to_string(),
    };
    Some((format!("{name}{spawned} does not go on: {at}"), standing.at))
}

/// Searches again until nothing happens any more; none if that does not come soon.
fn search_with<S: Strategy>(
    test: &Test,
    strategy: impl Fn() -> S + Send + 'static,
) -> Option<Standing> {
    install_hook();
    let (mut settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    settings.options.records = true;
    let observed = Observed::default();
    let theirs = observed.clone();
    let searched = worker::run(settings.patience, move |pulse| {
        let clock = Clock(Instant::now());
        let mut engine_settings =
            engine::Settings { stopwatch: Some(&clock), ..engine_settings(&settings) };
        engine_settings.limits.time = Some(LONGEST);
        let runtime = Runtime::new(settings.options, move || program());
        let mut runtime = runtime.beat(pulse.counter()).shows(theirs);
        loop {
            let mut explorer = Explorer::new(strategy(), engine_settings);
            let mut look = |_: &Run, _: Ending, _: &Coverage| {};
            let _ = runtime.within(|runtime| explorer.explore(runtime, &mut look));
            if !runtime.takes_back() {
                return;
            }
        }
    });
    matches!(searched, Err(Lost::Stuck(_))).then(|| observed.get()).flatten()
}
