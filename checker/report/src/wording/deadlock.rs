//! Every fixed sentence about threads that wait for ever.
//!
//! These are for whoever makes a trace; the texts go into its verdict, and into
//! [`why`](crate::trace::ThreadState::Waiting::why) of its threads. What to look for is in [`helps`](super::helps).

use super::{count, list};
use crate::trace::{Kind, Site};

/// How a thread stands in the way of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It holds the lock, alone.
    Holds,
    /// It holds the lock together with other readers.
    Reads,
    /// It waits to write, which keeps new readers out.
    QueuesToWrite,
    /// It runs the initialisation.
    Initialises,
    /// It has not ended.
    Lives,
}

/// What a thread needs that nobody in particular has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// An initialisation.
    Initialisation,
    /// A notification.
    Notification,
    /// Permits: how many it asks for, and how many there are.
    Permits(u64, u64),
    /// That a counter comes to 0 from here.
    Zero(i64),
    /// Arrivals at a barrier: how many.
    Arrivals(u64),
    /// The token of a thread.
    Token,
    /// A message; how many senders have not been dropped.
    Message(u64),
    /// Room in a channel with so many messages.
    Room(u64),
    /// A receiver.
    Receiver,
    /// One of the arms of a select.
    Arm,
    /// Another value.
    Value,
    /// Time.
    Time,
}

/// One step on the way from a waiting thread to what it waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The waiting thread.
    pub thread: String,
    /// What it waits for, as it fits behind "waits": "to lock `a`".
    pub what: String,
    /// The name of the object that it waits at.
    pub object: String,
    /// What stands in its way.
    pub obstacle: Obstacle,
}

/// What stands in the way of a thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// Another thread, which waits as well.
    Other(Role, String),
    /// A thread that has ended.
    Ended(Role, String),
    /// The thread itself.
    Itself(Role),
    /// That nobody is left who could act, and why, if more is known.
    Nobody(Need, Option<String>),
}

/// So many threads that are not on the way are told of in the verdict.
const BESIDE_MAX: usize = 2;

/// The verdict in one sentence: how many threads of how many, and the way that ends in a cycle or at nobody; if at nobody,
/// what the threads beside it wait for too, as each of them may be the cause.
pub fn message(
    kind: Kind,
    waiting: usize,
    all: usize,
    chain: &[Link],
    beside: &[String],
) -> String {
    let counted = match (kind, waiting) {
        (Kind::PartialDeadlock, _) => {
            Some(format!("{waiting} of {all} threads can never run again"))
        }
        (Kind::TaskLeak, 1) => Some("main has ended, and 1 thread waits for ever".to_owned()),
        (Kind::TaskLeak, _) => Some(format!("main has ended, and {waiting} threads wait for ever")),
        (_, 1) if !chain.is_empty() => None,
        (_, 1) => Some("1 thread waits, and nobody can wake it".to_owned()),
        _ => Some(format!("{waiting} of {all} threads wait, and none can go on")),
    };
    let way = (!chain.is_empty()).then(|| way(chain));
    let mut text = counted.into_iter().chain(way).collect::<Vec<_>>().join(": ");
    if let Some(Link { obstacle: Obstacle::Nobody(..), .. }) = chain.last() {
        beside.iter().take(BESIDE_MAX).for_each(|waits| text.push_str(&format!("; {waits}")));
    }
    text
}

/// The verdict if main has ended and these go on, each of which did so much since then.
pub fn lives_on(threads: &[(String, usize)]) -> String {
    let each = threads
        .iter()
        .map(|(thread, done)| format!("{thread}, with {} since", count(*done, "operation")));
    let each: Vec<String> = each.collect();
    let verb = if each.len() == 1 { "goes" } else { "go" };
    let number = count(each.len(), "thread");
    format!("main has ended, and {number} {verb} on without an end: {}", each.join("; "))
}

/// That a thread goes on.
pub fn goes_on(thread: &str) -> String {
    format!("{thread} goes on here")
}

