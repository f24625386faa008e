//! Every strategy that can be asked for: by its name, with its settings, as documented, and with tokens that replay.

use raddle::{Builder, Kind, Limit, Outcome};
use raddle_engine::explore::{STRATEGIES, StrategyRow};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

fn rows() -> impl Iterator<Item = StrategyRow> {
    STRATEGIES.into_iter().filter(StrategyRow::is_offered)
}

fn lost_update() {
    let x = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&x);
    let other = thread::spawn(move || {
        let seen = theirs.load(Relaxed);
        theirs.store(seen + 1, Relaxed);
    });
    let seen = x.load(Relaxed);
    x.store(seen + 1, Relaxed);
    other.join().unwrap();
    assert_eq!(x.load(Relaxed), 2);
}

/// The lost update takes one of about three executions; it is missed in 200 with a probability below 10⁻³⁰.
#[test]
fn every_strategy_finds_a_lost_update() {
    for row in rows() {
        let builder = || Builder::new().strategy(row.name).seed(5).iterations(200);
        let outcome = builder().explore(lost_update);
        let violation = outcome.violation().unwrap_or_else(|| panic!("{}: {outcome:?}", row.name));
        assert_eq!(violation.kind, Kind::Panic);
        assert!(violation.token.is_some(), "{}", row.name);
        let often = violation.coverage.fails_one_of();
        match row.exhaustive {
            true => assert_eq!(often, None),
            false => {
                assert_eq!(often, Some(violation.coverage.runs() as f64 + 1.0));
                let of = violation.coverage.runs() + 1;
                let line = format!("; about 1 of {of} executions fails");
                assert!(violation.report.contains(&line), "{}", violation.report);
            }
        }
        assert_eq!(builder().explore(lost_update), outcome, "{}: the same again", row.name);
    }
}

#[test]
fn a_sample_tells_how_many_executions_differ() {
    for row in rows().filter(|row| !row.exhaustive) {
        let outcome = Builder::new().strategy(row.name).iterations(300).explore(|| {
            let lock = Arc::new(Mutex::new(0));
            let threads = [1, 2].map(|by| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || *lock.lock().unwrap() += by)
            });
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        let Outcome::Incomplete(coverage, Limit::Executions(300)) = outcome else {
            panic!("{}: {outcome:?}", row.name)
        };
        let sample = coverage.sample.expect("a sample");
        assert_eq!((sample.executions, sample.classes), (300, 2), "{}", row.name);
        assert_eq!((sample.unseen(), sample.classes_min()), (0.0, 2.0));
    }
}

/// What the documentation of the crate says is what the table says, below one line with its headings.
#[test]
fn the_documentation_is_that_of_the_table() {
    let text = include_str!("../src/lib.rs");
    for row in rows() {
        let fair = match (row.exhaustive, row.fair) {
            (true, _) => "",
            (_, true) => "yes ",
            (_, false) => "no ",
        };
        let line = format!("//! | `{}` | {} | {fair}|", row.name, row.about);
        assert!(text.contains(&line), "src/lib.rs lacks the line\n{line}");
        for setting in row.settings {
            let method = format!("pub fn {setting}(self");
            assert!(include_str!("../src/builder.rs").contains(&method), "{setting}");
        }
    }
    let lines = text.lines().filter(|line| line.starts_with("//! | `")).count() - 1;
    assert_eq!(lines, rows().count(), "a strategy of the documentation is not in the table");
}

/// Main spawns a thread and both add, by a load and a store. Without a preemption main goes on until it waits.
#[test]
fn a_bound_on_preemptions_is_told() {
    let add = |x: &AtomicU32| x.store(x.load(Relaxed) + 1, Relaxed);
    let program = move || {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || add(&theirs));
        add(&x);
        other.join().unwrap();
    };
    let executions = |most| {
        let outcome = Builder::new().model("sc").max_preemptions(most).explore(program);
        match outcome {
            Outcome::Incomplete(coverage, Limit::Preemptions(bound)) if bound == most => {
                coverage.executions
            }
            outcome => panic!("a bounded search verifies nothing: {outcome:?}"),
        }
    };
    let all = Builder::new().model("sc").explore(program).coverage().executions;
    assert_eq!((executions(0), executions(9)), (1, all));
    assert!(executions(1) > 1 && executions(1) <= executions(2), "{}", executions(1));
    // A failure that is met is told whatever it needs: what comes after it is not explored.
    let outcome = Builder::new().model("sc").max_preemptions(1).explore(lost_update);
    assert_eq!(outcome.violation().map(|violation| violation.kind), Some(Kind::Panic));
}

#[test]
#[should_panic(expected = "strategy: unknown strategy \"portfolo\"; did you mean \"portfolio\"?")]
fn a_slip_in_the_name() {
    Builder::new().strategy("portfolo").explore(|| {});
}

#[test]
#[should_panic(expected = "depth: \"0\" is not a depth, a number from 1 to 1000")]
fn a_depth_of_nothing() {
    Builder::new().strategy("pct").depth(0).explore(|| {});
}

