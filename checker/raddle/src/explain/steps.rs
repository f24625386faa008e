//! The steps of an execution in words.

use super::names::Names;
use super::stale;
use super::{actions, channels};
use crate::explore::{Repeated, Told};
use raddle_engine::graph::Kind;
use raddle_report::trace::{Site, Step};
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{
    Action, EventId, Extent, Failure, FenceOrdering, LoadOrdering, LocationId, Op, Reply, RmwKind,
    RmwOrdering, StoreOrdering, ThreadId, Value,
};
use raddle_shims::model::ObjectKind;
use std::time::Duration;

/// What is said of a cell of which nobody came to see what it was made.
const CHANGED: &str = "changed";

fn kind_of(record: &Record, location: LocationId) -> ObjectKind {
    let object = location.as_local().and_then(|object| record.objects.get(object as usize));
    object.map_or(ObjectKind::Internal, |object| object.kind)
}

/// The steps of an execution, those within std's primitives left out; and for each event which step shows it,
/// or is the next one that is shown.
pub(super) fn of(
    repeated: &Repeated,
    failure: Option<&Failure>,
    names: &Names,
) -> (Vec<Step>, Vec<usize>) {
    let Repeated { record, told, .. } = repeated;
    let mut steps: Vec<Step> = Vec::new();
    let mut shown = Vec::new();
    let (mut preempted, mut clock) = (false, None);
    for recorded in &record.steps {
        let is_event = is_event(&recorded.op);
        while is_event && told.sequence.get(shown.len()).is_some_and(|e| e.kind == Kind::Advance) {
            let advance = repeated.graph.events().get(shown.len());
            clock = advance.map(|event| format!("{:?}", Duration::from_nanos(event.written.0)));
            shown.push(steps.len());
        }
        let event = is_event.then_some(shown.len());
        preempted |= event.is_some_and(|event| told.preemptions.contains(&(event as u32)));
        shown.extend(event.map(|_| steps.len()));
        let Some(text) = describe(recorded, record, names) else { continue };
        steps.push(Step {
            object: recorded.op.subject().and_then(|location| location.as_local()),
            site: Some(Site::from(recorded.site)),
            preemption: std::mem::take(&mut preempted),
            clock: clock.take(),
            stale: event.and_then(|_| stale::explain(recorded, told, record, names)),
            state: left(recorded, names),
            causal: is_cause(recorded, told, failure)
                && event.is_none_or(|event| concerns(repeated, failure, event)),
            ..Step::new(recorded.thread.0, text)
        });
    }
    if let Some(failure) = failure {
        steps.extend(racing(record, failure, names));
        steps.extend(still_waiting(record, failure, names));
    }
    (steps, shown)
}

/// The steps of an execution in words alone.
pub(super) fn plainly(record: &Record, names: &Names) -> Vec<Step> {
    let steps = record.steps.iter().filter_map(|recorded| {
        let text = describe(recorded, record, names)?;
        let object = recorded.op.location().and_then(|location| location.as_local());
        let site = Some(Site::from(recorded.site));
        Some(Step { object, site, ..Step::new(recorded.thread.0, text) })
    });
    steps.collect()
}

/// Whether the failure may depend on a step.
fn is_cause(recorded: &Recorded, told: &Told, failure: Option<&Failure>) -> bool {
    let Some(&wanted) = told.causes.get(recorded.thread.index()) else { return true };
    let races = match failure {
        Some(Failure::DataRace { first, .. }) => {
            first.thread == recorded.thread && first.at.index == recorded.index
        }
        _ => false,
    };
    let overwrites = told
        .stale
        .iter()
        .any(|stale| (stale.newer.thread, stale.newer.index) == (recorded.thread, recorded.index));
    recorded.index < wanted || races || overwrites || shows(recorded.thread, failure)
}

/// Whether an event of an execution that ended in a partial deadlock concerns those that it is about: what others do
/// that go on may be without an end.
fn concerns(repeated: &Repeated, failure: Option<&Failure>, event: usize) -> bool {
    let Some(Failure::Deadlock { extent: Extent::Partial, waiting }) = failure else { return true };
    let graph = &repeated.graph;
    let Some(event) = graph.events().get(event) else { return true };
    let mut dead = waiting.iter().filter(|it| it.is_dead);
    dead.any(|it| {
        let last = Some(graph.last_of(it.thread)).filter(|last| last.is_some());
        let last = last.or_else(|| graph.spawn_of(it.thread));
        it.thread == event.thread || last.is_some_and(|at| graph.causes(event, graph.event(at)))
    })
}

