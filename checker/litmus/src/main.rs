//! The command `raddle-litmus`: explores programs of files and compares them with what is known.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "a command may look at the clock")]

use clap::{Parser, Subcommand};
use raddle_engine::explore::{Exhaustive, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::bench;
use raddle_litmus::fuzz::{check, check_loops, fuzz};
use raddle_litmus::key::Found;
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::oracle::mixed::{self, Mix};
use raddle_litmus::program::Program;
use raddle_litmus::report::{differences, explore, explore_threads};
use raddle_litmus::threaded::Guards;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Explores every execution of litmus programs and compares them with the expected ones.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    /// Only this memory model: sc or rc20. Both if not given.
    #[arg(long)]
    model: Option<Model>,
    /// What runs the programs: a script, or real threads (coroutines) through the shims.
    #[arg(long, value_enum, default_value_t = WorldKind::Scripted)]
    world: WorldKind,
    /// Files of programs.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum WorldKind {
    Scripted,
    Threads,
    /// Threads, with guards as loops.
    Loops,
}

#[derive(Subcommand)]
enum Command {
    /// Times the explorer on programs whose counts are known.
    Bench {
        /// Programs, such as readers(16); a fixed list if none is named.
        programs: Vec<String>,
        /// Only this memory model: sc or rc20. Both if not given.
        #[arg(long)]
        model: Option<Model>,
        /// How long to repeat each, in milliseconds.
        #[arg(long, default_value_t = 1_000)]
        millis: u64,
        /// The most executions of one search, to look at the start of large ones.
        #[arg(long)]
        executions: Option<u64>,
    },
    /// Compares the explorer with the oracles on random programs.
    Fuzz {
        /// How many programs.
        #[arg(long, default_value_t = 2_000)]
        programs: u64,
        /// The seed of the first one.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Only this memory model: sc or rc20. Both if not given.
        #[arg(long)]
        model: Option<Model>,
        /// Which thread goes next: writes-first, continue, lowest, highest or scattered.
        #[arg(long, default_value = "writes-first")]
        policy: String,
        /// The most events of a program.
        #[arg(long, default_value_t = Shape::default().max_events)]
        events: usize,
        /// The most threads of a program.
        #[arg(long, default_value_t = Shape::default().max_threads)]
        threads: usize,
        /// The most locations of a program.
        #[arg(long, default_value_t = Shape::default().max_locations)]
        locations: u32,
        /// On threads, with guards as loops; in a build without optimisation, as an optimised one may explore the first turn of a loop as events
        #[arg(long)]
        loops: bool,
        /// Programs that mix blocking objects with atomics.
        #[arg(long)]
        objects: bool,
        /// Sleeps, time limits and looks at the clock in those.
        #[arg(long, requires = "objects")]
        time: bool,
        /// Only SeqCst orderings.
        #[arg(long)]
        seq_cst: bool,
        /// Some locations as Go's atomics are.
        #[arg(long)]
        interleaved: bool,
        /// No plain accesses, so that no program ends early with a data race.
        #[arg(long)]
        no_plain: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::Bench { programs, model, millis, executions }) => {
            let fixed = || bench::PROGRAMS.iter().map(|name| name.to_string()).collect();
            let programs = if programs.is_empty() { fixed() } else { programs };
            print!("{}", bench::table(&programs, model, Duration::from_millis(millis), executions));
            Ok(true)
        }
        None => compare_files(&arguments.files, arguments.model, arguments.world),
        Some(Command::Fuzz {
            programs,
            seed,
            model,
            policy,
            events,
            threads,
            locations,
            objects,
            time,
            loops,
            seq_cst,
            interleaved,
            no_plain,
        }) => {
            let shape = Shape {
                max_events: events,
                max_threads: threads,
                max_locations: locations,
                sc_only: seq_cst,
                plain: !no_plain,
                awaits: Shape::default().awaits || loops,
                ..Shape::default()
            };
            let mix = Mix { max_events: events, max_threads: threads, time, ..Mix::default() };
            let generate = |seed| {
                let program = match objects {
                    true => mixed::program_of_seed(seed, &mix),
                    false => program_of_seed(seed, &shape),
                };
                program.interleaved(|loc| interleaved && seed >> loc & 1 == 1)
            };
            fuzz_models(model, (seed, programs), (&policy, loops), generate)
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn fuzz_models(
    model: Option<Model>,
    range: (u64, u64),
    (policy, loops): (&str, bool),
    generate: impl Fn(u64) -> Program,
) -> Result<bool, String> {
    let policy = match policy {
        "writes-first" => Policy::WritesFirst,
        "continue" => Policy::Continue,
        "lowest" => Policy::Lowest,
        "highest" => Policy::Highest,
        "scattered" => Policy::Scattered,
        other => return Err(format!("unknown policy {other:?}")),
    };
    let mut differences = 0;
    for (model, name, _) in Model::ALL.into_iter().filter(|m| model.is_none_or(|x| x == m.0)) {
        let start = Instant::now();
        let strategy = || Exhaustive::with_policy(policy);
        let check = |program: &Program, truth: &Found| match loops {
            true => check_loops(program, (model, Guards::Loops), strategy, truth),
            false => check(program, model, strategy(), truth),
        };
        let tally = fuzz(model, &generate, range, check, |program, difference| {
            differences += 1;
            let json = serde_json::to_string(program).unwrap_or_default();
            println!("[{name}] {difference}\n{json}");
            differences < 5
        });
        println!(
            "[{name}] {} programs ({} too large for the oracle), {} executions, {} redundant, {} given up, {differences} differences, {:.0} s",
            tally.programs,
            tally.skipped,
            tally.executions,
            tally.redundant,
            tally.given_up,
            start.elapsed().as_secs_f64()
        );
    }
    Ok(differences == 0)
}

#[derive(Default)]
struct Totals {
    programs: u64,
    different: u64,
    executions: u64,
    events: u64,
    time: Duration,
}

fn compare_files(
    files: &[PathBuf],
    model: Option<Model>,
    world: WorldKind,
) -> Result<bool, String> {
    let mut totals = Totals::default();
    for file in files {
        let text = std::fs::read_to_string(file)
            .map_err(|e| format!("failed to read {}: {e}", file.display()))?;
        let programs = Program::parse_list(&text)
            .map_err(|e| format!("failed to understand {}: {e}", file.display()))?;
        for program in &programs {
            for (model, name, _) in
                Model::ALL.into_iter().filter(|m| model.is_none_or(|x| x == m.0))
            {
                compare_one(program, (model, name), world, &mut totals)?;
            }
        }
    }
    let seconds = totals.time.as_secs_f64();
    println!(
        "{} explorations, {} with differences; {} executions, {} events in {:.2} s: {:.0} executions/s, {:.0} ns/event",
        totals.programs,
        totals.different,
        totals.executions,
        totals.events,
        seconds,
        totals.executions as f64 / seconds,
        seconds * 1e9 / totals.events as f64,
    );
    Ok(totals.different == 0)
}

fn compare_one(
    program: &Program,
    (model, name): (Model, &str),
    world: WorldKind,
    totals: &mut Totals,
) -> Result<(), String> {
    let Some(expected) = program.expect.get(name) else { return Ok(()) };
    let start = Instant::now();
    let (found, outcome) = match world {
        WorldKind::Scripted => explore(program, model),
        WorldKind::Threads => explore_threads(program, model, Guards::Asked, Exhaustive::new)?,
        WorldKind::Loops => explore_threads(program, model, Guards::Loops, Exhaustive::new)?,
    };
    totals.time += start.elapsed();
    totals.programs += 1;
    totals.executions += outcome.coverage().executions;
    totals.events += outcome.coverage().events;
    let lines = differences(&found, outcome.coverage(), expected);
    totals.different += u64::from(!lines.is_empty());
    for line in lines {
        println!("{} [{name}] {line}", program.name);
    }
    Ok(())
}
