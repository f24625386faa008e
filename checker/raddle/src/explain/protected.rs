//! What others did under a lock: whoever changes what it protects has it then.

use super::actions;
use super::names::Names;
use raddle_report::trace::{Part, Site};
use raddle_report::wording::deadlock as wording;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Action, LocationId, Op, Reply, ThreadId};

/// So many of those who had a lock are told.
const HOLDERS_MAX: usize = 3;

/// The object and the action of an operation on a blocking object.
fn act(step: &Recorded) -> Option<(LocationId, Action)> {
    match step.op {
        Op::Act { object, action, .. } => Some((object, action)),
        _ => None,
    }
}

/// Whether a step takes that lock.
fn takes(step: &Recorded, lock: LocationId) -> bool {
    let Some((object, action)) = act(step) else { return false };
    let Reply::Value(reply) = step.reply else { return false };
    object == lock && actions::holds(action, reply) == Some(true)
}

/// Each thread and place once, the latest first, and back in their order.
fn latest<'a>(steps: impl DoubleEndedIterator<Item = &'a Recorded>) -> Vec<&'a Recorded> {
    let mut told: Vec<&Recorded> = Vec::new();
    for step in steps.rev() {
        let same = |other: &&Recorded| other.thread == step.thread && other.site == step.site;
        if told.len() < HOLDERS_MAX && !told.iter().any(same) {
            told.push(step);
        }
    }
    told.reverse();
    told
}

fn part(step: &Recorded, text: String, lock: LocationId) -> Part {
    let (thread, site) = (Some(step.thread.0), Some(Site::from(step.site)));
    Part { thread, text, site, object: lock.as_local() }
}

/// Those who had the mutex while a thread waited on a condition variable in vain, and neither notified that afterwards nor
/// came to wait on it themselves: if what the thread waits for has changed, one of them changed it.
pub(super) fn did_not_notify(
    record: &Record,
    names: &Names,
    thread: ThreadId,
    condvar: LocationId,
) -> Vec<Part> {
    let steps = record.steps.as_slice();
    let queues = |step: &Recorded, who: ThreadId| {
        step.thread == who && act(step) == Some((condvar, Action::Enqueue))
    };
    let Some(queued) = steps.iter().rposition(|step| queues(step, thread)) else {
        return Vec::new();
    };
    let gives_back =
        steps[queued..].iter().filter(|step| step.thread == thread).find_map(act_unlocks);
    let Some(mutex) = gives_back else { return Vec::new() };
    let notifies = |step: &Recorded| {
        let notifies = [Action::NotifyOne, Action::NotifyOldest, Action::NotifyAll];
        act(step).is_some_and(|(at, action)| at == condvar && notifies.contains(&action))
    };
    let silent = (queued..steps.len()).filter(|&at| {
        let step = &steps[at];
        let later = || steps[at..].iter().filter(|later| later.thread == step.thread);
        step.thread != thread
            && takes(step, mutex)
            && !later().any(|later| notifies(later) || queues(later, step.thread))
    });
    let silent = silent.map(|at| &steps[at]).collect::<Vec<_>>();
    let told = latest(silent.into_iter()).into_iter().map(|step| {
        let who = [names.thread(step.thread), names.thread(thread)];
        let what = [names.object(mutex), names.object(condvar)];
        part(step, wording::silent(&who, &what), mutex)
    });
    told.collect()
}

/// The lock that a step gives back.
fn act_unlocks(step: &Recorded) -> Option<LocationId> {
    act(step).filter(|(_, action)| *action == Action::Unlock).map(|(object, _)| object)
}

/// Those who had the locks before that a thread held when it panicked.
pub(super) fn had_before(record: &Record, names: &Names, thread: ThreadId) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, step) in record.steps.iter().enumerate() {
        let Some((lock, Action::UnlockPoisoned | Action::WriteUnlockPoisoned)) = act(step) else {
            continue;
        };
        if step.thread != thread {
            continue;
        }
        let others = record.steps[..at].iter().filter(|s| s.thread != thread && takes(s, lock));
        parts.extend(latest(others).into_iter().map(|step| {
            let text = wording::had_before(&names.thread(step.thread), &names.object(lock));
            part(step, text, lock)
        }));
    }
    parts
}