/// The links as one sentence: "main waits to lock `b`, held by t1, which waits to lock `a`, held by main".
fn way(chain: &[Link]) -> String {
    let mut text = String::new();
    for (i, Link { thread, what, obstacle, .. }) in chain.iter().enumerate() {
        let who = if i == 0 { thread.clone() } else { ", which".to_owned() };
        let obstacle = match obstacle {
            Obstacle::Other(role, other) => held(*role, other),
            Obstacle::Ended(role, other) => format!("{}, which has ended", held(*role, other)),
            Obstacle::Itself(Role::Holds | Role::Reads) => ", which it holds itself".to_owned(),
            Obstacle::Itself(_) => ", which it runs itself".to_owned(),
            Obstacle::Nobody(need, None) => format!(", and {}", nobody(*need)),
            Obstacle::Nobody(need, Some(why)) => format!(", and {} ({why})", nobody(*need)),
        };
        text.push_str(&format!("{who} waits {what}{obstacle}"));
    }
    text
}

fn held(role: Role, thread: &str) -> String {
    match role {
        Role::Holds => format!(", held by {thread}"),
        Role::Reads => format!(", held for reading by {thread}"),
        Role::QueuesToWrite => format!(", behind {thread}"),
        Role::Initialises => format!(", run by {thread}"),
        Role::Lives => String::new(),
    }
}

/// That a thread has locked an object, and whether it has ended with it.
pub fn locked(thread: &str, object: &str, has_ended: bool) -> String {
    match has_ended {
        false => format!("{thread} locked `{object}`"),
        true => format!("{thread} locked `{object}`, and ended without giving it back"),
    }
}

/// That the first of two threads had a mutex while the other waited on a condition variable, and did not notify that.
pub fn silent([who, waits]: &[String; 2], [mutex, condvar]: &[String; 2]) -> String {
    format!("{who} locked `{mutex}` while {waits} waited, and did not notify `{condvar}`")
}

/// That a thread notified a condition variable before another one had come to look, and others have been there since.
pub fn was_undone(thread: &str, condvar: &str, waits: &str) -> String {
    format!("{thread} notified `{condvar}` before {waits} came to look at what it waits for")
}

/// That a thread had the mutex after a notification, and before another one came to look.
pub fn undid(thread: &str, mutex: &str, waits: &str) -> String {
    format!("{thread} locked `{mutex}` after that and before {waits} looked, and did not notify")
}

/// Who wrote last what a thread looked at before it waited; the value if it is known.
pub fn looked_at(waits: &str, thread: &str, object: &str, value: Option<&str>) -> String {
    let value = value.map(|value| format!(" = {value}")).unwrap_or_default();
    format!("{thread} wrote `{object}`{value} last, which {waits} looked at before it waited")
}

/// That a thread notified a condition variable before another one waited on it.
pub fn was_lost(thread: &str, condvar: &str, waits: &str) -> String {
    format!("{thread} notified `{condvar}` before {waits} waited, too early for it")
}

/// That a thread wrote an object last.
pub fn changed_last(thread: &str, object: &str, value: &str) -> String {
    format!("{thread} wrote `{object}` = {value} last")
}

/// That a thread had a lock before, from that step on.
pub fn had_before(thread: &str, lock: &str, step: usize) -> String {
    format!("{thread} had locked `{lock}` before, at step {step}")
}

/// Until which step a thread waited.
pub fn waited(thread: &str, condvar: &str, until: usize) -> String {
    format!("{thread} waited on `{condvar}` here, until step {until}")
}

/// At which step a thread notified another one.
pub fn notified(thread: &str, condvar: &str, step: usize) -> String {
    format!("{thread} notified `{condvar}` here, at step {step}")
}

/// That a thread waits for something, which others hold.
pub fn waits(thread: &str, what: &str, holders: &[String]) -> String {
    match holders {
        [] => format!("{thread} waits {what}"),
        holders => format!("{thread} waits {what}, held by {}", holders.join(", ")),
    }
}

