//! GenMC, which is a program of its own: it explores `programs.c`, and its CPU time is what the system says of its process.

use crate::table::Done;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::path::PathBuf;
use std::process::Command;

/// CPU seconds of a search below which they say nothing, as the time to start varies by about as much.
const LEAST: f64 = 0.01;

/// An installed GenMC.
pub struct Genmc {
    path: PathBuf,
    /// CPU seconds that it takes for a program without threads: reading it and translating it is not exploring it.
    start: f64,
}

impl Genmc {
    /// Tries it on a program without threads.
    ///
    /// # Errors
    /// If it cannot be started, or does not say what it explored.
    pub fn new(path: PathBuf) -> Result<Self, String> {
        let mut genmc = Self { path, start: 0.0 };
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(genmc.run("nothing", 60.0)?.seconds);
        }
        all.sort_by(f64::total_cmp);
        genmc.start = all[all.len() / 2];
        Ok(genmc)
    }

    /// What it does with a program, told as its name in C and its numbers.
    pub fn explore(&self, program: &str, limit: f64) -> Option<Done> {
        match self.run(program, limit) {
            Ok(done) => {
                let seconds = Some(done.seconds - self.start).filter(|it| *it >= LEAST);
                Some(Done { seconds: seconds.unwrap_or(f64::NAN), ..done })
            }
            Err(message) => {
                eprintln!("warning: {message}");
                None
            }
        }
    }

    fn run(&self, program: &str, limit: f64) -> Result<Done, String> {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/programs.c");
        let mut words = program.split(' ');
        let name = words.next().unwrap_or_default();
        let before = children();
        let ended = Command::new("timeout")
            .arg(format!("{}", limit.ceil()))
            .arg(&self.path)
            .args(["--disable-estimation", "--"])
            .arg(format!("-DPROGRAM_{name}"))
            .args(words.map(|number| format!("-D{number}")))
            .arg(source)
            .output()
            .map_err(|error| format!("failed to run {}: {error}", self.path.display()))?;
        let seconds = children() - before;
        let text = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
        if ended.status.code() == Some(124) {
            return Err(format!(
                "GenMC was stopped after {limit} s, and does not tell how far it was: {program}"
            ));
        }
        let count = |kind: &str| -> Option<u64> {
            let (_, count) = text.split_once(&format!("Number of {kind}: "))?;
            count.split_whitespace().next()?.parse().ok()
        };
        let complete = count("complete executions explored")
            .ok_or_else(|| format!("GenMC on {program}: {text}"))?;
        // Those that a loop blocks, in which it would only turn, cost as much as others.
        let executions = complete + count("blocked executions seen").unwrap_or(0);
        Ok(Done { executions, steps: None, seconds, complete: ended.status.success() })
    }
}

/// CPU seconds of all processes that were started here and have ended.
fn children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("it is known for one's own children");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    micros as f64 / 1e6
}
