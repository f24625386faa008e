//! What in an execution may be the cause of its failure: old values that cross, values that were changed after a look.

use super::hints;
use super::names::Names;
use super::notified;
use super::protected::Woken;
use super::steps::{self, written};
use crate::explore::Told;
use raddle_engine::explore::Stale;
use raddle_report::trace::Site;
use raddle_report::wording::causes as wording;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{
    Action, EventId, Failure, GAVE_UP, LocationId, Op, Reply, ThreadId, Value,
};

/// So many threads are told of that were about to do more.
const ABOUT_MAX: usize = 2;

/// An execution, and which step shows each of its operations.
struct Execution<'a> {
    record: &'a Record,
    names: &'a Names,
    shown: Vec<Option<u32>>,
}

/// What there is to say.
pub(super) fn of(failure: &Failure, record: &Record, told: &Told, names: &Names) -> Vec<String> {
    let execution = Execution { record, names, shown: steps::shown(record, names) };
    let mut notes: Vec<String> = Vec::new();
    notes.extend(told.stale.iter().find_map(|stale| execution.crossing(stale, told)));
    if notes.is_empty() {
        notes.extend(told.stale.iter().find_map(|stale| execution.disagreeing(stale)));
    }
    if notes.is_empty() {
        notes.extend(told.stale.iter().find_map(|stale| execution.announced(stale)));
    }
    notes.extend(told.stale.iter().find_map(|stale| execution.loaded(stale)));
    let concerned: &[ThreadId] = match failure {
        Failure::DataRace { first, second } => &[first.thread, second.thread],
        Failure::Assertion { thread, .. } | Failure::Misuse { thread, .. } => &[*thread],
        _ => {
            notes.extend(execution.overwritten().filter(|_| notes.is_empty()));
            if let Failure::Deadlock { .. } = failure {
                notes.extend(execution.wasted());
            }
            return notes;
        }
    };
    if notes.is_empty() {
        // Where accesses race, an update of an atomic is no look on which something rests.
        let races = matches!(failure, Failure::DataRace { .. });
        let changed = |thread: &ThreadId| execution.changed_since(*thread, races);
        let changed = concerned.iter().find_map(changed);
        let had = |thread: &ThreadId| execution.had_since(*thread);
        // Two accesses that race need no other cause.
        let panics = matches!(failure, Failure::Assertion { .. });
        let had = || concerned.iter().filter(|_| panics).find_map(had);
        notes.extend(execution.overwritten().or(changed).or_else(had));
    }
    if let Failure::Assertion { .. } = failure {
        // Whoever passes on a panic is not the one who waited.
        let mut threads = (0..record.threads.len() as u32).map(ThreadId);
        let woken = threads.find_map(|thread| Woken::of(record, thread));
        notes.extend(woken.and_then(|woken| woken.late(record, names)));
    }
    notes.extend(concerned.iter().find_map(|thread| execution.failed_for_no_reason(*thread)));
    notes.extend(execution.about_to(concerned));
    notes
}

/// What a step got to see of an atomic variable.
fn seen(step: &Recorded) -> Option<(LocationId, Value)> {
    let value = match (step.op, step.reply) {
        (Op::Load { .. } | Op::Rmw { .. }, Reply::Value(value)) => value,
        (Op::CompareExchange { .. }, Reply::Exchanged(value) | Reply::Refused(value)) => value,
        _ => return None,
    };
    Some((step.op.location()?, value))
}

/// The variable that a step changed.
fn changed(step: &Recorded) -> Option<LocationId> {
    written(step)?;
    step.op.location()
}

