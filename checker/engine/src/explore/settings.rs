//! How to search: the settings of one search.

use super::outcome::Limits;
use crate::memory::Model;
use std::str::FromStr;
use std::time::Duration;

/// Tells how long the search has been running; the engine itself has no clock.
pub trait Stopwatch {
    /// Time since the start.
    fn elapsed(&self) -> Duration;
}

/// What time is to the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Time {
    /// Nothing is known about it: a wait with a time limit may end at any moment.
    #[default]
    Nondeterministic,
    /// A clock that goes on, to the next time that somebody waits for, only when nobody can do anything
    /// else. Those who wait for the same time go on in any order.
    Virtual,
}

impl Time {
    /// Each, with its name and one line about it.
    pub const ALL: [(Time, &'static str, &'static str); 2] = [
        (Time::Nondeterministic, "nondeterministic", "a time limit may be over at any moment"),
        (Time::Virtual, "virtual", "time goes on only when nobody can do anything else"),
    ];
}

impl FromStr for Time {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let row = Time::ALL.iter().find(|row| row.1 == name);
        row.map(|row| row.0).ok_or_else(|| {
            let names: Vec<_> = Time::ALL.iter().map(|row| row.1).collect();
            format!("unknown kind of time {name:?}; there are {}", names.join(" and "))
        })
    }
}

/// How to search.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The memory model.
    pub model: Model,
    /// What time is.
    pub time: Time,
    /// The bounds.
    pub limits: Limits,
    /// The clock for [`Limits::time`], without which that limit is not checked.
    pub stopwatch: Option<&'a dyn Stopwatch>,
    /// Whether an execution in which threads wait for ever is a failure; else it counts as an execution, or,
    /// if others were stopped at the limit of events, as one that was cut.
    pub deadlock_fails: bool,
    /// Whether it is one also if the main thread has ended, and so have all others that do not wait.
    pub task_leak_fails: bool,
    /// Whether it is one if the main thread has ended and others seem to go on for ever ([`Extent::LiveLeak`]); else that counts as
    /// an execution that was cut.
    ///
    /// [`Extent::LiveLeak`]: raddle_shims::kernel::Extent::LiveLeak
    pub live_leak_fails: bool,
    /// Whether the first failure ends the search. If not, failing executions are only shown to the
    /// observer, and the rest of each is not explored.
    pub stop_at_failure: bool,
    /// Whether the first execution that was stopped at a limit of events ends the search: the outcome is then
    /// [`Outcome::Incomplete`](super::Outcome::Incomplete) in any case, and executions that long are expensive.
    pub stop_at_cut: bool,
    /// After how many executions an exhaustive search begins to make random sweeps beside, which
    /// estimate how many there are. They run 512 executions at first, later one for 64 of the search.
    pub estimate_from: u64,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Settings {
            model: Model::default(),
            time: Time::default(),
            limits: Limits::default(),
            stopwatch: None,
            deadlock_fails: true,
            task_leak_fails: true,
            live_leak_fails: true,
            stop_at_failure: true,
            stop_at_cut: false,
            estimate_from: 32_768,
        }
    }
}
