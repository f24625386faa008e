//! Every fixed sentence that a user reads.

pub mod causes;
pub mod channels;
pub mod deadlock;
pub mod helps;
pub mod lock_order;
pub mod panics;
pub mod parts;
pub mod race;

use crate::token::TokenError;
use crate::trace::{Interleaving, Kind, Search, TraceError, VERSION};

const COPY: &str = "copy the whole line again, from `rd1-` to its last character";

/// What is wrong with a token and what to do.
pub(crate) fn token_error(error: &TokenError) -> String {
    match error {
        TokenError::Empty => {
            "the replay token is empty: give the token that a report ends with, `rd1-…`".to_owned()
        }
        TokenError::NotAToken { path: true } => {
            "this looks like the path of a file and not like a replay token, which begins with `rd1-`: \
             check that the file exists and can be read"
                .to_owned()
        }
        TokenError::NotAToken { path: false } => {
            "this is not a replay token, which begins with `rd1-`: copy the token that a report ends with"
                .to_owned()
        }
        TokenError::Newer { version } => format!(
            "the replay token was made by a newer raddle (its format is {version}, the newest known here \
             is 1): update raddle, or run the test again"
        ),
        TokenError::Character { found, place } => format!(
            "character {place} of the replay token is {found:?}, which no token has (only digits and \
             letters without u): {COPY}"
        ),
        TokenError::Short { found, wanted } => {
            let wanted = wanted.map_or("more".to_owned(), |wanted| wanted.to_string());
            format!(
                "the replay token is cut short: it has {found} characters after `rd1`, hyphens not \
                 counted, and needs {wanted}: {COPY}"
            )
        }
        TokenError::Long { found, wanted } => format!(
            "the replay token is too long: it has {found} characters after `rd1`, hyphens not counted, \
             and needs {wanted}: remove what follows its end, or {COPY}"
        ),
        TokenError::Checksum => format!(
            "the checksum of the replay token is wrong, so at least one of its characters is: {COPY}; do \
             not type it"
        ),
        TokenError::Nonsense => {
            "the replay token is complete but describes no execution, so this raddle did not make it: run \
             the test again to get a new one"
                .to_owned()
        }
        TokenError::OtherTest { asked, test, name: Some(name) } => format!(
            "the replay token belongs to the test `{name}` (hash {test:05x}) and not to `{asked}`: replay \
             it with `{name}`"
        ),
        TokenError::OtherTest { asked, test, name: None } => format!(
            "the replay token belongs to another test (hash {test:05x}) than `{asked}`: replay it with \
             the test that it was reported for; if that was renamed since, run it again"
        ),
    }
}

/// What is wrong with the text of a trace and what to do.
pub(crate) fn trace_error(error: &TraceError) -> String {
    match error {
        TraceError::Malformed { reason } => format!(
            "this is not a trace, or a damaged one ({reason}): run the test again to get a new one"
        ),
        TraceError::NoVersion => {
            "this is JSON but not a trace, as it has no number `version`: give a file that raddle wrote"
                .to_owned()
        }
        TraceError::Version { found } => format!(
            "the trace is of version {found}, and this raddle reads versions 1 to {VERSION}: read it with \
             the raddle that wrote it, or run the test again"
        ),
    }
}

pub(crate) const THREADS: &str = "threads:";
pub(crate) const OBJECTS: &str = "objects:";
pub(crate) const SCHEDULE: &str = "what happened:";
pub(crate) const PASSED: &str = "passed";
pub(crate) const NOTHING_MORE: &str = "nothing more";
pub(crate) const STEP: &str = "step";
pub(crate) const THREAD: &str = "thread";
pub(crate) const MAIN: &str = "main";
pub(crate) const OBJECT: &str = "object";
pub(crate) const NOTE: &str = "note:";
pub(crate) const HELP: &str = "help:";
pub(crate) const REPLAY: &str = "replay:";
pub(crate) const STALE: &str = "stale:";
pub(crate) const CLOCK: &str = "the clock shows";
pub(crate) const ENDED: &str = "has ended";
pub(crate) const PANICKED: &str = "panicked with the message above";
pub(crate) const RUNNABLE: &str = "could go on";
pub(crate) const PREEMPTION: &str = "* preemption: the thread before could have gone on";
pub(crate) const PREEMPTION_MARK: &str = "  * preemption";
pub(crate) const STALE_MARK: &str = "  old value";
pub(crate) const PREEMPTED: &str = "preemption: the thread before could have gone on";
pub(crate) const NO_REPLAY: &str = "not possible, as the execution was not recorded";
pub(crate) const FULL_HINT: &str = "`cargo raddle explain --full` with the token below";

