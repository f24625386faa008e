//! `cargo raddle loom test` on a small project that uses loom, and the same for shuttle: its suite runs on raddle, or not
//! at all.

#[path = "../common/mod.rs"]
mod common;
mod shuttle;

use common::{Ended, call, expect, verdict, workspace};
use std::path::PathBuf;

const MANIFEST: &str = r#"
[package]
name = "client"
version = "0.1.0"
edition = "2021"

[dev-dependencies]
LOOM

[workspace]
"#;

const LIBRARY: &str = r#"
//! A counter, and the tests that loom's users write.

#[cfg(test)]
mod tests {
    use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use loom::sync::Arc;
    use loom::thread;

    fn both(add: fn(&AtomicUsize)) -> usize {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let other = thread::spawn(move || add(&theirs));
        add(&counter);
        other.join().unwrap();
        counter.load(SeqCst)
    }

    #[test]
    fn counts() {
        loom::model(|| {
            assert_eq!(both(|counter| assert!(counter.fetch_add(1, SeqCst) < 2)), 2);
        });
    }

    #[test]
    fn loses_one() {
        loom::model(|| {
            assert_eq!(both(|counter| counter.store(counter.load(SeqCst) + 1, SeqCst)), 2);
        });
    }

    #[test]
    #[should_panic]
    fn is_meant_to_fail() {
        loom::model(|| assert_eq!(both(|_| ()), 1));
    }

    #[test]
    fn has_no_model() {
        assert_eq!(1 + 1, 2);
    }

    #[test]
    #[ignore]
    fn is_ignored() {
        loom::model(|| ());
    }
}
"#;

/// What another tool of that name would be.
const OTHER_MANIFEST: &str = r#"
[package]
name = "loom"
version = "0.7.2"
edition = "2021"
"#;

fn client() -> PathBuf {
    let manifest = MANIFEST.replace("LOOM", "loom = \"0.7\"");
    workspace("with-face", &[("Cargo.toml", &manifest), ("src/lib.rs", LIBRARY)])
}

fn token(ended: &Ended) -> String {
    let start = ended.stdout.find("--replay ").map(|at| at + "--replay ".len());
    let rest = &ended.stdout[start.unwrap_or_else(|| panic!("no token in {ended:?}"))..];
    rest.split_whitespace().next().unwrap_or_default().to_string()
}

#[test]
fn a_suite_runs_on_raddle() {
    let client = client();
    let ended = call(&client, &["loom", "test", "--lib"], &[]);
    expect(&ended, 1, &["1 more passed without a model", "again: cargo raddle loom --replay rd1-"]);
    // The report, too, names a command that finds the test.
    assert!(ended.stderr.contains("\nreplay: cargo raddle loom --replay rd1-"), "{ended:?}");
    assert_eq!(verdict(&ended, "tests::counts"), "verified");
    assert_eq!(verdict(&ended, "tests::loses_one"), "violation");
    assert_eq!(verdict(&ended, "tests::is_meant_to_fail"), "failed as expected");
    assert!(!ended.stdout.contains("is_ignored"), "{ended:?}");

    let token = token(&ended);
    let again = call(&client, &["loom", "--replay", &token, "test", "--lib"], &[]);
    expect(&again, 1, &[&token, "1 test: 1 violation"]);

    let one = call(&client, &["raddle", "loom", "--json", "test", "--", "counts"], &[]);
    expect(&one, 0, &["\"test\":\"tests::counts\",\"verdict\":\"verified\"", "\"complete\":true"]);
    let none = call(&client, &["loom", "test", "--", "--exact", "tests::has_no_model"], &[]);
    expect(&none, 4, &[]);
    assert!(none.stderr.contains("none of them checked a model of loom"), "{none:?}");

    let bounded = &["loom", "--require-complete", "test", "--", "counts"];
    let bounded = call(&client, bounded, &[("LOOM_MAX_PREEMPTIONS", "0")]);
    expect(&bounded, 5, &["incomplete"]);
    let unbound = &["loom", "--require-complete", "test", "--", "counts"];
    let variables = [("LOOM_MAX_PREEMPTIONS", "0"), ("RADDLE_MAX_PREEMPTIONS", "none")];
    expect(&call(&client, unbound, &variables), 0, &["verified"]);
}

#[test]
fn nothing_is_run_on_another_engine() {
    let manifest = MANIFEST.replace("LOOM", "loom = { path = \"other\" }");
    let files = [
        ("Cargo.toml", manifest.as_str()),
        ("src/lib.rs", "//! Nothing."),
        ("other/Cargo.toml", OTHER_MANIFEST),
        ("other/src/lib.rs", "//! Another tool."),
    ];
    let ended = call(&workspace("with-other-engine", &files), &["loom", "test"], &[]);
    expect(&ended, 2, &[]);
    assert!(ended.stderr.contains("nothing is run on raddle: loom v0.7.2 ("), "{ended:?}");
    assert!(!ended.stdout.contains("test result"), "{ended:?}");
}

#[test]
fn what_is_asked_for_wrongly_is_told() {
    let client = client();
    for (arguments, text) in [
        (&["loom", "run"][..], "write `cargo raddle loom test`"),
        (&["loom", "test", "--locked"], "--locked forbids that loom is replaced"),
        (&["loom", "--face", "nowhere", "test"], "no package that stands in for loom in nowhere"),
    ] {
        let ended = call(&client, arguments, &[]);
        expect(&ended, 2, &[]);
        assert!(ended.stderr.contains(text), "{ended:?}");
    }
}
