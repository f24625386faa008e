//! Litmus tests as a user would write them: closures over the shims, with the exact set of outcomes and
//! the exact number of executions.
//!
//! In the comments `x`, `y`, `z` are atomics that start at 0, `d` is plain data, accesses are relaxed unless
//! suffixed `.r` (release), `.a` (acquire) or `.sc`, `F` is a fence and `||` separates threads. Coherence
//! is what the reads of one location may tell; `sc` and `rc20` are the memory models.

mod coherence;
mod counts;
mod families;
mod limits;
mod orders;
mod parking;
mod silent;
mod spinning;

use raddle::{Builder, Coverage, Outcome};
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::thread;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// Both memory models.
pub const MODELS: [&str; 2] = ["sc", "rc20"];

/// The locations of one execution.
#[derive(Default)]
pub struct Memory {
    pub(crate) x: AtomicU32,
    pub(crate) y: AtomicU32,
    pub(crate) z: AtomicU32,
}

/// What an exploration has seen.
pub struct Found<R> {
    /// What the main thread returned.
    pub results: BTreeSet<R>,
    /// How much was explored.
    pub coverage: Coverage,
}

/// Explores a program that is expected to be right, and checks that no execution was cut, given up or run for
/// nothing.
pub fn explore<R>(model: &str, program: impl Fn() -> R + Send + Sync + 'static) -> Found<R>
where
    R: Ord + Clone + Debug + Send + 'static,
{
    let found = search(model, program);
    let Coverage { set_aside, moot, .. } = found.coverage;
    assert_eq!((set_aside, moot), (0, 0), "{model}");
    found
}

/// The same for a program with loops that wait, of which the number of executions is known. An execution is given
/// up when a loop is first seen to turn on what it reads, in a state in which that was not known: so many at
/// most.
#[track_caller]
pub fn explore_loops<R>(
    model: &str,
    program: impl Fn() -> R + Send + Sync + 'static,
    (executions, given_up): (u64, u64),
) -> Found<R>
where
    R: Ord + Clone + Debug + Send + 'static,
{
    let found = search(model, program);
    let Coverage { set_aside, moot, .. } = found.coverage;
    assert_eq!(found.coverage.executions, executions, "{model}");
    assert!(set_aside + moot <= given_up, "{model}: {set_aside} + {moot} were given up");
    found
}

fn search<R>(model: &str, program: impl Fn() -> R + Send + Sync + 'static) -> Found<R>
where
    R: Ord + Clone + Debug + Send + 'static,
{
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let theirs = Arc::clone(&seen);
    let outcome = Builder::new().model(model).explore(move || {
        let result = program();
        theirs.lock().unwrap().insert(result);
    });
    let Outcome::Verified(coverage) = outcome else { panic!("{model}: {outcome:?}") };
    let results = std::mem::take(&mut *seen.lock().unwrap());
    let Coverage { executions, deadlocks, cut, redundant, .. } = coverage;
    assert_eq!((deadlocks, cut, redundant), (0, 0, 0), "{model}");
    assert!(results.len() as u64 <= executions, "{model}: {results:?}");
    Found { results, coverage }
}

/// Checks the outcomes and the number of executions under both models.
pub fn exact<R>(
    program: impl Fn() -> R + Send + Sync + Clone + 'static,
    sc: (u64, &[R]),
    rc20: (u64, &[R]),
) where
    R: Ord + Clone + Debug + Send + 'static,
{
    for (model, (executions, outcomes)) in MODELS.into_iter().zip([sc, rc20]) {
        let found = explore(model, program.clone());
        let expected: BTreeSet<R> = outcomes.iter().cloned().collect();
        assert_eq!(found.results, expected, "{model}");
        assert_eq!(found.coverage.executions, executions, "{model}");
    }
}

/// Checks the number of executions under both models.
#[track_caller]
pub fn count<R>(program: impl Fn() -> R + Send + Sync + Clone + 'static, sc: u64, rc20: u64)
where
    R: Ord + Clone + Debug + Send + 'static,
{
    for (model, executions) in MODELS.into_iter().zip([sc, rc20]) {
        let found = explore(model, program.clone()).coverage.executions;
        assert_eq!(found, executions, "{model}");
    }
}

/// Runs two threads over fresh locations; what they return, and the locations at the end.
pub fn two<A: Send, B: Send>(
    a: impl FnOnce(&Memory) -> A + Send,
    b: impl FnOnce(&Memory) -> B + Send,
) -> (A, B, Memory) {
    let memory = Memory::default();
    let (a, b) = thread::scope(|s| {
        let a = s.spawn(|| a(&memory));
        let b = s.spawn(|| b(&memory));
        (a.join().unwrap(), b.join().unwrap())
    });
    (a, b, memory)
}

/// Runs threads `0..n`; what they return.
pub fn crowd<R: Send>(n: u32, body: impl Fn(u32) -> R + Sync) -> Vec<R> {
    let body = &body;
    thread::scope(|s| {
        let threads: Vec<_> = (0..n).map(|i| s.spawn(move || body(i))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// `n!`.
pub fn factorial(n: u32) -> u64 {
    (1..=u64::from(n)).product()
}
