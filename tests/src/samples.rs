//! Samples of which two are to be the same.

use raddle_engine::explore::{
    Coverage, Ending, Explorer, Limits, Run, STRATEGIES, Sampler, Sampling, Settings, StrategyRow,
};
use raddle_engine::memory::Model;
use raddle_litmus::program::{Instruction, Order, Program};
use raddle_litmus::report::settings_for;
use raddle_litmus::scripted::Scripted;
use raddle_shims::kernel::Failure;

/// What can be seen of a sample.
#[derive(PartialEq, Debug)]
pub struct Seen {
    /// How each execution ended.
    pub endings: Vec<(Ending, Option<Failure>)>,
    /// What the program got to see.
    pub registers: Vec<Vec<u64>>,
    /// Events, and operations in all.
    pub operations: u64,
    /// Each class, and how often it was met.
    pub classes: Vec<(u128, u32)>,
    /// Whether accesses passed up to the end.
    pub passed: bool,
}

/// A sampler that often reads what is not the newest, and remembers that little. It asks few threads whether they can go on, and asserts that these
/// are enough.
pub fn sampler(row: &StrategyRow, seed: u64, (steps, psc): (u32, usize)) -> Sampler {
    let sampling = Sampling { staleness: 128, ..Sampling::with_seed(seed) };
    let sampler = Sampler::new(row, sampling).expect("the row samples");
    sampler.remembering(steps, psc).updating_always(false)
}

/// What a sampler shows of a program.
pub fn seen(program: &Program, model: Model, sampler: Sampler, executions: u64) -> Seen {
    // Loops that do not end are cut early: the whole is compared with what is repeated.
    let limits =
        Limits { executions: Some(executions), events_per_thread: 40, ..Limits::default() };
    // A failing execution does not count, so each ends the search, for the next one to be begun.
    let settings = Settings { limits, stop_at_failure: true, ..settings_for(program, model) };
    let mut world = Scripted::new(program);
    let mut endings = Vec::new();
    let mut observer = |run: &Run, ending: Ending, _: &Coverage| {
        endings.push((ending, run.failure().cloned()));
    };
    let mut explorer = Explorer::new(sampler, settings);
    let mut registers = Vec::new();
    for count in 1..=executions {
        explorer.set_limits(Limits { executions: Some(count), ..limits });
        explorer.explore(&mut world, &mut observer).expect("deterministic");
        registers.push(world.registers());
    }
    let operations = explorer.measured().operations;
    let sampler = explorer.into_strategy();
    let (classes, passed) = (sampler.classes().collect(), sampler.is_passing());
    Seen { endings, registers, operations, classes, passed }
}

/// The sampling strategies.
pub fn rows() -> impl Iterator<Item = StrategyRow> {
    STRATEGIES.into_iter().filter(|row| row.scheduler.is_some())
}

/// The program with acquire and release in place of SeqCst.
pub fn without_seq_cst(mut program: Program) -> Program {
    program.threads.iter_mut().for_each(|thread| weaken(thread));
    program
}

fn weaken(instructions: &mut [Instruction]) {
    let replace = |order: &mut Order, by| {
        if *order == Order::SeqCst {
            *order = by;
        }
    };
    for instruction in instructions {
        match instruction {
            Instruction::Load { ord, .. } => replace(ord, Order::Acquire),
            Instruction::Store { ord, .. } => replace(ord, Order::Release),
            Instruction::Cas { ord, fail, .. } => {
                replace(ord, Order::AcqRel);
                replace(fail, Order::Acquire);
            }
            Instruction::FetchAdd { ord, .. }
            | Instruction::Swap { ord, .. }
            | Instruction::Rmw { ord, .. }
            | Instruction::Fence { ord } => replace(ord, Order::AcqRel),
            Instruction::IfEq { then, .. } => weaken(then),
            Instruction::If { then, otherwise, .. } => {
                weaken(then);
                weaken(otherwise);
            }
            Instruction::Repeat { body, .. } => weaken(body),
            _ => {}
        }
    }
}
