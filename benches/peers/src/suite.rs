//! The suite of a project that uses loom, on loom and on raddle: `.ci/against-loom`, of which the last line is the sum.

use crate::table::Done;
use std::path::Path;
use std::process::{Command, Stdio};

/// A suite.
#[derive(Clone)]
pub struct Suite {
    /// What it is called in the table.
    pub name: String,
    folder: String,
    arguments: Vec<String>,
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
        Ok(Self { name: format!("suite of {name}"), folder, arguments: words.collect() })
    }

    /// What raddle does with it, and what loom does.
    ///
    /// # Errors
    /// If it does not build, or is not there.
    pub fn run(&self) -> Result<(Done, Done), String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/against-loom");
        let ended = Command::new(script)
            .arg(&self.folder)
            .args(&self.arguments)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("failed to run {script}: {error}"))?;
        let text = String::from_utf8_lossy(&ended.stdout);
        let numbers: Vec<f64> = text
            .lines()
            .next_back()
            .and_then(|line| line.strip_prefix("all"))
            .map(|line| line.split_whitespace().filter_map(|it| it.parse().ok()).collect())
            .unwrap_or_default();
        let [their_count, their_seconds, our_count, our_seconds] = numbers[..] else {
            return Err(format!("{script} {} ends with no sum:\n{text}", self.folder));
        };
        let done = |executions: f64, seconds: f64| Done {
            executions: executions as u64,
            steps: None,
            seconds,
            complete: true,
        };
        Ok((done(our_count, our_seconds), done(their_count, their_seconds)))
    }
}
