//! What to look for where threads wait for ever, by what stands in their way, and where a program does not do the same again.

use super::deadlock::{Link, Need, Obstacle, Role};
use crate::trace::Kind;

/// What is known of the notifications of a condition variable on which a thread waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Notified {
    /// Nobody notified, or it was of use.
    #[default]
    Not,
    /// One came when the thread had looked, or is not known to have, and did not wait yet.
    TooEarly,
    /// One came before the thread looked, and others had the mutex in between.
    Undone,
}

/// What is known of threads that wait for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts<'a> {
    /// The class of it.
    pub kind: Kind,
    /// The way from a thread along those who stand in the way.
    pub chain: &'a [Link],
    /// What became of notifications.
    pub notified: Notified,
    /// Whether somebody had the mutex while a thread waited on a condition variable, and did not notify it.
    pub had_mutex: bool,
    /// Whether no thread but main was started.
    pub is_alone: bool,
}

/// What to look for, where the way says more than that there is a deadlock.
pub fn help(facts: &Facts) -> Option<String> {
    let text = holds_meanwhile(facts.chain).or_else(|| cycle(facts.chain).map(str::to_owned));
    let text = text.or_else(|| Some(match &facts.chain.last()?.obstacle {
        Obstacle::Nobody(need, _) if facts.is_alone && needs_others(*need) => {
            "no other thread was started, so nobody can act while this one waits: what it waits for has to be done before the wait \
             (look at what comes after it), or by a thread that is started before"
                .to_owned()
        }
        Obstacle::Nobody(need, _) => nobody(*need, facts)?.to_owned(),
        _ => return None,
    }))?;
    Some(match facts.kind {
        Kind::TaskLeak => {
            format!("{text}; `check_task_leaks = false` allows threads that are left waiting")
        }
        _ => text,
    })
}

fn needs_others(need: Need) -> bool {
    !matches!(need, Need::Arrivals(_) | Need::Value | Need::Time | Need::Permits(..))
}

fn is_lock(obstacle: &Obstacle) -> bool {
    matches!(obstacle, Obstacle::Other(Role::Holds | Role::Reads | Role::QueuesToWrite, _))
}

/// A thread that holds a lock while it waits for something that is none.
fn holds_meanwhile(chain: &[Link]) -> Option<String> {
    let at = |i: usize| &chain[i % chain.len()];
    let holder = |i: &usize| match &at(*i).obstacle {
        Obstacle::Other(Role::Holds | Role::Reads, holder) => {
            at(i + 1).thread == *holder
                && !is_lock(&at(i + 1).obstacle)
                && !matches!(at(i + 1).obstacle, Obstacle::Itself(_) | Obstacle::Ended(..))
        }
        _ => false,
    };
    let i = (0..chain.len()).find(holder)?;
    let (lock, Link { thread, what, .. }) = (&at(i).object, at(i + 1));
    Some(format!(
        "{thread} holds `{lock}` while it waits {what}, and whoever could end that wait may need `{lock}` first: give a lock up \
         (unlock it, or end the block of its guard) before waiting for what is no lock"
    ))
}

fn cycle(chain: &[Link]) -> Option<&'static str> {
    let queues = |link: &Link| matches!(link.obstacle, Obstacle::Other(Role::QueuesToWrite, _));
    let holds =
        |link: &Link| matches!(link.obstacle, Obstacle::Other(Role::Holds | Role::Reads, _));
    Some(match &chain.last()?.obstacle {
        Obstacle::Itself(Role::Holds | Role::Reads) => {
            "a thread cannot lock again what it holds: give the lock back first (a guard is dropped at the end of \
             its block or statement, and what it protects may be dropped before), or hand the guard on"
        }
        Obstacle::Itself(_) => {
            "an initialiser cannot wait for its own value: hand what it needs down to it instead"
        }
        Obstacle::Ended(Role::Holds | Role::Reads, _) => {
            "a thread ended without giving the lock back: look for a guard that is forgotten or leaked, or for a path (an early \
             return, a break, an error) that leaves the unlock out"
        }
        _ if chain.iter().any(queues) => {
            "a reader that reads again waits behind a writer that has come in between, and the writer for the \
             reader: lock once, and use one guard for both"
        }
        _ if chain.len() > 1 && chain.iter().all(holds) => {
            "each holds what another one needs: lock in the same order everywhere, or give one lock back before \
             taking another"
        }
        _ => return None,
    })
}

