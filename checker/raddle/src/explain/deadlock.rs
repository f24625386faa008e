//! Threads that wait for ever: the verdict, and why each of them does.

use super::names::Names;
use super::{protected, stands_at, steps};
use raddle_report::trace::{self, Part, Site, Verdict};
use raddle_report::wording::deadlock::{self as wording, Link, Need, Now, Obstacle};
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Blocker, EventId, Extent, Lack, Op, Role, ThreadId, Waiting};

/// What is told of threads that wait.
pub(super) struct Told<'a> {
    pub waiting: &'a [Waiting],
    pub record: &'a Record,
    pub names: &'a Names,
}

/// The kind of a deadlock of that extent.
pub(super) fn kind(extent: Extent) -> trace::Kind {
    match extent {
        Extent::Global => trace::Kind::Deadlock,
        Extent::Partial => trace::Kind::PartialDeadlock,
        Extent::TaskLeak => trace::Kind::TaskLeak,
        Extent::Livelock => trace::Kind::Livelock,
        Extent::LiveLeak => trace::Kind::LiveLeak,
    }
}

fn role(role: Role) -> wording::Role {
    match role {
        Role::Holds => wording::Role::Holds,
        Role::Reads => wording::Role::Reads,
        Role::IntendsWrite => wording::Role::QueuesToWrite,
        Role::Initialises => wording::Role::Initialises,
        Role::Lives => wording::Role::Lives,
    }
}

fn need(lack: Lack) -> Option<Need> {
    Some(match lack {
        Lack::Release => return None,
        Lack::Initialisation => Need::Initialisation,
        Lack::Notification { .. } => Need::Notification,
        Lack::Permits { wanted, there } => Need::Permits(wanted, there),
        Lack::Zero(count) => Need::Zero(count),
        Lack::Arrivals(count) => Need::Arrivals(count),
        Lack::Token => Need::Token,
        Lack::Message { senders } => Need::Message(senders),
        Lack::Room { messages } => Need::Room(messages),
        Lack::Receiver => Need::Receiver,
        Lack::Arm => Need::Arm,
        Lack::Value => Need::Value,
        Lack::Time => Need::Time,
    })
}

/// The latest notification of another thread that came before a thread waited for one, and found nobody.
fn lost(waiting: &Waiting) -> Option<EventId> {
    match waiting.lack {
        // Its own was never for itself.
        Lack::Notification { lost } => lost.filter(|event| event.thread != waiting.thread),
        _ => None,
    }
}