/// Since when a thread stands in the way of the one that this is told of; none if there is nothing to say.
pub fn since(role: Role, thread: Option<&str>, site: &Site) -> Option<String> {
    let did = match role {
        Role::Holds => "locked it",
        Role::Reads => "locked it for reading",
        Role::QueuesToWrite => "queued to write",
        Role::Initialises => "began it",
        Role::Lives => return None,
    };
    Some(match thread {
        Some(thread) => format!("{thread} {did} at {site}"),
        None => format!("the thread itself {did} at {site}"),
    })
}

/// What the state of the object says about what is missing.
pub fn missing(need: Need) -> Option<String> {
    Some(match need {
        Need::Permits(wanted, there) => {
            format!("it asks for {}, and {there} are left", count(wanted as usize, "permit"))
        }
        Need::Zero(number) => format!("the count is {number}"),
        Need::Arrivals(number) => format!("{} still to arrive", count(number as usize, "thread")),
        // Nobody counts the senders of a channel that has to be closed.
        Need::Message(0) => "it is empty and open".to_string(),
        Need::Message(senders) => {
            format!("it is empty, and {} not dropped", count(senders as usize, "sender"))
        }
        Need::Room(messages) => format!("it is full with {}", count(messages as usize, "message")),
        _ => return None,
    })
}

/// A notification that came too early, by the number of its step and its place.
pub fn lost(step: usize, thread: &str) -> String {
    format!("step {step} ({thread}) notified it when nobody waited, so it woke nobody")
}

/// The same if others have had the mutex since, before the thread looked.
pub fn undone(step: usize, thread: &str) -> String {
    format!(
        "step {step} ({thread}) notified it before the thread came to look, and others had the mutex since"
    )
}

/// The same for a notification by the thread that then waited.
pub fn lost_own(step: usize) -> String {
    format!("it notified it itself at step {step}, before it waited, and nobody else has since")
}

/// That nobody has notified it.
pub const UNNOTIFIED: &str = "nobody has notified it";

/// What another thread did before that would help now, and what became of it.
pub fn helped(need: Need, thread: &str, site: Option<&Site>, now: Now) -> String {
    let did = match need {
        Need::Initialisation => "began it",
        Need::Notification => "notified it",
        Need::Permits(..) => "released permits",
        Need::Zero(_) => "counted",
        Need::Arrivals(_) => "arrived in another round",
        Need::Token => "unparked it",
        Need::Message(_) => "sent",
        Need::Room(_) | Need::Receiver => "received",
        Need::Arm => "met an arm of it",
        Need::Value => "changed it",
        Need::Time => "slept",
    };
    let place = site.map(|site| format!(" at {site}")).unwrap_or_default();
    let now = match now {
        Now::Ended => ", and has ended",
        Now::Panicked => ", and has panicked",
        Now::Waits => ", and waits as well",
        Now::GoesOn => "",
    };
    format!("{thread} {did} before{place}{now}")
}

/// What a thread does at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Now {
    /// It has ended.
    Ended,
    /// It has panicked.
    Panicked,
    /// It waits for ever.
    Waits,
    /// It can go on.
    GoesOn,
}

fn verb(need: Need) -> &'static str {
    match need {
        Need::Initialisation => "run it",
        Need::Notification => "notify it",
        Need::Permits(..) => "release permits",
        Need::Zero(_) => "count",
        Need::Arrivals(_) => "arrive",
        Need::Token => "unpark it",
        // Those of an exchange are closed; the others end with their senders.
        Need::Message(0) => "send or close it",
        Need::Message(_) => "send",
        Need::Room(_) | Need::Receiver => "receive",
        Need::Arm => "meet an arm of it",
        Need::Value => "change it",
        Need::Time => "wake it",
    }
}

/// That every other thread has ended, or waits.
pub fn nobody(need: Need) -> String {
    format!("nobody is left who could {}", verb(need))
}

/// That these threads can go on, and may yet act.
pub fn perhaps(need: Need, threads: &[String]) -> String {
    format!("{} may still {}", list(threads), verb(need))
}
