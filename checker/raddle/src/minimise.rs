//! A failing execution made as small as possible, on a worker, before anybody is told of it.

use crate::bench::Bench;
use crate::explore::Test;
use crate::worker;
use raddle_engine::explore::Deviation;
use raddle_engine::explore::minimise::{Effort, Minimised, minimise};
use raddle_runtime::install_hook;
use std::sync::Arc;

/// Minimises the execution of these deviations. None if that is switched off, or if it came to nothing.
pub(crate) fn shrink(test: &Test, deviations: &[Deviation], longest: u32) -> Option<Minimised> {
    let limit = test.settings.minimize;
    if limit.is_zero() {
        return None;
    }
    install_hook();
    let (mut settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    settings.options.records = true;
    // A candidate that is much longer than what is known to fail is not better.
    let most = longest.saturating_mul(4).saturating_add(100);
    settings.limits.events_per_thread = most.min(settings.limits.events_per_thread);
    let deviations = deviations.to_vec();
    let minimised = worker::run(test.settings.patience, move |pulse| {
        let mut bench = Bench::new(settings, program, pulse, limit);
        minimise(&mut bench, &deviations, Effort::default())
    });
    minimised.ok().flatten()
}
