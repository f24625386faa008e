//! Running a test binary, as cargo would, and collecting what it leaves behind.

use crate::cargo::{Binary, Built};
use crate::exit::{Exit, Trouble};
use crate::libtest::{Summary, listed, summary};
use crate::lines::{Line, parse};
use crate::marks::Mark;
use crate::scratch::Scratch;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// How the tests of a binary are to be run.
pub struct Settings<'a> {
    /// Variables for the test process.
    pub variables: &'a [(&'static str, String)],
    /// How many tests run at the same time; `None` leaves it to the harness.
    pub threads: Option<u32>,
    /// Whether standard error is kept from the user.
    pub is_silent: bool,
    /// Whether what the tests wrote to standard output is told, on standard error and when all of them
    /// have ended.
    pub show_output: bool,
}

/// What a process left behind.
pub struct Ended {
    /// The checks that were made.
    pub lines: Vec<Line>,
    /// The report file as it is.
    pub report: String,
    /// How many lines of the report file could not be read.
    pub damaged: usize,
    /// What the harness says.
    pub summary: Summary,
    /// How it ended.
    pub status: ExitStatus,
}

/// Variables that would make a test process do something else than it is asked for.
const FOREIGN: &[&str] = &[
    "RADDLE_REPLAY",
    "RADDLE_REPORT",
    "RADDLE_TASK",
    "RADDLE_TRACE",
    "RADDLE_IN_FLIGHT",
    "RADDLE_KNOWN",
    "RADDLE_CORPUS",
];

/// So much of the standard output is read back.
const TAIL: u64 = 1 << 20;

/// Test binaries are run by this.
pub struct Runner<'a> {
    built: &'a Built,
    scratch: Scratch,
}

impl<'a> Runner<'a> {
    /// A runner with a folder of its own for what test processes leave behind.
    pub fn new(built: &'a Built) -> Result<Runner<'a>, Trouble> {
        Ok(Runner { built, scratch: Scratch::new()? })
    }

    /// An empty file that lives as long as the runner.
    pub fn file(&self, end: &str) -> Result<PathBuf, Trouble> {
        self.scratch.file(end)
    }

    /// An empty folder that lives as long as the runner.
    pub fn folder(&self, end: &str) -> Result<PathBuf, Trouble> {
        self.scratch.folder(end)
    }

    /// The names of those tests of a binary that are marked `#[ignore]`.
    pub fn ignored(&self, binary: &Binary) -> Result<BTreeSet<String>, Trouble> {
        self.listed(binary, &["--list", "--ignored", "--format", "terse"])
    }

    /// The names of all tests of a binary.
    pub fn tests(&self, binary: &Binary) -> Result<BTreeSet<String>, Trouble> {
        self.listed(binary, &["--list", "--format", "terse"])
    }

    fn listed(&self, binary: &Binary, arguments: &[&str]) -> Result<BTreeSet<String>, Trouble> {
        let mut command = self.command(binary);
        command.args(arguments).stdin(Stdio::null());
        let output = command.output().map_err(Trouble::outside(format!(
            "start the test binary {}",
            binary.path.display()
        )))?;
        if !output.status.success() {
            let message =
                format!("{} does not list its tests: {}", binary.path.display(), output.status);
            return Err(Trouble::new(Exit::Internal, message));
        }
        Ok(listed(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Runs these tests of a binary, also ignored ones. Standard error is passed on, where the reports
    /// are written; standard output is kept.
    pub fn run(
        &self,
        binary: &Binary,
        tests: &[&Mark],
        settings: &Settings<'_>,
    ) -> Result<Ended, Trouble> {
        let report = self.scratch.file("report")?;
        let kept = self.scratch.file("stdout")?;
        let output = std::fs::File::create(&kept).map_err(Trouble::outside("create a file"))?;
        let mut command = self.command(binary);
        command.args(["--exact", "--include-ignored", "--nocapture"]);
        if let Some(threads) = settings.threads {
            command.args(["--test-threads".into(), threads.to_string()]);
        }
        command.args(tests.iter().map(|test| test.in_binary()));
        command.envs(settings.variables.iter().map(|(name, value)| (name, value)));
        command.env("RADDLE_REPORT", &report).stdin(Stdio::null()).stdout(output);
        if settings.is_silent {
            command.stderr(Stdio::null());
        }
        let what = format!("run the test binary {}", binary.path.display());
        let status = command.status().map_err(Trouble::outside(what))?;
        let text = std::fs::read(&report).map_err(Trouble::outside("read the report file"))?;
        let report = String::from_utf8_lossy(&text).into_owned();
        let (lines, damaged) = parse(&report);
        let output = tail(&kept).map_err(Trouble::outside("read what the tests wrote"))?;
        let summary = summary(&output, status.success());
        if settings.show_output {
            eprint!("{output}");
        }
        Ok(Ended { lines, report, damaged, summary, status })
    }

    fn command(&self, binary: &Binary) -> Command {
        let mut command = Command::new(&binary.path);
        command.current_dir(&binary.folder);
        command.env("CARGO", crate::cargo::program());
        command.env("CARGO_MANIFEST_DIR", &binary.folder);
        command.env("CARGO_MANIFEST_PATH", binary.folder.join("Cargo.toml"));
        command.env("CARGO_PKG_NAME", &binary.package);
        command.env(LIBRARIES, self.libraries(&binary.path));
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
    }

    /// Where the system looks for dynamic libraries: as cargo sets it for tests.
    fn libraries(&self, binary: &Path) -> OsString {
        let mut folders: Vec<PathBuf> = self.built.libraries.clone();
        let near = binary.parent();
        folders.extend(near.map(Path::to_path_buf));
        folders.extend(near.and_then(Path::parent).map(Path::to_path_buf));
        let before = std::env::var_os(LIBRARIES).unwrap_or_default();
        folders.extend(std::env::split_paths(&before));
        std::env::join_paths(folders).unwrap_or(before)
    }
}

const LIBRARIES: &str = if cfg!(windows) {
    "PATH"
} else if cfg!(target_os = "macos") {
    "DYLD_FALLBACK_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// The end of a file, without a first part that may be cut.
fn tail(path: &Path) -> std::io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
