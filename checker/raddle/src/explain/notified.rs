//! Whom a notification has woken, which the threads that went on tell.

use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Action, GAVE_UP, LocationId, Op, Reply, ThreadId};
use std::collections::{BTreeMap, BTreeSet};

/// A wait at a condition variable that a notification has ended.
struct Wait {
    condvar: LocationId,
    thread: ThreadId,
    began: usize,
    woke: usize,
}

fn act(step: &Recorded) -> Option<(LocationId, Action)> {
    match step.op {
        Op::Act { object, action, .. } => Some((object, action)),
        _ => None,
    }
}

/// For steps that notify, by their place in the record, those whom they have woken, in the order in which these went on.
/// Which of several notifications has woken whom is not recorded: each is told with the first of those who waited then, as
/// nobody can tell a difference. Who is woken and has not gone on yet is not known.
pub(super) fn woken(record: &Record) -> BTreeMap<usize, Vec<ThreadId>> {
    let waits = waits(&record.steps);
    let mut told: BTreeSet<usize> = BTreeSet::new();
    let mut woken: BTreeMap<usize, Vec<ThreadId>> = BTreeMap::new();
    for (at, step) in record.steps.iter().enumerate() {
        let (object, most) = match act(step) {
            Some((object, Action::NotifyOne | Action::NotifyOldest)) => (object, 1),
            Some((object, Action::NotifyAll)) => (object, usize::MAX),
            _ => continue,
        };
        let here = waits.iter().enumerate().filter(|(number, wait)| {
            let waited = wait.began < at && at < wait.woke;
            waited && wait.condvar == object && !told.contains(number)
        });
        let those: Vec<usize> = here.map(|(number, _)| number).take(most).collect();
        if !those.is_empty() {
            woken.insert(at, those.iter().map(|&number| waits[number].thread).collect());
        }
        told.extend(those);
    }
    woken
}

/// A notification of one thread that then waits again, in its place and number in the record, while another one waits that
/// it could have woken, and that stands at another line.
pub(super) fn wasted(record: &Record) -> Option<(usize, ThreadId, ThreadId)> {
    let steps = &record.steps;
    let left = |thread: ThreadId| {
        let known = record.threads.get(thread.index()).filter(|known| !known.ended)?;
        let (op, site) = known.at?;
        match op {
            Op::Act { object, action: Action::Wake, .. } => Some((object, site)),
            _ => None,
        }
    };
    let all = || (0..record.threads.len() as u32).map(ThreadId);
    woken(record).into_iter().rev().find_map(|(at, woken)| {
        let (condvar, Action::NotifyOne) = act(&steps[at])? else { return None };
        let &[woken] = woken.as_slice() else { return None };
        let (_, stands) = left(woken).filter(|(object, _)| *object == condvar)?;
        let other = all().find(|&thread| {
            let waits = left(thread);
            let queued = steps.iter().rposition(|step| {
                step.thread == thread && act(step) == Some((condvar, Action::Enqueue))
            });
            let is_elsewhere =
                waits.is_some_and(|(object, site)| object == condvar && site != stands);
            thread != woken && is_elsewhere && queued.is_some_and(|queued| queued < at)
        })?;
        Some((at, woken, other))
    })
}

/// The waits that were ended, in the order in which they were.
fn waits(steps: &[Recorded]) -> Vec<Wait> {
    let ended = steps.iter().enumerate().filter_map(|(woke, step)| {
        let (condvar, action) = act(step)?;
        let gave_up = step.reply == Reply::Value(GAVE_UP);
        (action == Action::Wake && !gave_up).then_some(())?;
        let began = steps[..woke].iter().rposition(|before| {
            before.thread == step.thread && act(before) == Some((condvar, Action::Enqueue))
        })?;
        Some(Wait { condvar, thread: step.thread, began, woke })
    });
    ended.collect()
}
