//! A slice of a campaign tells all that fails in it, each failure once, what it covered, and where it would go on.
//!
//! The programs are tests of this binary, each run in a process of its own.

use raddle_shims::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raddle_shims::{hint, sync::Mutex, thread};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

const CHILD: &str = "SLICES_TEST_CHILD";

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Two threads that count, and fail in two places and with a deadlock.
fn three_bugs() {
    let count = Arc::new((AtomicU32::new(0), Mutex::new(()), Mutex::new(())));
    let theirs = Arc::clone(&count);
    let other = thread::spawn(move || {
        let _locks = (theirs.1.lock(), theirs.2.lock());
        theirs.0.store(theirs.0.load(SeqCst) + 1, SeqCst);
    });
    let locks = (count.2.lock(), count.1.lock());
    count.0.store(count.0.load(SeqCst) + 2, SeqCst);
    drop(locks);
    let early = count.0.load(SeqCst);
    other.join().unwrap();
    assert_ne!(early, 2, "one");
    assert_ne!(early, 3, "other");
}

mod programs {
    use super::*;

    #[raddle::test(expect = "deadlock")]
    fn three_bugs() {
        if is_child() {
            super::three_bugs();
        } else {
            let lock = Mutex::new(());
            let _held = lock.lock();
            let _again = lock.lock();
        }
    }

    #[raddle::test]
    fn whims() {
        static RUNS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let turn = RUNS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if is_child() && turn > 3 {
            AtomicU32::new(0).load(SeqCst);
        }
        AtomicU32::new(0).load(SeqCst);
    }

