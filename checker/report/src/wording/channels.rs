//! Every fixed sentence about channels and selects.

use super::deadlock::Now;
use super::times;
use crate::trace::Site;

/// One of the two sides of a channel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    /// Where messages are sent, and the channel is closed.
    Send,
    /// Where they are received.
    Receive,
}

impl Side {
    /// The side that it needs.
    pub fn other(self) -> Side {
        match self {
            Side::Send => Side::Receive,
            Side::Receive => Side::Send,
        }
    }
}

/// Why nobody can act where no thread but main was started.
pub const ALONE: &str = "no other thread was started";

/// Why nobody can act where nobody else has been.
pub const NEVER: &str = "nobody else has so far";

/// How many arms of a select are named.
const ARMS_MAX: usize = 3;

/// What is done at a side, before the name of the channel.
pub fn verb(side: Side) -> &'static str {
    match side {
        Side::Send => "send to",
        Side::Receive => "receive from",
    }
}

fn did(side: Side) -> &'static str {
    match side {
        Side::Send => "sent to",
        Side::Receive => "received from",
    }
}

/// A select with these arms.
pub fn select(arms: &[String]) -> String {
    if arms.is_empty() {
        return "wait at nil channels".to_string();
    }
    let more = arms.len().saturating_sub(ARMS_MAX);
    let named = arms.iter().take(ARMS_MAX).cloned();
    let more = (more > 0).then(|| format!("{more} more"));
    format!("select ({})", named.chain(more).collect::<Vec<_>>().join(", "))
}

/// A select that took that arm.
pub fn selected(arm: &str) -> String {
    format!("select: {arm}")
}

/// What a thread waits for at a select, as it fits behind "waits" and before the name of the channel of its first arm.
pub fn waits(first: Side, others: &[(Side, String)]) -> String {
    let others: Vec<String> =
        others.iter().map(|(side, channel)| format!("to {} `{channel}`", verb(*side))).collect();
    match others.as_slice() {
        [] => format!("in a select to {}", verb(first)),
        others => format!("in a select {} or to {}", others.join(", "), verb(first)),
    }
}

/// What a thread did at a side of a channel that another one lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// The thread.
    pub thread: String,
    /// Which side.
    pub side: Side,
    /// The channel.
    pub channel: String,
    /// How often it sent or received.
    pub times: usize,
    /// What came of it there at last.
    pub last: Last,
    /// What became of the thread.
    pub now: Now,
    /// What it did last, and where, if it has ended and that is something else.
    pub after: Option<(String, String)>,
}

/// What came of a thread at a side of a channel at last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Last {
    /// It sent or received.
    Did,
    /// It took another arm of a select: which.
    Took(Side, String),
    /// It gave up.
    GaveUp,
    /// Nobody was at the other side any more.
    FoundClosed,
}

impl Past {
    /// It as a clause; the place is that of the last time it was there, if it is to be told: "here", "at a.rs:3:1".
    pub fn clause(&self, place: Option<&str>) -> String {
        let Past { thread, side, channel, .. } = self;
        let (verb, did) = (verb(*side), did(*side));
        let place = place.map(|place| format!(" {place}")).unwrap_or_default();
        let before = match (&self.last, self.times) {
            (Last::Did, _) | (_, 0) => String::new(),
            (_, number) => format!("{did} `{channel}` {}, then ", times(number)),
        };
        let what = match &self.last {
            Last::Did if self.times == 1 => format!("{did} `{channel}`{place}"),
            Last::Did if place.is_empty() => format!("{did} `{channel}` {}", times(self.times)),
            Last::Did => format!("{did} `{channel}` {}, last{place}", times(self.times)),
            Last::Took(Side::Send, name) => {
                format!("took the arm that sends to `{name}`{place}, not that of `{channel}`")
            }
            Last::Took(Side::Receive, name) => {
                format!("took the arm that receives from `{name}`{place}, not that of `{channel}`")
            }
            Last::GaveUp => format!("tried in vain to {verb} `{channel}`{place}"),
            Last::FoundClosed => format!("found `{channel}` closed{place}"),
        };
        let now = match (self.now, &self.after) {
            (Now::Panicked, _) => ", and has panicked".to_string(),
            (Now::Ended, None) => ", and has ended".to_string(),
            (Now::Ended, Some((step, place))) => format!(", and ended after `{step}` at {place}"),
            (Now::Waits, _) => ", and waits as well".to_string(),
            (Now::GoesOn, _) => String::new(),
        };
        format!("{thread} {before}{what}{now}")
    }

    /// The same at a place.
    pub fn told_at(&self, site: Option<&Site>) -> String {
        self.clause(site.map(|site| format!("at {site}")).as_deref())
    }
}

/// Why nobody is left who could send or receive, as it fits behind that: what became of those who were there; none if they
/// only left.
pub fn gone(past: &[Past]) -> Option<String> {
    let clause = |it: &Past| {
        let did = match (&it.last, it.times) {
            (Last::Took(..), _) => "took another arm",
            (_, 1..) => "did",
            (Last::GaveUp, _) => "gave up",
            _ => return None,
        };
        Some(match it.now {
            Now::Ended => format!("{} {did}, and has ended", it.thread),
            Now::Panicked => format!("{} {did}, and has panicked", it.thread),
            Now::Waits => format!("{} {did}, and waits as well", it.thread),
            Now::GoesOn => return None,
        })
    };
    // Who waits may be let go on by somebody; who has ended may not.
    let (waits, ended): (Vec<&Past>, Vec<&Past>) = past.iter().partition(|it| it.now == Now::Waits);
    let clauses: Vec<String> = waits.into_iter().chain(ended).filter_map(clause).take(2).collect();
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

/// That a thread ended after a step without having been at that side.
pub fn left(thread: &str, step: &str, side: Side, channel: &str) -> String {
    let without = match side {
        Side::Send => format!("neither sent to `{channel}` nor closed it"),
        Side::Receive => format!("did not receive from `{channel}`"),
    };
    format!("{thread} ended after `{step}` here, and {without}")
}

/// That no other thread has been at that side.
pub fn never(side: Side, channel: &str) -> String {
    match side {
        Side::Send => format!("no other thread has sent to `{channel}` or closed it"),
        Side::Receive => format!("no other thread has received from `{channel}`"),
    }
}
