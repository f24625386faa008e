//! What others did, and did not do, that a thread which waits for ever needs.

use super::{PAST_MAX, Told, need};
use crate::explain::channels::{self, Side};
use crate::explain::{names, protected, steps};
use raddle_report::trace::{Part, Site};
use raddle_report::wording::channels as sides;
use raddle_report::wording::deadlock::{self as wording, Need, Now};
use raddle_report::wording::helps::Notified;
use raddle_report::wording::panics;
use raddle_runtime::Recorded;
use raddle_shims::kernel::{EventId, Lack, LocationId, ThreadId, Waiting};

/// A notification that came before a thread waited, and those who had the mutex since.
pub(super) struct Notice {
    pub notified: Notified,
    pub parts: Vec<Part>,
}

/// The latest notification of another thread that came before a thread waited for one, and found nobody.
pub(super) fn lost(waiting: &Waiting) -> Option<EventId> {
    match waiting.lack {
        // Its own was never for itself.
        Lack::Notification { lost } => lost.filter(|event| event.thread != waiting.thread),
        _ => None,
    }
}

impl Told<'_> {
    /// The sides of channels at which a thread needs somebody.
    pub(super) fn lacked(&self, waiting: &Waiting) -> Vec<(LocationId, Side)> {
        let op = self.op(waiting);
        let at = |side: Side| op.subject().map(|channel| (channel, side)).into_iter().collect();
        match waiting.lack {
            Lack::Message { .. } => at(Side::Send),
            Lack::Room { .. } | Lack::Receiver => at(Side::Receive),
            Lack::Arm => {
                let arms = self.names.selects().pending(waiting.thread, &op).iter();
                arms.map(|&(channel, side)| (channel, side.other())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What others did where a thread needs somebody: those who wait first, then who was there last.
    pub(super) fn past(&self, waiting: &Waiting) -> Vec<(sides::Past, &Recorded)> {
        let mut all = Vec::new();
        for (channel, side) in self.lacked(waiting) {
            let past = channels::past(self.record, self.names, (channel, side), waiting.thread);
            let told = past.into_iter().map(|(thread, past)| {
                let last = match past.outcome {
                    channels::Outcome::Did => sides::Last::Did,
                    channels::Outcome::Took(channel, side) => {
                        sides::Last::Took(side, self.names.object(channel))
                    }
                    channels::Outcome::GaveUp => sides::Last::GaveUp,
                    channels::Outcome::FoundClosed => sides::Last::FoundClosed,
                };
                let (channel, now) = (self.names.object(channel), self.now(thread));
                let (times, after) = (past.times, self.ended_after(thread, past.last));
                let thread = self.names.thread(thread);
                (sides::Past { thread, side, channel, times, last, now, after }, past.last)
            });
            all.extend(told);
        }
        let place =
            |step: &Recorded| self.record.steps.iter().rposition(|it| std::ptr::eq(it, step));
        all.sort_by_key(|(past, last)| (past.now != Now::Waits, std::cmp::Reverse(place(last))));
        all
    }

    /// What a thread did last that has ended, and where, if that came after the step.
    pub(super) fn ended_after(
        &self,
        thread: ThreadId,
        step: &Recorded,
    ) -> Option<(String, String)> {
        let own = self.record.steps.iter().rev().filter(|it| it.thread == thread);
        let own = own.filter(|_| self.has_ended(thread));
        let (last, text) = own
            .filter_map(|it| Some((it, steps::describe(it, self.record, self.names)?)))
            .next()?;
        let place = match last.site.file() == step.site.file() {
            true => format!("line {}", last.site.line()),
            false => names::place(last.site)?.to_string(),
        };
        (!std::ptr::eq(last, step)).then_some((text, place))
    }

    /// Why nobody is left who could do what a thread needs of nobody in particular.
    pub(super) fn why_nobody(&self, waiting: &Waiting) -> Option<String> {
        let lacked = self.lacked(waiting);
        if !lacked.is_empty() {
            let past: Vec<_> = self.past(waiting).into_iter().map(|(past, _)| past).collect();
            return match past.as_slice() {
                [] if self.is_alone() => Some(sides::ALONE.to_string()),
                [] => Some(sides::NEVER.to_string()),
                past => sides::gone(past),
            };
        }
        None
    }

    /// Whether no thread but main was started.
    pub(super) fn is_alone(&self) -> bool {
        self.record.threads.len() == 1
    }

    /// What became of a notification that came before a thread waited.
    pub(super) fn notice(&self, waiting: &Waiting) -> Option<Notice> {
        let step = self.event(lost(waiting)?)?;
        let location = step.op.subject()?;
        let since = protected::had_since(self.record, self.names, (step, waiting.thread, location));
        let (thread, object) = (self.names.thread(step.thread), self.names.object(location));
        let waits = self.names.thread(waiting.thread);
        let (notified, text) = match since.is_empty() {
            true => (Notified::TooEarly, wording::was_lost(&thread, &object, &waits)),
            false => (Notified::Undone, wording::was_undone(&thread, &object, &waits)),
        };
        let site = Some(Site::from(step.site));
        let part = Part { thread: Some(step.thread.0), text, site, object: location.as_local() };
        // Who wrote what the thread looked at says more than who had the mutex.
        let since = since.into_iter().filter(|_| self.looked(waiting).is_empty());
        Some(Notice { notified, parts: std::iter::once(part).chain(since).collect() })
    }

    /// Who wrote last what a thread looked at before it waited for a notification.
    pub(super) fn looked(&self, waiting: &Waiting) -> Vec<Part> {
        match (waiting.lack, self.op(waiting).subject()) {
            (Lack::Notification { .. }, Some(condvar)) => {
                protected::looked_at(self.record, self.names, waiting.thread, condvar)
            }
            _ => Vec::new(),
        }
    }

    /// Who was where a thread needs somebody, and does not come again.
    pub(super) fn were_there(&self, waiting: &Waiting) -> Vec<Part> {
        let gone = self.past(waiting).into_iter().filter(|(past, _)| past.now != Now::GoesOn);
        let helped = self.helped(waiting);
        let parts = gone.take(PAST_MAX).map(|(past, last)| {
            let site = names::place(last.site);
            let text = past.clause(site.as_ref().map(|_| "here"));
            Part { thread: Some(last.thread.0), text, site, object: None }
        });
        parts.chain(helped).collect()
    }

    /// Where those have ended who could have been where a thread needs somebody, if nobody has been: the latest of them.
    pub(super) fn left(&self, waiting: &Waiting) -> Vec<Part> {
        let lacked = self.lacked(waiting);
        let [(channel, side)] = lacked.as_slice() else { return Vec::new() };
        if !self.past(waiting).is_empty() {
            return Vec::new();
        }
        // Who stands at the other side is not to be expected here.
        let opposite = (*channel, side.other());
        let senders = channels::past(self.record, self.names, opposite, waiting.thread);
        let channel = self.names.object(*channel);
        let mut told: Vec<ThreadId> = senders.into_keys().collect();
        let mut parts = Vec::new();
        for step in self.record.steps.iter().rev().filter(|step| self.has_ended(step.thread)) {
            if parts.len() >= PAST_MAX || told.contains(&step.thread) {
                continue;
            }
            let Some(what) = steps::describe(step, self.record, self.names) else { continue };
            told.push(step.thread);
            // A timer's thread, say, does nothing of the program's own.
            let Some(site) = names::place(step.site) else { continue };
            let text = sides::left(&self.names.thread(step.thread), &what, *side, &channel);
            parts.push(Part { thread: Some(step.thread.0), text, site: Some(site), object: None });
        }
        parts
    }

    /// Who did before what would let a thread go on that waits for permits, a count or an arrival.
    pub(super) fn helped(&self, waiting: &Waiting) -> Vec<Part> {
        let need = need(waiting.lack).filter(|need| {
            matches!(need, Need::Permits(..) | Need::Zero(_) | Need::Arrivals(_) | Need::Token)
        });
        let helpers = waiting.helpers.iter().filter(|it| self.now(it.thread) != Now::GoesOn);
        let parts = helpers.take(PAST_MAX).filter_map(|helper| {
            let name = self.names.thread(helper.thread);
            let text = wording::helped(need?, &name, None, self.now(helper.thread));
            let site = self.event(*helper).and_then(|step| names::place(step.site));
            Some(Part { thread: Some(helper.thread.0), text, site, object: None })
        });
        parts.collect()
    }

    /// Who wrote last what a thread waits for in a loop, if somebody has.
    pub(super) fn changed_last(&self, waiting: &Waiting) -> Option<Part> {
        if waiting.lack != Lack::Value {
            return None;
        }
        let location = self.op(waiting).location()?;
        let writes = |step: &&Recorded| step.op.location() == Some(location);
        let mut steps = self.record.steps.iter().filter(writes);
        let step = steps.rfind(|step| steps::written(step).is_some())?;
        let value = steps::number(steps::written(step)?);
        let (thread, object) = (self.names.thread(step.thread), self.names.object(location));
        Some(Part {
            thread: Some(step.thread.0),
            text: wording::changed_last(&thread, &object, &value),
            site: Some(Site::from(step.site)),
            object: location.as_local(),
        })
    }

    /// Who could have notified a thread that waits for that, and did not.
    pub(super) fn silent(&self, waiting: &Waiting) -> Vec<Part> {
        match (waiting.lack, self.op(waiting).subject()) {
            (Lack::Notification { .. }, Some(condvar)) => {
                protected::did_not_notify(self.record, self.names, waiting.thread, condvar)
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn now(&self, thread: ThreadId) -> Now {
        match self.of(thread) {
            _ if self.has_ended(thread) => {
                match self.record.threads[thread.index()].panics.last() {
                    Some(_) => Now::Panicked,
                    None => Now::Ended,
                }
            }
            Some(waiting) if waiting.is_dead => Now::Waits,
            _ => Now::GoesOn,
        }
    }

    /// Threads that panicked: they do no longer what others wait for.
    pub(super) fn panicked(&self) -> Vec<Part> {
        let threads = (0u32..).map(ThreadId).zip(&self.record.threads);
        let panicked = threads.filter_map(|(thread, known)| {
            let panic = known.panics.last().filter(|_| known.ended)?;
            let (file, line, column) = panic.place.clone()?;
            let text = panics::with(&self.names.thread(thread), &panic.message);
            let site = Some(Site::new(file, line, column));
            Some(Part { thread: Some(thread.0), text, site, object: None })
        });
        panicked.take(PAST_MAX).collect()
    }
}