impl Told<'_> {
    fn of(&self, thread: ThreadId) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| waiting.thread == thread)
    }

    /// The operation at which a thread stands, as the program performs it.
    fn op(&self, waiting: &Waiting) -> Op {
        stands_at(self.record, waiting.thread).map_or(waiting.op, |(op, _)| op)
    }

    /// What it waits for: "to lock `a`".
    fn what(&self, waiting: &Waiting) -> String {
        let op = self.op(waiting);
        let object = steps::waits_at(&op).filter(|location| location.as_local().is_some());
        let on = object.map(|location| format!(" `{}`", self.names.object(location)));
        format!("{}{}", steps::waits(&op, self.names), on.unwrap_or_default())
    }

    fn has_ended(&self, thread: ThreadId) -> bool {
        self.record.threads.get(thread.index()).is_some_and(|thread| thread.ended)
    }

    fn event(&self, event: EventId) -> Option<&Recorded> {
        steps::of_event(self.record, event)
    }

    fn site(&self, event: Option<EventId>) -> Option<Site> {
        event.and_then(|event| self.event(event)).map(|step| Site::from(step.site))
    }

    /// The one of its blockers because of which a thread is dead: another one that is, else one that has ended.
    fn obstacle(&self, waiting: &Waiting) -> Option<Blocker> {
        let dead = |blocker: &&Blocker| self.of(blocker.thread).is_some_and(|it| it.is_dead);
        let ended = |blocker: &&Blocker| self.has_ended(blocker.thread);
        let mut blockers = waiting.blockers.iter();
        blockers.clone().find(dead).or_else(|| blockers.find(ended)).copied()
    }

    /// The way from that thread along those who stand in the way, which are dead, and whether it ends in a cycle;
    /// then only the cycle is left.
    fn way(&self, from: &Waiting) -> (Vec<ThreadId>, bool) {
        let mut way = vec![from.thread];
        let mut at = from;
        while let Some(next) = self.obstacle(at).and_then(|blocker| self.of(blocker.thread)) {
            if let Some(start) = way.iter().position(|thread| *thread == next.thread) {
                return (way.split_off(start), true);
            }
            way.push(next.thread);
            at = next;
        }
        (way, false)
    }

    /// A cycle, if there is one; else the way from the first thread.
    fn chain(&self) -> Vec<Link> {
        let dead = || self.waiting.iter().filter(|waiting| waiting.is_dead);
        let mut ways = dead().map(|waiting| self.way(waiting));
        let way = ways.find(|(_, cycle)| *cycle).or_else(|| dead().next().map(|it| self.way(it)));
        let threads = way.map(|(threads, _)| threads).unwrap_or_default();
        let waiting = threads.iter().filter_map(|thread| self.of(*thread));
        let links = waiting.map(|waiting| {
            let obstacle = match (self.obstacle(waiting), need(waiting.lack)) {
                (Some(blocker), _) if blocker.thread == waiting.thread => {
                    Obstacle::Itself(role(blocker.role))
                }
                (Some(blocker), _) => {
                    let (role, name) = (role(blocker.role), self.names.thread(blocker.thread));
                    match self.has_ended(blocker.thread) {
                        true => Obstacle::Ended(role, name),
                        false => Obstacle::Other(role, name),
                    }
                }
                (None, need) => Obstacle::Nobody(need.unwrap_or(Need::Value)),
            };
            let thread = self.names.thread(waiting.thread);
            Link { thread, what: self.what(waiting), obstacle }
        });
        links.collect()
    }

    /// The verdict if the others go on although main has ended.
    fn lives_on(&self) -> Verdict {
        let threads = (0..self.record.threads.len() as u32).map(ThreadId);
        let live = |thread: &ThreadId| !self.has_ended(*thread) && self.of(*thread).is_none();
        let live: Vec<ThreadId> = threads.filter(live).collect();
        let end = self.record.steps.iter().rposition(|step| step.thread == ThreadId::MAIN);
        let since = &self.record.steps[end.map_or(0, |end| end + 1)..];
        let count = |thread: &ThreadId| since.iter().filter(|step| step.thread == *thread).count();
        let names: Vec<_> = live.iter().map(|it| (self.names.thread(*it), count(it))).collect();
        let mut verdict = Verdict::new(kind(Extent::LiveLeak), wording::lives_on(&names));
        for (thread, (name, _)) in live.iter().zip(&names) {
            let site = stands_at(self.record, *thread).map(|(_, site)| site);
            verdict.site = verdict.site.or(site.clone());
            let text = wording::goes_on(name);
            verdict.parts.push(Part { thread: Some(thread.0), text, site, object: None });
        }
        verdict
    }

    /// The verdict.
    pub fn verdict(&self, extent: Extent) -> Verdict {
        if extent == Extent::LiveLeak {
            return self.lives_on();
        }
        let dead: Vec<&Waiting> = self.waiting.iter().filter(|waiting| waiting.is_dead).collect();
        let all = self.record.threads.len();
        let chain = self.chain();
        let message = wording::message(kind(extent), dead.len(), all, &chain);
        let mut verdict = Verdict::new(kind(extent), message);
        let is_lost = |it: &&Waiting| lost(it).is_some();
        let silent: Vec<Part> = dead.iter().flat_map(|it| self.silent(it)).collect();
        let others: Vec<Part> = dead.iter().filter_map(|it| self.was_lost(it)).collect();
        let others = others.into_iter().chain(dead.iter().filter_map(|it| self.changed_last(it)));
        let others: Vec<Part> = others.chain(silent.iter().cloned()).collect();
        let help = wording::help(&chain, dead.iter().any(is_lost), !silent.is_empty());
        verdict.help = help.map(str::to_string);
        for waiting in dead {
            let (op, names) = (self.op(waiting), self.names);
            let site = stands_at(self.record, waiting.thread).map(|(_, site)| site);
            let held = op.subject().map(|location| names.acquired(location)).unwrap_or_default();
            verdict.site = verdict.site.or(site.clone());
            for (holder, site) in &held {
                let place = op.subject().map(|location| names.object(location));
                let part = Part {
                    thread: Some(holder.0),
                    text: wording::locked(&names.thread(*holder), &place.unwrap_or_default()),
                    site: Some(Site::from(*site)),
                    object: None,
                };
                if !verdict.parts.contains(&part) {
                    verdict.parts.push(part);
                }
            }
            let holders: Vec<String> =
                held.iter().map(|(thread, _)| names.thread(*thread)).collect();
            let thread = names.thread(waiting.thread);
            verdict.parts.push(Part {
                thread: Some(waiting.thread.0),
                text: wording::waits(&thread, &self.what(waiting), &holders),
                site,
                object: steps::waits_at(&op).and_then(|location| location.as_local()),
            });
        }
        for part in others {
            if !verdict.parts.contains(&part) {
                verdict.parts.push(part);
            }
        }
        verdict
    }

    /// Who notified a condition variable before a thread waited on it.
    fn was_lost(&self, waiting: &Waiting) -> Option<Part> {
        let step = self.event(lost(waiting)?)?;
        let location = step.op.subject()?;
        let (thread, object) = (self.names.thread(step.thread), self.names.object(location));
        Some(Part {
            thread: Some(step.thread.0),
            text: wording::was_lost(&thread, &object, &self.names.thread(waiting.thread)),
            site: Some(Site::from(step.site)),
            object: location.as_local(),
        })
    }

    /// Who wrote last what a thread waits for in a loop, if somebody has.
    fn changed_last(&self, waiting: &Waiting) -> Option<Part> {
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
    fn silent(&self, waiting: &Waiting) -> Vec<Part> {
        match (waiting.lack, self.op(waiting).subject()) {
            (Lack::Notification { .. }, Some(condvar)) => {
                protected::did_not_notify(self.record, self.names, waiting.thread, condvar)
            }
            _ => Vec::new(),
        }
    }

    /// Since when a thread waits in vain, who could have let it go on, and why they do not.
    pub fn why(&self, waiting: &Waiting) -> Vec<String> {
        let mut why = Vec::new();
        for blocker in &waiting.blockers {
            let other = blocker.thread != waiting.thread;
            let name = other.then(|| self.names.thread(blocker.thread));
            if let Some(site) = self.site(blocker.since) {
                why.extend(wording::since(role(blocker.role), name.as_deref(), &site));
            }
        }
        let Some(need) = need(waiting.lack) else { return why };
        why.extend(wording::missing(need));
        why.extend(self.unnotified(waiting));
        for helper in &waiting.helpers {
            let is_notification = matches!(waiting.lack, Lack::Notification { .. });
            let own = is_notification && helper.thread == waiting.thread;
            if !own && lost(waiting) != Some(*helper) {
                let (name, site) = (self.names.thread(helper.thread), self.site(Some(*helper)));
                why.push(wording::helped(need, &name, site.as_ref(), self.now(helper.thread)));
            }
        }
        why.push(if waiting.is_dead {
            wording::nobody(need)
        } else {
            let goes_on =
                |thread: &ThreadId| *thread != waiting.thread && self.now(*thread) == Now::GoesOn;
            let threads = (0..self.record.threads.len() as u32).map(ThreadId).filter(goes_on);
            let names: Vec<String> = threads.map(|thread| self.names.thread(thread)).collect();
            wording::perhaps(need, &names)
        });
        why
    }

    /// Why no notification reached a thread that waits for one.
    fn unnotified(&self, waiting: &Waiting) -> Option<String> {
        let Lack::Notification { lost } = waiting.lack else { return None };
        let step = lost.and_then(|event| self.event(event));
        let number = step.map(|step| steps::shown_as(step, self.record, self.names));
        match (step, number) {
            (Some(step), Some(number)) if step.thread == waiting.thread => {
                Some(wording::lost_own(number))
            }
            (Some(step), Some(number)) => {
                Some(wording::lost(number, &self.names.thread(step.thread)))
            }
            _ if waiting.helpers.is_empty() => Some(wording::UNNOTIFIED.to_string()),
            _ => None,
        }
    }

    fn now(&self, thread: ThreadId) -> Now {
        match self.of(thread) {
            _ if self.has_ended(thread) => Now::Ended,
            Some(waiting) if waiting.is_dead => Now::Waits,
            _ => Now::GoesOn,
        }
    }
}
