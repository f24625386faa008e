//! Prints what minimisation comes to on every bug: steps and deviations as found, those that are left, and how long
//! search, minimisation and report take together.
//!
//! `cargo run --release -p raddle-bugs --example figures`

#![allow(clippy::disallowed_methods, reason = "how long it takes is what is asked")]

#[path = "main.rs"]
#[allow(dead_code, reason = "what is asserted is for the test alone")]
mod bugs;

use bugs::BUGS;
use bugs::bug::Bug;
use raddle::{Builder, Violation};
use std::time::Instant;

/// How the failing execution is looked for.
const SEARCHES: [&str; 2] = ["exhaustive", "random"];

fn main() {
    println!("bug                  search      found          minimised      milliseconds");
    println!("                                 steps  decis.  steps  decis.");
    for bug in BUGS {
        for strategy in SEARCHES {
            let settings = || Builder::new().strategy(strategy).iterations(100_000);
            let found = bug.found(settings().minimize("0s"));
            let start = Instant::now();
            let minimised = bug.found(settings());
            let millis = start.elapsed().as_millis();
            let name = bug.name.rsplit("::").nth(1).unwrap_or(bug.name);
            let (before, after) = (size(bug, &found), size(bug, &minimised));
            println!("{name:20} {strategy:10}  {before}  {after}  {millis:>7}");
        }
    }
}

fn size(bug: &Bug, violation: &Violation) -> String {
    format!("{:5}  {:5} ", bug.steps(violation), bug.deviations(violation))
}