    #[raddle::test]
    fn aborts() {
        if !is_child() {
            return;
        }
        let shared = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        for _ in 0..8 {
            hint::spin_loop();
            if shared.load(SeqCst) == 1 && shared.load(SeqCst) == 1 {
                std::process::abort();
            }
            shared.load(SeqCst);
        }
        other.join().unwrap();
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slices").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("it can be created");
    folder
}

fn run(test: &str, folder: &Path, variables: &[(&str, &str)]) -> (Vec<Value>, Output) {
    let report = folder.join("report.jsonl");
    let _ = std::fs::remove_file(&report);
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", &format!("programs::{test}"), "--nocapture"]);
    command.env(CHILD, "1").env("RADDLE_TASK", "fuzz").env("RADDLE_REPORT", &report);
    command.env("RADDLE_IN_FLIGHT", folder.join("flights")).envs(variables.iter().copied());
    let output = command.output().expect("this test can be run");
    let text = std::fs::read_to_string(&report).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    (lines.collect(), output)
}

fn signatures(lines: &[Value]) -> Vec<String> {
    let found = lines.iter().filter_map(|line| line["finding"]["signature"].as_str());
    let mut all: Vec<String> = found.map(String::from).collect();
    all.sort();
    all
}

#[test]
fn all_failures_of_a_slice_are_told_once() {
    let folder = folder("all");
    for strategy in ["exhaustive", "portfolio"] {
        let variables = [("RADDLE_STRATEGY", strategy), ("RADDLE_ITERATIONS", "300")];
        let (lines, _) = run("three_bugs", &folder, &variables);
        let found = signatures(&lines);
        let kinds: Vec<&str> = found.iter().map(|it| it.split(" | ").next().unwrap()).collect();
        assert_eq!(kinds, ["deadlock", "panic", "panic"], "{lines:?}");
        let slice = &lines.last().expect("a line about the whole")["slice"];
        assert_eq!(slice["expect"], "deadlock");
        assert!(slice["checked"].as_u64() >= Some(3), "{slice}");
        let covers = slice["corpus"].to_string();
        assert!(covers.contains("lock-order ") && covers.contains("reads-from "), "{covers}");
        let (again, _) = run("three_bugs", &folder, &variables);
        assert_eq!(signatures(&again), found, "the same seed finds the same");
        if strategy == "exhaustive" {
            assert_eq!(slice["ended"], true);
            continue;
        }
        let times: u64 = lines.iter().filter_map(|line| line["finding"]["times"].as_u64()).sum();
        assert_eq!(slice["failed"].as_u64(), Some(times), "each failing execution is counted");
        let classes = slice["classes"].as_array().expect("a list");
        let met: u64 = classes.iter().filter_map(|class| class[1].as_u64()).sum();
        assert_eq!(met, 300);
    }
}

#[test]
fn what_is_known_is_counted_and_not_told_again() {
    let folder = folder("known");
    let strategy = ("RADDLE_STRATEGY", "random");
    let (lines, _) = run("three_bugs", &folder, &[strategy]);
    let known = folder.join("known.txt");
    std::fs::write(&known, signatures(&lines).join("\n")).expect("it can be written");
    let known = known.to_str().expect("a name");
    let (again, output) = run("three_bugs", &folder, &[strategy, ("RADDLE_KNOWN", known)]);
    assert_eq!(signatures(&again), signatures(&lines));
    assert!(again.iter().all(|line| line["token"].is_null()), "{again:?} {output:?}");
}

#[test]
fn executions_of_a_corpus_are_run_first() {
    let folder = folder("corpus");
    let (lines, _) = run("three_bugs", &folder, &[("RADDLE_STRATEGY", "exhaustive")]);
    let token = lines.iter().find(|line| line["finding"]["kind"] == "deadlock");
    let token = token.and_then(|line| line["token"].as_str()).expect("it was found");
    let corpus = folder.join("corpus.txt");
    std::fs::write(&corpus, format!("rd1-no\n{token}\n")).expect("it can be written");
    let corpus = corpus.to_str().expect("a name");
    let variables =
        [("RADDLE_STRATEGY", "exhaustive"), ("RADDLE_ITERATIONS", "1"), ("RADDLE_CORPUS", corpus)];
    let (lines, _) = run("three_bugs", &folder, &variables);
    assert_eq!(lines[0]["finding"]["kind"], "deadlock", "{lines:?}");
    assert_eq!(lines.last().expect("the last")["slice"]["tried"], 1);
}

#[test]
fn a_test_that_is_not_deterministic_is_told() {
    let folder = folder("whims");
    let (lines, _) = run("whims", &folder, &[("RADDLE_STRATEGY", "random")]);
    assert!(lines.iter().any(|line| line["verdict"] == "nondeterminism"), "{lines:?}");
}

#[test]
fn what_ran_when_a_process_died_can_be_named() {
    let folder = folder("aborts");
    let strategy = ("RADDLE_STRATEGY", "portfolio");
    let (lines, output) = run("aborts", &folder, &[strategy]);
    assert!(!output.status.success() && lines.is_empty(), "{output:?}");
    let flights = std::fs::read_dir(folder.join("flights")).expect("there is a folder");
    let flights: Vec<PathBuf> = flights.map(|entry| entry.expect("an entry").path()).collect();
    let [flight] = flights.as_slice() else { panic!("{flights:?}") };
    let bytes = std::fs::read(flight).expect("it can be read");
    let ran = u64::from_le_bytes(*bytes.first_chunk().expect("it begins with a number"));
    // The window up to it, in which nothing dies, tells which execution comes next.
    let (lines, output) =
        run("aborts", &folder, &[strategy, ("RADDLE_ITERATIONS", &ran.to_string())]);
    assert!(output.status.success(), "{output:?}");
    let next = lines.last().and_then(|line| line["slice"]["next"].as_str().map(String::from));
    let next = next.expect("a slice says what comes next");
    let replay = [("RADDLE_TASK", ""), ("RADDLE_REPLAY", next.as_str())];
    let (_, output) = run("aborts", &folder, &replay);
    assert!(output.status.code().is_none(), "the process is killed by a signal: {output:?}");
}

#[test]
fn the_canary_is_found() {
    let folder = folder("canary");
    for strategy in ["exhaustive", "portfolio"] {
        let variables = [("RADDLE_TASK", "canary"), ("RADDLE_STRATEGY", strategy)];
        let (lines, _) = run("whims", &folder, &variables);
        assert_eq!(lines[0]["test"], "raddle::canary");
        assert_eq!(lines[0]["finding"]["kind"], "panic", "{lines:?}");
        let token = lines[0]["token"].as_str().expect("a token");
        let replay = [("RADDLE_TASK", "canary"), ("RADDLE_REPLAY", token)];
        let (lines, _) = run("whims", &folder, &replay);
        assert_eq!(lines[0]["verdict"], "violation", "{lines:?}");
    }
}
