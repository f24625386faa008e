//! `cargo raddle loom test` on a small project that uses loom, and the same for shuttle: its suite runs on raddle, or not
//! at all.

#[path = "../common/mod.rs"]
mod common;
mod shuttle;

use common::{Ended, call, expect, verdict, workspace};
use std::path::PathBuf;

const MANIFEST: &str = r#"
[package]
name = "NAME"
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

/// What a crate that the project depends on asks for under a switch of its own: it is in the lock file, and not linked.
const LEFT_OUT: &str = r#"loom = "0.7"

[target.'cfg(never)'.dependencies]
left-out = { package = "loom", path = "left-out" }
"#;

/// A package with this dependency, library and other files.
fn package(name: &str, loom: &str, library: &str, others: &[(&str, &str)]) -> PathBuf {
    let manifest = MANIFEST.replace("NAME", name).replace("LOOM", loom);
    let files = [("Cargo.toml", manifest.as_str()), ("src/lib.rs", library)];
    workspace(name, &[&files[..], others].concat())
}

fn client(name: &str) -> PathBuf {
    let older = OTHER_MANIFEST.replace("0.7.2", "0.5.6");
    let others =
        [("left-out/Cargo.toml", older.as_str()), ("left-out/src/lib.rs", "//! Another version.")];
    package(name, LEFT_OUT, LIBRARY, &others)
}

fn token(ended: &Ended) -> String {
    let start = ended.stdout.find("--replay ").map(|at| at + "--replay ".len());
    let rest = &ended.stdout[start.unwrap_or_else(|| panic!("no token in {ended:?}"))..];
    rest.split_whitespace().next().unwrap_or_default().to_string()
}

#[test]
fn a_suite_runs_on_raddle() {
    let client = client("with-face");
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

    let built = call(&client, &["loom", "test", "--lib", "--no-run"], &[]);
    expect(&built, 0, &[]);
    let binary = built.stdout.trim();
    assert!(std::path::Path::new(binary).is_file(), "{built:?}");

    let bounded = &["loom", "--require-complete", "test", "--", "counts"];
    let bounded = call(&client, bounded, &[("LOOM_MAX_PREEMPTIONS", "0")]);
    expect(&bounded, 5, &["incomplete"]);
    let unbound = &["loom", "--require-complete", "test", "--", "counts"];
    let variables = [("LOOM_MAX_PREEMPTIONS", "0"), ("RADDLE_MAX_PREEMPTIONS", "none")];
    expect(&call(&client, unbound, &variables), 0, &["verified"]);
}

/// As a lock file that cargo wrote holds it before anybody has heard of raddle.
const PINNED: &str = r#"
[[package]]
name = "with-pinned-face"
version = "0.1.0"
dependencies = [
 "loom",
]

[[package]]
name = "loom"
version = "0.7.2"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "419e0dc8046cb947daa77eb95ae174acfbddb7673b4151f56d1eed8e93fbfaca"
"#;

#[test]
fn a_lock_file_that_holds_a_version_is_updated() {
    let client = client("with-pinned-face");
    let lock = client.join("Cargo.lock");
    let mut pinned = std::fs::read_to_string(&lock).expect("there is one");
    pinned.push_str(PINNED);
    std::fs::write(&lock, pinned).expect("it can be written");
    let ended = call(&client, &["loom", "test", "--", "counts"], &[]);
    expect(&ended, 0, &["verified"]);
    let note = "Cargo.lock held another version of loom; it was updated";
    assert!(ended.stderr.contains(note), "{ended:?}");
    let updated = std::fs::read_to_string(&lock).expect("it is still there");
    let versions = updated.split("name = \"loom\"\nversion = ").skip(1);
    let versions: Vec<&str> = versions.filter_map(|rest| rest.lines().next()).collect();
    // The first is the one that is left out.
    assert_eq!(versions, ["\"0.5.6\"", "\"0.7.99\""], "{updated}");
    // Now it holds ours, so nothing is left to do.
    let again = call(&client, &["loom", "test", "--", "counts"], &[]);
    expect(&again, 0, &["verified"]);
    assert!(!again.stderr.contains(note), "{again:?}");
}

/// A dependency that no build has, so that a version of it is held which is too old for ours.
const OLD: &str = r#"loom = "0.7"

