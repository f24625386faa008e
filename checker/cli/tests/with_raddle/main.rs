//! The command as a whole, with the real raddle: listing, running, replaying, and each exit code.

#[path = "../common/bank.rs"]
mod bank;
#[path = "../common/mod.rs"]
mod common;

use common::{Ended, call, expect, verdict, workspace};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const LIBRARY: &str = r#"
//! An account that loses money when two people use it at once.

use raddle_shims::sync::atomic::{AtomicU32, Ordering::SeqCst};

pub struct Account {
    money: AtomicU32,
}

impl Account {
    pub const fn new() -> Account {
        Account { money: AtomicU32::new(0) }
    }
    pub fn pay_in(&self, money: u32) {
        self.money.fetch_add(money, SeqCst);
    }
    pub fn pay_in_badly(&self, money: u32) {
        self.money.store(self.money.load(SeqCst) + money, SeqCst);
    }
    pub fn money(&self) -> u32 {
        self.money.load(SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use raddle_shims::sync::{Arc, Mutex};
    use raddle_shims::thread;

    fn both(pay_in: fn(&Account, u32)) -> u32 {
        let account = Arc::new(Account::new());
        let theirs = Arc::clone(&account);
        let other = thread::spawn(move || pay_in(&theirs, 1));
        pay_in(&account, 2);
        other.join().unwrap();
        account.money()
    }

    #[raddle::test]
    fn pays_in() {
        assert_eq!(both(Account::pay_in), 3);
    }

    #[raddle::test]
    fn loses_money() {
        if std::env::var_os("BANK_CHANGED").is_some() {
            let account = Account::new();
            account.pay_in(3);
            assert_eq!(account.money(), 3);
            return;
        }
        let money = both(Account::pay_in_badly);
        assert!(money == 3 || std::env::var_os("BANK_CONTENT").is_some(), "there are {money}");
    }

    #[raddle::test(expect = "deadlock")]
    fn waits_for_itself() {
        let lock = Arc::new((Mutex::new(()), Mutex::new(())));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || {
            let _b = theirs.1.lock();
            let _a = theirs.0.lock();
        });
        let a = lock.0.lock();
        let b = lock.1.lock();
        drop((a, b));
        other.join().unwrap();
    }

    #[raddle::test(strategy = "random", iterations = 20, name = "a sample")]
    fn sampled() -> Result<(), String> {
        match both(Account::pay_in) {
            3 => Ok(()),
            other => Err(format!("there are {other}")),
        }
    }

    #[test]
    fn ordinary() {
        assert_eq!(both(Account::pay_in), 3);
    }
}
"#;

const FILE: &str = r#"
use bank::Account;

#[raddle::test(seed = 7, iterations = 10_000, max_time = "60s", model = "sc", max_events = 5000,
    stack_size = 65536, check_leaks = false, check_task_leaks = false, allow_incomplete = true, backend = "coroutines",
    patience = "30s", minimize = "2s", strategy = "exhaustive")]
fn every_setting() {
    let account = Account::new();
    account.pay_in(3);
    assert_eq!(account.money(), 3);
}
"#;

/// Every setting that the command's doctor knows, but `expect`, with which the tests would fail.
const SETTINGS: &str = r#"
[profile.all]
strategy = "random"
seed = 1
iterations = 3
max_time = "60s"
model = "rc20"
max_events = 1000
stack_size = 65536
backend = "coroutines"
check_leaks = true
check_task_leaks = true
allow_incomplete = true
patience = "20s"
minimize = "1s"
"#;

const FILES: &[(&str, &str)] =
    &[("src/lib.rs", LIBRARY), ("tests/file.rs", FILE), (".config/raddle.toml", SETTINGS)];

fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let manifest = bank::manifest("0.1.0");
        workspace("with-raddle", &[FILES, &[("Cargo.toml", &manifest)]].concat())
    })
}

fn raddle(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    call(folder(), arguments, variables)
}

