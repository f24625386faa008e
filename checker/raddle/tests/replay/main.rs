//! A token repeats its execution: always with the same report, and with a clear sentence if it cannot.
//!
//! The programs are tests of this binary, each run in a process of its own.

#![allow(clippy::disallowed_methods, reason = "processes are waited for in parallel")]

mod abrupt;
mod damaged;
mod programs;
mod same;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The variable that makes the programs run.
const CHILD: &str = "REPLAY_TEST_CHILD";
/// The variable that makes them other programs.
const EDITED: &str = "REPLAY_TEST_EDITED";

/// The failing programs, and how their reports begin.
pub const PROGRAMS: [(&str, &str); 8] = [
    ("deadlock", "error[deadlock]: 2 of 2 threads wait, and none can go on"),
    ("race", "error[data-race]: data race on"),
    ("stale", "error[panic]: assertion `left != right` failed: an old value was read"),
    ("choice", "error[panic]: 3 and 4 are too much"),
    ("channel", "error[deadlock]: 2 of 2 threads wait, and none can go on"),
    ("crowd", "error[panic]: main meets the third"),
    ("finished", "error[panic]: it has finished and nothing is to be seen of it"),
    ("turns", "error[step-limit]: main performed 10000 operations in a row"),
];

/// Whether this process was started to run a program.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Whether the programs are others than those that the tokens were made from.
pub fn edited() -> bool {
    std::env::var_os(EDITED).is_some()
}

/// Runs a program in a process of its own, with these variables in its environment.
pub fn run(name: &str, variables: &[(&str, &str)]) -> Output {
    run_as(&std::env::current_exe().unwrap(), name, variables)
}

/// The same, with this binary.
pub fn run_as(binary: &Path, name: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RADDLE_") {
            command.env_remove(name);
        }
    }
    command.args(["--exact", &format!("programs::{name}"), "--nocapture"]);
    command.env(CHILD, "1").env("RUST_BACKTRACE", "0").envs(variables.iter().copied());
    command.output().unwrap()
}

/// What a process printed on standard error.
pub fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a program that fails, and gives its report and the token in it.
#[track_caller]
pub fn fail(name: &str) -> (String, String) {
    let output = run(name, &[]);
    let text = error(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    let token =
        text.lines().last().and_then(|line| line.strip_prefix("replay: cargo raddle replay "));
    let token = token.unwrap_or_else(|| panic!("no token in\n{text}")).to_string();
    (text, token)
}

/// A file for a test of this process.
pub fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.txt", std::process::id()))
}
