//! What others did under a lock: whoever changes what it protects has it then.

use super::actions;
use super::names::Names;
use super::steps::{self, number, written};
use raddle_report::trace::{Part, Site};
use raddle_report::wording::{causes, deadlock as wording};
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Action, LocationId, Op, Reply, ThreadId, Value};

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

/// The step with which a thread began its latest wait on a condition variable.
fn began_to_wait(steps: &[Recorded], thread: ThreadId, condvar: LocationId) -> Option<usize> {
    steps
        .iter()
        .rposition(|step| step.thread == thread && act(step) == Some((condvar, Action::Enqueue)))
}

/// The same, and the mutex that it gave back for that.
fn waits_with(
    steps: &[Recorded],
    thread: ThreadId,
    condvar: LocationId,
) -> Option<(usize, LocationId)> {
    let queued = began_to_wait(steps, thread, condvar)?;
    let own = steps[queued..].iter().filter(|step| step.thread == thread);
    let unlocks = |step| act(step).filter(|(_, action)| *action == Action::Unlock);
    own.into_iter().find_map(unlocks).map(|(mutex, _)| (queued, mutex))
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
    let Some((queued, mutex)) = waits_with(steps, thread, condvar) else { return Vec::new() };
    let notifies = |step: &Recorded| {
        let notifies = [Action::NotifyOne, Action::NotifyOldest, Action::NotifyAll];
        act(step).is_some_and(|(at, action)| at == condvar && notifies.contains(&action))
    };
    let silent = (queued..steps.len()).filter(|&at| {
        let step = &steps[at];
        let later = || steps[at..].iter().filter(|later| later.thread == step.thread);
        step.thread != thread
            && takes(step, mutex)
            && !later()
                .any(|later| notifies(later) || act(later) == Some((condvar, Action::Enqueue)))
    });
    let silent = silent.map(|at| &steps[at]).collect::<Vec<_>>();
    let told = latest(silent.into_iter()).into_iter().map(|step| {
        let who = [names.thread(step.thread), names.thread(thread)];
        let what = [names.object(mutex), names.object(condvar)];
        part(step, wording::silent(&who, &what), mutex)
    });
    told.collect()
}

/// Those who had the mutex after a notification and before the thread that then waited took it to look: what was notified may
/// have been undone by one of them. Also who wrote last what the thread looked at.
pub(super) fn had_since(
    record: &Record,
    names: &Names,
    (notified, thread, condvar): (&Recorded, ThreadId, LocationId),
) -> Vec<Part> {
    let steps = record.steps.as_slice();
    let Some((queued, mutex)) = waits_with(steps, thread, condvar) else { return Vec::new() };
    let looks = |step: &Recorded| step.thread == thread && takes(step, mutex);
    let looked = steps[..queued].iter().rposition(looks);
    let notified = steps.iter().position(|step| std::ptr::eq(step, notified));
    let (Some(looked), Some(notified)) = (looked, notified) else { return Vec::new() };
    if notified > looked {
        return Vec::new();
    }
    let since = steps[notified..looked].iter();
    let since = latest(since.filter(|step| step.thread != thread && takes(step, mutex)));
    let name = names.thread(thread);
    let had = since.into_iter().map(|step| {
        let text = wording::undid(&names.thread(step.thread), &names.object(mutex), &name);
        part(step, text, mutex)
    });
    had.collect()
}

