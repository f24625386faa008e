//! `cargo raddle shuttle test` on a small project that uses shuttle.

use crate::common::{call, expect, verdict, workspace};
use std::path::PathBuf;

const MANIFEST: &str = r#"
[package]
name = "NAME"
version = "0.1.0"
edition = "2021"

[features]
shuttle = ["dep:shuttle"]

[dependencies]
shuttle = { version = "VERSION", optional = true }

[workspace]
"#;

const LIBRARY: &str = r#"
//! A counter, and the tests that shuttle's users write.

#[cfg(all(test, feature = "shuttle"))]
mod tests {
    use shuttle::rand::{thread_rng, Rng};
    use shuttle::scheduler::RandomScheduler;
    use shuttle::sync::atomic::{AtomicUsize, Ordering};
    use shuttle::sync::{Arc, Mutex};
    use shuttle::{check_dfs, check_random, thread, Config, Runner};

    fn both(add: fn(&AtomicUsize)) -> usize {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let other = thread::spawn(move || add(&theirs));
        add(&counter);
        other.join().unwrap();
        counter.load(Ordering::SeqCst)
    }

    #[test]
    fn counts() {
        check_dfs(|| assert_eq!(both(|counter| drop(counter.fetch_add(1, Ordering::SeqCst))), 2), None);
    }

    #[test]
    fn samples() {
        Runner::new(RandomScheduler::new(64), Config::new()).run(|| {
            let sum = Arc::new(Mutex::new(0));
            let theirs = sum.clone();
            let part = thread_rng().gen_range(1..10);
            thread::spawn(move || *theirs.lock().unwrap() += part).join().unwrap();
            assert_eq!(*sum.lock().unwrap(), part);
        });
    }

    #[test]
    fn loses_one() {
        let add = |counter: &AtomicUsize| counter.store(counter.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
        check_random(move || assert_eq!(both(add), 2), 100);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn is_meant_to_fail() {
        let lock = || {
            let lock = Mutex::new(());
            let _first = lock.lock().unwrap();
            drop(lock.lock());
        };
        check_dfs(lock, None);
    }

    #[test]
    fn relaxed() {
        check_dfs(|| {
            let pair = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
            let theirs = pair.clone();
            let other = thread::spawn(move || {
                theirs[0].store(1, Ordering::Relaxed);
                theirs[1].store(1, Ordering::Relaxed);
            });
            if pair[1].load(Ordering::Relaxed) == 1 {
                assert_eq!(pair[0].load(Ordering::Relaxed), 1);
            }
            other.join().unwrap();
        }, None);
    }

    #[test]
    fn has_no_model() {
        assert_eq!(1 + 1, 2);
    }
}
"#;

fn client(name: &str, version: &str) -> PathBuf {
    let manifest = MANIFEST.replace("NAME", name).replace("VERSION", version);
    workspace(name, &[("Cargo.toml", &manifest), ("src/lib.rs", LIBRARY)])
}

#[test]
fn a_suite_that_uses_shuttle_runs_on_raddle() {
    let client = client("with-shuttle", "0.9");
    let suite = ["shuttle", "test", "--lib", "--features", "shuttle"];
    let ended = call(&client, &suite, &[]);
    expect(
        &ended,
        1,
        &["1 more passed without a model", "again: cargo raddle shuttle --replay rd1-"],
    );
    assert_eq!(verdict(&ended, "tests::counts"), "verified");
    assert_eq!(verdict(&ended, "tests::relaxed"), "verified");
    assert_eq!(verdict(&ended, "tests::samples"), "incomplete");
    assert_eq!(verdict(&ended, "tests::loses_one"), "violation");
    assert_eq!(verdict(&ended, "tests::is_meant_to_fail"), "failed as expected");

    // The token is that of the test, also when it is its schedule that was printed.
    let token = super::token(&ended);
    let again = [&["shuttle", "--replay", &token], &suite[1..]].concat();
    expect(&call(&client, &again, &[]), 1, &[&token, "1 test: 1 violation"]);

    let one = [&suite[..1], &["--json"], &suite[1..], &["--", "samples"]].concat();
    expect(&call(&client, &one, &[]), 0, &["\"executions\":64", "\"complete\":false"]);
    let weak = [&suite[..], &["--", "relaxed"]].concat();
    let weak = call(&client, &weak, &[("RADDLE_MODEL", "rc20")]);
    assert_eq!(verdict(&weak, "tests::relaxed"), "violation");
}

#[test]
fn who_asks_for_the_version_before_gets_it() {
    let client = client("with-old-shuttle", "0.8");
    let face = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shims/shuttle/0.8");
    let suite = ["shuttle", "--face", face, "test", "--features", "shuttle", "--", "counts"];
    let ended = call(&client, &suite, &[]);
    expect(&ended, 0, &["1 test: 1 verified"]);
}