/// Whether a failure shows in a thread, so that all it did belongs to it.
fn shows(thread: ThreadId, failure: Option<&Failure>) -> bool {
    match failure {
        Some(Failure::Assertion { thread: other, .. } | Failure::Misuse { thread: other, .. }) => {
            *other == thread
        }
        Some(Failure::DataRace { second, .. }) => second.thread == thread,
        _ => true,
    }
}

/// For each operation the step that shows it, if one does.
pub(super) fn shown(record: &Record, names: &Names) -> Vec<Option<u32>> {
    let mut next = 0..;
    let shows = |recorded| describe(recorded, record, names).and_then(|_| next.next());
    record.steps.iter().map(shows).collect()
}

/// Whether an operation is an event of the engine's graph.
pub(super) fn is_event(op: &Op) -> bool {
    !matches!(
        op,
        Op::PlainRead(_) | Op::PlainWrite(_) | Op::Assume(_) | Op::Turn { .. } | Op::Yield
    )
}

/// The operation that an event of the engine's graph was.
pub(super) fn of_event(record: &Record, event: EventId) -> Option<&Recorded> {
    let is_it = |step: &&Recorded| {
        step.thread == event.thread && step.index == event.index && is_event(&step.op)
    };
    record.steps.iter().rfind(is_it)
}

/// As which step of the report an operation is shown, from 1.
pub(super) fn shown_as(step: &Recorded, record: &Record, names: &Names) -> usize {
    let before = record.steps.iter().take_while(|other| !std::ptr::eq(*other, step));
    1 + before.filter(|other| describe(other, record, names).is_some()).count()
}

/// The access that completes a data race, at which the execution ended, if it is not among the steps: that
/// of [`raddle_shims::cell::UnsafeCell::get`] is noticed afterwards.
fn racing(record: &Record, failure: &Failure, names: &Names) -> Option<Step> {
    let Failure::DataRace { second, .. } = failure else { return None };
    let (op, site) = record.threads.get(second.thread.index())?.at?;
    let last = record.steps.iter().rfind(|step| step.thread == second.thread);
    let is_told =
        |last: &Recorded| std::ptr::eq(last.site, site) && last.op.location() == op.location();
    if op.location() != Some(second.location) || last.is_some_and(is_told) {
        return None;
    }
    let verb = match op {
        Op::PlainWrite(_) => "write",
        Op::PlainRead(_) | Op::Load { .. } => "read",
        Op::Store { .. } => "store",
        _ => "update",
    };
    let text = format!("{verb} {}", names.object(second.location));
    let mut step = Step::new(second.thread.0, text);
    step.site = Some(Site::from(site));
    step.object = second.location.as_local();
    Some(step)
}

/// The operations at which threads are left waiting.
fn still_waiting<'a>(
    record: &'a Record,
    failure: &'a Failure,
    names: &'a Names,
) -> impl Iterator<Item = Step> + 'a {
    let waiting = match failure {
        Failure::Deadlock { waiting, .. } => waiting.as_slice(),
        _ => &[],
    };
    waiting.iter().filter_map(|waiting| {
        let (op, site) = record.threads.get(waiting.thread.index())?.at?;
        let (what, holders) = match op.subject() {
            None => (format!("join {}", names.thread(join(&op)?)), Vec::new()),
            Some(location) => {
                let name = names.object(location);
                let thread = waiting.thread;
                let pending =
                    Recorded { thread, index: u32::MAX, op, reply: Reply::Done, site, place: None };
                let what = match op {
                    Op::Act { action, patience, .. } => channels::describe(&pending, names)
                        .or_else(|| actions::describe(action, patience, Value(0), &name)),
                    _ => None,
                };
                (what.unwrap_or(format!("read {name}")), names.holders(location))
            }
        };
        let holders: Vec<_> = holders.into_iter().map(|thread| names.thread(thread)).collect();
        let holders = match holders.as_slice() {
            [] => String::new(),
            holders => format!(" ({})", holders.join(", ")),
        };
        let mut step = Step::new(waiting.thread.0, format!("{what} -> waits{holders}"));
        step.site = Some(Site::from(site));
        step.object = op.subject().and_then(|location| location.as_local());
        Some(step)
    })
}

fn join(op: &Op) -> Option<ThreadId> {
    match *op {
        Op::Join(thread) => Some(thread),
        _ => None,
    }
}

/// The value that an atomic write wrote.
pub(super) fn written(recorded: &Recorded) -> Option<Value> {
    match (recorded.op, recorded.reply) {
        (Op::Store { value, .. }, _) => Some(value),
        (Op::Rmw { change, .. }, Reply::Value(old)) if !recorded.op.skips(old) => {
            Some(change.apply(old))
        }
        (Op::CompareExchange { new, .. }, Reply::Exchanged(_)) => Some(new),
        _ => None,
    }
}

