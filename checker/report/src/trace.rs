//! One execution as plain data: what is stored, sent elsewhere, and rendered.
//!
//! The types are named after what a user sees and after nothing in the engine, so a stored trace stays
//! readable when the engine changes. [`VERSION`] is raised whenever an older reader would misunderstand.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wording;

/// The version of the traces that are written here. Older ones are read too: what they do not say is left
/// out.
///
/// | version | what came with it |
/// |---|---|
/// | 1 | |
/// | 2 | the kind `passed`; `interleaving` and `contrast`; later `clock` in steps, which others may skip |
pub const VERSION: u32 = 2;

/// One execution of a test, and what was wrong with it.
///
/// Numbers of threads and objects are looked up in the lists and need not be dense; what is not in the
/// lists is shown by its number.
///
/// ```
/// use raddle_report::trace::{Kind, Search, Trace, Verdict};
///
/// let verdict = Verdict::new(Kind::Panic, "assertion failed: paid");
/// let trace = Trace::new("bank::tests::transfer", verdict, Search::default());
/// assert_eq!(Trace::from_json(&trace.to_json()), Ok(trace));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trace {
    /// [`VERSION`].
    pub version: u32,
    /// The full name of the test.
    pub test: String,
    /// What was wrong.
    pub verdict: Verdict,
    /// Every thread of the execution.
    #[serde(default)]
    pub threads: Vec<Thread>,
    /// The objects that are worth a word.
    #[serde(default)]
    pub objects: Vec<Object>,
    /// Everything that happened, in order; a report calls the first one step 1.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// How the execution was found.
    pub search: Search,
    /// What finds it again, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Whether it needs a memory model that is weaker than interleaving; not known if there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interleaving: Option<Interleaving>,
    /// Where an execution that passes first differs from this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contrast: Option<Contrast>,
    /// More to know, one sentence each, without a full stop.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The command that runs it again; if empty, one is made of the token.
    #[serde(default)]
    pub replay: String,
}

/// What was wrong with an execution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The class of it.
    pub kind: Kind,
    /// It in one sentence; a panic message may have several lines.
    pub message: String,
    /// Where it came to light.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// What took part in it; a report numbers them from 1.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// What to look for, if more is known than follows from the kind; without a full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// The classes of what can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The program panicked.
    Panic,
    /// No thread can go on although not all have ended, main among them.
    Deadlock,
    /// Some threads can never run again, while others go on.
    PartialDeadlock,
    /// Main has ended, and threads are left that can never run again.
    TaskLeak,
    /// No thread can go on, and some turn for ever in loops that only read.
    Livelock,
    /// Main has ended, and threads go on without an end.
    LiveLeak,
    /// Two accesses of the same place that nothing orders.
    DataRace,
    /// The program used something in a way that is never right.
    Misuse,
    /// Something was not released.
    Leak,
    /// The execution was longer than allowed.
    StepLimit,
    /// The program did something else when the same schedule was repeated.
    Nondeterminism,
    /// The process ended inside the execution.
    Aborted,
    /// Nothing: the execution is shown for its own sake.
    Passed,
}

/// Whether interleavings fail as an execution does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interleaving {
    /// The execution is one: every read takes the newest value.
    This,
    /// It is none, but another one fails in the same way.
    Other,
    /// None does; all were looked at.
    Never,
    /// None was found that does, but not all were looked at.
    Unknown,
}

/// The first decision in which an execution that passes differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contrast {
    /// Which of the steps it is in this execution, from 0.
    pub step: u32,
    /// What happens there instead, as it fits before "instead": "main goes on".
    pub instead: String,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 13] = [
        Kind::Panic,
        Kind::Deadlock,
        Kind::PartialDeadlock,
        Kind::TaskLeak,
        Kind::Livelock,
        Kind::LiveLeak,
        Kind::DataRace,
        Kind::Misuse,
        Kind::Leak,
        Kind::StepLimit,
        Kind::Nondeterminism,
        Kind::Aborted,
        Kind::Passed,
    ];

    /// Its name in traces and reports, such as `data-race`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Panic => "panic",
            Kind::Deadlock => "deadlock",
            Kind::PartialDeadlock => "partial-deadlock",
            Kind::TaskLeak => "task-leak",
            Kind::Livelock => "livelock",
            Kind::LiveLeak => "live-leak",
            Kind::DataRace => "data-race",
            Kind::Misuse => "misuse",
            Kind::Leak => "leak",
            Kind::StepLimit => "step-limit",
            Kind::Nondeterminism => "nondeterminism",
            Kind::Aborted => "aborted",
            Kind::Passed => "passed",
        }
    }
}

/// One participant of what was wrong: "plain write by main".
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u32>,
    /// What it did, with the name of the thread, without a number and without a full stop.
    pub text: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// To what; the report then tells where that was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<u32>,
}

/// A place in a source file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Site {
    /// The path as the compiler names it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1; 0 if not known.
    #[serde(default)]
    pub column: u32,
}

impl Site {
    /// A place.
    pub fn new(file: impl Into<String>, line: u32, column: u32) -> Site {
        Site { file: file.into(), line, column }
    }
}

impl From<&std::panic::Location<'_>> for Site {
    fn from(location: &std::panic::Location<'_>) -> Site {
        Site::new(location.file(), location.line(), location.column())
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            0 => write!(f, "{}:{}", self.file, self.line),
            column => write!(f, "{}:{}:{column}", self.file, self.line),
        }
    }
}

/// A thread of the execution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Thread {
    /// Its number; 0 is the main thread.
    pub id: u32,
    /// The name that the program gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it was spawned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawned: Option<Site>,
    /// What it was doing when the execution ended.
    pub state: ThreadState,
}

