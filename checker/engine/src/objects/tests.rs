//! The two rules of the module, checked on every small state that random histories reach.

use super::{Act, State, Use, conflict};
use proptest::prelude::*;
use raddle_shims::kernel::{
    Action, Arm, Arms, Ask, Begun, CROWDED, GAVE_UP, LocationId, Patience, Stance, ThreadId,
    UNBOUNDED, Value,
};
use std::sync::Arc;

const OBJECT: LocationId = LocationId(0);

/// A family of objects: initial values, and what may be asked.
struct Family {
    values: &'static [u64],
    actions: &'static [Action],
}

const FAMILIES: [Family; 12] = [
    Family {
        values: &[0],
        actions: &[
            Action::Lock,
            Action::Unlock,
            Action::UnlockPoisoned,
            Action::IsPoisoned,
            Action::ClearPoison,
        ],
    },
    Family {
        values: &[1],
        actions: &[
            Action::ReadLock,
            Action::ReadUnlock,
            Action::IntendWrite,
            Action::WriteLock,
            Action::WriteUnlock,
            Action::Downgrade,
            Action::WriteUnlockPoisoned,
            Action::IsPoisoned,
            Action::ClearPoison,
        ],
    },
    Family {
        values: &[0],
        actions: &[
            Action::Enqueue,
            Action::Wake,
            Action::NotifyOne,
            Action::NotifyOldest,
            Action::NotifyAll,
        ],
    },
    Family {
        values: &[0, 1, 3],
        actions: &[Action::Acquire(1), Action::Acquire(2), Action::Release(1), Action::Release(2)],
    },
    Family {
        values: &[0, 1, 2],
        actions: &[Action::Add(1), Action::Add(-1), Action::Add(-2), Action::AwaitZero],
    },
    Family {
        values: &[0, 1, 2],
        actions: &[Action::Count(1), Action::Count(-1), Action::AwaitZero, Action::Register],
    },
    Family {
        values: &[2, 2 | CROWDED.0],
        actions: &[
            Action::Arrive,
            Action::Depart(0),
            Action::Depart(1),
            Action::Lead { round: 0, thread: ThreadId(0) },
            Action::Lead { round: 0, thread: ThreadId(1) },
            Action::Lead { round: 1, thread: ThreadId(0) },
        ],
    },
    Family {
        values: &[0, 1],
        actions: &[
            Action::Begin { force: false },
            Action::Begin { force: true },
            Action::Complete,
            Action::Reset,
            Action::Poison,
            Action::AwaitComplete { force: false },
            Action::AwaitComplete { force: true },
        ],
    },
    Family { values: &[0, 1], actions: &[Action::Park, Action::Unpark] },
    Family {
        values: &[1, 2, UNBOUNDED.0],
        actions: &[
            Action::Send,
            Action::Receive,
            Action::Length,
            Action::AddSender,
            Action::DropSender,
            Action::Close,
            Action::Disconnect,
        ],
    },
    Family {
        values: &[0],
        actions: &[
            Action::Offer,
            Action::AwaitTaken(0),
            Action::AwaitTaken(1),
            Action::Want,
            Action::Take(0),
            Action::Take(1),
            Action::AddSender,
            Action::DropSender,
            Action::Close,
        ],
    },
    Family {
        values: &[0],
        actions: &[
            Action::Stand(Arms(0)),
            Action::Stand(Arms(1)),
            Action::Stand(Arms(2)),
            Action::Stand(Arms(3)),
            Action::Stand(Arms(4)),
            Action::Stand(Arms(5)),
            Action::Stand(Arms(6)),
            Action::Meet { first: OBJECT, stance: Stance::Select },
            on(3, Ask::Send),
            on(3, Ask::Receive),
            on(3, Ask::Close),
            on(1, Ask::Close),
        ],
    },
];

/// Of the channels of the exchange, the third has room.
const fn on(channel: u32, ask: Ask) -> Action {
    Action::Channel { channel: LocationId(channel), capacity: (channel == 3) as u32, ask }
}

/// The lists of arms that the exchange is asked with.
fn lists() -> Vec<Arc<[Arm]>> {
    use Ask::{Receive, Send};
    let lists: [&[(u32, Ask)]; 7] = [
        &[(1, Send)],
        &[(1, Receive)],
        &[(1, Send), (2, Receive)],
        &[(1, Receive), (2, Send)],
        &[(1, Receive), (3, Receive)],
        &[(1, Send), (2, Send), (3, Send)],
        &[(1, Receive), (2, Receive)],
    ];
    let arm = |&(channel, ask): &(u32, Ask)| Arm { object: OBJECT, action: on(channel, ask) };
    lists.iter().map(|list| list.iter().map(arm).collect()).collect()
}

/// What has been done, with the replies.
type History = [(Act, Value)];

