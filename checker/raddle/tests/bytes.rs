//! Bytes choose executions: all of a small program, the same ones every time, and those that fail.

use raddle::Builder;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::thread;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::{Arc, Mutex};

raddle::fuzz_target! {
    /// A message and a flag that does not order it.
    fn message() {
        let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            theirs.0.store(7, Relaxed);
            theirs.1.store(1, Relaxed);
        });
        let ready = shared.1.load(Relaxed) == 1;
        let message = shared.0.load(Relaxed);
        writer.join().unwrap();
        assert!(!ready || message == 7, "the message is not there");
    }
}

/// Byte strings as a fuzzer would come to them: 256 of eight bytes, by a linear congruential generator.
fn inputs() -> impl Iterator<Item = Vec<u8>> {
    let mut state = 1_u64;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..256).map(move |_| (0..8).map(|_| next()).collect())
}

fn fails(bytes: &[u8]) -> Option<String> {
    let payload = catch_unwind(|| message(bytes)).err()?;
    payload.downcast_ref::<String>().cloned()
}

#[test]
fn some_bytes_fail_and_always_the_same() {
    // An execution fails with a probability of about one in twenty: all 256 pass with one of about 2e-6, and as they are
    // the same every time, they do not.
    let failing: Vec<Vec<u8>> = inputs().filter(|bytes| fails(bytes).is_some()).collect();
    assert!(!failing.is_empty() && failing.len() < 256, "{} of 256 fail", failing.len());
    for bytes in &failing {
        assert_eq!(fails(bytes).as_deref(), Some("the message is not there"));
    }
}

#[test]
fn no_bytes_are_enough_to_run() {
    assert_eq!(fails(b""), None);
    assert_eq!(fails(&[0xff; 10_000]), None, "more than are needed");
}

#[test]
fn bytes_reach_every_execution_of_a_small_program() {
    let seen: Arc<Mutex<BTreeSet<(usize, usize)>>> = Arc::default();
    let steps = (0..=255).step_by(51);
    for bytes in steps.flat_map(|a| (0..=255).step_by(85).map(move |b| [a, b])) {
        let seen = Arc::clone(&seen);
        let run = AssertUnwindSafe(|| {
            Builder::new().name("pairs").check_bytes(&bytes, move || {
                let pair = (raddle::choose(3), raddle::choose(2));
                seen.lock().unwrap().insert(pair);
            });
        });
        catch_unwind(run).expect("nothing fails");
    }
    assert_eq!(seen.lock().unwrap().len(), 6);
}

#[test]
fn a_loop_without_end_comes_to_the_limit() {
    let run = || {
        Builder::new().name("loop").max_events(500).check_bytes(b"x", || {
            let x = AtomicU32::new(0);
            loop {
                x.fetch_add(1, Relaxed);
            }
        });
    };
    let payload = catch_unwind(run).expect_err("it does not end");
    let message = payload.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(message.contains("500 operations"), "{message}");
}

/// What another test of this file prints.
fn printed(test: &str) -> String {
    let exe = std::env::current_exe().expect("the program of these tests");
    let child = Command::new(exe).args(["--exact", test, "--nocapture"]).output().expect("a child");
    assert!(child.status.success(), "{test} fails");
    String::from_utf8(child.stderr).expect("text")
}

#[test]
fn the_report_speaks_of_no_search() {
    let report = printed("some_bytes_fail_and_always_the_same");
    assert!(report.contains("error[panic]: the message is not there"), "{report}");
    assert!(!report.contains("search") && !report.contains("about 1 of"), "{report}");
}
