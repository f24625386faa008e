//! The suite of a project that uses loom, on loom and on raddle: what `.ci/against` finds of the tests that both finish without a
//! bound on preemptions.

use crate::table::Done;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// A suite.
#[derive(Clone)]
pub struct Suite {
    name: String,
    folder: String,
    arguments: Vec<String>,
}

/// What both did with a suite.
pub struct Compared {
    /// What it is called in the table.
    pub name: String,
    /// What raddle did with the tests that both finish.
    pub ours: Done,
    /// What loom did with them.
    pub theirs: Done,
}

/// How a run ended, its executions, and its CPU seconds.
type Run = (String, Option<u64>, f64);

/// A line of the rows of `.ci/against`.
#[derive(Deserialize)]
struct Row {
    /// By name.
    runs: BTreeMap<String, Run>,
}

impl Row {
    /// Executions and seconds of a run, if it came to its end and said how many there were.
    fn done(&self, run: &str) -> Option<(u64, f64)> {
        let (end, executions, seconds) = self.runs.get(run)?;
        if end == "done" { Some(((*executions)?, *seconds)) } else { None }
    }
}

impl Suite {
    /// The suite in a folder, then the arguments of `cargo test`, between spaces.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace().map(str::to_string);
        let folder = words.next().ok_or("a suite is a folder, then the arguments of cargo test")?;
        let path = Path::new(&folder).canonicalize().map_err(|e| format!("{folder}: {e}"))?;
        let name = path.file_name().map_or(String::new(), |name| name.to_string_lossy().into());
        let folder = path.to_string_lossy().into();
        Ok(Self { name, folder, arguments: words.collect() })
    }

    /// What raddle does with it, and what loom does; each test is given so many CPU seconds.
    ///
    /// # Errors
    /// If it does not build, or is not there, or there is no test that both finish.
    pub fn run(&self, seconds: f64) -> Result<Compared, String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/against");
        let rows = std::env::temp_dir().join(format!("rows-{}-{}", std::process::id(), self.name));
        let ended = Command::new(script)
            .args(["loom", &self.folder])
            .args(&self.arguments)
            .env("ROWS", &rows)
            .env("SECONDS_MAX", seconds.ceil().to_string())
            .env_remove("BOUND")
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("failed to run {script}: {error}"))?;
        let text = std::fs::read_to_string(&rows).unwrap_or_default();
        _ = std::fs::remove_file(&rows);
        if !ended.success() {
            return Err(format!("{script} loom {} ended with {ended}", self.folder));
        }
        self.compared(&text)
    }

    fn compared(&self, rows: &str) -> Result<Compared, String> {
        let mut both = Vec::new();
        for line in rows.lines() {
            let row: Row = serde_json::from_str(line).map_err(|e| format!("{line}: {e}"))?;
            both.extend(row.done("free").zip(row.done("our free")));
        }
        if both.is_empty() {
            return Err(format!("of the suite in {}, both finish no test", self.folder));
        }
        let (theirs, ours): (Vec<_>, Vec<_>) = both.into_iter().unzip();
        let sum = |runs: &[(u64, f64)]| Done {
            executions: runs.iter().map(|run| run.0).sum(),
            steps: None,
            seconds: runs.iter().map(|run| run.1).sum(),
            complete: true,
        };
        let name = format!("{}: {} of its tests", self.name, ours.len());
        Ok(Compared { name, theirs: sum(&theirs), ours: sum(&ours) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite() -> Suite {
        Suite { name: "s".into(), folder: "/s".into(), arguments: Vec::new() }
    }

    #[test]
    fn what_both_finish_is_compared() {
        let rows = "\
            {\"suite\": \"s\", \"runs\": {\"free\": [\"done\", 90, 0.5], \"our free\": [\"done\", 12, 0.25]}}\n\
            {\"suite\": \"s\", \"runs\": {\"free\": [\"done\", null, 0.5], \"our free\": [\"done\", 3, 0.25]}}\n\
            {\"suite\": \"s\", \"runs\": {\"free\": [\"limit\", 7, 9.0], \"our free\": [\"done\", 5, 0.1]}}\n\
            {\"suite\": \"s\", \"runs\": {\"free\": [\"done\", 7, 9.0], \"our free\": [\"limit\", 5, 20.0]}}\n";
        let Ok(Compared { name, ours, theirs }) = suite().compared(rows) else { panic!() };
        assert_eq!(name, "s: 1 of its tests");
        assert_eq!((ours.executions, ours.seconds), (12, 0.25));
        assert_eq!((theirs.executions, theirs.seconds), (90, 0.5));
    }

    #[test]
    fn a_suite_of_which_nothing_is_finished_is_an_error() {
        assert!(suite().compared("").is_err());
        assert!(suite().compared("{").is_err());
    }
}
