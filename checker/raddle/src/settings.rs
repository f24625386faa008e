//! Settings: what there is, where each comes from, and which place wins.
//!
//! `RADDLE_*` in the environment, over the attribute or [`Builder`](crate::Builder), over the profile in
//! `.config/raddle.toml`, over the default. All of them go through [`Layer::set`], so they are written and
//! refused alike. This is the only file that reads the environment.

use crate::outcome::Kind;
use crate::profile;
use raddle_engine::explore::{Limits, STRATEGIES, Sampling, StrategyRow, Time};
use raddle_engine::memory::Model;
use raddle_runtime::Options;
use raddle_runtime::fiber::Backend;
use std::num::NonZero;
use std::str::FromStr;
use std::sync::Once;
use std::thread::available_parallelism;
use std::time::Duration;
use strsim::osa_distance;

/// The settings of one place; none where it says nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    strategy: Option<StrategyRow>,
    seed: Option<u64>,
    depth: Option<u32>,
    /// `Some(None)` takes a bound away that a layer below has set.
    max_preemptions: Option<Option<u32>>,
    iterations: Option<u64>,
    max_time: Option<Duration>,
    model: Option<Model>,
    time: Option<Time>,
    max_events: Option<u32>,
    expect: Option<Kind>,
    stack_size: Option<usize>,
    backend: Option<Backend>,
    check_leaks: Option<bool>,
    check_task_leaks: Option<bool>,
    allow_incomplete: Option<bool>,
    patience: Option<Duration>,
    minimize: Option<Duration>,
    jobs: Option<usize>,
}

/// The keys of [`Layer::set`].
pub(crate) const KEYS: [&str; 18] = [
    "strategy",
    "seed",
    "depth",
    "max_preemptions",
    "iterations",
    "max_time",
    "model",
    "time",
    "max_events",
    "expect",
    "stack_size",
    "backend",
    "check_leaks",
    "check_task_leaks",
    "allow_incomplete",
    "patience",
    "minimize",
    "jobs",
];

/// Variables of the environment that are not settings of a check.
const OTHER_VARIABLES: [&str; 14] = [
    "REPLAY",
    "REPORT",
    "PROFILE",
    "COLOR",
    "WIDTH",
    "BLESS",
    "TASK",
    "TRACE",
    "ON_DIVERGENCE",
    "IN_FLIGHT",
    "KNOWN",
    "CORPUS",
    "SHARD_INDEX",
    "SHARD_TOTAL",
];

/// How many executions a sampling strategy makes if nothing else bounds it.
const SAMPLES: u64 = 1_000;
/// How long nothing may move before the program is taken to block for real.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a failing execution is made smaller before it is reported, at most.
const MINIMIZE: Duration = Duration::from_secs(5);
/// How many workers may share a search.
const JOBS_MAX: usize = 1_024;

/// All settings of one check.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub strategy: StrategyRow,
    pub sampling: Sampling,
    /// Bounds an exhaustive search.
    pub max_preemptions: Option<u32>,
    pub model: Model,
    pub time: Time,
    pub limits: Limits,
    pub expect: Option<Kind>,
    pub options: Options,
    pub check_task_leaks: bool,
    /// Whether to look for threads that go on for ever, once main has ended. Not to be set: a search that was wrong about
    /// one begins again without.
    pub live_leaks: bool,
    pub allow_incomplete: bool,
    pub patience: Duration,
    pub minimize: Duration,
    /// How many workers share an exhaustive search.
    pub jobs: usize,
}

fn number<T: FromStr>(value: &str) -> Result<T, String> {
    let digits: String = value.chars().filter(|&c| c != '_').collect();
    digits.parse().map_err(|_| format!("{value:?} is not a number of the expected size"))
}

fn truth(value: &str) -> Result<bool, String> {
    match value {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("{value:?} is neither true nor false")),
    }
}

/// The strategies that can be asked for; the first one is the default.
pub(crate) fn strategies() -> impl Iterator<Item = StrategyRow> + Clone {
    STRATEGIES.into_iter().filter(StrategyRow::is_offered)
}

fn strategy(name: &str) -> Result<StrategyRow, String> {
    let row = strategies().find(|row| row.name == name);
    row.ok_or_else(|| unknown("strategy", name, strategies().map(|row| row.name)))
}

