//! What threads did at channels, each arm of their selects by itself.

use super::names::Names;
use raddle_report::wording::channels as wording;
pub(super) use raddle_report::wording::channels::Side;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{
    Action, Arm, Ask, CLOSED, GAVE_UP, LocationId, Op, Patience, Reply, Selected, Stance, ThreadId,
    Value,
};
use std::collections::BTreeMap;

/// What came of a thread at one side of one channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It sent, received or closed.
    Did,
    /// It was told that nobody is at the other side any more.
    FoundClosed,
    /// It gave up.
    GaveUp,
    /// It took this arm of its select instead.
    Took(LocationId, Side),
}

/// What another thread did at one side of a channel: how often it sent or received, and the latest that came of it there.
pub(super) struct Past<'a> {
    pub times: usize,
    pub last: &'a Recorded,
    pub outcome: Outcome,
}

/// The arms of selects, by thread and by which of its events the select is.
#[derive(Default)]
pub(super) struct Selects(BTreeMap<(ThreadId, u32), Vec<(LocationId, Side)>>);

fn side(ask: Ask) -> Option<Side> {
    match ask {
        Ask::Send | Ask::Close => Some(Side::Send),
        Ask::Receive => Some(Side::Receive),
        Ask::Length => None,
    }
}

impl Selects {
    pub fn of(record: &Record) -> Selects {
        let stands = record.steps.iter().filter_map(|step| match step.op {
            Op::Act { action: Action::Stand(arms), .. } => {
                let arms = record.arms.get(&arms.0)?.iter().filter_map(channel);
                Some(((step.thread, step.index + 1), arms.collect()))
            }
            _ => None,
        });
        Selects(stands.collect())
    }

    /// The arms of the select that an operation is; of one that has not been performed, those with which its thread stands there.
    pub fn arms(&self, step: &Recorded) -> &[(LocationId, Side)] {
        let known = self.0.get(&(step.thread, step.index));
        known.or_else(|| self.standing(step.thread)).map_or(&[], Vec::as_slice)
    }

    fn standing(&self, thread: ThreadId) -> Option<&Vec<(LocationId, Side)>> {
        self.0.range((thread, 0)..=(thread, u32::MAX)).next_back().map(|(_, arms)| arms)
    }

    /// The arms with which a thread stands at a select, if it does.
    pub fn pending(&self, thread: ThreadId, op: &Op) -> &[(LocationId, Side)] {
        let selects =
            matches!(op, Op::Act { action: Action::Meet { stance: Stance::Select, .. }, .. });
        self.standing(thread).filter(|_| selects).map_or(&[], Vec::as_slice)
    }
}

fn channel(arm: &Arm) -> Option<(LocationId, Side)> {
    match arm.action {
        Action::Channel { channel, ask, .. } => Some((channel, side(ask)?)),
        _ => None,
    }
}

/// What an operation is at the sides of channels.
fn acts(step: &Recorded, names: &Names) -> Vec<((LocationId, Side), Outcome)> {
    let (Op::Act { object, action, .. }, Reply::Value(reply)) = (step.op, step.reply) else {
        return Vec::new();
    };
    let outcome = match reply {
        GAVE_UP => Outcome::GaveUp,
        CLOSED => Outcome::FoundClosed,
        _ => Outcome::Did,
    };
    match action {
        Action::Channel { channel, ask, .. } => {
            side(ask).map(|side| ((channel, side), outcome)).into_iter().collect()
        }
        Action::Meet { .. } => at_arms(names.selects().arms(step), reply),
        Action::Send | Action::Offer | Action::Close => vec![((object, Side::Send), outcome)],
        Action::Receive | Action::Take(_) => vec![((object, Side::Receive), outcome)],
        _ => Vec::new(),
    }
}