/// Who wrote last what a thread looked at, under the mutex, before it waited on a condition variable.
pub(super) fn looked_at(
    record: &Record,
    names: &Names,
    thread: ThreadId,
    condvar: LocationId,
) -> Vec<Part> {
    let steps = record.steps.as_slice();
    let own = |step: &&Recorded| step.thread == thread;
    let Some(queued) = began_to_wait(steps, thread, condvar) else { return Vec::new() };
    // From its latest operation on a blocking object on it does nothing but look.
    let before = steps[..queued].iter().enumerate().rev().filter(|(_, step)| own(step));
    let reads =
        before.take_while(|(_, step)| act(step).is_none()).filter_map(|(at, step)| match step.op {
            Op::PlainRead(location) | Op::Load { location, .. } => Some((at, location)),
            _ => None,
        });
    let mut told: Vec<(LocationId, Part)> = Vec::new();
    for (at, location) in reads {
        if told.iter().any(|(known, _)| *known == location) || told.len() >= HOLDERS_MAX {
            continue;
        }
        let writes = |step: &&Recorded| {
            step.op == Op::PlainWrite(location)
                || step.op.location() == Some(location) && written(step).is_some()
        };
        let Some(write) = steps[..at].iter().rfind(writes) else { continue };
        let who = [names.thread(thread), names.thread(write.thread)];
        let value = written(write).map(number);
        let text = wording::looked_at(&who[0], &who[1], &names.object(location), value.as_deref());
        told.push((location, part(write, text, location)));
    }
    told.into_iter().map(|(_, part)| part).collect()
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
            let number = steps::shown_as(step, record, names);
            let text = wording::had_before(&names.thread(step.thread), &names.object(lock), number);
            part(step, text, lock)
        }));
    }
    if let Some(woken) = Woken::of(record, thread) {
        parts.extend(woken.parts(record, names));
    }
    parts
}

/// A thread that had waited on a condition variable, and was woken, before it panicked under the mutex.
pub(super) struct Woken<'a> {
    mutex: LocationId,
    /// Where it began to wait, where it was notified, and where it had the mutex again.
    waits: &'a Recorded,
    notifies: &'a Recorded,
    again: &'a Recorded,
    /// Who had the mutex between the latter two.
    between: Vec<&'a Recorded>,
}

impl<'a> Woken<'a> {
    /// The latest wait of a thread, if it panicked in the section of a lock with which that ended.
    pub fn of(record: &'a Record, thread: ThreadId) -> Option<Woken<'a>> {
        let steps = record.steps.as_slice();
        let own = |at: &usize| steps[*at].thread == thread;
        let poisons = (0..steps.len()).rev().filter(own).find_map(|at| match act(&steps[at])? {
            (mutex, Action::UnlockPoisoned) => Some((at, mutex)),
            _ => None,
        });
        let (end, mutex) = poisons?;
        let again = (0..end).rev().filter(own).find(|&at| takes(&steps[at], mutex))?;
        let queued = (0..again).rev().filter(own).find_map(|at| match act(&steps[at])? {
            (condvar, Action::Enqueue) => Some((at, condvar)),
            _ => None,
        });
        let (queued, condvar) = queued?;
        // Otherwise it took the lock by itself since.
        let takes_between = (queued..again).filter(own).any(|at| takes(&steps[at], mutex));
        let wakes = |at: &usize| {
            let notifies = matches!(
                act(&steps[*at]),
                Some((on, Action::NotifyOne | Action::NotifyOldest | Action::NotifyAll)) if on == condvar
            );
            notifies && !own(at) && !matches!(steps[*at].reply, Reply::Value(Value(0)))
        };
        let notified = (queued..again).find(wakes).filter(|_| !takes_between)?;
        let between = steps[notified..again].iter();
        let between = latest(between.filter(|step| step.thread != thread && takes(step, mutex)));
        let (waits, notifies, again) = (&steps[queued], &steps[notified], &steps[again]);
        Some(Woken { mutex, waits, notifies, again, between })
    }

    fn parts(&self, record: &Record, names: &Names) -> [Part; 2] {
        let Woken { waits, notifies, again, .. } = self;
        let number = |step: &Recorded| steps::shown_as(step, record, names);
        let name = |step: &Recorded| names.thread(step.thread);
        let condvar = waits.op.subject().unwrap_or(self.mutex);
        let object = names.object(condvar);
        let until = wording::waited(&name(waits), &object, number(again));
        let by = wording::notified(&name(notifies), &object, number(notifies));
        [part(waits, until, condvar), part(notifies, by, condvar)]
    }

    /// That others had the mutex between the notification and the thread, if so.
    pub fn late(&self, record: &Record, names: &Names) -> Option<String> {
        let number = |step: &Recorded| steps::shown_as(step, record, names);
        let between = self.between.last()?;
        Some(causes::woken_late(
            (&names.thread(self.waits.thread), number(self.again)),
            (&names.thread(self.notifies.thread), number(self.notifies)),
            (&names.thread(between.thread), number(between)),
            &names.object(self.mutex),
        ))
    }
}
