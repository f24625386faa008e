//! An execution that passes, shown for its own sake.

use crate::explain;
use crate::explore::{Repeated, Test, repeat_deviations, repeat_sample};
use crate::keep;
use crate::told::{Line, fail, headline, write_line};
use raddle_engine::explore::SampleId;

/// So many sampled executions are tried if the default schedule fails.
const TRIES: u64 = 100;

/// Instead of a search: shows the execution under the default schedule, or another one if that fails.
pub(crate) fn show(test: &Test) {
    let tell = |verdict, note: &str| {
        write_line(&Line {
            test: &test.name,
            verdict,
            executions: 1,
            complete: false,
            millis: 0,
            token: None,
            note: Some(note.to_string()),
        });
    };
    let sampled = (0..TRIES).filter_map(|execution| {
        let strategy = "random".to_string();
        repeat_sample(test, &SampleId { strategy, seed: 0, execution })?.ok()
    });
    let mut tried = repeat_deviations(test, Vec::new()).into_iter().chain(sampled);
    let passes = |repeated: &Repeated| {
        let ended = repeated.record.threads.iter().all(|thread| thread.ended);
        repeated.failure.is_none() && repeated.divergence.is_none() && ended
    };
    let Some(repeated) = tried.find(passes) else {
        let error = format!("no execution that passes was found among {TRIES}");
        tell("error", &error);
        fail(format!("{}error: {error}\n", headline(test)), error)
    };
    let trace = explain::passed(test, &repeated);
    keep::trace(&trace);
    tell("incomplete", "an execution that passes is shown");
    eprint!("{}", explain::render(&trace));
}
