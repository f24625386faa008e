//! How many instructions one execution takes, counted by valgrind, against what was recorded.
//!
//! ```text
//! cargo run --release -p raddle-benches --bin instructions            compares; fails if one grew by over 3 %
//! cargo run --release -p raddle-benches --bin instructions -- --bless records
//! ```
//!
//! The counts depend on compiler, libc and valgrind. They are recorded beside the counts, and where
//! others are found the counts are only printed. Without valgrind nothing is measured, and that is said.

use raddle::Outcome;
use raddle_benches::programs::{
    additions, adds, crowd, explored, idle, iriw, many, p, sampled, sampled_under, steps,
};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::atomic::Ordering::{Acquire, Release};

/// By how much a count may grow, as a part of it.
const GROWTH_MAX: f64 = 0.03;

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");

/// A search that is repeated so many times.
type Search = fn(usize) -> Outcome;

/// The programs, each with two sizes: what is counted is the difference between them, so that the start of a
/// search does not count.
const PROGRAMS: [(&str, Search, [usize; 2]); 14] = [
    ("P(2,2)", |times| explored(many(times, p(2, 2))), [20, 120]),
    ("P(3,2)", |times| explored(many(times, p(3, 2))), [2, 4]),
    ("iriw", |times| explored(many(times, iriw(Release, Acquire))), [20, 120]),
    ("mutex(5)", |times| explored(many(times, p(5, 0))), [2, 12]),
    ("2 adds", |times| explored(many(times, adds(2))), [100, 600]),
    ("fetch_add(6)", |times| explored(many(times, adds(6))), [2, 4]),
    ("P(2,2) sampled", |times| sampled(times as u64, p(2, 2)), [200, 1_200]),
    ("4 idle, sampled", |times| sampled(times as u64, idle), [200, 1_200]),
    // 2,000 operations in an execution: under each model, and by many threads.
    ("steps sc", |times| sampled_under("sc", times as u64, steps(2, 1_000)), [2, 6]),
    ("steps rc20", |times| sampled_under("rc20", times as u64, steps(2, 1_000)), [2, 6]),
    ("steps of 50", |times| sampled_under("sc", times as u64, steps(50, 40)), [2, 6]),
    // SeqCst, whose order is checked for the first 1,024 operations.
    ("additions", |times| sampled_under("rc20", times as u64, additions(2, 2_000)), [2, 6]),
    // Locks and channels, of few threads and of many.
    ("crowd of 4", |times| sampled_under("sc", times as u64, crowd(4, 4)), [20, 60]),
    ("crowd of 50", |times| sampled_under("sc", times as u64, crowd(50, 4)), [2, 6]),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match *arguments {
        [] => measure(false),
        ["--bless"] => measure(true),
        [program, times] => run(program, times),
        _ => Err("usage: instructions [--bless | PROGRAM TIMES]".to_string()),
    };
    match result {
        Ok(code) => code,
        Err(message) => {
            eprintln!("failed to count instructions: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one program, and says how many executions it had.
fn run(program: &str, times: &str) -> Result<ExitCode, String> {
    let row = PROGRAMS.iter().find(|row| row.0 == program);
    let names = || PROGRAMS.map(|row| row.0).join(", ");
    let (_, search, _) =
        row.ok_or_else(|| format!("no program {program:?}; there are {}", names()))?;
    let times = times.parse().map_err(|_| format!("{times:?} is not a number of times"))?;
    println!("{}", search(times).coverage().executions);
    Ok(ExitCode::SUCCESS)
}

/// Counts all programs, and compares the counts with the recorded ones or records them.
fn measure(bless: bool) -> Result<ExitCode, String> {
    let valgrind = match first_line("valgrind", "--version") {
        Ok(valgrind) => valgrind,
        Err(error) if bless => return Err(error),
        Err(error) => {
            println!("no instructions are counted, valgrind cannot be run: {error}");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let libc = first_line("ldd", "--version").unwrap_or("unknown libc".to_string());
    let tools = [first_line("rustc", "--version")?, libc, valgrind].join(", ");
    let mut counts = Vec::new();
    for (name, _, sizes) in PROGRAMS {
        let [small, large] = sizes.map(|times| count(name, times));
        let ((i, n), (more, m)) = (small?, large?);
        counts.push((name, (more - i) / (m - n)));
    }
    if bless {
        let rows = counts.iter().map(|(name, count)| format!("{count:.0} {name}\n"));
        let text = format!("{tools}\n{}", rows.collect::<String>());
        std::fs::write(RECORDED, text).map_err(|error| format!("{RECORDED}: {error}"))?;
    }
    let recorded =
        std::fs::read_to_string(RECORDED).map_err(|error| format!("{RECORDED}: {error}"))?;
    Ok(compare(&tools, &counts, &recorded))
}

/// Prints the counts beside the recorded ones; a failure if one has grown too much.
fn compare(tools: &str, counts: &[(&str, f64)], recorded: &str) -> ExitCode {
    let mut lines = recorded.lines();
    let before = lines.next().unwrap_or_default();
    let known: Vec<(&str, f64)> = lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(count, name)| Some((name, count.parse().ok()?)))
        .collect();
    println!("{:16} {:>12} {:>12}", "program", "recorded", "instructions per execution");
    let mut grown = Vec::new();
    for (name, count) in counts {
        match known.iter().find(|row| row.0 == *name) {
            None => println!("{name:16} {:>12} {count:>12.0}", "-"),
            Some((_, known)) => {
                let growth = count / known - 1.0;
                println!("{name:16} {known:>12.0} {count:>12.0} {:>+7.1} %", growth * 100.0);
                grown.extend((growth > GROWTH_MAX).then_some(*name));
            }
        }
    }
    if before != tools {
        println!("not compared: they were recorded with {before}; this is {tools}");
        return ExitCode::SUCCESS;
    }
    if grown.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!(
        "more than {:.0} % above what was recorded: {}. If that is worth it, record the new counts with \
         --bless and say why in the commit",
        GROWTH_MAX * 100.0,
        grown.join(", ")
    );
    ExitCode::FAILURE
}

/// Counts the instructions and the executions of one search.
fn count(program: &str, times: usize) -> Result<(f64, f64), String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let profile =
        Profile(std::env::temp_dir().join(format!("instructions.{}", std::process::id())));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", &format!("--callgrind-out-file={}", profile.0.display())])
        .arg(this)
        .args([program, &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let (said, found) =
        (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let collected = said.lines().filter_map(|line| line.split_once("Collected :")).next();
    let collected = collected.and_then(|(_, count)| number(count));
    match (collected, number(&found)) {
        (Some(instructions), Some(executions)) => Ok((instructions, executions)),
        _ => Err(format!("valgrind on {program} x {times} said: {found}{said}")),
    }
}

/// A file that is of no interest, and removed.
struct Profile(PathBuf);

impl Drop for Profile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The first line that a command prints.
fn first_line(command: &str, argument: &str) -> Result<String, String> {
    let output = Command::new(command).arg(argument).output();
    let output = output.map_err(|error| format!("{command}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .next()
        .map(str::to_string)
        .ok_or_else(|| format!("{command} {argument} said nothing"))
}
