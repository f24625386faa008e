//! Every fixed sentence about what in an execution may be the cause of its failure.

/// One thread, the object that it writes and the one that it then reads.
pub struct Crossing {
    /// Who.
    pub thread: String,
    /// What it writes.
    pub writes: String,
    /// What it reads after that.
    pub reads: String,
}

/// That each of two threads misses what the other has stored before.
pub fn both_miss(one: &Crossing, other: &Crossing) -> String {
    let did = |it: &Crossing| {
        format!("{} stores `{}` and then loads `{}`", it.thread, it.writes, it.reads)
    };
    format!(
        "{}, {}, and each misses what the other has stored: release and acquire allow that. SeqCst for all four accesses, a \
         fence(SeqCst) between the two in each thread, or one lock around both in each forbids it",
        did(one),
        did(other)
    )
}

/// That two threads see two stores of two others in different orders.
pub fn disagree(
    (one, other): &(String, String),
    (thread, (saw, missed)): (&str, (u32, u32)),
    (beside, step): (&str, u32),
) -> String {
    format!(
        "{thread} sees the store to `{one}` at step {saw} and then, at step {missed}, not the one to `{other}`; {beside} sees the one to `{other}` and \
         then, at step {step}, not the one to `{one}`. Different threads store, and release and acquire do not make others agree on which store \
         was first: SeqCst for both stores and all four loads does, or a fence(SeqCst) between the two loads in each thread that loads"
    )
}

/// That a load decides where other accesses of the object are read-modify-writes.
pub fn loaded(object: &str, thread: &str, step: u32, writer: &str) -> String {
    format!(
        "{thread} goes by a load of `{object}` at step {step}, which may give an old value; {writer} changed it by a \
         read-modify-write. Where {thread} uses one as well (swap, fetch_…, compare_exchange) it gets the newest value and comes after \
         what {writer} did before, or {writer} gets its value and comes after it"
    )
}

/// What a thread would have done next.
pub fn about_to(thread: &str, what: &str, place: &str) -> String {
    format!("{thread} was about to do more: `{what}`, at {place}")
}

/// That a store overwrote another one that its thread had not seen.
pub fn overwritten(
    object: &str,
    (thread, read, stored): (&str, u32, u32),
    (other, lost): (&str, u32),
) -> String {
    format!(
        "{thread} read `{object}` at step {read} and stores at step {stored}, over what {other} stored at step {lost}, which \
         is lost: one read-modify-write, a compare_exchange that is tried again, or one lock around the read and the store keeps both"
    )
}

/// That a thread goes on with a value that has been changed since.
pub fn changed_since(
    object: &str,
    (thread, read): (&str, u32),
    (other, changed): (&str, u32),
) -> String {
    format!(
        "{thread} goes on with what it read of `{object}` at step {read}, which {other} changed at step {changed}: if what \
         {thread} does rests on that, the look and what follows must be one step, as under one lock or by one compare_exchange"
    )
}

/// That a thread that was notified had the mutex again only after somebody else.
pub fn woken_late(
    (thread, again): (&str, usize),
    (by, notified): (&str, usize),
    (other, between): (&str, usize),
    mutex: &str,
) -> String {
    format!(
        "{by} notified {thread} at step {notified}, but {thread} had `{mutex}` again only at step {again}, and {other} had it in \
         between, at step {between}: {thread} finds what it was woken for and what has been done since, both at once"
    )
}

/// That one of several threads was woken that wait at one condition variable, and not the one that it was for.
pub fn wasted((by, step): (&str, u32), condvar: &str, woken: &str, other: &str) -> String {
    format!(
        "{by} notified one of those who wait on `{condvar}` at step {step}: {woken} was woken, and waits again; {other}, which waits there \
         at another place, was not. notify_all wakes all of them, or each thing that is waited for needs a condition variable of its own"
    )
}

/// That a weak exchange failed for no reason.
pub fn spurious(thread: &str, object: &str, step: u32) -> String {
    format!(
        "{thread}'s compare_exchange_weak of `{object}` at step {step} failed although it found what it expected, as it may at any \
         time: try again in a loop, or use compare_exchange"
    )
}

/// That somebody else had a lock since a thread looked under it.
pub fn had_since(lock: &str, (thread, had): (&str, u32), (other, since): (&str, u32)) -> String {
    format!(
        "{thread} goes on with what it saw under `{lock}` at step {had}, and {other} has had that since, at step {since}: if what \
         {thread} does rests on that, it must look again, or do both under one lock"
    )
}