impl Execution<'_> {
    fn place(&self, id: EventId) -> Option<usize> {
        let same = |step: &Recorded| {
            step.thread == id.thread && step.index == id.index && steps::is_event(&step.op)
        };
        self.record.steps.iter().position(same)
    }

    /// The number of the step that shows an operation, from 1.
    fn number(&self, at: usize) -> Option<u32> {
        self.shown.get(at).copied().flatten().map(|step| step + 1)
    }

    fn name(&self, at: usize) -> Option<String> {
        self.record.steps[at].op.location().map(|location| self.names.object(location))
    }

    fn who(&self, at: usize) -> String {
        self.names.thread(self.record.steps[at].thread)
    }

    /// Store buffering: before the read its thread stored something that the other thread, after its own store, misses as well.
    fn crossing(&self, stale: &Stale, told: &Told) -> Option<String> {
        let (read, newer) = (self.place(stale.event)?, self.place(stale.newer)?);
        let steps = &self.record.steps;
        let (reader, writer) = (steps[read].thread, steps[newer].thread);
        let is_stale = |at: usize, over: usize| {
            told.stale
                .iter()
                .any(|it| self.place(it.event) == Some(at) && self.place(it.newer) == Some(over))
        };
        let own = (0..read)
            .rev()
            .filter(|&at| steps[at].thread == reader && changed(&steps[at]).is_some());
        let mut pairs = own.flat_map(|own| {
            let theirs = (newer + 1..steps.len()).filter(move |&at| steps[at].thread == writer);
            theirs.map(move |theirs| (own, theirs))
        });
        let (own, theirs) = pairs.find(|&(own, theirs)| {
            let one = seen(&steps[theirs]).map(|(location, _)| location);
            one == changed(&steps[own]) && (theirs < own || is_stale(theirs, own))
        })?;
        let crossing = |write: usize, read: usize| {
            let (writes, reads) = (self.name(write)?, self.name(read)?);
            Some(wording::Crossing { thread: self.who(write), writes, reads })
        };
        Some(wording::both_miss(&crossing(newer, theirs)?, &crossing(own, read)?))
    }

    /// Two threads that saw two stores of two others in different orders.
    fn disagreeing(&self, stale: &Stale) -> Option<String> {
        let (read, newer) = (self.place(stale.event)?, self.place(stale.newer)?);
        let steps = &self.record.steps;
        let (reader, writer) = (steps[read].thread, steps[newer].thread);
        let (missed, _) = seen(&steps[read])?;
        let writes = |at: usize, location, value| {
            changed(&steps[at]) == Some(location) && written(&steps[at]) == Some(value)
        };
        let own = (0..read).rev().filter(|&at| steps[at].thread == reader);
        let firsts = own.filter_map(|at| Some((at, seen(&steps[at])?)));
        let mut firsts = firsts.filter(|(_, (location, _))| *location != missed);
        let (first, other, location) = firsts.find_map(|(first, (location, value))| {
            let stored = (0..first).rev().find(|&at| writes(at, location, value))?;
            // Who stores both, or reads himself, orders them.
            let thread = steps[stored].thread;
            if [reader, writer].contains(&thread) {
                return None;
            }
            let is_old = |at: usize| {
                let Some((_, old)) = seen(&steps[at]).filter(|seen| seen.0 == location) else {
                    return false;
                };
                !(stored..steps.len()).any(|at| writes(at, location, old))
            };
            let saw_newer = |at: &usize| {
                seen(&steps[*at]) == written(&steps[newer]).map(|value| (missed, value))
            };
            let by_others = (newer + 1..steps.len())
                .filter(|&at| ![reader, writer, thread].contains(&steps[at].thread));
            let other = by_others.into_iter().filter(saw_newer).find_map(|saw| {
                let later =
                    (saw + 1..steps.len()).filter(|&at| steps[at].thread == steps[saw].thread);
                later.into_iter().find(|&at| is_old(at))
            })?;
            Some((first, other, location))
        })?;
        let objects = (self.names.object(location), self.names.object(missed));
        let numbers = (self.number(first)?, self.number(read)?);
        Some(wording::disagree(
            &objects,
            (&self.who(read), numbers),
            (&self.who(other), self.number(other)?),
        ))
    }

    /// A read that missed what came before something that its thread had seen already, for lack of an ordering.
    fn announced(&self, stale: &Stale) -> Option<String> {
        let (read, newer) = (self.place(stale.event)?, self.place(stale.newer)?);
        seen(&self.record.steps[read])?;
        hints::stale(newer, read, self.record, self.names)
    }

    /// A load that missed what a read-modify-write had made of the variable.
    fn loaded(&self, stale: &Stale) -> Option<String> {
        let (read, newer) = (self.place(stale.event)?, self.place(stale.newer)?);
        let steps = &self.record.steps;
        let is_update = matches!(steps[newer].op, Op::Rmw { .. } | Op::CompareExchange { .. });
        if !is_update || !matches!(steps[read].op, Op::Load { .. }) {
            return None;
        }
        let step = self.number(read)?;
        Some(wording::loaded(&self.name(read)?, &self.who(read), step, &self.who(newer)))
    }

    /// A notification that woke a thread which had to wait again, where another one would have gone on.
    fn wasted(&self) -> Option<String> {
        let (at, woken, other) = notified::wasted(self.record)?;
        let (woken, other) = (self.names.thread(woken), self.names.thread(other));
        Some(wording::wasted((&self.who(at), self.number(at)?), &self.name(at)?, &woken, &other))
    }

    /// The last store over something that its thread had not seen, though it had looked before.
    fn overwritten(&self) -> Option<String> {
        let steps = &self.record.steps;
        let stores = (0..steps.len()).rev().filter(|&at| matches!(steps[at].op, Op::Store { .. }));
        stores.into_iter().find_map(|stored| {
            let (thread, location) = (steps[stored].thread, steps[stored].op.location()?);
            let of_own = |at: &usize| {
                steps[*at].thread == thread && steps[*at].op.location() == Some(location)
            };
            let read = (0..stored).rev().find(of_own)?;
            seen(&steps[read]).filter(|_| changed(&steps[read]).is_none())?;
            let lost =
                (read + 1..stored).rev().find(|&at| changed(&steps[at]) == Some(location))?;
            let (read, stored) = (self.number(read)?, self.number(stored)?);
            let (name, who, other) =
                (self.names.object(location), self.names.thread(thread), self.who(lost));
            Some(wording::overwritten(&name, (&who, read, stored), (&other, self.number(lost)?)))
        })
    }

    /// The last look of a thread at a variable that somebody else has changed since.
    fn changed_since(&self, thread: ThreadId, is_look: bool) -> Option<String> {
        let steps = &self.record.steps;
        let own = |at: &usize| steps[*at].thread == thread;
        (0..steps.len()).rev().filter(own).find_map(|read| {
            let (location, value) = seen(&steps[read])?;
            let later =
                (read + 1..steps.len()).filter(|&at| steps[at].op.location() == Some(location));
            if later.clone().any(|at| own(&at)) || is_look && changed(&steps[read]).is_some() {
                return None;
            }
            let change = later
                .into_iter()
                .find(|&at| written(&steps[at]).is_some_and(|new| new != value))?;
            let (name, who, other) =
                (self.names.object(location), self.names.thread(thread), self.who(change));
            Some(wording::changed_since(
                &name,
                (&who, self.number(read)?),
                (&other, self.number(change)?),
            ))
        })
    }

    /// A weak exchange as the last that a thread did to an atomic variable, which failed although it found what it expected.
    fn failed_for_no_reason(&self, thread: ThreadId) -> Option<String> {
        let steps = &self.record.steps;
        let mut threads = vec![thread];
        // Who unwraps what joining another one gave panics for that one's reason.
        threads.extend(steps.iter().rev().find_map(|step| match step.op {
            Op::Join(other) if step.thread == thread => Some(other),
            _ => None,
        }));
        threads.into_iter().find_map(|thread| {
            let own = |at: &usize| steps[*at].thread == thread && seen(&steps[*at]).is_some();
            let at = (0..steps.len()).rev().find(own)?;
            match (steps[at].op, steps[at].reply) {
                (Op::CompareExchange { weak: true, expected, .. }, Reply::Refused(found))
                    if expected == found =>
                {
                    Some(wording::spurious(&self.who(at), &self.name(at)?, self.number(at)?))
                }
                _ => None,
            }
        })
    }

    /// The last lock that a thread gave back and that somebody else took since: what was seen under it may have changed.
    fn had_since(&self, thread: ThreadId) -> Option<String> {
        let steps = &self.record.steps;
        let takes = |at: usize| match steps[at].op {
            Op::Act {
                object, action: Action::Lock | Action::ReadLock | Action::WriteLock, ..
            } => Some(object).filter(|_| steps[at].reply != Reply::Value(GAVE_UP)),
            _ => None,
        };
        let own = |at: &usize| steps[*at].thread == thread;
        (0..steps.len()).rev().filter(own).find_map(|had| {
            let lock = takes(had)?;
            let later = (had + 1..steps.len()).filter(|at| takes(*at) == Some(lock));
            let mut later = later.take_while(|at| !own(at));
            let is_read =
                |at: usize| matches!(steps[at].op, Op::Act { action: Action::ReadLock, .. });
            // Who only reads changes nothing.
            let since = later.find(|at| !is_read(*at))?;
            Some(wording::had_since(
                &self.names.object(lock),
                (&self.names.thread(thread), self.number(had)?),
                (&self.who(since), self.number(since)?),
            ))
        })
    }

    /// What others would have done next.
    fn about_to(&self, concerned: &[ThreadId]) -> Vec<String> {
        let others = (0..self.record.threads.len() as u32).map(ThreadId);
        let others = others.filter(|thread| !concerned.contains(thread));
        let next = |thread: ThreadId| {
            let known = &self.record.threads[thread.index()];
            let (op, site) = known.at.filter(|_| !known.ended)?;
            let last = self.record.steps.iter().rfind(|step| step.thread == thread);
            if last.is_some_and(|last| last.site == site && last.op == op) {
                return None;
            }
            let pending =
                Recorded { thread, index: u32::MAX, op, reply: Reply::Done, site, place: None };
            let changes =
                matches!(op, Op::Store { .. } | Op::Rmw { .. } | Op::CompareExchange { .. });
            let what = steps::describe(&pending, self.record, self.names).filter(|_| changes)?;
            Some(wording::about_to(
                &self.names.thread(thread),
                &what,
                &Site::from(site).to_string(),
            ))
        };
        others.filter_map(next).take(ABOUT_MAX).collect()
    }
}