fn depth(value: &str) -> Result<u32, String> {
    let most = Sampling::DEPTH_MAX;
    let depth = number(value).ok().filter(|depth| (1..=most).contains(depth));
    depth.ok_or_else(|| format!("{value:?} is not a depth, a number from 1 to {most}"))
}

/// A number of workers, or as many as the machine can run at once.
fn jobs(value: &str) -> Result<usize, String> {
    if value == "auto" {
        return Ok(available_parallelism().map_or(1, NonZero::get));
    }
    let jobs = number(value).ok().filter(|jobs| (1..=JOBS_MAX).contains(jobs));
    jobs.ok_or_else(|| format!("{value:?} is neither \"auto\" nor a number from 1 to {JOBS_MAX}"))
}

/// A duration as a number with a unit: `ms`, `s` (also without one), `m`, `h`.
pub(crate) fn duration(value: &str) -> Result<Duration, String> {
    let wrong =
        || format!("{value:?} is not a duration such as \"500ms\", \"10s\", \"5m\" or \"1h\"");
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (count, unit) = value.split_at(end);
    let count: u64 = count.parse().map_err(|_| wrong())?;
    let seconds = |factor: u64| count.checked_mul(factor).map(Duration::from_secs);
    match unit.trim() {
        "ms" => Some(Duration::from_millis(count)),
        "s" | "" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3_600),
        _ => None,
    }
    .ok_or_else(wrong)
}

impl Settings {
    /// Whether several workers share the search. What a limited number of executions are depends on their order, so
    /// such a search has one worker, as have samples.
    pub fn is_shared(&self) -> bool {
        self.jobs > 1 && self.strategy.exhaustive && self.limits.executions.is_none()
    }
}

impl Layer {
    /// Sets one of [`KEYS`].
    ///
    /// # Errors
    /// A sentence about an unknown key or a value that does not fit.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let value = value.trim();
        match key {
            "strategy" => self.strategy = Some(strategy(value)?),
            "seed" => self.seed = Some(number(value)?),
            "depth" => self.depth = Some(depth(value)?),
            "max_preemptions" => {
                self.max_preemptions = Some(match value {
                    "none" => None,
                    _ => Some(number(value)?),
                });
            }
            "iterations" => self.iterations = Some(number(value)?),
            "max_time" => self.max_time = Some(duration(value)?),
            "model" => self.model = Some(value.parse()?),
            "time" => self.time = Some(value.parse()?),
            "max_events" => self.max_events = Some(number(value)?),
            "expect" => self.expect = Some(value.parse()?),
            "stack_size" => self.stack_size = Some(number(value)?),
            "backend" => {
                self.backend = Some(match value {
                    "coroutines" => Backend::Coroutines,
                    "threads" => Backend::Threads,
                    _ => return Err(format!("unknown backend {value:?}: coroutines or threads")),
                });
            }
            "check_leaks" => self.check_leaks = Some(truth(value)?),
            "check_task_leaks" => self.check_task_leaks = Some(truth(value)?),
            "allow_incomplete" => self.allow_incomplete = Some(truth(value)?),
            "patience" => self.patience = Some(duration(value)?),
            "minimize" => self.minimize = Some(duration(value)?),
            "jobs" => self.jobs = Some(jobs(value)?),
            _ => return Err(unknown("setting", key, KEYS.iter().copied())),
        }
        Ok(())
    }

    /// This layer, and `lower` where it says nothing.
    fn over(self, lower: Layer) -> Layer {
        Layer {
            strategy: self.strategy.or(lower.strategy),
            seed: self.seed.or(lower.seed),
            depth: self.depth.or(lower.depth),
            max_preemptions: self.max_preemptions.or(lower.max_preemptions),
            iterations: self.iterations.or(lower.iterations),
            max_time: self.max_time.or(lower.max_time),
            model: self.model.or(lower.model),
            time: self.time.or(lower.time),
            max_events: self.max_events.or(lower.max_events),
            expect: self.expect.or(lower.expect),
            stack_size: self.stack_size.or(lower.stack_size),
            backend: self.backend.or(lower.backend),
            check_leaks: self.check_leaks.or(lower.check_leaks),
            check_task_leaks: self.check_task_leaks.or(lower.check_task_leaks),
            allow_incomplete: self.allow_incomplete.or(lower.allow_incomplete),
            patience: self.patience.or(lower.patience),
            minimize: self.minimize.or(lower.minimize),
            jobs: self.jobs.or(lower.jobs),
        }
    }

    pub(crate) fn settle(self) -> Settings {
        let strategy = self.strategy.unwrap_or(STRATEGIES[0]);
        let default = Sampling::default();
        let sampling = Sampling {
            seed: self.seed.unwrap_or(default.seed),
            depth: self.depth.unwrap_or(default.depth),
            ..default
        };
        let mut limits = Limits::default();
        limits.events_per_thread = self.max_events.unwrap_or(limits.events_per_thread);
        limits.time = self.max_time;
        limits.executions = self.iterations;
        if !strategy.exhaustive && limits.executions.is_none() && limits.time.is_none() {
            limits.executions = Some(SAMPLES);
        }
        let default = Options::default();
        Settings {
            strategy,
            sampling,
            max_preemptions: self.max_preemptions.flatten(),
            model: self.model.unwrap_or_default(),
            time: self.time.unwrap_or_default(),
            limits,
            expect: self.expect,
            options: Options {
                stack_size: self.stack_size.unwrap_or(default.stack_size),
                backend: self.backend.unwrap_or(default.backend),
                records: false,
                check_leaks: self.check_leaks.unwrap_or(default.check_leaks),
            },
            check_task_leaks: self.check_task_leaks.unwrap_or(true),
            live_leaks: true,
            allow_incomplete: self.allow_incomplete.unwrap_or(false),
            patience: self.patience.unwrap_or(PATIENCE),
            minimize: self.minimize.unwrap_or(MINIMIZE),
            jobs: self.jobs.unwrap_or(1),
        }
    }
}

