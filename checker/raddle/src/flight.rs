//! Which execution is running, in a file that is left behind if the process ends in the middle of it.
//!
//! An abort, a stack overflow outside of the model, a signal, or a kill leave no time to report anything. So each
//! check keeps a file, locked for as long as it runs, with what it does and the number of the running execution;
//! the next check of the same test finds files that nobody holds any more, and names the execution.

use crate::explain;
use crate::explore::Test;
use crate::keep::folder;
use crate::settings;
use raddle_report::token::{Body, test_hash};
use raddle_runtime::Counter;
use serde_json::{Value, json};
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A check under way.
pub(crate) struct Flight {
    /// The file, which is locked, and what is mapped of it; some until the end of the check.
    open: Option<(Counter, File)>,
    path: PathBuf,
}

/// What an earlier process was at when it ended.
pub(crate) enum Left {
    /// One execution.
    Execution {
        /// The token that runs it again.
        token: String,
        /// Which execution it is, from 1.
        execution: u64,
        /// The name of the strategy.
        strategy: String,
    },
    /// As many executions as there were workers; none has a number before those in front of it have been counted.
    Shared {
        /// How many workers there were.
        jobs: u64,
    },
}

fn flights() -> PathBuf {
    settings::in_flight().unwrap_or_else(|| folder().join("in-flight"))
}

/// The name of the strategy, parameters included, and its seed.
fn strategy(test: &Test) -> (String, u64) {
    let (row, sampling) = (test.settings.strategy, test.settings.sampling);
    match (row.exhaustive, row.settings.contains(&"depth")) {
        (true, _) => ("exhaustive".to_string(), 0),
        (false, true) => (format!("{}{}", row.name, sampling.depth), sampling.seed),
        (false, false) => (row.name.to_string(), sampling.seed),
    }
}

impl Flight {
    /// A file for a check; none if that is not possible, as the check can do without.
    pub fn start(test: &Test) -> Option<Flight> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        std::fs::create_dir_all(flights()).ok()?;
        let number = NUMBER.fetch_add(1, Relaxed);
        let name = format!("{:05x}-{}-{number}", test_hash(&test.name), std::process::id());
        let path = flights().join(name);
        let mut file =
            File::options().read(true).write(true).create(true).truncate(true).open(&path).ok()?;
        file.try_lock().ok()?;
        let (strategy, seed) = strategy(test);
        // The settings that matter are those of the token, and the name is there because hashes may be equal.
        let token = explain::token(test, sample(&strategy, seed, 0));
        let about = json!({
            "version": 1, "test": test.name, "strategy": strategy, "seed": seed, "token": token,
            "jobs": if test.settings.is_shared() { test.settings.jobs } else { 1 },
        });
        let mut bytes = 0_u64.to_le_bytes().to_vec();
        bytes.extend(about.to_string().into_bytes());
        file.write_all(&bytes).ok()?;
        let counter = Counter::new(&file).ok()?;
        Some(Flight { open: Some((counter, file)), path })
    }

    /// So many executions have ended.
    #[inline]
    pub fn set(&mut self, executions: u64) {
        if let Some((counter, _)) = &mut self.open {
            counter.set(executions);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Windows removes nothing that is mapped.
        self.open = None;
        // What stays is taken for a process that ended; it is then told of, and removed.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn sample(strategy: &str, seed: u64, execution: u64) -> Body {
    Body::Sample { strategy: strategy.to_string(), seed, execution }
}

/// What earlier processes left of checks of this test; their files are removed.
pub(crate) fn left(test: &Test) -> Vec<Left> {
    let start = format!("{:05x}-", test_hash(&test.name));
    let Ok(entries) = std::fs::read_dir(flights()) else { return Vec::new() };
    let names = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_mine = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&start))
    };
    let mut paths: Vec<PathBuf> = names.filter(is_mine).collect();
    paths.sort();
    paths.iter().filter_map(|path| take(test, path)).collect()
}

/// What a file says, if nobody holds it.
fn take(test: &Test, path: &Path) -> Option<Left> {
    let mut file = File::options().read(true).write(true).open(path).ok()?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let (count, about) = bytes.split_first_chunk::<{ Counter::SIZE }>()?;
    let about: Value = serde_json::from_slice(about).ok()?;
    if about["version"] != 1 || about["test"] != test.name.as_str() {
        return None;
    }
    let strategy = about["strategy"].as_str()?.to_string();
    let (seed, execution) = (about["seed"].as_u64()?, u64::from_le_bytes(*count));
    std::fs::remove_file(path).ok()?;
    if let Some(jobs) = about["jobs"].as_u64().filter(|&jobs| jobs > 1) {
        return Some(Left::Shared { jobs });
    }
    let token = explain::token(test, sample(&strategy, seed, execution));
    Some(Left::Execution { token, execution: execution + 1, strategy })
}
