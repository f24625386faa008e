//! Runners: a plan as a check of raddle, and a failure in the words that shuttle's users look for.

use crate::config::{Config, FailurePersistence, MaxSteps};
use crate::execution::{self, Numbers};
use crate::scheduler::{Plan, Scheduler};
use raddle::__private::{CheckFailed, checked, checked_twice, is_exhaustive, replayed};
use raddle::{Builder, Kind};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fmt};

/// shuttle's variable for the seed of its schedulers.
const RANDOM_SEED: &str = "SHUTTLE_RANDOM_SEED";

/// raddle's own size of stacks, which debug builds need.
const STACK_SIZE_MIN: usize = 256 << 10;

/// What follows the token of an execution of an exhaustive search: random numbers are not among its decisions, and yields are
/// no places where others go on.
const SEARCHED: &str = "@fixed";

type Program = Arc<dyn Fn() + Send + Sync>;

/// Checks a closure with a scheduler.
pub struct Runner<S: ?Sized + Scheduler> {
    config: Config,
    scheduler: Box<S>,
}

impl<S: ?Sized + Scheduler + fmt::Debug> fmt::Debug for Runner<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Runner { config, scheduler } = self;
        f.debug_struct("Runner").field("scheduler", scheduler).field("config", config).finish()
    }
}

impl<S: Scheduler + 'static> Runner<S> {
    /// One that runs what the scheduler chooses.
    pub fn new(scheduler: S, config: Config) -> Self {
        Runner { config, scheduler: Box::new(scheduler) }
    }

    /// Checks the closure; how many executions were run. For an exhaustive search that is at most as many as shuttle
    /// would have run, as those that no thread can tell apart count once.
    ///
    /// # Panics
    /// If an execution fails: its report has then been printed. Also if the scheduler is not one of shuttle's.
    #[track_caller]
    pub fn run<F>(self, f: F) -> usize
    where
        F: Fn() + Send + Sync + 'static,
    {
        follow(&self.scheduler.plan(), &self.config, Builder::new(), Arc::new(f))
    }
}

/// Checks a closure with several schedulers. shuttle does so in parallel; here one comes after the other.
pub struct PortfolioRunner {
    plans: Vec<Plan>,
    stop_on_first_failure: bool,
    config: Config,
}

impl PortfolioRunner {
    /// One without schedulers. If it does not stop at the first failure, all of them are run and their failures told.
    pub fn new(stop_on_first_failure: bool, config: Config) -> Self {
        PortfolioRunner { plans: Vec::new(), stop_on_first_failure, config }
    }

    /// Adds a scheduler.
    pub fn add(&mut self, scheduler: impl Scheduler + Send + 'static) {
        self.plans.push(scheduler.plan());
    }

    /// Checks the closure with all of them.
    ///
    /// # Panics
    /// If an execution fails.
    #[track_caller]
    pub fn run<F>(self, f: F)
    where
        F: Fn() + Send + Sync + 'static,
    {
        let (builder, program): (_, Program) = (Builder::new(), Arc::new(f));
        let mut failed = None;
        for plan in &self.plans {
            let (builder, program) = (builder.clone(), Arc::clone(&program));
            let run = || follow(plan, &self.config, builder, program);
            if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
                failed.get_or_insert(payload);
                if self.stop_on_first_failure {
                    break;
                }
            }
        }
        if let Some(payload) = failed {
            resume_unwind(payload);
        }
    }
}

impl fmt::Debug for PortfolioRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortfolioRunner")
            .field("schedulers", &self.plans.len())
            .field("stop_on_first_failure", &self.stop_on_first_failure)
            .field("config", &self.config)
            .finish()
    }
}

/// Checks the program as the plan says.
fn follow(plan: &Plan, config: &Config, builder: Builder, program: Program) -> usize {
    let (inner, is_twice) = match plan {
        Plan::Twice(inner) => (&**inner, true),
        plan => (plan, false),
    };
    let builder = configured(config, builder);
    let (builder, random_data) = match inner {
        Plan::Sample { iterations: 0, .. } | Plan::Exhaustive { iterations: Some(0), .. } => {
            return 0;
        }
        Plan::Sample { strategy, seed, depth, iterations } => {
            let mut builder = builder.strategy(strategy).iterations(*iterations);
            builder = builder.seed(asked_seed().or(*seed).unwrap_or(0));
            (depth.map_or(builder.clone(), |depth| builder.depth(depth)), true)
        }
        Plan::Exhaustive { iterations, random_data } => {
            (iterations.map_or(builder.clone(), |most| builder.iterations(most)), *random_data)
        }
        Plan::Replay(_) => (builder, true),
        Plan::Twice(_) => {
            panic!("each execution is to be run twice, twice: one check for nondeterminism will do")
        }
        Plan::Unknown(name) => panic!(
            "{name} cannot be used on raddle, which is not asked thread by thread who goes next; take one of \
             shuttle's own schedulers, or raddle's strategies by RADDLE_STRATEGY with one of these"
        ),
    };
    let is_searched = match inner {
        Plan::Replay(schedule) => schedule.ends_with(SEARCHED),
        _ => is_exhaustive(&builder),
    };
    let numbers = match inner {
        _ if !random_data => Numbers::Refused,
        Plan::Replay(_) if is_searched => Numbers::Fixed,
        Plan::Replay(_) => Numbers::Chosen,
        _ if is_searched => Numbers::Fixed,
        _ => Numbers::Chosen,
    };
    let body = move || execution::main(numbers, !is_searched, &*program);
    let came = match inner {
        Plan::Replay(schedule) => {
            let token = schedule.strip_suffix(SEARCHED).unwrap_or(schedule);
            replayed(builder, token_of_raddle(token), body)
        }
        _ if is_twice => checked_twice(builder, body),
        _ => checked(builder, body),
    };
    match came {
        Ok(executions) => usize::try_from(executions).unwrap_or(usize::MAX),
        Err(failed) => fail(config, &failed, is_searched),
    }
}