/// A sentence about an unknown name, with the one that was probably meant.
pub(crate) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let nearest = known.clone().min_by_key(|other| osa_distance(name, other));
    match nearest {
        Some(other) if osa_distance(name, other) <= 3 => {
            format!("unknown {what} {name:?}; did you mean {other:?}?")
        }
        _ => format!("unknown {what} {name:?}; there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("RADDLE_{name}")).ok().filter(|value| !value.is_empty())
}

/// The settings of a check.
///
/// # Errors
/// What is wrong with a value, and where it stands.
pub(crate) fn resolve(given: Layer) -> Result<Settings, String> {
    warn_of_unknown_variables();
    let mut environment = Layer::default();
    for key in KEYS {
        let name = key.to_uppercase();
        if let Some(value) = variable(&name) {
            environment.set(key, &value).map_err(|error| format!("RADDLE_{name}: {error}"))?;
        }
    }
    let profile = profile::layer(variable("PROFILE").as_deref())?;
    Ok(environment.over(given).over(profile).settle())
}

fn warn_of_unknown_variables() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let keys: Vec<String> = KEYS.iter().map(|key| key.to_uppercase()).collect();
        let known = keys.iter().map(String::as_str).chain(OTHER_VARIABLES);
        for (name, _) in std::env::vars_os() {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix("RADDLE_")) else {
                continue;
            };
            if !known.clone().any(|other| other == name) {
                eprintln!("warning: RADDLE_{name}: {}", unknown("variable", name, known.clone()));
            }
        }
    });
}

/// The token to replay instead of exploring.
pub(crate) fn replay() -> Option<String> {
    variable("REPLAY")
}

/// What is to be done instead of a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Task {
    /// Nothing else: a search, or the replay of a token.
    Usual,
    /// The execution of a token is minimised.
    Minimize,
    /// An execution that passes is shown.
    Pass,
    /// A slice of a campaign: failures do not end it.
    Fuzz,
    /// The same, of the built-in program that has a bug, instead of the test's own.
    Canary,
}

/// What `RADDLE_TASK` asks for.
///
/// # Errors
/// If it asks for something unknown.
pub(crate) fn task() -> Result<Task, String> {
    match variable("TASK").as_deref() {
        None => Ok(Task::Usual),
        Some("minimize") => Ok(Task::Minimize),
        Some("pass") => Ok(Task::Pass),
        Some("fuzz") => Ok(Task::Fuzz),
        Some("canary") => Ok(Task::Canary),
        Some(other) => {
            Err(unknown("task", other, ["minimize", "pass", "fuzz", "canary"].into_iter()))
        }
    }
}

/// What a replay does where the program cannot follow its token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnDivergence {
    /// It goes on as if nothing had been asked for there.
    Continue,
    /// It ends there.
    Stop,
    /// It goes on, and counts as nondeterminism whatever comes of it.
    Error,
}

