//! Explores a small program and tells everything that can happen in it.

#![allow(dead_code, reason = "not every test file looks at everything")]

pub mod random;

use raddle_engine::explore::{Ending, Exhaustive, Explorer, Settings};
use raddle_engine::memory::Model;
use raddle_runtime::{Options, Runtime, install_hook};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::kernel::Failure;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What an exhaustive search saw.
#[derive(Debug)]
pub struct Seen<T> {
    /// What the program returned, in all executions that ended.
    pub outcomes: BTreeSet<T>,
    /// How many executions ended.
    pub complete: u64,
    /// How many deadlocked.
    pub deadlocks: u64,
    /// How many were set aside.
    pub set_aside: u64,
    /// How many were cut.
    pub cut: u64,
    /// How many were begun for nothing.
    pub redundant: u64,
    /// What was wrong in those that failed.
    pub failures: Vec<Failure>,
}

impl<T> Seen<T> {
    /// The number of executions in which there was a data race.
    pub fn races(&self) -> usize {
        let is_race = |failure: &&Failure| matches!(failure, Failure::DataRace { .. });
        self.failures.iter().filter(is_race).count()
    }

    /// Nothing failed and nothing deadlocked.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.deadlocks == 0
    }
}

/// Runs every execution of `program` under the memory model of Rust.
pub fn explore<T: Ord + 'static>(program: impl Fn() -> T + 'static) -> Seen<T> {
    explore_under(Model::Rc20, program)
}

/// Runs every execution of `program`.
pub fn explore_under<T: Ord + 'static>(model: Model, program: impl Fn() -> T + 'static) -> Seen<T> {
    explore_by(Exhaustive::new, model, program)
}

/// The same by a search of its own.
pub fn explore_by<T: Ord + 'static>(
    strategy: impl Fn() -> Exhaustive,
    model: Model,
    program: impl Fn() -> T + 'static,
) -> Seen<T> {
    explore_in(|runtime| runtime, strategy, Settings { model, ..Settings::default() }, program)
}

/// The same in a runtime and with settings of its own.
pub fn explore_in<T: Ord + 'static>(
    prepare: impl Fn(Runtime) -> Runtime,
    strategy: impl Fn() -> Exhaustive,
    settings: Settings,
    program: impl Fn() -> T + 'static,
) -> Seen<T> {
    install_hook();
    let last: Rc<RefCell<Option<T>>> = Rc::default();
    let result = Rc::clone(&last);
    let main = move || {
        let outcome = program();
        *result.borrow_mut() = Some(outcome);
    };
    let settings = Settings { deadlock_fails: false, stop_at_failure: false, ..settings };
    let mut runtime = prepare(Runtime::new(Options::default(), main));
    loop {
        let mut seen = Seen {
            outcomes: BTreeSet::new(),
            complete: 0,
            deadlocks: 0,
            set_aside: 0,
            cut: 0,
            redundant: 0,
            failures: vec![],
        };
        let mut explorer = Explorer::new(strategy(), settings);
        let mut observe = |run: &raddle_engine::explore::Run, ending, _: &_| match ending {
            Ending::Complete => {
                seen.complete += 1;
                seen.outcomes.extend(last.borrow_mut().take());
            }
            Ending::Deadlock => seen.deadlocks += 1,
            Ending::SetAside | Ending::Moot => seen.set_aside += 1,
            Ending::Failed => seen.failures.extend(run.failure().cloned()),
            Ending::Redundant => seen.redundant += 1,
            Ending::Cut => seen.cut += 1,
            Ending::OutOfBound => {}
        };
        let explored = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
        // What is explored after something was learned counts for nothing.
        if !runtime.takes_back() {
            assert!(explored.is_ok(), "the program does not repeat itself: {explored:?}");
            return seen;
        }
    }
}

/// A cell that threads share without protection; the checker tells whether that goes well.
#[derive(Default)]
pub struct Bare(UnsafeCell<u32>);

// SAFETY: threads of a model run one at a time, and unordered accesses are found before they happen.
unsafe impl Sync for Bare {}

impl Bare {
    pub fn get(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }

    pub fn set(&self, new: u32) {
        // SAFETY: as above.
        self.0.with_mut(|value| unsafe { *value = new });
    }
}
