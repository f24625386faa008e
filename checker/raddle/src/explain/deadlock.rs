//! Threads that wait for ever: the verdict, and why each of them does.

mod others;

use self::others::{Notice, lost};
use super::names::{self, Names};
use super::{stands_at, steps};
use raddle_report::trace::{self, Part, Site, Verdict};
use raddle_report::wording::channels as sides;
use raddle_report::wording::deadlock::{self as wording, Link, Need, Now, Obstacle};
use raddle_report::wording::helps::{Facts, Notified, help};
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Blocker, EventId, Extent, Lack, Op, Role, ThreadId, Waiting};

/// So many of those who were at a channel before are told of for each thread that waits there.
const PAST_MAX: usize = 2;

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

/// How likely it is that a thread lacks something only because others wait: who receives waits for who computes.
fn rank(lack: Lack) -> u32 {
    match lack {
        Lack::Message { .. } => 3,
        Lack::Arm | Lack::Zero(_) => 2,
        Lack::Notification { .. } => 0,
        _ => 1,
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
        format!("{}{}", steps::waits(waiting.thread, &op, self.names), on.unwrap_or_default())
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

    /// A cycle, if there is one; else the longest way, of several the first.
    fn chain(&self) -> Vec<Link> {
        let dead = self.waiting.iter().filter(|waiting| waiting.is_dead);
        let ways: Vec<(Vec<ThreadId>, bool)> = dead.map(|waiting| self.way(waiting)).collect();
        // Of those as long, the one of which the others are more likely a consequence.
        let weight = |way: &&(Vec<ThreadId>, bool)| {
            let last = way.0.last().and_then(|thread| self.of(*thread));
            (way.0.len(), std::cmp::Reverse(last.map_or(0, |waiting| rank(waiting.lack))))
        };
        // The last one of equals is the maximum.
        let way = ways.iter().find(|(_, cycle)| *cycle).or(ways.iter().rev().max_by_key(weight));
        let threads = way.map(|(threads, _)| threads.as_slice()).unwrap_or_default();
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
                (None, need) => {
                    Obstacle::Nobody(need.unwrap_or(Need::Value), self.why_nobody(waiting))
                }
            };
            let (thread, what) = (self.names.thread(waiting.thread), self.what(waiting));
            let object = self.op(waiting).subject().map(|location| self.names.object(location));
            Link { thread, what, object: object.unwrap_or_default(), obstacle }
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
        let beside = dead.iter().filter(|it| {
            let thread = self.names.thread(it.thread);
            chain.iter().all(|link| link.thread != thread)
        });
        let beside =
            beside.map(|it| wording::waits(&self.names.thread(it.thread), &self.what(it), &[]));
        let panicked = self.panicked();
        let beside: Vec<String> =
            panicked.iter().map(|part| part.text.clone()).chain(beside).collect();
        let message = wording::message(kind(extent), dead.len(), all, &chain, &beside);
        let mut verdict = Verdict::new(kind(extent), message);
        let silent: Vec<Part> = dead.iter().flat_map(|it| self.silent(it)).collect();
        let past: Vec<Part> = dead.iter().flat_map(|it| self.were_there(it)).collect();
        let notified: Vec<Notice> = dead.iter().filter_map(|it| self.notice(it)).collect();
        let others: Vec<Part> = notified.iter().flat_map(|it| it.parts.clone()).collect();
        let others = others.into_iter().chain(dead.iter().flat_map(|it| self.looked(it)));
        let others = others.chain(dead.iter().filter_map(|it| self.changed_last(it)));
        let others = others.chain(past).chain(silent.iter().cloned()).chain(panicked);
        let others: Vec<Part> = others.collect();
        verdict.help = help(&Facts {
            kind: kind(extent),
            chain: &chain,
            notified: notified.iter().map(|it| it.notified).next().unwrap_or_default(),
            had_mutex: !silent.is_empty(),
            is_alone: self.is_alone(),
        });
        let head = chain
            .first()
            .and_then(|head| dead.iter().find(|it| self.names.thread(it.thread) == head.thread));
        let head = head.or(dead.first());
        verdict.site = head.and_then(|it| stands_at(self.record, it.thread)).map(|(_, site)| site);
        let own = dead.iter().flat_map(|it| self.own(it));
        let left = head.map(|it| self.left(it)).unwrap_or_default();
        for part in own.chain(others).chain(left) {
            if !verdict.parts.contains(&part) {
                verdict.parts.push(part);
            }
        }
        verdict
    }

    /// Who holds what a thread waits for, and where it waits.
    fn own(&self, waiting: &Waiting) -> Vec<Part> {
        let (op, names) = (self.op(waiting), self.names);
        let held = op.subject().map(|location| names.acquired(location)).unwrap_or_default();
        let place = op.subject().map(|location| names.object(location)).unwrap_or_default();
        let holders: Vec<String> = held.iter().map(|(thread, _)| names.thread(*thread)).collect();
        let mut parts: Vec<Part> = held
            .iter()
            .zip(&holders)
            .map(|((holder, site), name)| Part {
                thread: Some(holder.0),
                text: wording::locked(name, &place, self.has_ended(*holder)),
                site: Some(Site::from(*site)),
                object: None,
            })
            .collect();
        let thread = names.thread(waiting.thread);
        parts.push(Part {
            thread: Some(waiting.thread.0),
            text: wording::waits(&thread, &self.what(waiting), &holders),
            site: stands_at(self.record, waiting.thread).map(|(_, site)| site),
            object: steps::waits_at(&op).and_then(|location| location.as_local()),
        });
        parts
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
        let lacked = self.lacked(waiting);
        let past = self.past(waiting);
        for &(channel, side) in lacked.iter().take(PAST_MAX) {
            let name = self.names.object(channel);
            let here = past.iter().filter(|(past, _)| past.channel == name && past.side == side);
            match here.clone().next() {
                None if self.is_alone() => why.push(sides::ALONE.to_string()),
                None => why.push(sides::never(side, &name)),
                Some(_) => why.extend(
                    here.take(PAST_MAX)
                        .map(|(past, last)| past.told_at(names::place(last.site).as_ref())),
                ),
            }
        }
        for helper in waiting.helpers.iter().filter(|_| lacked.is_empty()) {
            let is_notification = matches!(waiting.lack, Lack::Notification { .. });
            let own = is_notification && helper.thread == waiting.thread;
            if !own && lost(waiting) != Some(*helper) {
                let name = self.names.thread(helper.thread);
                let site = self.event(*helper).and_then(|step| names::place(step.site));
                why.push(wording::helped(need, &name, site.as_ref(), self.now(helper.thread)));
            }
        }
        why.push(if waiting.is_dead && self.is_alone() && !lacked.is_empty() {
            return why;
        } else if waiting.is_dead {
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
                let notice = self.notice(waiting)?;
                let thread = self.names.thread(step.thread);
                Some(match notice.notified {
                    Notified::Undone => wording::undone(number, &thread),
                    _ => wording::lost(number, &thread),
                })
            }
            _ if waiting.helpers.is_empty() => Some(wording::UNNOTIFIED.to_string()),
            _ => None,
        }
    }
}
