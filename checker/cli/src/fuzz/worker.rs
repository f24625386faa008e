//! A slice in a process of its own, whose death costs nothing.
//!
//! A slice is a function of the program, the strategy, its seed and the number of executions. So if a process dies (an
//! abort, a stack overflow, a signal, the system that runs out of memory) the slice is simply run again. If it then
//! dies in the same execution, the window before that execution is run once more, which tells what else was found there
//! and the token of the execution in which the process dies; and that token is replayed. Only if every replay dies, or
//! the window in the same place each time, is the program to blame; else something outside was, and the slice is run
//! again.

use crate::cargo::Binary;
use crate::exit::Trouble;
use crate::fuzz::entries::{Entry, Finding, Slice, entries};
use crate::fuzz::plan::Order;
use crate::libtest::Summary;
use crate::marks::Mark;
use crate::process::{Ended, Runner, Settings};
use raddle_report::trace::Trace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a slice is begun before it is given up.
const TRIES: u32 = 25;
/// After so many deaths in a row outside of the search failures are not made smaller any more: candidates for a smaller
/// execution may be deadly themselves. Someone who kills processes does not hit that so often.
const CAREFUL_FROM: u32 = 8;
/// How often each failure is replayed.
pub const REPLAYS: u32 = 3;
/// The kind of a failure of which only is known that the process died.
pub const CRASH: &str = "crash";

/// What a worker runs.
pub struct Job<'a> {
    /// The test.
    pub binary: &'a Binary,
    /// Its mark.
    pub mark: &'a Mark,
    /// What of it.
    pub order: &'a Order,
    /// Whether the built-in bug is run in its place.
    pub canary: bool,
    /// Signatures that need no report.
    pub known: &'a [String],
    /// Tokens that are run first.
    pub corpus: &'a [String],
    /// How much time there is.
    pub time: Option<Duration>,
}

/// A failure.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The name of the check, to which its token belongs.
    pub test: String,
    /// What it is known by.
    pub finding: Finding,
    /// What finds it again: the token, whole, or the path of a file that could not be read.
    pub token: Option<String>,
    /// The execution, if it is known.
    pub trace: Option<Trace>,
    /// How many of so many replays showed it again, if it was replayed.
    pub replayed: Option<(u32, u32)>,
}

/// What came of a slice.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// By check, what was explored.
    pub slices: BTreeMap<String, Slice>,
    /// Every execution of every check was explored.
    pub complete: bool,
    /// What failed.
    pub found: Vec<Raw>,
    /// How often the process had to be started again.
    pub restarts: u32,
    /// Why the checks could not be made.
    pub error: Option<String>,
}

/// Where a process was when it died: the check, and how many executions it had behind it.
type Place = Option<(String, u64)>;

/// Runs a slice.
pub fn run(runner: &Runner<'_>, job: &Job<'_>) -> Result<Done, Trouble> {
    let mut last: Option<Place> = None;
    let (mut restarts, mut outside) = (0, 0);
    for _ in 0..TRIES {
        let careful = outside >= CAREFUL_FROM;
        let (ended, place, traces) = once(runner, job, job.order.executions, careful)?;
        let all = entries(&ended.report);
        if lived(&ended) {
            return Ok(Done { restarts, ..done(&ended, all, traces) });
        }
        restarts += 1;
        outside = if place.is_none() { outside + 1 } else { 0 };
        let again = last.as_ref() == Some(&place);
        last = Some(place.clone());
        let Some((test, ran)) = place.filter(|_| again) else { continue };
        if let Some(done) = crashed(runner, job, (&test, ran), &ended)? {
            return Ok(Done { restarts, ..done });
        }
    }
    let how = format!("{TRIES} times, and no replay dies every time");
    let found = vec![crash(job.mark.reported(), &how, None, None)];
    Ok(Done { restarts, found, ..Done::default() })
}

/// Whether the process came to its end.
fn lived(ended: &Ended) -> bool {
    ended.summary != Summary::Missing
}

