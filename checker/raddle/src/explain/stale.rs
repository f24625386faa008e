//! Old values, explained: which one was read, and why the newer one need not have been.

use super::names::Names;
use super::steps::{is_event, number, written};
use crate::explore::Told;
use raddle_report::trace::Site;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{EventId, Op, Reply};

/// What there is to say about a step that is weaker than an interleaving.
pub(super) fn explain(
    recorded: &Recorded,
    told: &Told,
    record: &Record,
    names: &Names,
) -> Option<String> {
    let id = EventId { thread: recorded.thread, index: recorded.index };
    let stale = told.stale.iter().find(|stale| stale.event == id)?;
    let name = names.object(recorded.op.location()?);
    let newer = step_of(record, stale.newer)?;
    let value = written(newer).map(number).unwrap_or_default();
    let place = Site::from(newer.site);
    if matches!(recorded.op, Op::Store { .. }) {
        return Some(format!(
            "{name} keeps {value}, stored before at {place} by {}: nothing orders the two stores",
            names.thread(newer.thread)
        ));
    }
    let (Reply::Value(read) | Reply::Refused(read) | Reply::Exchanged(read)) = recorded.reply
    else {
        return None;
    };
    let written_at = match stale.source.and_then(|source| step_of(record, source)) {
        Some(source) => format!("written at {}", Site::from(source.site)),
        None => "its first value".to_string(),
    };
    Some(format!(
        "read the old {name} = {}, {written_at}; the newer {name} = {value} of {} at {place} is not ordered \
         before it",
        number(read),
        names.thread(newer.thread)
    ))
}

fn step_of(record: &Record, id: EventId) -> Option<&Recorded> {
    let same = |step: &&Recorded| step.thread == id.thread && step.index == id.index;
    record.steps.iter().filter(|step| is_event(&step.op)).find(same)
}