/// What a thread was doing when the execution ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadState {
    /// It had returned.
    Ended,
    /// It had panicked, with this message.
    Panicked(String),
    /// It could not go on.
    Waiting {
        /// What for, as it fits behind "waits" and, if there is one, before the object: "to lock",
        /// "for the end of t2".
        what: String,
        /// The object that it waits at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<u32>,
        /// Where in the program.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<Site>,
        /// Since when, who could have let it go on, and why they do not: one clause each, without a full stop.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        why: Vec<String>,
    },
    /// It could have gone on.
    Runnable,
}

/// Something that threads share: a lock, an atomic, a cell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Object {
    /// Its number.
    pub id: u32,
    /// What it is: "mutex".
    pub kind: String,
    /// The name that the program gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Site>,
    /// The threads that hold it at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<u32>,
    /// Its value at the end, if that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its value before the first step, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<String>,
}

impl Object {
    /// An object of which nothing else is known.
    pub fn new(id: u32, kind: impl Into<String>) -> Object {
        let kind = kind.into();
        let (name, created, value, initial) = (None, None, None, None);
        Object { id, kind, name, created, holders: Vec::new(), value, initial }
    }
}

/// One step of the execution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Whose.
    pub thread: u32,
    /// What was done and what came of it: "store x = 1 (release)".
    pub text: String,
    /// With what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<u32>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// Whether the thread before it could have gone on.
    #[serde(default)]
    pub preemption: bool,
    /// If an old value was read: which, where it was written, and which newer one is not ordered before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<String>,
    /// What the clock of the model shows, if it has gone on since the step before: "3ms".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// Whether what was wrong may depend on it; a report leaves other steps out. True if not known.
    #[serde(default = "yes")]
    pub causal: bool,
    /// The latest steps of other threads that happen before it and that its own thread's step before it did not
    /// know of, by their place in the list, from 0. If no step has any, the order is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<u32>,
    /// The step that wrote the value that it read, by its place in the list, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<u32>,
    /// If its thread could not go on with it at first: how many steps had been performed when that began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<u32>,
    /// What its object is like then, if that may have changed: the value of an atomic, "poisoned", "2 messages".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The threads that hold its object then, if that may have changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Vec<u32>>,
}

fn yes() -> bool {
    true
}

impl Step {
    /// A step of a thread without anything else to say.
    pub fn new(thread: u32, text: impl Into<String>) -> Step {
        let text = text.into();
        Step {
            thread,
            text,
            object: None,
            site: None,
            preemption: false,
            stale: None,
            clock: None,
            causal: true,
            after: Vec::new(),
            reads: None,
            waited: None,
            state: None,
            held: None,
        }
    }
}

/// How an execution was found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Search {
    /// The name of the strategy; empty if no search found it, as bytes that a fuzzer made chose it.
    pub strategy: String,
    /// What its random numbers started from, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Which execution of it this is, from 1.
    pub execution: u64,
    /// Whether the search went on and explored all executions.
    #[serde(default)]
    pub complete: bool,
    /// The name of the memory model.
    pub model: String,
    /// In about one of how many sampled executions the test fails, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails_one_of: Option<u64>,
}

impl Verdict {
    /// A verdict without a place and participants.
    pub fn new(kind: Kind, message: impl Into<String>) -> Verdict {
        Verdict { kind, message: message.into(), site: None, parts: Vec::new(), help: None }
    }
}

impl Trace {
    /// A trace in which nothing happened yet.
    pub fn new(test: impl Into<String>, verdict: Verdict, search: Search) -> Trace {
        Trace {
            version: VERSION,
            test: test.into(),
            verdict,
            threads: Vec::new(),
            objects: Vec::new(),
            steps: Vec::new(),
            search,
            token: None,
            interleaving: None,
            contrast: None,
            notes: Vec::new(),
            replay: String::new(),
        }
    }

    /// The trace as one line of JSON; its fields are those of the types here.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("structs of strings and numbers have a form in JSON")
    }

    /// Reads what [`Trace::to_json`] wrote. Fields that are not known are skipped.
    ///
    /// # Errors
    /// [`TraceError`] if it is not JSON, of another version, or not a trace.
    pub fn from_json(text: &str) -> Result<Trace, TraceError> {
        // The version first: of a newer one nothing else can be relied on.
        let reason = |e: serde_json::Error| TraceError::Malformed { reason: e.to_string() };
        let versioned: Versioned = serde_json::from_str(text).map_err(reason)?;
        match versioned.version {
            Some(version) if (1..=u64::from(VERSION)).contains(&version) => {
                serde_json::from_str(text).map_err(reason)
            }
            Some(found) => Err(TraceError::Version { found }),
            None => Err(TraceError::NoVersion),
        }
    }

    /// The thread with that number.
    pub fn thread(&self, id: u32) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.id == id)
    }

    /// The object with that number.
    pub fn object(&self, id: u32) -> Option<&Object> {
        self.objects.iter().find(|object| object.id == id)
    }
}

#[derive(Deserialize)]
struct Versioned {
    version: Option<u64>,
}

/// Why a text is not a trace that can be read here; its text says what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TraceError {
    /// It is not JSON, or not of the form of a trace.
    Malformed {
        /// What the reader of JSON says, with line and column.
        reason: String,
    },
    /// It does not say which version it is.
    NoVersion,
    /// It is of another version.
    Version {
        /// Which.
        found: u64,
    },
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&wording::trace_error(self))
    }
}

impl Error for TraceError {}
