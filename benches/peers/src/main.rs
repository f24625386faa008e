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
mod table;

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
    /// The table in Markdown, as the book has it.
    #[arg(long)]
    markdown: bool,
    /// Parts of the names of programs; all if there are none.
    programs: Vec<String>,
}

fn main() -> ExitCode {
    let Arguments { seconds, genmc, markdown, programs } = Arguments::parse();
    match genmc.map(genmc::Genmc::new).transpose() {
        Ok(genmc) => table::print(&programs, seconds, genmc.as_ref(), markdown),
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
