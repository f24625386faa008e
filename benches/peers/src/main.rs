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

mod on_loom;
mod on_raddle;
mod on_shuttle;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut limit = 10.0;
    let mut wanted = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => match arguments.next().and_then(|text| text.parse().ok()) {
                Some(seconds) => limit = seconds,
                None => {
                    eprintln!("error: --seconds needs a number");
                    return ExitCode::from(2);
                }
            },
            _ => wanted.push(argument),
        }
    }
    table::print(&wanted, limit);
    ExitCode::SUCCESS
}