/// Whether the shims could ask this of an object after that history: what nobody can ask need not commute.
fn sensible(history: &History, act: &Act) -> bool {
    let done = |action: Action| {
        let done = move |past: &&(Act, Value)| past.0.action == action && past.1 != GAVE_UP;
        history.iter().filter(done)
    };
    let count = |action: Action| done(action).count();
    let mine = |action: Action| done(action).filter(|past| past.0.thread == act.thread).count();
    let reply = |action: Action, number: u32| {
        let given = |past: &(Act, Value)| past.1 == Value(number.into());
        done(action).find(|past| given(past)).map(|past| past.0.thread) == Some(act.thread)
    };
    let asked =
        history.iter().any(|(past, _)| past.thread == act.thread && past.action == act.action);
    let limited = act.patience.is_limited();
    let departures = || {
        let departs =
            |past: &&(Act, Value)| matches!(past.0.action, Action::Depart(_)) && past.1 != GAVE_UP;
        history.iter().filter(departs).filter(|past| past.0.thread == act.thread).count()
    };
    match act.action {
        Action::Unlock | Action::UnlockPoisoned => {
            mine(Action::Lock) > mine(Action::Unlock) + mine(Action::UnlockPoisoned)
        }
        Action::ReadUnlock => {
            mine(Action::ReadLock) + mine(Action::Downgrade) > mine(Action::ReadUnlock)
        }
        Action::IntendWrite => intends(history, act.thread) == 0,
        Action::WriteLock => limited == (intends(history, act.thread) == 0),
        Action::WriteUnlock | Action::WriteUnlockPoisoned | Action::Downgrade => {
            let unlocked = mine(Action::WriteUnlock) + mine(Action::WriteUnlockPoisoned);
            mine(Action::WriteLock) > unlocked + mine(Action::Downgrade)
        }
        Action::Enqueue => mine(Action::Enqueue) == woken(history, act.thread),
        Action::Wake => mine(Action::Enqueue) > woken(history, act.thread),
        Action::Begin { .. } | Action::AwaitComplete { .. } => true,
        Action::Complete | Action::Reset | Action::Poison => initialises(history, act.thread),
        Action::DropSender | Action::AddSender | Action::Send | Action::Offer => {
            count(Action::AddSender) + 1 > count(Action::DropSender)
        }
        // One's own offers and wants, and each once.
        Action::AwaitTaken(offer) => reply(Action::Offer, offer) && !asked,
        Action::Take(want) => {
            let queued = |past: &(Act, Value)| {
                past.0.patience == Patience::Forever && past.1 == Value(want.into())
            };
            let owner = done(Action::Want).find(|past| queued(past)).map(|past| past.0.thread);
            owner == Some(act.thread) && !asked
        }
        // A thread arrives, departs from that round, and may then ask whether it leads.
        Action::Arrive => departures() == mine(Action::Arrive),
        Action::Depart(round) => {
            departures() < mine(Action::Arrive) && {
                let mut arrivals = done(Action::Arrive).filter(|past| past.0.thread == act.thread);
                arrivals.next_back().is_some_and(|past| past.1 == Value(round.into()))
            }
        }
        Action::Stand(_) => stands(history, act.thread).is_none(),
        Action::Meet { .. } => stands(history, act.thread) == Some(act.patience),
        Action::Lead { round, thread } => {
            let departed = done(Action::Depart(round)).any(|past| past.0.thread == thread);
            departed && !asked
        }
        _ => true,
    }
}

/// Intents of a thread that it has not followed up by locking and unlocking.
fn intends(history: &History, thread: ThreadId) -> i32 {
    let mine = history.iter().filter(|past| past.0.thread == thread && past.1 != GAVE_UP);
    mine.map(|(past, _)| match past.action {
        Action::IntendWrite => 1,
        Action::WriteLock if past.patience.is_limited() => 1,
        Action::WriteUnlock | Action::WriteUnlockPoisoned | Action::Downgrade => -1,
        _ => 0,
    })
    .sum()
}

/// How long the thread waits at the select to which it has come.
fn stands(history: &History, thread: ThreadId) -> Option<Patience> {
    let mine = history.iter().rfind(|(past, _)| {
        past.thread == thread && matches!(past.action, Action::Stand(_) | Action::Meet { .. })
    });
    mine.filter(|(past, _)| matches!(past.action, Action::Stand(_))).map(|(past, _)| past.patience)
}

/// How often a thread has left the queue of a condition variable.
fn woken(history: &History, thread: ThreadId) -> usize {
    let mine = history.iter().filter(|past| past.0.thread == thread);
    mine.filter(|past| past.0.action == Action::Wake).count()
}

/// Whether a thread is to run the initialisation.
fn initialises(history: &History, thread: ThreadId) -> bool {
    let mine = history.iter().filter(|past| past.0.thread == thread);
    mine.map(|(past, reply)| match (past.action, Begun::from_value(*reply)) {
        (Action::Begin { .. }, Some(Begun::Claimed | Begun::ClaimedPoisoned)) => 1,
        (Action::Complete | Action::Reset | Action::Poison, _) => -1,
        _ => 0,
    })
    .sum::<i32>()
        > 0
}

