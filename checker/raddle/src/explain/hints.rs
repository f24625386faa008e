//! What would have ordered the accesses of a data race.

use super::names::Names;
use raddle_report::trace::Site;
use raddle_report::wording::race::{Meeting, missing};
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{
    Access, LoadOrdering, Op, Reply, RmwOrdering, StoreOrdering, ThreadId, Value,
};

/// An atomic that the first thread wrote after its access, and of which the second one saw just that write
/// before its own: with enough ordering there, the accesses would not race. None if there is no such atomic, or
/// a fence, as then more than the orderings of the two counts.
pub(super) fn ordering(
    first: &Access,
    second: &Access,
    record: &Record,
    names: &Names,
) -> Option<String> {
    let steps = &record.steps;
    let theirs = |thread: ThreadId| steps.iter().filter(move |step| step.thread == thread);
    let has_fence = |thread| theirs(thread).any(|step| matches!(step.op, Op::Fence(_)));
    if has_fence(first.thread) || has_fence(second.thread) {
        return None;
    }
    let accessed = steps.iter().rposition(|step| {
        let same_place = step.op.location() == Some(first.location);
        step.thread == first.thread && step.index == first.at.index && same_place
    })?;
    let mut pairs = (accessed + 1..steps.len()).filter_map(|at| {
        let (write, value) = (&steps[at], written(&steps[at])?);
        let location = write.op.location()?;
        if write.thread != first.thread {
            return None;
        }
        let on_it = |step: &&Recorded| step.op.location() == Some(location);
        let unique = steps.iter().filter(on_it).filter_map(written).filter(|v| *v == value).count();
        let newest = |read: &Recorded| {
            let before = steps.iter().take_while(|step| !std::ptr::eq(*step, read)).filter(on_it);
            let newest = before.filter(|step| written(step).is_some()).last();
            newest.is_some_and(|newest| std::ptr::eq(newest, write))
        };
        let mut reads = steps[at + 1..].iter().filter(on_it);
        let read = reads.find(|step| {
            step.thread == second.thread && seen(step) == Some(value) && newest(step)
        })?;
        (unique == 1).then_some((write, read))
    });
    let (write, read) = pairs.next()?;
    let (releases, acquires) = (releases(&write.op)?, acquires(read)?);
    if releases.1 && acquires.1 {
        return None;
    }
    let meeting = |step: &Recorded, (ordering, is_enough)| Meeting {
        thread: names.thread(step.thread),
        site: Site::from(step.site),
        ordering,
        is_enough,
    };
    let object = names.object(write.op.location()?);
    Some(missing(&object, &meeting(write, releases), &meeting(read, acquires)))
}

fn written(step: &Recorded) -> Option<Value> {
    super::steps::written(step)
}

/// The value that an atomic read saw.
fn seen(step: &Recorded) -> Option<Value> {
    match (step.op, step.reply) {
        (Op::Load { .. } | Op::Rmw { .. }, Reply::Value(value)) => Some(value),
        (Op::CompareExchange { .. }, Reply::Exchanged(value) | Reply::Refused(value)) => {
            Some(value)
        }
        _ => None,
    }
}

/// The name of an ordering, and whether it releases.
fn releases(op: &Op) -> Option<(&'static str, bool)> {
    let of_rmw = |ordering| match ordering {
        RmwOrdering::Relaxed => ("relaxed", false),
        RmwOrdering::Acquire => ("acquire", false),
        RmwOrdering::Release => ("release", true),
        RmwOrdering::AcqRel => ("acq_rel", true),
        RmwOrdering::SeqCst | RmwOrdering::Interleaved => ("seq_cst", true),
    };
    match *op {
        Op::Store { ordering: StoreOrdering::Relaxed, .. } => Some(("relaxed", false)),
        Op::Store { ordering: StoreOrdering::Release, .. } => Some(("release", true)),
        Op::Store { ordering: StoreOrdering::SeqCst | StoreOrdering::Interleaved, .. } => {
            Some(("seq_cst", true))
        }
        Op::Rmw { ordering, .. } => Some(of_rmw(ordering)),
        Op::CompareExchange { success, .. } => Some(of_rmw(success)),
        _ => None,
    }
}

/// The name of an ordering, and whether it acquires.
fn acquires(step: &Recorded) -> Option<(&'static str, bool)> {
    let of_load = |ordering| match ordering {
        LoadOrdering::Relaxed => ("relaxed", false),
        LoadOrdering::Acquire => ("acquire", true),
        LoadOrdering::SeqCst | LoadOrdering::Interleaved => ("seq_cst", true),
    };
    let of_rmw = |ordering| match ordering {
        RmwOrdering::Relaxed => ("relaxed", false),
        RmwOrdering::Release => ("release", false),
        RmwOrdering::Acquire => ("acquire", true),
        RmwOrdering::AcqRel => ("acq_rel", true),
        RmwOrdering::SeqCst | RmwOrdering::Interleaved => ("seq_cst", true),
    };
    match (step.op, step.reply) {
        (Op::Load { ordering, .. }, _) => Some(of_load(ordering)),
        (Op::Rmw { ordering, .. }, _) => Some(of_rmw(ordering)),
        (Op::CompareExchange { success, .. }, Reply::Exchanged(_)) => Some(of_rmw(success)),
        (Op::CompareExchange { failure, .. }, _) => Some(of_load(failure)),
        _ => None,
    }
}