/// A value as a person would write it: small negative numbers as such, large ones in hexadecimal.
pub(super) fn number(value: Value) -> String {
    match value.0 {
        small @ 0..=0xffff_ffff => small.to_string(),
        large => match (large as i64).wrapping_neg() {
            negative @ 1..=0xffff => format!("-{negative}"),
            _ => format!("{large:#x}"),
        },
    }
}

fn load_name(ordering: LoadOrdering) -> &'static str {
    match ordering {
        LoadOrdering::Relaxed => "relaxed",
        LoadOrdering::Acquire => "acquire",
        LoadOrdering::SeqCst | LoadOrdering::Interleaved => "seq_cst",
    }
}

fn rmw_name(ordering: RmwOrdering) -> &'static str {
    match ordering {
        RmwOrdering::Relaxed => "relaxed",
        RmwOrdering::Acquire => "acquire",
        RmwOrdering::Release => "release",
        RmwOrdering::AcqRel => "acq_rel",
        RmwOrdering::SeqCst | RmwOrdering::Interleaved => "seq_cst",
    }
}

fn fetch_name(kind: RmwKind) -> &'static str {
    match kind {
        RmwKind::Add => "fetch_add",
        RmwKind::Sub => "fetch_sub",
        RmwKind::And => "fetch_and",
        RmwKind::Nand => "fetch_nand",
        RmwKind::Or => "fetch_or",
        RmwKind::Xor => "fetch_xor",
        RmwKind::Max => "fetch_max",
        RmwKind::Min => "fetch_min",
        RmwKind::Swap => "swap",
    }
}

/// One step in words; none if it is of no interest to a user.
pub(super) fn describe(recorded: &Recorded, record: &Record, names: &Names) -> Option<String> {
    let op = recorded.op;
    let Some(location) = op.subject() else { return describe_other(recorded, names) };
    let name = names.object(location);
    let kind = kind_of(record, location);
    match kind {
        ObjectKind::Atomic => Some(describe_atomic(recorded, &name)),
        ObjectKind::Shares => Some(describe_share(op, &name)),
        ObjectKind::Cell => Some(describe_plain(recorded, &name, names)),
        _ => {
            let Op::Act { action, patience, .. } = op else { return None };
            if let Some(select) = channels::describe(recorded, names) {
                return Some(select);
            }
            let reply = if let Reply::Value(reply) = recorded.reply { reply } else { Value(0) };
            let text = actions::describe(action, patience, reply, &name)?;
            let woken = names.woken(recorded);
            Some(match woken.as_slice() {
                [] => text,
                woken => format!("{text} -> wakes {}", woken.join(", ")),
            })
        }
    }
}

/// A plain access, with what it found and left as far as that is known.
fn describe_plain(recorded: &Recorded, name: &str, names: &Names) -> String {
    let (place, contents) = (recorded.place, names.contents());
    let found = place.and_then(|place| contents.found(place));
    let left = place.and_then(|place| contents.left(place));
    match (recorded.op, found, left) {
        (Op::PlainWrite(_), Some(found), Some(left)) => format!("write {name}: {found} -> {left}"),
        (Op::PlainWrite(_), _, Some(left)) => format!("write {name} = {left}"),
        (Op::PlainWrite(_), ..) => format!("write {name}"),
        (_, Some(found), _) => format!("read {name} -> {found}"),
        _ => format!("read {name}"),
    }
}

/// What a cell holds after a plain write, if what it held at first is known; otherwise nothing would say so.
fn left(recorded: &Recorded, names: &Names) -> Option<String> {
    let Op::PlainWrite(location) = recorded.op else { return None };
    names.contents().first(location.as_local()?)?;
    let left = recorded.place.and_then(|place| names.contents().left(place));
    Some(left.unwrap_or(CHANGED).to_string())
}

/// What somebody does with the shares of a counted value, by its ordering.
fn describe_share(op: Op, name: &str) -> String {
    match op {
        Op::Rmw { ordering: RmwOrdering::Release, .. } => format!("drop a share of {name}"),
        Op::Rmw { ordering: RmwOrdering::Acquire, .. } => format!("upgrade a Weak of {name}"),
        _ => format!("count the shares of {name}"),
    }
}

