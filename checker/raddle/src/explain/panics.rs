//! A panic as a verdict: whose it is, and who only passed it on.

use super::names::Names;
use super::{actions, channels, protected, steps};
use raddle_report::trace::{Kind, Part, Site, Verdict};
use raddle_report::wording::panics as wording;
use raddle_runtime::{Panic, Record, Recorded};
use raddle_shims::kernel::{Op, Reply, ThreadId, Value};

/// What the Go kit panics with where a channel had been closed before.
const CLOSED_BEFORE: [&str; 2] = ["send on closed channel", "close of closed channel"];

/// How std shows what a panic of another thread left behind, when `unwrap` or `expect` meets it.
const PASSED_ON: &str = ": Any { .. }";

/// The verdict on a panic that nobody was told of. If the thread panicked because it unwrapped what `join`
/// told it of another one, that one's panic is what went wrong.
pub(super) fn verdict(thread: ThreadId, message: &str, record: &Record, names: &Names) -> Verdict {
    let own = panic_of(record, thread);
    let own_site = own.and_then(site);
    let cause = passed_on(record, thread).filter(|_| message.ends_with(PASSED_ON));
    let Some((other, panic)) = cause else {
        let mut verdict = Verdict::new(Kind::Panic, message);
        verdict.site = own_site.clone();
        verdict.parts.push(part(thread, wording::panicked(&names.thread(thread)), own_site));
        verdict.parts.extend(protected::had_before(record, names, thread));
        verdict.parts.extend(closed(thread, message, record, names));
        verdict.parts.extend(read_before(thread, record, names));
        return verdict;
    };
    let (name, other_name) = (names.thread(thread), names.thread(other));
    let mut verdict = Verdict::new(Kind::Panic, wording::both(&panic.message, &name, message));
    verdict.site = site(panic);
    verdict.parts.push(part(other, wording::panicked(&other_name), verdict.site.clone()));
    verdict.parts.push(part(thread, wording::passed_on(&name, &other_name), own_site));
    verdict.parts.extend(protected::had_before(record, names, other));
    verdict.parts.extend(closed(other, &panic.message, record, names));
    verdict.parts.extend(read_before(other, record, names));
    verdict
}

/// Who wrote what a thread read last before it panicked, if that was somebody else.
fn read_before(thread: ThreadId, record: &Record, names: &Names) -> Option<Part> {
    let gives_back = |op: &Op| match op {
        Op::Act { action, .. } => actions::holds(*action, Value(0)) == Some(false),
        _ => false,
    };
    let own = (0..record.steps.len()).rev().filter(|at| record.steps[*at].thread == thread);
    // Guards are dropped on the way.
    let mut own = own.filter(|at| !gives_back(&record.steps[*at].op));
    let at = own.next()?;
    let step = &record.steps[at];
    let location = step.op.location()?;
    let before = record.steps[..at].iter().rev();
    let write = match (step.op, step.reply) {
        (Op::PlainRead(_), _) => {
            before.into_iter().find(|other| other.op == Op::PlainWrite(location))
        }
        (Op::Load { .. }, Reply::Value(value))
        | (Op::CompareExchange { .. }, Reply::Refused(value)) => {
            let wrote = |other: &&Recorded| {
                other.op.location() == Some(location) && steps::written(other) == Some(value)
            };
            before.into_iter().find(wrote)
        }
        _ => None,
    };
    let write = write.filter(|write| write.thread != thread)?;
    let place = write.place;
    let left = place.and_then(|place| names.contents().left(place).map(str::to_string));
    let value = steps::written(write).map(steps::number).or(left);
    let (who, object) = (names.thread(write.thread), names.object(location));
    let text = wording::read_before(&names.thread(thread), &who, &object, value.as_deref());
    let site = Some(Site::from(write.site));
    Some(Part { thread: Some(write.thread.0), text, site, object: location.as_local() })
}

/// Who had closed the channel that a thread found closed when it sent or closed, if it panicked for that.
fn closed(thread: ThreadId, message: &str, record: &Record, names: &Names) -> Option<Part> {
    if !CLOSED_BEFORE.contains(&message) {
        return None;
    }
    let (at, channel) = channels::found_closed(record, names, thread)?;
    let before = record.steps[..at].iter();
    let close = before.rev().find(|step| channels::closes(step, channel))?;
    let text = wording::closed(&names.thread(close.thread), &names.object(channel));
    let site = Some(Site::from(close.site));
    Some(Part { thread: Some(close.thread.0), text, site, object: channel.as_local() })
}

fn part(thread: ThreadId, text: String, site: Option<Site>) -> Part {
    Part { thread: Some(thread.0), text, site, object: None }
}

fn panic_of(record: &Record, thread: ThreadId) -> Option<&Panic> {
    record.threads.get(thread.index())?.panics.last()
}

fn site(panic: &Panic) -> Option<Site> {
    let (file, line, column) = panic.place.clone()?;
    Some(Site::new(file, line, column))
}

/// The thread that this one joined last, if that panicked by itself, and its panic.
fn passed_on(record: &Record, thread: ThreadId) -> Option<(ThreadId, &Panic)> {
    let mut at = thread;
    let mut cause = None;
    // A panic can be passed on several times; no thread joins itself, so this is not endless.
    for _ in 0..record.threads.len() {
        let joined = record.steps.iter().rev().find_map(|step| match step.op {
            Op::Join(other) if step.thread == at => Some(other),
            _ => None,
        });
        let Some(other) = joined else { break };
        let Some(panic) = panic_of(record, other) else { break };
        cause = Some((other, panic));
        if !panic.message.ends_with(PASSED_ON) {
            break;
        }
        at = other;
    }
    cause
}
