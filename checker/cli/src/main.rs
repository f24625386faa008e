//! The command `cargo raddle`: lists, runs and replays the tests that `#[raddle::test]` marks.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "a campaign has a budget of time")]

mod arguments;
mod cargo;
mod doctor;
mod exit;
mod explain;
mod face;
mod fuzz;
mod libtest;
mod lines;
mod list;
mod marks;
mod minimize;
mod process;
mod replay;
mod rows;
mod run;
mod scratch;
mod suggest;
mod table;
mod token;
mod verdict;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(arguments::own(std::env::args_os()));
    let result = match &arguments.command {
        Command::List(arguments) => list::list(arguments),
        Command::Run(arguments) => run::run(arguments),
        Command::Replay(arguments) => replay::replay(arguments),
        Command::Explain(arguments) => explain::explain(arguments),
        Command::Minimize(arguments) => minimize::minimize(arguments),
        Command::Fuzz(arguments) => fuzz::fuzz(arguments),
        Command::Regress(arguments) => fuzz::regress(arguments),
        Command::Corpus(arguments) => fuzz::corpus(arguments),
        Command::Report(arguments) => fuzz::report(arguments),
        Command::Doctor(arguments) => doctor::doctor(arguments),
        Command::Loom(arguments) => face::run(&face::LOOM, arguments),
        Command::Shuttle(arguments) => face::run(&face::SHUTTLE, arguments),
    };
    let exit = result.unwrap_or_else(|trouble| {
        eprintln!("error: {}", trouble.message);
        trouble.exit
    });
    ExitCode::from(exit as u8)
}