/// What to look for, where the message alone does not say it.
pub(crate) const fn help(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Panic | Kind::Misuse | Kind::Passed => None,
        Kind::Deadlock => Some(
            "each waiting thread needs another one to act, and none can: look for locks that are taken in \
             different orders, and for wake-ups that can come before the wait",
        ),
        Kind::PartialDeadlock => Some(
            "these threads wait for each other, or for one that has ended, so nothing that the others do can \
             let them go on: look for locks that are taken in different orders, or never given back",
        ),
        Kind::Livelock => Some(
            "each thread in a loop waits for a value that another one would have to write, and none will: \
             look for a flag that is never set, set too early, or set back before it is seen",
        ),
        Kind::LiveLeak => Some(
            "a thread that goes on when main has ended is lost with all that it holds, though timers or retries \
             keep it alive: tell it to stop and look for that in its loop; `check_task_leaks = false` allows it, \
             and if it only has much to do, raise `max_events`",
        ),
        Kind::TaskLeak => Some(
            "a thread that is left waiting when main ends is lost with all that it holds: join it, drop the \
             other side of what it waits at, or tell it to stop; `check_task_leaks = false` allows it",
        ),
        Kind::DataRace => Some(
            "nothing orders these two accesses, which is undefined behaviour: protect both by the same \
             lock, join the thread first, or announce the first by a release store that the other \
             thread reads with acquire",
        ),
        Kind::Leak => Some(
            "release it before the test ends, or let the thread that owns it end; `check_leaks = false` \
             allows leaks",
        ),
        Kind::StepLimit => Some(
            "either a loop does not end in this schedule, or the limit `max_events` is too small for this \
             test",
        ),
        Kind::Nondeterminism => Some(helps::NONDETERMINISM),
        Kind::Aborted => Some(
            "the process ended inside this execution (an abort, a stack overflow, a signal); what is shown \
             is what was known until then",
        ),
    }
}

pub(crate) fn at(place: &str) -> String {
    format!("at {place}")
}

pub(crate) fn spawned(place: &str) -> String {
    format!("spawned at {place}")
}

pub(crate) fn created(place: &str) -> String {
    format!("created at {place}")
}

pub(crate) fn value(value: &str) -> String {
    format!("now {value}")
}

pub(crate) fn waits(what: &str) -> String {
    format!("waits {what}")
}

pub(crate) fn panicked(message: &str) -> String {
    format!("panicked: {message}")
}

pub(crate) fn held(holders: &[String]) -> String {
    format!("held by {}", list(holders))
}

/// Which threads have ended; many are only counted.
pub(crate) fn ended(threads: &[String]) -> String {
    match threads {
        [one] => format!("{one} has ended"),
        few if few.len() <= 8 => format!("{} have ended", list(few)),
        many => format!("{} threads have ended", many.len()),
    }
}

/// That the steps above came again.
pub(crate) fn again(period: usize, times: usize) -> String {
    match period {
        1 => format!("… {times} more times"),
        _ => format!("… these {period} steps {times} more times"),
    }
}

/// That steps are missing here.
pub(crate) fn gap(steps: usize, how: &str) -> String {
    format!("{} left out; to see all: {how}", count(steps, "step"))
}

/// That steps are missing in the table of a page.
pub(crate) fn table_gap(steps: usize) -> String {
    format!("{} left out here; with JavaScript the page shows all", count(steps, "step"))
}

/// That steps are missing everywhere.
pub(crate) fn aside(steps: usize, how: &str) -> String {
    let (are, them) = if steps == 1 { ("is", "it") } else { ("are", "them") };
    format!(
        "{} {are} not shown, as the failure does not depend on {them}; to see all: {how}",
        count(steps, "step")
    )
}

/// How long the execution was.
pub(crate) fn size(test: &str, steps: usize, preemptions: usize, stale: usize) -> String {
    let mut text = format!("test `{test}`");
    let counts = [(steps, "step"), (preemptions, "preemption"), (stale, "stale read")];
    for (number, noun) in counts.into_iter().filter(|&(number, _)| number > 0) {
        text.push_str(&format!(", {}", count(number, noun)));
    }
    text
}

/// Whether the memory model matters.
pub(crate) fn interleaving(found: Interleaving, kind: Kind, model: &str) -> Option<String> {
    let text = match found {
        Interleaving::This if model == "sc" => return None,
        Interleaving::This if kind == Kind::DataRace => {
            "also fails under model sc: every read takes the newest value"
        }
        Interleaving::This => {
            "also fails under model sc: every read takes the newest value, so stronger orderings alone do not help"
        }
        Interleaving::Other => "an interleaving (model sc) fails in this way too",
        Interleaving::Never => {
            "needs the old value: no interleaving (model sc) fails in this way, and all were explored; look at the \
             orderings of the atomics"
        }
        Interleaving::Unknown => {
            "no interleaving (model sc) that fails in this way was found, but not all were explored"
        }
    };
    Some(text.to_owned())
}

/// Where an execution that passes first differs; `step` is counted from 1.
pub(crate) fn contrast(step: u32, instead: &str) -> String {
    format!("passes if at step {step} {instead} instead: the first decision that matters")
}

/// Where two executions first differ, one above the other.
pub(crate) fn difference(step: usize, then: &str, now: &str) -> String {
    format!("the first difference is step {step}\n  then  {then}\n  now   {now}")
}

/// How the execution was found.
pub(crate) fn search(search: &Search) -> String {
    let seed = search.seed.map_or(String::new(), |seed| format!(" with seed {seed}"));
    let complete = if search.complete { ", which explored all executions" } else { "" };
    let often = match search.fails_one_of {
        Some(of) => format!("; about 1 of {of} executions fails"),
        None => String::new(),
    };
    let Search { strategy, execution, model, .. } = search;
    format!("execution {execution} of the {strategy} search{seed}{complete} (model {model}){often}")
}

pub(crate) fn replay_command(token: &str) -> String {
    format!("cargo raddle replay {token}")
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// How often: "once", "twice", "3 times".
fn times(number: usize) -> String {
    match number {
        1 => "once".to_string(),
        2 => "twice".to_string(),
        many => format!("{many} times"),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
