//! What the tests of the engine share.

use raddle_engine::explore::{Exhaustive, Policy};
use raddle_engine::memory::Model;
use raddle_litmus::key::Found;
use raddle_litmus::oracle::generate::{Shape, program_of_seed};
use raddle_litmus::program::{Instruction, Program};
use raddle_litmus::report::{explore_with, settings};
use raddle_litmus::scripted::Scripted;
use std::path::Path;

/// Every policy there is.
pub const POLICIES: [Policy; 5] =
    [Policy::WritesFirst, Policy::Continue, Policy::Lowest, Policy::Highest, Policy::Scattered];

/// Every model there is.
pub const MODELS: [Model; 2] = [Model::Sc, Model::Rc20];

/// The programs of a file under `tests/data`.
pub fn programs_of(file: &str) -> Vec<Program> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
    Program::parse_list(&text).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// A program from the text of its threads.
pub fn program(locations: u32, cells: u32, threads: &str) -> Program {
    let text = format!(
        r#"[{{"name":"test","locations":{locations},"cells":{cells},"threads":{threads}}}]"#
    );
    Program::parse_list(&text).unwrap_or_else(|e| panic!("{e}: {text}")).remove(0)
}

/// All executions of a program, found with a policy.
pub fn found(program: &Program, model: Model, policy: Policy) -> Found {
    let strategy = Exhaustive::with_policy(policy);
    explore_with(program, Scripted::new(program), strategy, settings(model))
        .expect("a scripted world is deterministic")
        .0
}

/// The program with yields strewn in: before an instruction or not, by the bits of a number.
pub fn with_yields(program: &Program, seed: u64) -> Program {
    let mut program = program.clone();
    let mut bits = seed;
    for thread in &mut program.threads {
        *thread = strew(std::mem::take(thread), &mut bits);
    }
    program
}

fn strew(block: Vec<Instruction>, bits: &mut u64) -> Vec<Instruction> {
    let mut strewn = Vec::new();
    for mut instruction in block {
        // Knuth's multiplier; the high bits are the better ones.
        *bits =
            bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if *bits >> 63 == 1 {
            strewn.push(Instruction::Yield);
        }
        if let Instruction::If { then, otherwise, .. } = &mut instruction {
            *then = strew(std::mem::take(then), bits);
            *otherwise = strew(std::mem::take(otherwise), bits);
        }
        strewn.push(instruction);
    }
    strewn
}

/// Random programs from a seed on, without those that join a thread which may not have been started.
pub fn random_programs(first: u64, count: usize, shape: &Shape) -> Vec<Program> {
    let all = (first..).map(|seed| program_of_seed(seed, shape));
    all.filter(|program| program.check().is_ok()).take(count).collect()
}