/// An execution that differs from the default policy in hundreds of places is told by strategy, seed and number, and
/// is found again in a process that has run nothing else.
#[test]
fn long_executions_have_short_tokens_that_replay() {
    if let Ok(token) = std::env::var("RADDLE_REPLAY") {
        let strategy = std::env::var("RADDLE_STRATEGY").unwrap_or_default();
        println!("replaying {token} of {strategy}");
        Builder::new().name("long").check(long);
        return;
    }
    for row in rows().filter(|row| !row.exhaustive) {
        let outcome = Builder::new().name("long").strategy(row.name).seed(3).explore(long);
        let violation = outcome.violation().unwrap_or_else(|| panic!("{}: {outcome:?}", row.name));
        let token = violation.token.as_deref().expect("a token");
        // It is of the execution minimised, unless that takes more than a line; then it is of the sampled one.
        assert!(token.len() <= 400, "{token}");
        let binary = std::env::current_exe().expect("this test");
        let replay = std::process::Command::new(binary)
            .args(["--exact", "long_executions_have_short_tokens_that_replay", "--nocapture"])
            .env("RADDLE_REPLAY", token)
            .output()
            .expect("this test runs");
        let told = String::from_utf8_lossy(&replay.stderr);
        assert_eq!(replay.status.code(), Some(101), "{}: {told}", row.name);
        assert!(told.contains(&violation.message), "{}: {told}", row.name);
        assert!(told.contains(token), "{}: {told}", row.name);
    }
}

/// Fails in some executions, not in the first ones of every strategy, with a message that depends on all that was chosen.
fn long() {
    let x = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let x = Arc::clone(&x);
            thread::spawn(move || {
                let mut sum = 0_u32;
                for _ in 0..300 {
                    let chosen = raddle::choose(5) as u32;
                    sum = sum.wrapping_mul(31).wrapping_add(x.fetch_add(chosen, Relaxed));
                }
                sum
            })
        })
        .collect();
    let sums: Vec<u32> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(sums[0] % 8 != 1, "the sums are {sums:?}");
}

/// Where each of many choices counts, the token of the minimised execution is longer than a line may be: what is reported
/// then is the sampled one, whose number says it all. (Of 400 choices 320 are expected not to be 0, with a standard
/// deviation of 8; that fewer than 200 are has a probability below 10⁻⁴⁰.)
#[test]
fn samples_that_stay_long_are_named_by_their_number() {
    let scattered = || {
        let other = thread::spawn(|| ());
        let many = (0..400).filter(|_| raddle::choose(5) != 0).count();
        other.join().unwrap();
        assert!(many < 200, "too many");
    };
    let builder = || Builder::new().name("scattered").minimize("500ms");
    let outcome = builder().strategy("random").seed(7).explore(scattered);
    let violation = outcome.violation().expect("every execution fails");
    let token = violation.token.as_deref().expect("a token");
    let body = raddle_report::token::Token::decode(token).map(|token| token.body);
    let expected = raddle_report::token::Body::Sample {
        strategy: "random".to_string(),
        seed: 7,
        execution: 0,
    };
    assert_eq!(body, Ok(expected), "{token}");
    let again = builder().replay(token, scattered).expect("it is a token of this test");
    let again = again.expect("it fails again");
    assert_eq!((again.kind, &again.message), (violation.kind, &violation.message));
    // An exhaustive search has no number to fall back to, so a file holds the token.
    let outcome = builder().explore(|| {
        let other = thread::spawn(|| ());
        (0..300).for_each(|_| raddle::assume(raddle::choose(2) != 0));
        other.join().unwrap();
        panic!("all");
    });
    let token = outcome.violation().and_then(|it| it.token.clone()).expect("a token");
    assert!(token.ends_with(".token"), "{token}");
    std::fs::remove_file(token).expect("it is a file");
}

/// More threads than a word has bits, which all meet at one location.
#[test]
fn every_sample_may_have_many_threads() {
    const THREADS: u32 = 70;
    for row in rows().filter(|row| !row.exhaustive) {
        for model in ["sc", "rc20"] {
            let outcome =
                Builder::new().strategy(row.name).model(model).seed(3).iterations(20).explore(
                    || {
                        let sum = Arc::new(AtomicU32::new(0));
                        let threads: Vec<_> = (0..THREADS)
                            .map(|_| {
                                let sum = Arc::clone(&sum);
                                thread::spawn(move || {
                                    sum.fetch_add(1, Relaxed);
                                    assert!(sum.load(Relaxed) > 0);
                                })
                            })
                            .collect();
                        threads.into_iter().for_each(|thread| thread.join().unwrap());
                        assert_eq!(sum.load(Relaxed), THREADS);
                    },
                );
            let coverage = outcome.coverage();
            assert_eq!((outcome.violation(), coverage.executions), (None, 20), "{}", row.name);
        }
    }
}
