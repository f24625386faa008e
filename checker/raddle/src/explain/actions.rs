//! Actions on blocking objects in words.

use raddle_shims::kernel::{Action, Ask, CLOSED, GAVE_UP, Patience, Selected, Stance, Value};

/// What an action on an object is to its user; none if it is a part of another one.
pub(super) fn describe(
    action: Action,
    patience: Patience,
    reply: Value,
    name: &str,
) -> Option<String> {
    let verb = verb(action, patience)?;
    if let Some(text) = on_exchange((action, patience), reply, verb, name) {
        return Some(text);
    }
    // A thread parks for its own token.
    let on = match action {
        Action::Park => verb.to_string(),
        _ => format!("{verb} {name}"),
    };
    let gave_up = match patience {
        Patience::None => "would block",
        _ => "timed out",
    };
    Some(match (action, reply) {
        (_, GAVE_UP) => format!("{on} -> {gave_up}"),
        (_, CLOSED) => format!("{verb} {name} -> disconnected"),
        (Action::NotifyOne | Action::NotifyOldest | Action::NotifyAll, Value(0)) => {
            format!("{verb} {name} -> nobody waits")
        }
        (Action::Lead { .. }, Value(leads)) => {
            format!("{verb} {name} -> {}", if leads == 1 { "yes" } else { "no" })
        }
        (Action::Length, Value(length)) => format!("{verb} {name} -> {length}"),
        _ => on,
    })
}

fn verb(action: Action, patience: Patience) -> Option<&'static str> {
    let tries = matches!(patience, Patience::None | Patience::Polls);
    Some(match action {
        Action::Lock | Action::Acquire(_) if tries => "try to lock",
        Action::Lock => "lock",
        Action::Unlock => "unlock",
        Action::UnlockPoisoned => "unlock and poison",
        Action::ReadLock if tries => "try to read",
        Action::ReadLock => "read",
        Action::ReadUnlock => "unlock (read)",
        Action::IntendWrite => "queue to write",
        Action::WriteLock if tries => "try to write",
        Action::WriteLock => "write",
        Action::WriteUnlock => "unlock (write)",
        Action::WriteUnlockPoisoned => "unlock (write) and poison",
        Action::Downgrade => "downgrade",
        Action::Enqueue => "queue at",
        Action::Wake => "wait on",
        Action::NotifyOne | Action::NotifyOldest => "notify",
        Action::NotifyAll => "notify all at",
        Action::Acquire(_) => "acquire",
        Action::Release(_) => "release",
        Action::Add(_) => "add to",
        Action::Count(1..) => "add to",
        Action::Count(_) => "count down",
        Action::AwaitZero => "wait for",
        Action::Register => "begin to wait for",
        Action::Arrive => "arrive at",
        Action::Depart(_) => "wait at",
        Action::Begin { .. } => "enter",
        Action::Complete => "complete",
        Action::Reset | Action::Poison => "leave",
        Action::AwaitComplete { .. } => "wait for",
        Action::Park => "park",
        Action::Unpark => "unpark",
        Action::Send | Action::Offer if tries => "try to send to",
        Action::Send | Action::Offer => "send to",
        Action::Receive | Action::Want if tries => "try to receive from",
        Action::Receive | Action::Take(_) => "receive from",
        Action::Length => "count",
        Action::DropSender => "drop a sender of",
        Action::Close => "close",
        Action::Disconnect => "stop receiving from",
        Action::Lead { .. } => "ask to lead",
        Action::IsPoisoned => "ask for poison in",
        Action::ClearPoison => "clear poison of",
        Action::AwaitTaken(_) => "wait at",
        Action::Channel { ask: Ask::Send, .. } if tries => "try to send to",
        Action::Channel { ask: Ask::Receive, .. } if tries => "try to receive from",
        Action::Channel { ask: Ask::Send, .. } | Action::Meet { stance: Stance::Send, .. } => {
            "send to"
        }
        Action::Channel { ask: Ask::Receive, .. }
        | Action::Meet { stance: Stance::Receive, .. } => "receive from",
        Action::Channel { ask: Ask::Length, .. } => "count",
        Action::Channel { ask: Ask::Close, .. } => "close",
        Action::Meet { stance: Stance::Select, .. } => "select from",
        Action::Want | Action::AddSender | Action::Stand(_) => return None,
    })
}

/// The same for channels that are closed but never disconnected, and for selects.
fn on_exchange(
    (action, patience): (Action, Patience),
    reply: Value,
    verb: &str,
    name: &str,
) -> Option<String> {
    let selected = Selected::from_value(reply);
    match action {
        Action::Channel { ask: Ask::Length, .. } => Some(format!("{verb} {name} -> {}", reply.0)),
        Action::Channel { ask: Ask::Close, .. } if reply == CLOSED => {
            Some(format!("{verb} {name} -> it was closed already"))
        }
        Action::Channel { .. } if reply == CLOSED => Some(format!("{verb} {name} -> closed")),
        Action::Meet { .. } if reply == GAVE_UP => {
            let why = if patience == Patience::None { "nobody is ready" } else { "timed out" };
            Some(format!("{verb} {name} -> {why}"))
        }
        Action::Meet { stance: Stance::Select, .. } => {
            Some(format!("{verb} {name} and others -> arm {}", selected?.arm + 1))
        }
        Action::Meet { .. } if selected?.reply == CLOSED => {
            Some(format!("{verb} {name} -> closed"))
        }
        _ => None,
    }
}

/// What a thread waits for, as it fits behind "waits" and before the object.
pub(super) fn waits(action: Action) -> &'static str {
    match action {
        Action::Lock => "to lock",
        Action::ReadLock => "to read",
        Action::WriteLock | Action::IntendWrite => "to write",
        Action::Wake => "to be notified on",
        Action::Acquire(_) => "to acquire",
        Action::AwaitZero => "for the end of",
        Action::Depart(_) => "for others to arrive at",
        Action::Begin { .. } | Action::AwaitComplete { .. } => "for the initialisation of",
        Action::Park => "to be unparked",
        Action::Send => "to send to",
        Action::AwaitTaken(_) => "for somebody to receive from",
        Action::Receive | Action::Take(_) => "to receive from",
        Action::Channel { ask: Ask::Send, .. } | Action::Meet { stance: Stance::Send, .. } => {
            "to send to"
        }
        Action::Channel { ask: Ask::Receive, .. }
        | Action::Meet { stance: Stance::Receive, .. } => "to receive from",
        Action::Meet { stance: Stance::Select, .. } => "in a select, first of all for",
        _ => "for",
    }
}

/// Whether an action that was performed makes its thread a holder of the object, or no longer one.
pub(super) fn holds(action: Action, reply: Value) -> Option<bool> {
    match action {
        _ if reply == GAVE_UP => None,
        Action::Lock | Action::ReadLock | Action::WriteLock => Some(true),
        Action::Unlock
        | Action::UnlockPoisoned
        | Action::ReadUnlock
        | Action::WriteUnlock
        | Action::WriteUnlockPoisoned => Some(false),
        _ => None,
    }
}