[target.'cfg(any())'.dependencies]
serde = { version = "1.0.100", features = ["derive"] }
"#;

/// As a lock file holds it that has not been updated for some years.
const PINNED_OLD: &str = r#"
[[package]]
name = "serde"
version = "1.0.188"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "cf9e0fcba69a370eed61bcf2b728575f726b50b55cba78064753d708ddc7549e"
dependencies = [
 "serde_derive 1.0.188",
]

[[package]]
name = "serde_derive"
version = "1.0.188"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "4eca7ac642d82aa35b60049a6eccb4be6be75e599bd2e9adb5f875a737654af2"
dependencies = [
 "proc-macro2",
 "quote",
 "syn",
]
"#;

#[test]
fn what_ours_needs_is_updated_where_it_is_too_old() {
    let client = package("with-old-lock", OLD, LIBRARY, &[]);
    let lock = client.join("Cargo.lock");
    let pinned = PINNED.replace("with-pinned-face", "with-old-lock");
    let pinned = pinned.replace(" \"loom\",", " \"loom 0.7.2\",\n \"serde 1.0.188\",");
    let ours = std::fs::read_to_string(&lock).expect("there is one");
    std::fs::write(&lock, ours + &pinned + PINNED_OLD).expect("it can be written");
    let ended = call(&client, &["loom", "test", "--", "counts"], &[]);
    expect(&ended, 0, &["verified"]);
    assert!(ended.stderr.contains("Cargo.lock held another version of loom"), "{ended:?}");
    let updated = std::fs::read_to_string(&lock).expect("it is still there");
    assert!(!updated.contains("\"1.0.188\""), "{updated}");
}

#[test]
fn the_version_before_has_a_package_of_its_own() {
    let client = package("with-old-face", "loom = \"0.5\"", LIBRARY, &[]);
    let ended = call(&client, &["loom", "test", "--", "counts"], &[]);
    expect(&ended, 0, &["verified"]);
}

/// A test binary with an allocator of its own, which counts what it allocates.
const COUNTING: &str = r#"
//! A list, whose tests count allocations.

#[cfg(test)]
mod tests {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    struct Counting;

    static COUNT: AtomicUsize = AtomicUsize::new(0);

    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            COUNT.fetch_add(1, Relaxed);
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            unsafe { System.dealloc(block, layout) }
        }
    }

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    #[test]
    fn allocates() {
        let before = COUNT.load(Relaxed);
        loom::model(|| {
            let other = loom::thread::spawn(|| vec![1; 100]);
            assert_eq!(other.join().unwrap(), [1; 100]);
        });
        assert!(COUNT.load(Relaxed) > before);
    }
}
"#;

#[test]
fn a_test_binary_may_have_an_allocator_of_its_own() {
    let client = package("with-own-allocator", "loom = \"0.7\"", COUNTING, &[]);
    let arguments = &["loom", "test", "--lib"];
    let ended = call(&client, arguments, &[]);
    assert_ne!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("conflicts with global allocator"), "{ended:?}");
    // With other flags everything is built anew. This takes half the time if nothing is optimised.
    let plain = ["generator", "raddle", "raddle-engine", "raddle-runtime", "raddle-shims"]
        .map(|name| format!("profile.dev.package.{name}.opt-level=0"));
    let plain = plain.iter().flat_map(|setting| ["--config", setting.as_str()]);
    let arguments: Vec<&str> = arguments.iter().copied().chain(plain).collect();
    let ended = call(&client, &arguments, &[("RUSTFLAGS", "--cfg raddle_own_allocator")]);
    expect(&ended, 0, &["verified"]);
}

#[test]
fn nothing_is_run_on_another_engine() {
    let others = [("other/Cargo.toml", OTHER_MANIFEST), ("other/src/lib.rs", "//! Another tool.")];
    let loom = "loom = { path = \"other\" }";
    let client = package("with-other-engine", loom, "//! Nothing.", &others);
    let ended = call(&client, &["loom", "test"], &[]);
    expect(&ended, 2, &[]);
    assert!(ended.stderr.contains("nothing is run on raddle: loom v0.7.2 ("), "{ended:?}");
    assert!(!ended.stdout.contains("test result"), "{ended:?}");
}

#[test]
fn what_is_asked_for_wrongly_is_told() {
    let client = client("with-face");
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
