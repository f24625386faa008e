//! A failing test shows one report: no second panic, no abort, no hang, whatever else the program was doing.
//!
//! The programs are tests of this binary that do nothing unless [`CHILD`] is set. Each is run in a process of
//! its own, whose output and exit status are judged.

#![allow(clippy::disallowed_methods, reason = "the tests measure that nothing hangs")]

mod blocking;
mod panics;
mod verdicts;

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The variable that makes the programs run.
pub const CHILD: &str = "FAILING_TEST_CHILD";

/// Whether this process was started to run a program.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tests whose names are these or begin with them, in a process of their own.
pub fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RADDLE_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).arg("--nocapture").env(CHILD, "1").env("RUST_BACKTRACE", "0");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let start = Instant::now();
    let status = std::thread::scope(|s| {
        s.spawn(|| out.read_to_end(&mut stdout).unwrap());
        s.spawn(|| err.read_to_end(&mut stderr).unwrap());
        loop {
            match child.try_wait().unwrap() {
                Some(status) => return Some(status),
                None if start.elapsed() > PATIENCE => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    return None;
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    });
    match status {
        Some(status) => Output { status, stdout, stderr },
        None => panic!("{arguments:?} hangs:\n{}", String::from_utf8_lossy(&stderr)),
    }
}

/// Both streams of a process as text.
pub fn text(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    text.concat()
}

/// What the process of a failing test printed on standard error, with everything checked that no report may
/// break.
#[track_caller]
pub fn fails(name: &str, kind: &str, message: &str) -> String {
    let output = run(&["--exact", name]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    one_report(&text, &format!("thread '{name}'"));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = error.find("error[").map(|at| &error[at..]).expect("a report begins with error[");
    // Long messages are wrapped.
    let unwrapped = report.split_whitespace().collect::<Vec<_>>().join(" ");
    let headline = format!("error[{kind}]: {message}");
    assert!(unwrapped.starts_with(&headline), "expected {headline}\n{text}");
    error
}

/// That there is exactly one report of a test, and nothing that a second failure would print.
#[track_caller]
pub fn one_report(text: &str, thread: &str) {
    let panics: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("thread '") && line.contains("panicked at"))
        .collect();
    assert_eq!(panics.len(), 1, "{text}");
    assert!(panics[0].starts_with(thread), "{text}");
    let replays = text.lines().filter(|line| line.starts_with("replay:")).count();
    assert_eq!(replays, 1, "{text}");
    let wrong = ["SIGABRT", "SIGSEGV", "thread panicked while", "aborting", "internal error"];
    let wrong = wrong.iter().find(|wrong| text.contains(**wrong));
    assert_eq!(wrong, None, "{text}");
}
