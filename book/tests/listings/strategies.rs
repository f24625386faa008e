//! Exhaustive searches and samples.

// region: both
use raddle::{Builder, Limit, Outcome};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// Threads that append their numbers: n! executions.
fn append(threads: usize) {
    let list = Arc::new(Mutex::new(Vec::new()));
    let spawn = |number| {
        let list = Arc::clone(&list);
        thread::spawn(move || list.lock().unwrap().push(number))
    };
    let handles: Vec<_> = (0..threads).map(spawn).collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    assert_eq!(list.lock().unwrap().len(), threads);
}

#[test]
fn exhaustive_searches_can_verify() {
    let outcome = raddle::explore(|| append(4));
    assert!(outcome.is_verified());
    assert_eq!(outcome.coverage().executions, 24);
}

#[test]
fn samples_cannot() {
    let builder = Builder::new().strategy("random").seed(42).iterations(100);
    let outcome = builder.explore(|| append(4));
    assert!(matches!(outcome, Outcome::Incomplete(_, Limit::Executions(100) | Limit::Sampled)));
}
// end: both