/// Runs so many executions.
fn once(
    runner: &Runner<'_>,
    job: &Job<'_>,
    executions: u64,
    careful: bool,
) -> Result<(Ended, Place, Vec<Trace>), Trouble> {
    let flights = runner.folder("flights")?;
    let trace = runner.file("traces")?;
    let time = job.time.unwrap_or(Duration::from_secs(24 * 3_600)).as_millis().max(100);
    let mut variables = vec![
        ("RADDLE_TASK", task(job.canary).to_string()),
        ("RADDLE_STRATEGY", job.order.strategy.clone()),
        ("RADDLE_SEED", job.order.seed.to_string()),
        ("RADDLE_ITERATIONS", executions.to_string()),
        ("RADDLE_MAX_TIME", format!("{time}ms")),
        ("RADDLE_IN_FLIGHT", flights.display().to_string()),
        ("RADDLE_TRACE", trace.display().to_string()),
    ];
    if careful {
        variables.push(("RADDLE_MINIMIZE", "0s".to_string()));
    }
    for (name, lines) in [("RADDLE_KNOWN", job.known), ("RADDLE_CORPUS", job.corpus)] {
        if !lines.is_empty() {
            let file = runner.file("lines")?;
            std::fs::write(&file, lines.join("\n")).map_err(Trouble::outside("write a file"))?;
            variables.push((name, file.display().to_string()));
        }
    }
    let ended = execute(runner, job, &variables)?;
    let place = place(&flights);
    let traces = traces(&trace);
    for path in [flights, trace] {
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
    }
    Ok((ended, place, traces))
}

fn task(canary: bool) -> &'static str {
    if canary { "canary" } else { "fuzz" }
}

