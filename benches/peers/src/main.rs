//! raddle beside loom and shuttle, on the same programs, in one process.
//!
//! Each program is explored by each of them until it is done, or until a limit of CPU time; what is printed are executions, CPU
//! time, and ratios. Searches of different tools are different searches: loom has no reduction for most
//! programs and misses executions, shuttle knows sequential consistency only and has no reduction. So the ratio of two
//! complete searches compares what a user waits for; beside it stands what one execution costs.

#![forbid(unsafe_code)]
#![allow(
    clippy::duplicate_mod,
    reason = "the programs are written once, for each tool's primitives"
)]
#![allow(clippy::disallowed_methods, reason = "the tools look at the time that passes")]

mod genmc;
mod on_loom;
mod on_raddle;
mod on_shuttle;
mod suite;
mod table;

use crate::suite::Suite;
use crate::table::Request;
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Explores the same programs with raddle and its peers, and prints a table.
#[derive(Parser)]
struct Arguments {
    /// CPU seconds after which a search is stopped.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Where GenMC is, to have it in the table as well.
    #[arg(long)]
    genmc: Option<PathBuf>,
    /// The suite of a project that uses loom: its folder, then arguments of cargo test, in one word.
    #[arg(long, value_parser = Suite::parse)]
    suite: Vec<Suite>,
    /// Print Markdown.
    #[arg(long)]
    markdown: bool,
    /// Put the table into the book's page on performance.
    #[arg(long)]
    book: bool,
    /// Parts of the names of programs; all if there are none.
    programs: Vec<String>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let Arguments { seconds, genmc, suite, markdown, book, programs } = arguments;
    let genmc = genmc.map(genmc::Genmc::new).transpose()?;
    let request = Request { programs, limit: seconds, genmc, suites: suite, markdown };
    let table = table::print(&request)?;
    if book { put_into_book(&table) } else { Ok(()) }
}

/// Puts the table between its marks in the book's page.
fn put_into_book(table: &str) -> Result<(), String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../book/src/performance.md");
    let failed = |error: std::io::Error| format!("{path}: {error}");
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let (begin, end) = ("<!-- table of benches/peers -->\n", "<!-- end of the table -->");
    let parts =
        text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{path} has no {begin}"))?;
    std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).map_err(failed)
}
