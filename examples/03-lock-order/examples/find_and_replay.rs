//! Runs the tests of this example with `cargo raddle`, then replays the failure that they found from its token.
//!
//! It ends with 0 if all went as it should: the broken transfer deadlocks, the fixed one is verified, and the
//! replay, whose status is 1 because it fails again, shows the same deadlock.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Output};

/// `cargo raddle` as it is in this workspace, with what it writes.
fn cargo_raddle(arguments: &[&str]) -> Output {
    let arguments = [arguments, &["--quiet", "--package", "example-lock-order"]].concat();
    println!("$ cargo raddle {}", arguments.join(" "));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "cargo-raddle", "--", "raddle"]).args(&arguments);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap_or_else(|e| panic!("failed to run cargo: {e}"));
    for text in [&output.stderr, &output.stdout] {
        print!("{}", String::from_utf8_lossy(text));
    }
    println!("(exit status {})\n", output.status.code().unwrap_or(-1));
    output
}

fn main() -> ExitCode {
    let found = cargo_raddle(&["run"]);
    let text = String::from_utf8_lossy(&found.stdout);
    let line = "replay: cargo raddle replay ";
    let token = text.lines().find_map(|text| text.trim().strip_prefix(line));
    let Some(token) = token.filter(|_| found.status.success()) else {
        eprintln!("error: no deadlock was found");
        return ExitCode::FAILURE;
    };
    let replayed = cargo_raddle(&["replay", token]);
    let report = [replayed.stdout, replayed.stderr].concat();
    let report = String::from_utf8_lossy(&report);
    if replayed.status.code() != Some(1) || !report.contains("error[deadlock]") {
        eprintln!("error: the replay of {token} did not show the deadlock");
        return ExitCode::FAILURE;
    }
    println!("found, and found again from its token");
    ExitCode::SUCCESS
}