fn nobody(need: Need, facts: &Facts) -> Option<&'static str> {
    Some(match need {
        Need::Notification if facts.notified == Notified::TooEarly => {
            "a notification is for those who wait already: change what is waited for, and notify, under the mutex \
             that the waiting thread holds from its look until it waits"
        }
        Need::Notification if facts.notified == Notified::Undone => {
            "what was notified was undone, or used up by others, before this thread looked: whoever undoes it must see to it \
             that it comes true again and is notified again, or those who wait must be told to give up"
        }
        Need::Notification if facts.had_mutex => {
            "look at what is done under the mutex while the thread waits: whoever makes true what it waits for, or was \
             handed what it needs and gives that up, must notify on every path"
        }
        Need::Notification => {
            "look at whoever should notify: does it see, or take for granted, that nobody waits? What it looks at must \
             be under the mutex that the waiting thread holds from its look until it waits"
        }
        Need::Token => {
            "who parks must have told so, and then look once more at what it parks for; who unparks must have stored that \
             before. A thread has one token, which any unpark sets and any park uses up"
        }
        Need::Message(0) => {
            "whoever is to send or close must do so on every path, also on early returns, errors and cancelled contexts, and \
             must not need first what the receiver does after its wait; or let the receiver wait in a select that something else can end"
        }
        Need::Message(_) => {
            "the channel ends for its receiver when all senders are dropped, clones and the original: look for one that is kept \
             by somebody who waits, or that whoever should have sent has left in something that lives on"
        }
        Need::Room(_) | Need::Receiver => {
            "whoever receives must go on until nothing more is sent, also on early returns, errors and timeouts; or give the channel \
             room for all that may be sent, or let the sender wait in a select that something else can end"
        }
        Need::Arm => {
            "no arm of the select can go on: it lacks one for what ends the wait (a closed channel, a cancelled context), or \
             those at the other sides left without a word"
        }
        Need::Zero(_) => {
            "whatever adds to the count must count down on every path, also on early returns, errors and panics; and who has still to \
             count down must not need what comes after the wait"
        }
        _ => return None,
    })
}

/// What to look for where a program does not do the same again.
pub const NONDETERMINISM: &str = "given the same schedule, a test must do the same; the usual causes are time or random numbers \
     from outside, the order of a std hash map, addresses that are compared, hashed or sorted by (the allocator gives out others \
     each time unless `raddle::DeterministicAlloc` is the `#[global_allocator]`), state that outlives an execution (a file, a static \
     that raddle does not know), and the count of an Arc of std that decides which thread drops what it holds (use \
     raddle_shims::track::Arc)";

/// The same where the allocator is raddle's already.
pub const SAME_ADDRESSES: &str = "given the same schedule, a test must do the same; the usual causes are time or random numbers \
     from outside, the order of a std hash map, state that outlives an execution (a file, a static that raddle does not know), \
     and the count of an Arc of std that decides which thread drops what it holds (use raddle_shims::track::Arc)";

/// The same where an address has to do with what differs.
pub const ADDRESSES: &str = "an address has to do with what differs, and the allocator gives out others in each execution: make \
     `static ALLOCATOR: raddle::DeterministicAlloc = raddle::DeterministicAlloc` the `#[global_allocator]` of this test, or do not let \
     what the test does depend on addresses; other causes are time or random numbers from outside, the order of a std hash map, and \
     state that outlives an execution (a file, a static that raddle does not know)";

/// What to do where a thread waits with a time limit in a loop, so often that it came to the limit of operations.
pub fn gave_up_again(thread: &str, times: usize, place: &str) -> String {
    format!(
        "{thread} waited with a time limit at {place} {times} times until the time was over: nothing is known of time, so that may come at \
         any moment and any number of times; `time = \"virtual\"` lets time pass only when nobody can go on, and then the loop ends if \
         somebody ends it; or give it a number of turns, or wait without a limit in this test"
    )
}
