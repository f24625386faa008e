//! Processes that end in the middle of an execution: the next one names it.

use crate::programs::END;
use crate::{CHILD, error, run};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The files that are left behind are those of one test, so its processes come one after the other.
static ALONE: Mutex<()> = Mutex::new(());

/// The token that a run of the test names because of an earlier one.
#[track_caller]
fn named(variables: &[(&str, &str)]) -> String {
    let text = error(&run("abrupt", variables));
    let told =
        text.lines().find(|line| line.contains("an earlier process ended inside of execution"));
    let told = told.unwrap_or_else(|| panic!("nothing is named in\n{text}"));
    assert!(told.contains("note: replay::programs::abrupt: "), "{told}");
    told.rsplit(' ').next().expect("a token").to_string()
}

#[track_caller]
fn ends_abruptly(how: &str, more: &[(&str, &str)]) {
    let ending = [&[(END, how)], more].concat();
    let dead = run("abrupt", &ending);
    assert!(dead.status.code().is_none(), "it ends by a signal: {}", error(&dead));
    let token = named(more);
    // It is named once.
    let text = error(&run("abrupt", more));
    assert!(!text.contains("an earlier process"), "{text}");
    // The token is the execution: it passes without the end, and ends the process with it.
    let passes = run("abrupt", &[&[("RADDLE_REPLAY", token.as_str())], more].concat());
    assert!(passes.status.success(), "{}", error(&passes));
    let again = run("abrupt", &[&[("RADDLE_REPLAY", token.as_str())], &ending[..]].concat());
    assert!(again.status.code().is_none(), "{}", error(&again));
}

#[test]
fn by_an_abort() {
    let _alone = ALONE.lock().unwrap();
    ends_abruptly("abort", &[]);
    ends_abruptly("abort", &[("RADDLE_STRATEGY", "random"), ("RADDLE_SEED", "5")]);
}

/// Where workers shared the search, the next process searches with one worker, and so names the execution.
#[test]
fn by_an_abort_of_a_shared_search() {
    let _alone = ALONE.lock().unwrap();
    let shared = [("RADDLE_JOBS", "2"), (END, "abort")];
    assert!(run("abrupt", &shared).status.code().is_none());
    let dead = run("abrupt", &shared);
    assert!(dead.status.code().is_none());
    let text = error(&dead);
    assert!(text.contains("in the middle of a search by 2 workers"), "{text}");
    let token = named(&[]);
    let again = run("abrupt", &[("RADDLE_REPLAY", &token), (END, "abort")]);
    assert!(again.status.code().is_none(), "{}", error(&again));
}

/// On operating-system threads nobody can catch it.
#[test]
fn by_a_stack_overflow() {
    let _alone = ALONE.lock().unwrap();
    ends_abruptly("overflow", &[("RADDLE_BACKEND", "threads")]);
}

#[test]
fn by_a_kill() {
    let _alone = ALONE.lock().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "programs::abrupt", "--nocapture"]);
    command.env(CHILD, "1").env(END, "spin").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.is_ok_and(|line| line.contains("here"))));
    child.kill().unwrap();
    child.wait().unwrap();
    let token = named(&[]);
    assert!(token.starts_with("rd1-"), "{token}");
}