/// What `RADDLE_ON_DIVERGENCE` asks for.
///
/// # Errors
/// If it asks for something unknown.
pub(crate) fn on_divergence() -> Result<OnDivergence, String> {
    match variable("ON_DIVERGENCE").as_deref() {
        None | Some("continue") => Ok(OnDivergence::Continue),
        Some("stop") => Ok(OnDivergence::Stop),
        Some("error") => Ok(OnDivergence::Error),
        Some(other) => {
            let known = ["continue", "stop", "error"].into_iter();
            Err(format!("RADDLE_ON_DIVERGENCE: {}", unknown("answer", other, known)))
        }
    }
}

/// The folder for what is running, instead of the usual one.
pub(crate) fn in_flight() -> Option<std::path::PathBuf> {
    variable("IN_FLIGHT").map(Into::into)
}

/// The lines of the file that holds the signatures of failures that a campaign has found already.
pub(crate) fn known() -> Vec<String> {
    lines_of("KNOWN")
}

/// The lines of the file that holds the tokens of a campaign's corpus.
pub(crate) fn corpus() -> Vec<String> {
    lines_of("CORPUS")
}

fn lines_of(name: &str) -> Vec<String> {
    let Some(path) = variable(name) else { return Vec::new() };
    match std::fs::read_to_string(&path) {
        Ok(text) => text.lines().map(str::to_string).collect(),
        Err(error) => {
            eprintln!("warning: RADDLE_{name}: failed to read {path}: {error}");
            Vec::new()
        }
    }
}

/// The file to which traces are added, one a line.
pub(crate) fn trace_file() -> Option<String> {
    variable("TRACE")
}

/// The file that gets one line about every check.
pub(crate) fn report_file() -> Option<String> {
    variable("REPORT")
}

/// How wide a report may be, in columns, and whether it may have colours.
pub(crate) fn style() -> (usize, bool) {
    let width = variable("WIDTH").and_then(|width| width.parse().ok()).unwrap_or(100);
    let color = match variable("COLOR").as_deref() {
        Some("always") => true,
        Some("never") => false,
        _ => {
            std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0")
        }
    };
    (width, color)
}

/// Where the search for a profile begins.
pub(crate) fn start_of_search() -> Option<std::path::PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(Into::into);
    manifest.or_else(|| std::env::current_dir().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_layers_win() {
        let mut high = Layer::default();
        let mut low = Layer::default();
        high.set("seed", "7").unwrap();
        low.set("seed", "1").unwrap();
        low.set("iterations", "10_000").unwrap();
        let settings = high.over(low).settle();
        assert_eq!((settings.sampling.seed, settings.limits.executions), (7, Some(10_000)));
    }

    #[test]
    fn a_bound_can_be_taken_away_from_above() {
        let (mut high, mut low) = (Layer::default(), Layer::default());
        low.set("max_preemptions", "2").unwrap();
        assert_eq!(high.clone().over(low.clone()).settle().max_preemptions, Some(2));
        high.set("max_preemptions", "none").unwrap();
        assert_eq!(high.over(low).settle().max_preemptions, None);
    }

    #[test]
    fn sampling_is_bounded_by_default() {
        let mut layer = Layer::default();
        assert_eq!(layer.clone().settle().limits.executions, None);
        layer.set("strategy", "random").unwrap();
        assert_eq!(layer.clone().settle().limits.executions, Some(SAMPLES));
        layer.set("max_time", "2m").unwrap();
        let limits = layer.settle().limits;
        assert_eq!((limits.executions, limits.time), (None, Some(Duration::from_secs(120))));
    }

    #[test]
    fn every_key_can_be_set_and_every_error_says_what_is_wrong() {
        let values = ["exhaustive", "1", "100ms", "rc20", "deadlock", "threads", "true", "virtual"];
        for key in KEYS {
            let mut layer = Layer::default();
            assert!(values.iter().any(|value| layer.set(key, value).is_ok()), "{key}");
            assert!(layer.set(key, "#").is_err(), "{key}");
        }
        let error = Layer::default().set("iteration", "1").unwrap_err();
        assert_eq!(error, "unknown setting \"iteration\"; did you mean \"iterations\"?");
        assert!(duration("5 parsecs").unwrap_err().contains("\"500ms\""));
    }
}