/// The token in the command that a run of a failing test shows.
#[track_caller]
fn shown_token(ended: &Ended) -> String {
    let start = "replay: cargo raddle replay ";
    let line = ended.stdout.lines().find_map(|line| line.trim().strip_prefix(start));
    line.unwrap_or_else(|| panic!("no token in {ended:?}")).to_string()
}

#[test]
fn tests_are_listed() {
    let expected = "\
bank bank bank::tests::loses_money
bank bank bank::tests::pays_in
bank bank bank::tests::sampled
bank bank bank::tests::waits_for_itself
bank file file::every_setting
";
    let ended = raddle(&["list"], &[]);
    expect(&ended, 0, &[expected]);
}

#[test]
fn tests_are_run() {
    let ended = raddle(&["run"], &[]);
    expect(&ended, 1, &[]);
    assert_eq!(verdict(&ended, "bank::tests::pays_in"), "verified");
    assert_eq!(verdict(&ended, "bank::tests::loses_money"), "violation");
    assert_eq!(verdict(&ended, "bank::tests::waits_for_itself"), "failed as expected");
    assert_eq!(verdict(&ended, "a sample"), "incomplete");
    assert_eq!(verdict(&ended, "file::every_setting"), "verified");
    assert!(ended.stderr.contains("there are "), "{ended:?}");
}

#[test]
fn good_tests_end_well() {
    let good = ["run", "pays_in", "waits_for_itself", "every_setting"];
    expect(&raddle(&[&good[..], &["--require-complete"]].concat(), &[]), 0, &["2 verified"]);
    expect(&raddle(&["run", "sampled"], &[]), 0, &["1 incomplete"]);
    expect(&raddle(&["run", "sampled", "--require-complete"], &[]), 5, &["1 incomplete"]);
    expect(&raddle(&["run", "nonsense"], &[]), 4, &[]);
}

#[test]
fn the_command_line_wins() {
    let limited = ["run", "pays_in", "--strategy", "random", "--iterations", "7", "--json"];
    let ended = raddle(&limited, &[]);
    expect(&ended, 0, &["\"verdict\":\"incomplete\",\"executions\":7,\"complete\":false"]);
    let whole = ["run", "sampled", "--strategy", "exhaustive", "--require-complete"];
    expect(&raddle(&whole, &[]), 0, &["1 verified"]);
}

#[test]
fn a_failure_is_replayed() {
    let ended = raddle(&["run", "loses_money"], &[]);
    expect(&ended, 1, &[]);
    let token = shown_token(&ended);
    let again = raddle(&["replay", &token], &[]);
    expect(&again, 1, &["bank::tests::loses_money: the failure came again"]);
    assert!(again.stderr.contains("there are "), "the report is shown: {again:?}");
    let file = folder().join("saved.txt");
    std::fs::write(&file, &ended.stdout).expect("it can be written");
    expect(&raddle(&["replay", "saved.txt"], &[]), 1, &["the failure came again"]);
    let content = raddle(&["replay", &token], &[("BANK_CONTENT", "1")]);
    expect(&content, 0, &["bank::tests::loses_money: this execution no longer fails"]);
    let changed = raddle(&["replay", &token], &[("BANK_CHANGED", "1")]);
    expect(&changed, 6, &["could not be followed"]);
    let elsewhere = raddle(&["replay", &token, "--test", "pays_in"], &[]);
    expect(&elsewhere, 4, &["no test that was built is the one of"]);
    expect(&raddle(&["replay", &token[..token.len() - 1]], &[]), 2, &[]);
}