fn execute(
    runner: &Runner<'_>,
    job: &Job<'_>,
    variables: &[(&'static str, String)],
) -> Result<Ended, Trouble> {
    let settings = Settings { variables, threads: Some(1), is_silent: true, show_output: false };
    runner.run(job.binary, &[job.mark], &settings)
}

/// What the file says that a check leaves behind when its process dies: the number of executions, eight bytes, lowest
/// first; then JSON. None if the process was between two checks.
fn place(flights: &Path) -> Place {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(flights).ok()?.filter_map(|it| Some(it.ok()?.path())).collect();
    paths.sort();
    let bytes = std::fs::read(paths.first()?).ok()?;
    let (count, about) = bytes.split_first_chunk::<8>()?;
    let about: serde_json::Value = serde_json::from_slice(about).ok()?;
    Some((about["test"].as_str()?.to_string(), u64::from_le_bytes(*count)))
}

fn traces(file: &Path) -> Vec<Trace> {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().filter_map(|line| Trace::from_json(line).ok()).collect()
}

fn done(ended: &Ended, all: Vec<Entry>, traces: Vec<Trace>) -> Done {
    let mut done = Done { complete: true, ..Done::default() };
    for entry in all {
        let Entry { line, finding, slice } = entry.clone();
        if entry.is_error() {
            done.error = line.note.clone();
        }
        if let Some(finding) = finding {
            let trace = traces.iter().find(|it| it.test == line.test && it.token == line.token);
            let trace = trace.filter(|_| finding.kind.is_some()).cloned();
            let token = line.token.clone().map(whole);
            done.found.push(Raw { test: line.test.clone(), finding, token, trace, replayed: None });
        }
        if let Some(slice) = slice {
            done.complete &= line.complete;
            done.slices.insert(line.test, slice);
        }
    }
    if done.slices.is_empty() {
        done.complete = false;
        done.error.get_or_insert_with(|| match &ended.summary {
            Summary::Failed(failed) if failed.is_empty() => {
                "it made no check: is raddle another version, or does it not use raddle's own test attribute?"
                    .to_string()
            }
            _ => "it failed before it checked anything".to_string(),
        });
    }
    done
}

/// A long token is told as the path of a file, which does not leave this machine.
fn whole(token: String) -> String {
    let text = token.contains(['/', '\\', '.']).then(|| std::fs::read_to_string(&token).ok());
    text.flatten().map_or(token, |text| text.trim().to_string())
}

/// The process died twice in the same execution: what was found by then, and that it died. None if the program is not
/// to blame.
fn crashed(
    runner: &Runner<'_>,
    job: &Job<'_>,
    (test, ran): (&str, u64),
    died: &Ended,
) -> Result<Option<Done>, Trouble> {
    let mut window = once(runner, job, ran, false)?;
    let mut places = Vec::new();
    while !lived(&window.0) && places.len() < REPLAYS as usize {
        window = once(runner, job, ran, true)?;
        places.push(window.1.clone());
    }
    let (ended, _, traces) = window;
    if !lived(&ended) {
        // It is the same every time, so if it dies elsewhere every time, something outside killed it. Else what failed
        // before cannot be explained without running what is deadly.
        if places.iter().any(|it| *it != places[0]) {
            return Ok(None);
        }
        let found = vec![crash(test, &died.status.to_string(), None, None)];
        return Ok(Some(Done { found, ..Done::default() }));
    }
    let mut done = done(&ended, entries(&ended.report), traces);
    let Some(token) = done.slices.get(test).and_then(|slice| slice.next.clone()) else {
        return Ok(None);
    };
    let how = died.status.to_string();
    let mut deaths = 0;
    for _ in 0..REPLAYS {
        deaths += u32::from(!lived(&replay(runner, job, &token)?.0));
    }
    // An execution is the same every time. Where only some replays die, something outside killed them, or what the
    // program does is not up to the model; a slice that is run again shows which.
    if deaths < REPLAYS {
        return Ok(None);
    }
    done.found.push(crash(test, &how, Some(token), Some((deaths, REPLAYS))));
    done.complete = false;
    Ok(Some(done))
}

/// The failure that a process died.
fn crash(test: &str, how: &str, token: Option<String>, replayed: Option<(u32, u32)>) -> Raw {
    let finding = Finding {
        signature: format!("{CRASH} | {how}"),
        times: 1,
        kind: Some(CRASH.to_string()),
        message: Some(format!("the process ended in the middle of an execution: {how}")),
    };
    Raw { test: test.to_string(), finding, token, trace: None, replayed }
}

/// Replays a token, and gives what it left and the trace.
pub fn replay(
    runner: &Runner<'_>,
    job: &Job<'_>,
    token: &str,
) -> Result<(Ended, Option<Trace>), Trouble> {
    let trace = runner.file("trace")?;
    let file = runner.file("token.txt")?;
    std::fs::write(&file, token).map_err(Trouble::outside("write a token"))?;
    let mut variables = vec![
        ("RADDLE_REPLAY", file.display().to_string()),
        ("RADDLE_TRACE", trace.display().to_string()),
    ];
    if job.canary {
        variables.push(("RADDLE_TASK", task(true).to_string()));
    }
    let ended = execute(runner, job, &variables)?;
    Ok((ended, traces(&trace).into_iter().next()))
}

/// How many of three replays of a failure show it again.
pub fn confirm(runner: &Runner<'_>, job: &Job<'_>, raw: &Raw) -> Result<(u32, u32), Trouble> {
    if let Some(replayed) = raw.replayed {
        return Ok(replayed);
    }
    let Some(token) = &raw.token else { return Ok((0, 0)) };
    let mut again = 0;
    for _ in 0..REPLAYS {
        let mut ended = replay(runner, job, token)?.0;
        // A replay that was killed from outside says nothing.
        for _ in 1..REPLAYS {
            if lived(&ended) {
                break;
            }
            ended = replay(runner, job, token)?.0;
        }
        let same = |entry: &Entry| {
            let found = entry.finding.as_ref();
            found.is_some_and(|it| it.kind == raw.finding.kind) && entry.line.test == raw.test
        };
        again += u32::from(entries(&ended.report).iter().any(same));
    }
    Ok((again, REPLAYS))
}