fn describe_other(recorded: &Recorded, names: &Names) -> Option<String> {
    match (recorded.op, recorded.reply) {
        (Op::Spawn, reply) => Some(format!("spawn {}", names.thread(reply.thread()?))),
        (Op::Join(thread), _) => Some(format!("join {}", names.thread(thread))),
        (Op::Fence(ordering), _) => {
            let ordering = match ordering {
                FenceOrdering::Acquire => "acquire",
                FenceOrdering::Release => "release",
                FenceOrdering::AcqRel => "acq_rel",
                FenceOrdering::SeqCst => "seq_cst",
            };
            Some(format!("fence ({ordering})"))
        }
        (Op::Choose { .. }, Reply::Value(wakes)) if names.wakes_up(recorded.site) => {
            (wakes.0 == 1).then(|| "wake up for no reason".to_string())
        }
        (Op::Choose { alternatives }, Reply::Value(chosen)) => {
            Some(match names.choice(recorded.site) {
                Some(name) => format!("choose {name} = {} of 0..{alternatives}", chosen.0),
                None => format!("choose {} of 0..{alternatives}", chosen.0),
            })
        }
        _ => None,
    }
}

fn describe_atomic(recorded: &Recorded, name: &str) -> String {
    let read = match recorded.reply {
        Reply::Value(value) | Reply::Exchanged(value) | Reply::Refused(value) => number(value),
        Reply::Done => String::new(),
    };
    match (recorded.op, recorded.reply) {
        // What came of it is not known.
        (Op::Load { ordering, .. }, Reply::Done) => {
            format!("load {name} ({})", load_name(ordering))
        }
        (Op::Rmw { ordering, change, .. }, Reply::Done) => {
            format!("{} {name} ({})", fetch_name(change.kind), rmw_name(ordering))
        }
        (Op::CompareExchange { success, .. }, Reply::Done) => {
            format!("compare_exchange {name} ({})", rmw_name(success))
        }
        (Op::Load { ordering, .. }, _) => {
            format!("load {name} -> {read} ({})", load_name(ordering))
        }
        (Op::Store { ordering, value, .. }, _) => {
            let ordering = match ordering {
                StoreOrdering::Relaxed => "relaxed",
                StoreOrdering::Release => "release",
                StoreOrdering::SeqCst | StoreOrdering::Interleaved => "seq_cst",
            };
            format!("store {name} = {} ({ordering})", number(value))
        }
        (Op::Rmw { ordering, change, .. }, Reply::Value(old)) => {
            let (verb, new) = (fetch_name(change.kind), number(change.apply(old)));
            format!("{verb} {name}: {read} -> {new} ({})", rmw_name(ordering))
        }
        (Op::CompareExchange { success, new, .. }, Reply::Exchanged(_)) => {
            format!("compare_exchange {name}: {read} -> {} ({})", number(new), rmw_name(success))
        }
        (Op::CompareExchange { failure, expected, weak, .. }, Reply::Refused(found)) => {
            let why = if weak && expected == found { "fails spuriously" } else { "fails" };
            let ordering = load_name(failure);
            format!("compare_exchange {name} {} {why}, found {read} ({ordering})", number(expected))
        }
        (Op::PlainWrite(_), _) => format!("get_mut {name}"),
        _ => format!("read {name}"),
    }
}

/// What a thread waits for, as it fits behind "waits" and before the object, if there is one.
pub(super) fn waits(thread: ThreadId, op: &Op, names: &Names) -> String {
    if let Some(select) = channels::waits(names.selects().pending(thread, op), names) {
        return select;
    }
    match *op {
        Op::Join(thread) => format!("for the end of {}", names.thread(thread)),
        _ if is_at_nil(op) => "at nil channels alone, which are never ready".to_string(),
        Op::Act { action, .. } => actions::waits(action).to_string(),
        Op::Sleep(_) => "for its time".to_string(),
        _ if op.subject().is_some() => "in a loop for a change of".to_string(),
        _ => "to go on".to_string(),
    }
}

/// The object that has to be named with it; its own token is none.
pub(super) fn waits_at(op: &Op) -> Option<LocationId> {
    match op {
        Op::Act { action: Action::Park, .. } => None,
        _ if is_at_nil(op) => None,
        _ => op.subject(),
    }
}

/// Whether it is a select, or a send or receive, of which no channel is anything but nil: it has no first one.
fn is_at_nil(op: &Op) -> bool {
    matches!(*op, Op::Act { object, action: Action::Meet { first, .. }, .. } if object == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2⁶³ has no negative of its size.
    #[test]
    fn numbers_are_written_as_a_person_would() {
        let texts = [7, u64::MAX, 1 << 63, i64::MAX as u64].map(|bits| number(Value(bits)));
        assert_eq!(texts, ["7", "-1", "0x8000000000000000", "0x7fffffffffffffff"]);
    }
}
