//! What a campaign has come to, as data: `summary.json`.
//!
//! Whoever reads it finds the version first. It is raised whenever an older reader would misunderstand; fields may be
//! added without.

use crate::exit::{Exit, Trouble};
use crate::fuzz::shard::Shard;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the summaries that are written and read here.
pub const VERSION: u32 = 1;
/// The name of the file in an output folder.
pub const FILE: &str = "summary.json";

/// A campaign, or one that was put together of several.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// [`VERSION`].
    pub version: u32,
    /// Where the random numbers began.
    pub seed: u64,
    /// The parts of the campaign that are in it.
    pub shards: Vec<Shard>,
    /// Whether the built-in bug was found, in all parts.
    pub canary: bool,
    /// How long it took; of parts that ran at the same time, the longest.
    pub millis: u64,
    /// Executions of all tests.
    pub executions: u64,
    /// How often a process had to be started again.
    pub restarts: u64,
    /// Every test.
    pub tests: Vec<TestSummary>,
    /// Everything that failed.
    pub failures: Vec<Failure>,
    /// The committed failures that were replayed.
    pub regressions: Vec<Replayed>,
    /// What could not be run, and other things to know.
    pub notes: Vec<String>,
}

/// What was done of one test.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TestSummary {
    /// Its name in reports.
    pub test: String,
    /// Whose it is.
    pub package: String,
    /// The target of the binary.
    pub binary: String,
    /// How many executions were run.
    pub executions: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Whether every execution was explored.
    pub complete: bool,
    /// How many sampled executions there were, how many classes of them, and how many of these were met once.
    pub sampled: u64,
    /// See [`TestSummary::sampled`]. Of several parts that of the one with the most: a lower bound.
    pub classes: u64,
    /// See [`TestSummary::sampled`].
    pub once: u64,
    /// How much of the source was covered: reads-from pairs, locks under locks, arms of selects.
    pub covered: u64,
    /// How many executions were run a second time, to see whether they do the same.
    pub checked: u64,
    /// The kind of failure that it expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

impl TestSummary {
    /// About the probability that the next sampled execution is one that was not met (Good, Biometrika 40, 1953).
    pub fn unseen(&self) -> Option<f64> {
        (self.sampled > 0).then(|| self.once as f64 / self.sampled as f64)
    }
}

/// Why a failure is listed, or not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nobody knew.
    New,
    /// It is accepted in the regressions, or was in the baseline.
    Known,
    /// The test expects a failure of its kind.
    Expected,
}

/// A failure, found once or often.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Follows from the test and the signature: the same in every campaign.
    pub id: String,
    /// The test.
    pub test: String,
    /// Whose it is.
    pub package: String,
    /// Its kind, such as `deadlock`; `crash` if its process dies.
    pub kind: String,
    /// In one sentence.
    pub message: String,
    /// The kind and the text of the lines of source that take part in it.
    pub signature: String,
    /// Whether it counts.
    pub status: Status,
    /// What `cargo raddle replay` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// How many of so many replays showed it again.
    pub replayed: (u32, u32),
    /// How many executions failed so, and of how many.
    pub times: u64,
    /// See [`Failure::times`].
    pub of: u64,
    /// How it was found first.
    pub strategy: String,
    /// The seed of the slice in which it was found first.
    pub seed: u64,
    /// Who found it.
    pub shards: Vec<Shard>,
    /// Where it came to light.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Place>,
    /// Its folder, in the output folder.
    pub folder: String,
}

/// A place in a source file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// As the compiler names it: in a workspace, from its root.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1; 0 if not known.
    pub column: u32,
}

impl Failure {
    /// Its name for people and lists.
    pub fn title(&self) -> String {
        format!("{}: {}", self.kind, self.message.lines().next().unwrap_or_default())
    }

    /// Whether not every replay showed it.
    pub fn is_flaky(&self) -> bool {
        self.replayed.0 < self.replayed.1
    }
}

/// A committed failure that was replayed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Replayed {
    /// The name of its file.
    pub name: String,
    /// The test.
    pub test: String,
    /// What came of it.
    pub result: Came,
    /// Whether it is accepted.
    pub accepted: bool,
}

/// What came of the replay of a committed failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// It fails.
    Again,
    /// It does not fail.
    Passed,
    /// The program is another one: the token cannot be followed.
    Diverged,
    /// No test is the one of its token.
    NoTest,
}

impl Summary {
    /// The failures that count, given whether known ones do.
    pub fn counted(&self, new_only: bool) -> impl Iterator<Item = &Failure> {
        self.failures.iter().filter(move |failure| match failure.status {
            Status::New => true,
            Status::Known => !new_only,
            Status::Expected => false,
        })
    }

    /// Committed failures that came again although they are not accepted.
    pub fn came_again(&self) -> impl Iterator<Item = &Replayed> {
        self.regressions.iter().filter(|it| it.result == Came::Again && !it.accepted)
    }

    /// Tests that expect a failure which was not found.
    pub fn missed(&self) -> impl Iterator<Item = &TestSummary> {
        self.tests.iter().filter(|test| {
            let Some(expect) = &test.expect else { return false };
            !self.failures.iter().any(|it| it.test == test.test && it.kind == *expect)
        })
    }

    /// How the campaign ends.
    pub fn exit(&self, new_only: bool) -> Exit {
        let mut exit = if self.canary { Exit::Clean } else { Exit::Internal };
        for failure in self.counted(new_only) {
            exit = exit.worse(match failure.kind.as_str() {
                "nondeterminism" => Exit::Divergence,
                _ => Exit::Failure,
            });
        }
        match self.came_again().next() {
            Some(_) => exit.worse(Exit::Failure),
            None => exit,
        }
    }

    /// Reads that of an output folder.
    ///
    /// # Errors
    /// If there is none, or one of another version.
    pub fn read(folder: &Path) -> Result<Summary, Trouble> {
        let path = folder.join(FILE);
        let wrong = |what: String| {
            Trouble::new(Exit::Usage, format!("failed to read {}: {what}", path.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(|reason| wrong(reason.to_string()))?;
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|reason| wrong(reason.to_string()))?;
        match value["version"].as_u64() {
            Some(version) if version == u64::from(VERSION) => {
                serde_json::from_value(value).map_err(|reason| wrong(reason.to_string()))
            }
            Some(version) => Err(wrong(format!("it is of version {version}, not {VERSION}"))),
            None => Err(wrong("it has no version".to_string())),
        }
    }

    /// Writes it into an output folder.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn write(&self, folder: &Path) -> Result<(), Trouble> {
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| Trouble::new(Exit::Internal, format!("failed to write: {e}")))?;
        std::fs::write(&path, format!("{text}\n"))
            .map_err(Trouble::outside(format!("write {}", path.display())))
    }
}
