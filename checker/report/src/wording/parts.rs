//! Every fixed sentence about what took part in a leak, in what is never right, or in what was not the same again.

/// Who did what is never right.
pub fn misused(thread: &str) -> String {
    format!("by {thread}")
}

/// Who acquired what was never released.
pub fn acquired(what: &str, thread: &str) -> String {
    format!("{what} of {thread}")
}

/// Who did not do what it had done before.
pub fn differs(thread: &str) -> String {
    format!("{thread} does something else here than before")
}