#[test]
fn doctor_minds_the_speed_alone() {
    let expected = [
        "ok       depending on raddle: bank\n",
        "ok       builds without tests do not have raddle-shims' feature `model`\n",
        "ok       one version of raddle-shims",
        "ok       .config/raddle.toml has no unknown settings\n",
    ];
    let warnings = |folder: &Path| {
        let ended = call(folder, &["doctor"], &[]);
        expect(&ended, 0, &expected);
        let lines = ended.stdout.lines().filter(|it| it.starts_with("warning"));
        lines.map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(warnings(folder()), [""; 0]);
    let plain = workspace("with-doctor", &[FILES, &[("Cargo.toml", bank::PLAIN)]].concat());
    let warnings = warnings(&plain);
    let [slow] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(slow.starts_with("warning  raddle is built without optimisation"), "{slow}");
}

#[test]
fn what_doctor_knows_is_known_to_tests() {
    let ended = raddle(&["run", "pays_in"], &[("RADDLE_PROFILE", "all")]);
    expect(&ended, 0, &["1 incomplete", "3 executions"]);
}

#[test]
fn a_failure_is_explained_in_every_form() {
    let token = shown_token(&raddle(&["run", "loses_money"], &[]));
    let explain = |more: &[&str]| raddle(&[&["explain", &token], more].concat(), &[]);
    let text = explain(&[]);
    expect(&text, 0, &["error[panic]: there are ", "let money = both", "what happened:", &token]);
    assert!(!text.stderr.contains("panicked at"), "the test itself is silent: {text:?}");
    expect(&explain(&["--format", "json"]), 0, &["{\"version\":2,"]);
    expect(&explain(&["--format", "dot"]), 0, &["digraph execution {"]);
    expect(&explain(&["--format", "chrome"]), 0, &["\"traceEvents\":["]);
    let page = explain(&["--format", "html"]);
    expect(&page, 0, &["<!DOCTYPE html>", "let money = both", &token, "</html>"]);
    expect(&page, 0, &["default-src 'none'"]);
    let loads = ["src=\"", "href=\"http"].map(|what| page.stdout.contains(what));
    assert_eq!(loads, [false; 2], "the page needs nothing else: {}", page.stdout);
    expect(&explain(&["--format", "svg"]), 0, &["<svg ", "money", "</svg>"]);
    expect(&explain(&["--format", "pdf"]), 2, &[]);
    let saved = explain(&["--format", "json", "--output", "saved.json"]);
    expect(&saved, 0, &[]);
    assert!(saved.stdout.is_empty(), "{saved:?}");
    expect(&raddle(&["explain", "saved.json"], &[]), 0, &["error[panic]: there are "]);
    std::fs::write(folder().join("newer.json"), "{\"version\":99}").expect("it can be written");
    let newer = raddle(&["explain", "newer.json"], &[]);
    expect(&newer, 2, &[]);
    assert!(newer.stderr.contains("of version 99"), "{newer:?}");
    let content = raddle(&["explain", &token], &[("BANK_CONTENT", "1")]);
    expect(&content, 0, &["this execution no longer fails"]);
}

#[test]
fn a_passing_execution_is_explained() {
    let ended = raddle(&["explain", "--passing", "pays_in"], &[]);
    expect(&ended, 0, &["passed: this execution does not fail", "fetch_add"]);
    expect(&raddle(&["explain", "--passing", "s"], &[]), 2, &[]);
    expect(&raddle(&["explain"], &[]), 2, &[]);
}

#[test]
fn a_failure_is_minimised_again() {
    let found = raddle(&["run", "loses_money"], &[("RADDLE_MINIMIZE", "0s")]);
    let token = shown_token(&found);
    let smaller = raddle(&["minimize", &token], &[]);
    expect(&smaller, 1, &["rd1-"]);
    let short = smaller.stdout.trim().split(' ').next().unwrap_or_default().to_string();
    assert!(short.len() <= token.len(), "{smaller:?}");
    expect(&raddle(&["replay", &short], &[]), 1, &["the failure came again"]);
    expect(&raddle(&["minimize", &short], &[]), 1, &["is as small as it gets"]);
    let content = raddle(&["minimize", &token], &[("BANK_CONTENT", "1")]);
    expect(&content, 0, &["this execution no longer fails"]);
}
