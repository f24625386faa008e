//! Two executions with the same schedule that are not the same, as a trace of the second.

use super::names::{self, Names};
use super::{bare, source, stands_at, steps, thread};
use crate::differing::Differing;
use crate::explore::Test;
use crate::outcome::Kind;
use raddle_engine::explore::Coverage;
use raddle_report::trace::{Part, Site, Step, Trace};
use raddle_report::wording::{helps, parts as wording};
use raddle_runtime::{DeterministicAlloc, Record, Recorded};
use raddle_shims::kernel::{LocationId, Op, Reply, ThreadId, Value};
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
    let fixed = DeterministicAlloc::is_installed();
    if let Some(mut trace) = differing.and_then(|it| both(test, it, coverage)) {
        let addresses = differing.is_some_and(has_address);
        trace.verdict.help = match (fixed, addresses) {
            (true, _) => Some(helps::SAME_ADDRESSES.to_string()),
            (false, true) => Some(helps::ADDRESSES.to_string()),
            (false, false) => None,
        };
        return trace;
    }
    let mut trace = bare(test, Kind::Nondeterminism, message, coverage);
    trace.verdict.help = fixed.then(|| helps::SAME_ADDRESSES.to_string());
    if let Some((thread, site)) = differs {
        let text = wording::differs(&names::thread(thread.index(), None));
        let site = Some(Site::from(site));
        trace.verdict.site = site.clone();
        trace.verdict.parts.push(Part { thread: Some(thread.0), text, site, object: None });
    }
    trace
}

/// Whether what differs is done to an atomic pointer, or with a number that looks like an address.
fn has_address(differing: &Differing) -> bool {
    let Differing { event, before, after } = differing;
    let then = steps::of_event(before, *event).map(|step| (step.op, step.reply));
    let now = after.threads.get(event.thread.index()).and_then(|thread| thread.at);
    let now = now.map(|(op, _)| (op, Reply::Done));
    let sides = [(before, then), (after, now)];
    sides.into_iter().any(|(record, did)| {
        let Some((op, reply)) = did else { return false };
        is_pointer(record, &op) || numbers(&op, reply).any(is_address)
    })
}

/// Whether it is done to what is created as an atomic pointer.
fn is_pointer(record: &Record, op: &Op) -> bool {
    let object = op.subject().and_then(LocationId::as_local);
    let Some(object) = object.and_then(|object| record.objects.get(object as usize)) else {
        return false;
    };
    let (file, line, column) =
        (object.created.file(), object.created.line(), object.created.column());
    let line =
        source::read(file).and_then(|text| text.lines().nth(line as usize - 1).map(str::to_string));
    line.is_some_and(|line| {
        line.chars().skip(column as usize - 1).collect::<String>().starts_with("AtomicPtr")
    })
}

/// The numbers that an operation has, and gave back.
fn numbers(op: &Op, reply: Reply) -> impl Iterator<Item = Value> {
    let (asked, wanted) = match *op {
        Op::Store { value, .. } => (Some(value), None),
        Op::Rmw { change, .. } => (Some(change.operand), None),
        Op::CompareExchange { expected, new, .. } => (Some(expected), Some(new)),
        _ => (None, None),
    };
    let found = match reply {
        Reply::Value(value) | Reply::Exchanged(value) | Reply::Refused(value) => Some(value),
        Reply::Done => None,
    };
    [
        asked,
        wanted,
        found.filter(|_| {
            matches!(op, Op::Load { .. } | Op::Rmw { .. } | Op::CompareExchange { .. })
        }),
    ]
    .into_iter()
    .flatten()
}

/// Whether a number is one of a program's addresses: above 32 bits and within what processors give to users.
fn is_address(value: Value) -> bool {
    (1 << 32..1 << 47).contains(&value.0)
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
            let recorded =
                Recorded { thread: id, index: 0, op, reply: Reply::Done, site, place: None };
            performed(record, &recorded, names)
        }
        None => Did { text: wording::SOMETHING.to_string(), site: None, object: None },
    }
}
