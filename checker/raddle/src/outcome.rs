//! What a check comes to.

use crate::explain;
use raddle_engine::explore::{Coverage, Limit};
use raddle_report::trace::Trace;
use std::fmt;
use std::str::FromStr;

/// The verdict on a closure.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// Every execution was explored, and none fails.
    Verified(Coverage),
    /// An execution fails.
    Violation(Box<Violation>),
    /// Nothing failed, but not everything was explored.
    Incomplete(Coverage, Limit),
}

impl Outcome {
    /// How much was explored, the failing execution not included.
    pub fn coverage(&self) -> &Coverage {
        match self {
            Outcome::Verified(coverage) | Outcome::Incomplete(coverage, _) => coverage,
            Outcome::Violation(violation) => &violation.coverage,
        }
    }

    /// Whether every execution was explored and none fails.
    pub fn is_verified(&self) -> bool {
        matches!(self, Outcome::Verified(_))
    }

    /// What was found, if something was.
    pub fn violation(&self) -> Option<&Violation> {
        match self {
            Outcome::Violation(violation) => Some(violation),
            _ => None,
        }
    }
}

/// A failing execution.
#[derive(Clone, PartialEq, Debug)]
pub struct Violation {
    /// What kind of failure.
    pub kind: Kind,
    /// What is wrong, in one sentence; for a panic its message.
    pub message: String,
    /// The whole report.
    pub report: String,
    /// What `cargo raddle replay` and `RADDLE_REPLAY` take to run this execution again; none if it could not
    /// be repeated.
    pub token: Option<String>,
    /// What had been explored before.
    pub coverage: Coverage,
    pub(crate) trace: Box<Trace>,
    /// By what a campaign tells it from others; none if it is of a kind that is known by its name alone.
    pub(crate) signature: Option<String>,
}

impl Violation {
    /// The report as one HTML page to step through: a lane for each thread, and at each step the source, what
    /// objects are like, and what is ordered before and after. The page needs no other file and loads nothing.
    ///
    /// ```no_run
    /// use raddle_shims::thread;
    ///
    /// let outcome = raddle::explore(|| assert!(thread::spawn(|| false).join().unwrap()));
    /// if let Some(violation) = outcome.violation() {
    ///     std::fs::write("failure.html", violation.page())?;
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn page(&self) -> String {
        explain::page(&self.trace)
    }

    /// The report without colours and in lines of at most so many columns, at least 40; names of files and commands
    /// are never cut, and may make a line longer.
    ///
    /// ```
    /// use raddle_shims::thread;
    ///
    /// let outcome = raddle::explore(|| assert!(thread::spawn(|| false).join().unwrap()));
    /// let report = outcome.violation().unwrap().report_in(80);
    /// assert!(report.starts_with("error[panic]: "));
    /// ```
    pub fn report_in(&self, columns: usize) -> String {
        explain::render_in(&self.trace, columns, false)
    }
}

/// The kinds of failures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A thread panicked, and nobody was told by `join`.
    Panic,
    /// A global deadlock: every thread that has not ended waits for ever, the main thread among them.
    Deadlock,
    /// Some threads can never run again, as they wait for each other or for one that has ended, while others go on
    /// and may do so for ever. It is looked for where the execution has 1,024, 2,048, … events, or those others come
    /// to the limit ([`Builder::max_events`](crate::Builder::max_events)). Locks, initialisations and joins are decided;
    /// a thread that waits for a message, a notification or a permit counts only if no other thread can go on.
    PartialDeadlock,
    /// The main thread has ended, and others are left that wait for ever
    /// ([`Builder::check_task_leaks`](crate::Builder::check_task_leaks)).
    TaskLeak,
    /// No thread can go on, and some of them turn for ever in loops that only read.
    Livelock,
    /// The main thread has ended, and others go on for ever, as far as it was looked: a thread came to the limit of events
    /// ([`Builder::max_events`](crate::Builder::max_events)), half of them when nobody else had anything left to do but what it
    /// had started meanwhile, and had not ended at sixteen times the limit either; or it turned in a loop without any events. Only a timer or a retry keeps such a thread alive
    /// ([`Builder::check_task_leaks`](crate::Builder::check_task_leaks)).
    LiveLeak,
    /// Two accesses, one of them plain and one of them a write, that nothing orders.
    DataRace,
    /// Something was never released.
    Leak,
    /// Something was used in a way that is never right.
    Misuse,
    /// A thread came to the limit of events: it may run for ever.
    StepLimit,
    /// The closure did something else when it was run again.
    Nondeterminism,
}

impl Kind {
    /// Every kind with its name, as in `expect = "…"`.
    pub const ALL: [(Kind, &'static str); 11] = [
        (Kind::Panic, "panic"),
        (Kind::Deadlock, "deadlock"),
        (Kind::PartialDeadlock, "partial-deadlock"),
        (Kind::TaskLeak, "task-leak"),
        (Kind::Livelock, "livelock"),
        (Kind::LiveLeak, "live-leak"),
        (Kind::DataRace, "data-race"),
        (Kind::Leak, "leak"),
        (Kind::Misuse, "misuse"),
        (Kind::StepLimit, "step-limit"),
        (Kind::Nondeterminism, "nondeterminism"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Kind::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Kind, String> {
        let row = Kind::ALL.iter().find(|row| row.1 == name);
        row.map(|row| row.0).ok_or_else(|| {
            let names: Vec<_> = Kind::ALL.iter().map(|row| row.1).collect();
            format!("unknown kind of failure {name:?}; there are {}", names.join(", "))
        })
    }
}