fn at_arms(arms: &[(LocationId, Side)], reply: Value) -> Vec<((LocationId, Side), Outcome)> {
    let selected = Selected::from_value(reply);
    let taken = selected.and_then(|selected| Some((selected, arms.get(selected.arm as usize)?)));
    let each = arms.iter().enumerate().map(|(number, &arm)| {
        let outcome = match taken {
            None => Outcome::GaveUp,
            Some((selected, _)) if selected.arm as usize == number => match selected.reply {
                CLOSED => Outcome::FoundClosed,
                _ => Outcome::Did,
            },
            Some((_, &(channel, side))) => Outcome::Took(channel, side),
        };
        (arm, outcome)
    });
    each.collect()
}

/// What threads other than that one did at one side of a channel, by thread.
pub(super) fn past<'a>(
    record: &'a Record,
    names: &Names,
    at: (LocationId, Side),
    but: ThreadId,
) -> BTreeMap<ThreadId, Past<'a>> {
    let mut past: BTreeMap<ThreadId, Past> = BTreeMap::new();
    for step in record.steps.iter().filter(|step| step.thread != but) {
        for (_, outcome) in acts(step, names).into_iter().filter(|(arm, _)| *arm == at) {
            let past = past.entry(step.thread).or_insert(Past { times: 0, last: step, outcome });
            past.times += usize::from(outcome == Outcome::Did);
            (past.last, past.outcome) = (step, outcome);
        }
    }
    past
}

/// The last operation of a thread that found a channel closed when it was to send or close, and that channel.
pub(super) fn found_closed(
    record: &Record,
    names: &Names,
    thread: ThreadId,
) -> Option<(usize, LocationId)> {
    let own = (0..record.steps.len()).rev().filter(|at| record.steps[*at].thread == thread);
    let mut found = own.filter_map(|at| {
        let acts = acts(&record.steps[at], names);
        let closed = acts
            .into_iter()
            .find(|((_, side), outcome)| (*side, *outcome) == (Side::Send, Outcome::FoundClosed));
        closed.map(|((channel, _), _)| (at, channel))
    });
    found.next()
}

/// Whether an operation closes that channel, which was open.
pub(super) fn closes(step: &Recorded, channel: LocationId) -> bool {
    match step.op {
        Op::Act { action: Action::Channel { channel: closed, ask: Ask::Close, .. }, .. } => {
            closed == channel && step.reply != Reply::Value(CLOSED)
        }
        _ => false,
    }
}

/// One arm as it fits behind "waits in a select" and into a step: "to send to", and the name.
fn named(names: &Names, &(channel, side): &(LocationId, Side)) -> String {
    format!("{} {}", wording::verb(side), names.object(channel))
}

/// A select in words, and what came of it; none if it is a single arm, which is told as such.
pub(super) fn describe(step: &Recorded, names: &Names) -> Option<String> {
    let Op::Act { action: Action::Meet { stance: Stance::Select, .. }, patience, .. } = step.op
    else {
        return None;
    };
    let arms = names.selects().arms(step);
    let all = || wording::select(&arms.iter().map(|arm| named(names, arm)).collect::<Vec<_>>());
    let Reply::Value(reply) = step.reply else { return Some(all()) };
    let Some(selected) = Selected::from_value(reply) else {
        let why = if patience == Patience::None { "nobody is ready" } else { "timed out" };
        return Some(format!("{} -> {why}", all()));
    };
    let arm = named(names, arms.get(selected.arm as usize)?);
    let closed = if selected.reply == CLOSED { " -> closed" } else { "" };
    Some(format!("{}{closed}", wording::selected(&arm)))
}

/// What a thread waits for at a select, as it fits behind "waits" and before the name of its first channel.
pub(super) fn waits(arms: &[(LocationId, Side)], names: &Names) -> Option<String> {
    let (first, others) = arms.split_first()?;
    let others: Vec<(Side, String)> =
        others.iter().map(|(channel, side)| (*side, names.object(*channel))).collect();
    Some(wording::waits(first.1, &others))
}
