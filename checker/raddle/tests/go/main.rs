//! The Go kit: programs from the texts that it follows, each run in every interleaving and on real threads.

mod channels;
mod contexts;
mod groups;
mod locks;
mod memory;
mod names;
mod selects;
mod timers;

use raddle::{Builder, Kind, Outcome};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// How often a program is run on real threads.
const RUNS: usize = 20;

/// Runs the program on real threads, and checks it: nothing may be wrong with it.
fn both(program: impl Fn() + Send + Sync + 'static) {
    (0..RUNS).for_each(|_| program());
    let outcome = raddle::explore(program);
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// The same with a clock.
fn both_with_clock(program: impl Fn() + Send + Sync + 'static) {
    program();
    let outcome = with_clock(program);
    assert!(outcome.is_verified(), "{outcome:?}");
}

fn with_clock(program: impl Fn() + Send + Sync + 'static) -> Outcome {
    Builder::new().time("virtual").explore(program)
}

/// Everything that a program returns in one of its executions; on real threads it returns one of these.
fn results<T: Ord + Send + std::fmt::Debug + 'static>(
    program: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    let program = Arc::new(program);
    let found = returned(&program, &Builder::new());
    (0..RUNS).for_each(|_| {
        let real = program();
        assert!(found.contains(&real), "{real:?} is not among {found:?}");
    });
    found
}

fn returned<T: Ord + Send + 'static>(
    program: &Arc<impl Fn() -> T + Send + Sync + 'static>,
    builder: &Builder,
) -> BTreeSet<T> {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    let (theirs, program) = (Arc::clone(&found), Arc::clone(program));
    let outcome = builder.clone().explore(move || {
        let value = program();
        theirs.lock().unwrap().insert(value);
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    std::mem::take(&mut *found.lock().unwrap())
}

/// The same with a clock, and not on real threads.
fn results_with_clock<T: Ord + Send + 'static>(
    program: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    returned(&Arc::new(program), &Builder::new().time("virtual"))
}

/// What is wrong with a program: the kind and the message.
fn failure(outcome: &Outcome) -> (Kind, String) {
    let violation = outcome.violation().unwrap_or_else(|| panic!("nothing is wrong: {outcome:?}"));
    (violation.kind, violation.message.clone())
}

/// Checks that the program panics with that message, in the model and on a real thread.
fn panics(message: &str, program: impl Fn() + Send + Sync + 'static) {
    let program = Arc::new(program);
    let theirs = Arc::clone(&program);
    let real = raddle_shims::thread::spawn(move || theirs()).join().expect_err("it panics");
    let text = real.downcast_ref::<String>().cloned();
    let text = text.or(real.downcast_ref::<&str>().map(ToString::to_string));
    assert_eq!(text.as_deref(), Some(message));
    let (kind, text) = failure(&raddle::explore(move || program()));
    assert_eq!(kind, Kind::Panic, "{text}");
    assert!(text.contains(message), "{text}");
}

/// Checks that in some execution nobody can go on, the main function included.
fn hangs(program: impl Fn() + Send + Sync + 'static) {
    let (kind, text) = failure(&raddle::explore(program));
    assert_eq!(kind, Kind::Deadlock, "{text}");
}

/// Checks that in some execution the main function returns and goroutines are left waiting.
fn leaks(program: impl Fn() + Send + Sync + 'static) {
    let (kind, text) = failure(&raddle::explore(program));
    assert_eq!(kind, Kind::TaskLeak, "{text}");
}
