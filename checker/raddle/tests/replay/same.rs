//! The same report every time.

use crate::{PROGRAMS, error, fail, run, scratch};

/// How often each token is replayed.
const TIMES: usize = 100;

/// The report without the line about the search that found it.
fn without_search(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with("note: execution "))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[track_caller]
fn replays_alike(name: &str) {
    let beginning = PROGRAMS.iter().find(|row| row.0 == name).unwrap().1;
    let (found, token) = fail(name);
    assert!(found.contains(&format!("\n{beginning}")), "{found}");
    let replay = || run(name, &[("RADDLE_REPLAY", &token)]);
    let first = replay();
    assert_eq!(first.status.code(), Some(101), "{}", error(&first));
    assert_eq!(without_search(&error(&first)), without_search(&found));
    std::thread::scope(|s| {
        let replays = || {
            for _ in 0..TIMES / 4 {
                let again = replay();
                assert_eq!(error(&again), error(&first));
                assert_eq!(again.status, first.status);
            }
        };
        (0..4).for_each(|_| _ = s.spawn(replays));
    });
}

#[test]
fn a_deadlock() {
    replays_alike("deadlock");
}

#[test]
fn a_race() {
    replays_alike("race");
}

#[test]
fn a_stale_read() {
    replays_alike("stale");
}

#[test]
fn a_choice() {
    replays_alike("choice");
}

#[test]
fn a_channel() {
    replays_alike("channel");
}

#[test]
fn a_crowd() {
    replays_alike("crowd");
}

#[test]
fn a_thread_that_is_asked() {
    replays_alike("finished");
}

/// The search itself gives the same token and report every time.
#[test]
fn searches_are_alike() {
    for (name, _) in PROGRAMS {
        let first = fail(name);
        (0..3).for_each(|_| assert_eq!(fail(name), first));
    }
}

/// A token says which memory model it is of, whatever the environment says.
#[test]
fn the_model_is_that_of_the_token() {
    let (found, token) = fail("stale");
    let replayed = run("stale", &[("RADDLE_REPLAY", &token), ("RADDLE_MODEL", "sc")]);
    assert_eq!(without_search(&error(&replayed)), without_search(&found));
}

/// A failing execution of a sample has a token as well.
#[test]
fn a_sample() {
    let variables = [("RADDLE_STRATEGY", "random"), ("RADDLE_ITERATIONS", "10000")];
    for (name, _) in PROGRAMS {
        let found = error(&run(name, &variables));
        let last = found.lines().last().unwrap_or_default();
        let token = last.strip_prefix("replay: cargo raddle replay ").expect(&found);
        let replay = || error(&run(name, &[("RADDLE_REPLAY", token)]));
        let first = replay();
        assert_eq!(without_search(&first), without_search(&found));
        assert_eq!(replay(), first);
    }
}

/// The token may stand in a file, among other lines.
#[test]
fn a_token_in_a_file() {
    let (_, token) = fail("race");
    let file = scratch("token");
    std::fs::write(&file, format!("the race of Tuesday\n\n  {token}\nsee above\n")).unwrap();
    let path = file.to_str().unwrap();
    let (from_file, given) =
        (run("race", &[("RADDLE_REPLAY", path)]), run("race", &[("RADDLE_REPLAY", &token)]));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(error(&from_file), error(&given));
    assert_eq!(from_file.status.code(), Some(101));
}

#[test]
fn a_loop_without_end() {
    replays_alike("turns");
}

/// Whoever reads it learns where the loop is, and what ends it.
#[test]
fn waits_that_come_to_the_limit() {
    let (found, _) = fail("waits");
    let text: String = found.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["help: main waited with a time limit at", "programs.rs:", "`time = \"virtual\"`"] {
        assert!(text.contains(part), "{part}: {found}");
    }
    let (found, _) = fail("turns");
    assert!(!found.contains("time limit"), "it waits for nothing: {found}");
}