/// The token, if it is one.
fn token_of_raddle(schedule: &str) -> &str {
    let is_of_shuttle = |c: char| c.is_ascii_hexdigit() || c.is_whitespace();
    assert!(
        schedule.is_empty() || !schedule.chars().all(is_of_shuttle),
        "this schedule was printed by shuttle, and means nothing to raddle; run the test again, which prints another one \
         if it still fails"
    );
    schedule
}

/// What the configuration comes to.
fn configured(config: &Config, builder: Builder) -> Builder {
    let mut builder = builder
        .model("sc")
        .stack_size(config.stack_size.max(STACK_SIZE_MIN))
        .replay_command("cargo raddle shuttle --replay TOKEN test");
    if let Some(most) = config.max_time {
        builder = builder.max_time(&format!("{}ms", most.as_millis()));
    }
    match config.max_steps {
        MaxSteps::None => builder.max_events(u32::MAX),
        MaxSteps::FailAfter(most) => builder.max_events(saturated(most)),
        MaxSteps::ContinueAfter(most) => builder.max_events(saturated(most)).allow_incomplete(true),
    }
}

fn saturated(number: usize) -> u32 {
    number.try_into().unwrap_or(u32::MAX).max(1)
}

fn asked_seed() -> Option<u64> {
    let seed = env::var(RANDOM_SEED).ok()?;
    let number = seed.parse();
    Some(number.unwrap_or_else(|_| panic!("{RANDOM_SEED}: {seed:?} is not a number of 64 bits")))
}

/// Says how to replay the failure, and panics with the words of shuttle and those of raddle.
fn fail(config: &Config, failed: &CheckFailed, is_searched: bool) -> ! {
    let violation = failed.violation.as_deref();
    if let Some(token) = violation.and_then(|it| it.token.as_deref()) {
        let marked = format!("{token}{SEARCHED}");
        let schedule = if is_searched { &marked } else { token };
        persist(&config.failure_persistence, schedule);
    }
    let (text, steps) = (
        &failed.message,
        match config.max_steps {
            MaxSteps::FailAfter(most) | MaxSteps::ContinueAfter(most) => most,
            MaxSteps::None => usize::MAX,
        },
    );
    let message = match violation.map(|it| it.kind) {
        Some(Kind::Deadlock | Kind::PartialDeadlock | Kind::TaskLeak) => {
            format!("deadlock! {}{text}", held_by_itself(text))
        }
        // shuttle does not notice that nothing changes any more.
        Some(Kind::Livelock | Kind::LiveLeak) => {
            format!("exceeded max_steps bound {steps}, or would have: {text}")
        }
        Some(Kind::StepLimit) => format!("exceeded max_steps bound {steps}. {text}"),
        Some(Kind::Nondeterminism) => format!("possible nondeterminism: {text}"),
        _ => text.clone(),
    };
    resume_unwind(Box::new(message))
}

/// How shuttle calls it if a thread waits for a lock that it holds, by what the report says.
fn held_by_itself(text: &str) -> &'static str {
    match text.split_once(", which it holds itself") {
        Some((before, _)) if before.contains(" waits to lock ") => {
            "tried to acquire a Mutex it already holds: "
        }
        Some((before, _)) if before.contains(" waits to ") => {
            "tried to acquire a RwLock it already holds: "
        }
        _ => "",
    }
}

fn persist(how: &FailurePersistence, token: &str) {
    let written = match how {
        FailurePersistence::None => return,
        FailurePersistence::Print => None,
        FailurePersistence::File(folder) => Some(write(folder.as_deref(), token)),
    };
    match written {
        Some(Ok(path)) => eprintln!(
            "failing schedule persisted to file: {}\npass that path to `shuttle::replay_from_file` to replay the failure",
            path.display()
        ),
        other => {
            if let Some(Err(error)) = other {
                eprintln!("failed to write the schedule to a file: {error}");
            }
            eprintln!(
                "failing schedule:\n\"\n{token}\n\"\npass that string to `shuttle::replay` to replay the failure"
            );
        }
    }
}

/// Writes the token into a file that is not there yet.
fn write(folder: Option<&Path>, token: &str) -> io::Result<PathBuf> {
    let folder = folder.map_or_else(env::current_dir, |folder| Ok(folder.to_path_buf()))?;
    let mut number = 0;
    loop {
        let path = folder.join(format!("schedule{number:03}.txt"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(token.as_bytes())?;
                return path.canonicalize();
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}
