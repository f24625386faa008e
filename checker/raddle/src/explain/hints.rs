//! What would have ordered the accesses of a data race, or a write before a read that missed it.

use super::names::Names;
use raddle_report::trace::Site;
use raddle_report::wording::race::{self, Meeting, Missing};
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{
    Access, FenceOrdering, LoadOrdering, Op, Reply, RmwOrdering, StoreOrdering, ThreadId, Value,
};

/// What would have ordered the accesses of a data race: an atomic that the first thread wrote after its access, and of
/// which the second one saw just that write before its own, with enough ordering there, or a store by somebody else over
/// such a write. None if there is no such atomic.
pub(super) fn ordering(
    first: &Access,
    second: &Access,
    record: &Record,
    names: &Names,
) -> Option<String> {
    let accessed = record.steps.iter().rposition(|step| {
        let same_place = step.op.location() == Some(first.location);
        step.thread == first.thread && step.index == first.at.index && same_place
    })?;
    let gap =
        Gap { record, names, from: accessed, thread: second.thread, until: record.steps.len() };
    gap.orderings().map(|said| race::missing(&said)).or_else(|| gap.replaced())
}

/// What would have ordered a write before a read that got an older value.
pub(super) fn stale(newer: usize, read: usize, record: &Record, names: &Names) -> Option<String> {
    let thread = record.steps[read].thread;
    let said = Gap { record, names, from: newer, thread, until: read }.orderings()?;
    let object = names.object(record.steps[newer].op.location()?);
    Some(race::stale(&said, &object, &names.thread(record.steps[newer].thread)))
}

/// Two steps that nothing orders.
struct Gap<'a> {
    record: &'a Record,
    names: &'a Names,
    /// The first of them.
    from: usize,
    /// The thread of the other one.
    thread: ThreadId,
    /// Where that stands.
    until: usize,
}

impl Gap<'_> {
    /// An atomic that the first thread writes in the gap, and that the second one reads there, with what their orderings lack.
    fn orderings(&self) -> Option<Missing> {
        let (write, read) = self.announcements().next()?;
        let steps = &self.record.steps;
        let mut releases = releases(&steps[write].op)?;
        let mut acquires = acquires(&steps[read])?;
        releases.1 |= self.has_fence(steps[write].thread, (self.from, write), fence_releases);
        acquires.1 |= self.has_fence(self.thread, (read, self.until), fence_acquires);
        if releases.1 && acquires.1 {
            return None;
        }
        let object = self.names.object(steps[write].op.location()?);
        let (written, read) = (self.meeting(write, releases), self.meeting(read, acquires));
        Some(Missing { object, written, read })
    }

    /// Each write by the first thread in the gap, and the first read there that saw it.
    fn announcements(&self) -> impl Iterator<Item = (usize, usize)> {
        let steps = &self.record.steps;
        let first = steps[self.from].thread;
        let writes = (self.from + 1..self.until).filter(move |&at| steps[at].thread == first);
        writes.filter_map(|write| Some((write, self.read_of(write, self.thread)?)))
    }

    /// The first read in the gap by a thread that saw just that write.
    fn read_of(&self, write: usize, thread: ThreadId) -> Option<usize> {
        let steps = &self.record.steps;
        let value = written(&steps[write])?;
        let location = steps[write].op.location()?;
        let on_it = |at: &usize| steps[*at].op.location() == Some(location);
        let written_at = |at: &usize| on_it(at) && written(&steps[*at]).is_some();
        let is_unique = || {
            let same = |at: &usize| written_at(at) && written(&steps[*at]) == Some(value);
            (0..steps.len()).filter(same).count() == 1
        };
        let mut reads = (write + 1..self.until).filter(on_it);
        let read = reads.find(|&at| {
            let newest = (0..at).rev().find(written_at);
            steps[at].thread == thread && seen(&steps[at]) == Some(value) && newest == Some(write)
        })?;
        is_unique().then_some(read)
    }

    /// A store by a third thread over what the first one had released, which the second one acquired instead of that.
    fn replaced(&self) -> Option<String> {
        let steps = &self.record.steps;
        let first = steps[self.from].thread;
        let others = (self.from + 1..self.until).filter(|&at| {
            let thread = steps[at].thread;
            thread != first && thread != self.thread && matches!(steps[at].op, Op::Store { .. })
        });
        others.into_iter().find_map(|store| {
            let (location, thread) = (steps[store].op.location()?, steps[store].thread);
            let released = (self.from + 1..store).rev().find(|&at| {
                let is_release = releases(&steps[at].op).is_some_and(|(_, releases)| releases);
                steps[at].thread == first && steps[at].op.location() == Some(location) && is_release
            })?;
            let looked = self.read_of(released, thread).filter(|looked| *looked < store)?;
            let read = self.read_of(store, self.thread)?;
            acquires(&steps[read]).filter(|(_, acquires)| *acquires)?;
            let object = self.names.object(location);
            let first = self.meeting(released, releases(&steps[released].op)?);
            let other = self.meeting(store, releases(&steps[store].op)?);
            Some(race::replaced(&object, &first, &other, &Site::from(steps[looked].site)))
        })
    }

    fn has_fence(
        &self,
        thread: ThreadId,
        (from, until): (usize, usize),
        is: fn(FenceOrdering) -> bool,
    ) -> bool {
        let own = self.record.steps[from..until].iter().filter(|step| step.thread == thread);
        own.into_iter().any(|step| matches!(step.op, Op::Fence(ordering) if is(ordering)))
    }

    fn meeting(&self, at: usize, (ordering, is_enough): (&'static str, bool)) -> Meeting {
        let step = &self.record.steps[at];
        let thread = self.names.thread(step.thread);
        Meeting { thread, site: Site::from(step.site), ordering, is_enough }
    }
}

fn fence_releases(ordering: FenceOrdering) -> bool {
    !matches!(ordering, FenceOrdering::Acquire)
}

fn fence_acquires(ordering: FenceOrdering) -> bool {
    !matches!(ordering, FenceOrdering::Release)
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
