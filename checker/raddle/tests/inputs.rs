//! Inputs are generated, and made smaller together with the schedule that fails with them.

use proptest::collection::vec;
use proptest::prelude::*;
use raddle::Builder;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// Each thread adds its numbers, and forgets to do so in one step for those from 50 on.
fn add(numbers: Vec<u32>) {
    let sum = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = numbers
        .iter()
        .map(|&number| {
            let sum = Arc::clone(&sum);
            thread::spawn(move || {
                if number < 50 {
                    sum.fetch_add(number, Relaxed);
                } else {
                    sum.store(sum.load(Relaxed) + number, Relaxed);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(sum.load(Relaxed), numbers.iter().sum::<u32>(), "the sum of {numbers:?}");
}

fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// The smallest input that fails: one number that is not added in one step, and another that is not nothing.
#[test]
fn the_smallest_input_is_found() {
    for strategy in ["exhaustive", "surw", "portfolio"] {
        let check = || {
            let builder = Builder::new().name("sums").strategy(strategy).iterations(300);
            let builder = builder.seed(1);
            let result =
                std::panic::catch_unwind(|| builder.check_with(vec(0..100_u32, 0..4), add));
            message(result.expect_err("some input fails"))
        };
        let text = check();
        assert!(
            text.ends_with("the sum of [50, 1]") || text.contains("[1, 50]"),
            "{strategy}: {text}"
        );
        assert_eq!(check(), text, "the same again");
    }
}

#[test]
fn what_holds_for_all_inputs_passes() {
    raddle::check_with((0..100_u32, any::<bool>()), |(number, twice)| {
        let shared = Arc::new(Mutex::new(number));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        let by = if twice { 2 } else { 1 };
        *shared.lock().unwrap() += by;
        other.join().unwrap();
        assert_eq!(*shared.lock().unwrap(), number + by + 1);
    });
}

/// A token leads to its input again, in a process that has run nothing else.
#[test]
fn a_token_is_one_of_an_input() {
    let builder = || Builder::new().name("sums").iterations(500).seed(1);
    let inputs = || vec(0..100_u32, 0..4);
    if std::env::var("RADDLE_INPUTS_CHILD").is_ok() {
        return builder().check_with(inputs(), add);
    }
    let run = |token: Option<&str>| {
        let binary = std::env::current_exe().expect("this test");
        let mut command = std::process::Command::new(binary);
        command.args(["--exact", "a_token_is_one_of_an_input", "--nocapture"]);
        command.env("RADDLE_INPUTS_CHILD", "1");
        command.envs(token.map(|token| ("RADDLE_REPLAY", token)));
        String::from_utf8_lossy(&command.output().expect("this test runs").stderr).into_owned()
    };
    let found = run(None);
    assert!(found.contains("made smaller"), "{found}");
    let last = found.lines().find_map(|line| line.strip_prefix("replay: cargo raddle replay "));
    let token = last.unwrap_or_else(|| panic!("no token: {found}"));
    let again = run(Some(token));
    assert!(again.contains("replaying with the input"), "{again}");
    assert!(again.contains("the sum of ["), "{again}");
    assert!(again.contains(token), "{again}");
}