fn perform(state: &State, act: &Act) -> (State, Value, Vec<Use>) {
    let (mut next, mut uses) = (state.clone(), Vec::new());
    let reply = next.perform(OBJECT, act, &lists(), &mut uses);
    (next, reply, uses)
}

/// Every act that a thread could ask for and that need not wait.
fn possible(family: &Family, state: &State, history: &History, thread: ThreadId) -> Vec<Act> {
    let mut acts = Vec::new();
    for &action in family.actions {
        for patience in [Patience::Forever, Patience::None] {
            let act = Act { thread, action, patience, chosen: 0 };
            if !sensible(history, &act) || !state.admits(&act, 0) {
                continue;
            }
            let alternatives = state.alternatives(&Act { thread, action, patience, chosen: 0 });
            acts.extend((0..alternatives).map(|chosen| Act { chosen, ..act }));
        }
    }
    acts
}

/// Whether the world starts again, since more threads arrive than a barrier is for, or fails, since a count is below 0.
fn ends(act: &Act, reply: Value) -> bool {
    matches!(act.action, Action::Arrive | Action::Count(_)) && reply == GAVE_UP
}

/// The diamond: independent acts that can follow each other commute.
fn check_diamond(state: &State, first: &Act, second: &Act) -> Result<(), String> {
    let (after_first, reply, uses) = perform(state, first);
    if !after_first.admits(second, 0) || second.chosen >= after_first.alternatives(second) {
        return Ok(());
    }
    let (end, second_reply, second_uses) = perform(&after_first, second);
    let say = |what: &str| Err(format!("{what}: {first:?} then {second:?} in {state:?}"));
    let excludes = state.excludes_others(first) || after_first.excludes_others(second);
    if excludes && !conflict(&uses, &second_uses) {
        return say("one of them excludes all others, and they do not conflict");
    }
    if ends(second, second_reply) || ends(first, reply) {
        return Ok(());
    }
    if conflict(&uses, &second_uses) {
        return Ok(());
    }
    if !state.admits(second, 0) || second.chosen >= state.alternatives(second) {
        return say("the second is possible only after the first");
    }
    let (after_second, other_reply, other_uses) = perform(state, second);
    if (other_reply, &other_uses) != (second_reply, &second_uses) {
        return say("the second is different when it comes first");
    }
    if !after_second.admits(first, 0) || first.chosen >= after_second.alternatives(first) {
        return say("the first is impossible after the second");
    }
    let (other_end, first_reply, first_uses) = perform(&after_second, first);
    if (first_reply, &first_uses) != (reply, &uses) {
        return say("the first is different when it comes second");
    }
    if end != other_end {
        return say(&format!("the states differ: {end:?} and {other_end:?}"));
    }
    Ok(())
}

/// Independence where both are possible: neither makes the other impossible, or different.
fn check_independence(state: &State, first: &Act, second: &Act) -> Result<(), String> {
    let (after, _, uses) = perform(state, first);
    let (_, reply, second_uses) = perform(state, second);
    if conflict(&uses, &second_uses) {
        return Ok(());
    }
    let possible = after.admits(second, 0) && second.chosen < after.alternatives(second);
    if possible {
        let (_, later_reply, later_uses) = perform(&after, second);
        let lost = ends(second, later_reply) || ends(second, reply);
        if lost || (later_reply, later_uses) == (reply, second_uses) {
            return Ok(());
        }
    }
    Err(format!("{first:?} changes {second:?} in {state:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn independent_acts_commute(family in 0..FAMILIES.len(), value in 0..3_usize, picks in prop::collection::vec((0..3_u32, 0..1_000_usize), 0..9)) {
        let family = &FAMILIES[family];
        let value = Value(family.values[value % family.values.len()]);
        let mut state = State::initial(family.actions[0], value);
        let mut history: Vec<(Act, Value)> = Vec::new();
        for (thread, pick) in picks {
            let all: Vec<Vec<Act>> = (0..3)
                .map(|thread| possible(family, &state, &history, ThreadId(thread)))
                .collect();
            for (i, firsts) in all.iter().enumerate() {
                for (j, seconds) in all.iter().enumerate() {
                    if i == j {
                        continue;
                    }
                    for first in firsts {
                        // The second may become possible by the first only if they conflict.
                        let (after, reply, _) = perform(&state, first);
                        let mut longer = history.clone();
                        longer.push((*first, reply));
                        let later = possible(family, &after, &longer, ThreadId(j as u32));
                        for second in seconds {
                            let sound = check_independence(&state, first, second);
                            sound.map_err(TestCaseError::fail)?;
                        }
                        for second in seconds.iter().chain(&later) {
                            check_diamond(&state, first, second).map_err(TestCaseError::fail)?;
                        }
                    }
                }
            }
            let mine = &all[thread as usize];
            let Some(act) = mine.get(pick % mine.len().max(1)) else { continue };
            let (next, reply, _) = perform(&state, act);
            state = next;
            history.push((*act, reply));
        }
    }
}
