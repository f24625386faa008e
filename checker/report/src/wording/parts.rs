//! Every fixed sentence about what took part in a leak, in what is never right, or in what was not the same again.

use super::count;

/// Who did what is never right.
pub fn misused(thread: &str) -> String {
    format!("by {thread}")
}

/// Who acquired what was never released; if it has shares, how many are left of how many.
pub fn acquired(what: &str, thread: &str, left: usize, shares: usize) -> String {
    match shares {
        0 => format!("{what} of {thread}"),
        _ => format!("{what} of {thread}: {left} of {} never dropped", count(shares, "share")),
    }
}

/// A share that is left: who made it, whether it is the first one, and whether it has become a raw pointer.
pub fn share(thread: &str, is_first: bool, is_raw: bool) -> String {
    let which = match is_first {
        true => format!("the share that {thread} created it with"),
        false => format!("the share that {thread} made here"),
    };
    match is_raw {
        true => format!("{which} became a raw pointer, which nobody has turned back"),
        false => format!("{which} is never dropped"),
    }
}

/// Who used last what was never released.
pub fn used(thread: &str, what: &str) -> String {
    format!("{thread} used the {what} here last")
}

/// That nobody used what was never released.
pub fn unused(what: &str) -> String {
    format!("nobody has used the {what}, nor dropped it: it is forgotten, or in something that is")
}

/// Who dropped what had to be closed; whether the place is that of what it had done before.
pub fn dropped(thread: &str, what: &str, has_place: bool) -> String {
    let after = if has_place { ", after what it did here" } else { "" };
    format!("{thread} dropped the {what} without closing it{after}")
}

/// What to do about what was dropped and had to be closed.
pub const CLOSE: &str = "to drop it is not enough: close it on every path, early returns and errors included; \
     `check_leaks = false` allows leaks";

/// What to do about shares that are left.
pub const FIND_OWNER: &str = "look at where the share that is left went: something that is never emptied or dropped \
     holds it, or it is part of what it keeps alive (then use a Weak); `check_leaks = false` allows leaks";

/// Who did not do what it had done before.
pub fn differs(thread: &str) -> String {
    format!("{thread} does something else here than before")
}

/// That a thread did something else with the same schedule: what it did first, and then.
pub fn not_deterministic(thread: &str, first: &str, then: &str) -> String {
    format!(
        "the program is not deterministic: with the same schedule, {thread} did `{first}` in one execution and `{then}` \
         in the next"
    )
}

/// What a thread did in the first of two executions.
pub fn did_first(thread: &str, what: &str) -> String {
    format!("{thread} did `{what}` in one execution")
}

/// What it did in the second one.
pub fn did_then(thread: &str, what: &str) -> String {
    format!("{thread} did `{what}` in the next, instead")
}

/// That a thread ended.
pub const ENDS: &str = "end";

/// What there are no words for.
pub const SOMETHING: &str = "something within a primitive";
