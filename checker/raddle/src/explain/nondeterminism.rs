//! Two executions with the same schedule that are not the same, as a trace of the second.

use super::names::{self, Names};
use super::{bare, stands_at, steps, thread};
use crate::differing::Differing;
use crate::explore::Test;
use crate::outcome::Kind;
use raddle_engine::explore::Coverage;
use raddle_report::trace::{Part, Site, Step, Trace};
use raddle_report::wording::parts as wording;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Reply, ThreadId};
use raddle_shims::model;

/// What a thread did, in one of the two.
struct Did {
    text: String,
    site: Option<Site>,
    object: Option<u32>,
}

/// The trace of a program that did something else when it was run again: of both executions if they are known, else with
/// the thread and the place of the second alone, if that is.
pub(crate) fn nondeterminism(
    test: &Test,
    message: &str,
    differs: Option<(ThreadId, model::Site)>,
    differing: Option<&Differing>,
    coverage: &Coverage,
) -> Trace {
    if let Some(trace) = differing.and_then(|it| both(test, it, coverage)) {
        return trace;
    }
    let mut trace = bare(test, Kind::Nondeterminism, message, coverage);
    if let Some((thread, site)) = differs {
        let text = wording::differs(&names::thread(thread.index(), None));
        let site = Some(Site::from(site));
        trace.verdict.site = site.clone();
        trace.verdict.parts.push(Part { thread: Some(thread.0), text, site, object: None });
    }
    trace
}

fn both(test: &Test, differing: &Differing, coverage: &Coverage) -> Option<Trace> {
    let Differing { event, before, after } = differing;
    let id = event.thread;
    let names = Names::of(after);
    let first = performed(before, steps::of_event(before, *event)?, &Names::of(before));
    let second = stands(after, id, &names);
    let who = names.thread(id);
    let message = wording::not_deterministic(&who, &first.text, &second.text);
    let mut trace = bare(test, Kind::Nondeterminism, &message, coverage);
    let part = |text: String, did: &Did, object: Option<u32>| Part {
        thread: Some(id.0),
        text,
        site: did.site.clone(),
        object,
    };
    // Objects are those of the second execution.
    let parts = [
        part(wording::did_first(&who, &first.text), &first, None),
        part(wording::did_then(&who, &second.text), &second, second.object),
    ];
    trace.verdict.site = second.site.clone().or(first.site.clone());
    trace.verdict.parts.extend(parts);
    trace.steps = steps::plainly(after, &names);
    let last =
        Step { site: second.site.clone(), object: second.object, ..Step::new(id.0, second.text) };
    trace.steps.push(last);
    trace.objects = names.objects(after, &trace);
    trace.threads = (0..after.threads.len()).map(|i| thread(None, after, &names, i)).collect();
    Some(trace)
}

/// An operation that was performed.
fn performed(record: &Record, recorded: &Recorded, names: &Names) -> Did {
    let text = steps::describe(recorded, record, names);
    Did {
        text: text.unwrap_or_else(|| wording::SOMETHING.to_string()),
        site: Some(Site::from(recorded.site)),
        object: recorded.op.location().and_then(|location| location.as_local()),
    }
}

/// What a thread does at last: the operation at which it stands, without what comes of it, or its end.
fn stands(record: &Record, id: ThreadId, names: &Names) -> Did {
    let known = record.threads.get(id.index());
    if known.is_some_and(|known| known.ended) {
        let site = stands_at(record, id).map(|(_, site)| site);
        return Did { text: wording::ENDS.to_string(), site, object: None };
    }
    match known.and_then(|known| known.at) {
        Some((op, site)) => {
            let recorded = Recorded { thread: id, index: 0, op, reply: Reply::Done, site };
            performed(record, &recorded, names)
        }
        None => Did { text: wording::SOMETHING.to_string(), site: None, object: None },
    }
}
