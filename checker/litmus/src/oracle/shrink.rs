//! Makes a failing program as small as greedy deletion can, for reports outside proptest.

use crate::program::{Instruction, Operand, Program};

/// The smallest program found that still fails: no single deletion or simplification of it does.
///
/// Whole threads go first, then instructions; branches and repetitions are replaced by what they
/// contain; guards, weakness, registers as operands and initial values are dropped. The orderings stay
/// as they are. Only programs that [`Program::check`] accepts are tried.
pub fn shrink(mut program: Program, mut still_fails: impl FnMut(&Program) -> bool) -> Program {
    program.expect.clear();
    while let Some(smaller) = candidates(&program)
        .into_iter()
        .find(|smaller| smaller.check().is_ok() && still_fails(smaller))
    {
        program = smaller;
    }
    program
}

/// Every program that is one step smaller, the boldest steps first.
fn candidates(program: &Program) -> Vec<Program> {
    let mut all: Vec<Program> =
        (0..program.threads.len()).map(|t| without_thread(program, t)).collect();
    for (t, body) in program.threads.iter().enumerate() {
        all.extend(smaller_bodies(body).into_iter().map(|body| {
            let mut smaller = program.clone();
            smaller.threads[t] = body;
            smaller
        }));
    }
    if !program.initial.is_empty() {
        all.push(Program { initial: Vec::new(), ..program.clone() });
    }
    if let Some(locations) = program.locations.checked_sub(1) {
        let mut smaller = Program { locations, ..program.clone() };
        smaller.initial.truncate(locations as usize);
        all.push(smaller);
    }
    if let Some(cells) = program.cells.checked_sub(1) {
        all.push(Program { cells, ..program.clone() });
    }
    all
}

/// The program without a thread, its spawns and joins, and with the others renumbered.
fn without_thread(program: &Program, gone: usize) -> Program {
    let mut smaller = program.clone();
    smaller.threads.remove(gone);
    for body in &mut smaller.threads {
        forget_thread(body, gone as u32);
    }
    smaller
}

fn forget_thread(body: &mut Vec<Instruction>, gone: u32) {
    use Instruction::*;
    body.retain(|it| !matches!(it, Spawn { thread } | Join { thread } if *thread == gone));
    for it in body {
        match it {
            Spawn { thread } | Join { thread } if *thread > gone => *thread -= 1,
            IfEq { then, .. } => forget_thread(then, gone),
            If { then, otherwise, .. } => {
                forget_thread(then, gone);
                forget_thread(otherwise, gone);
            }
            Repeat { body, .. } => forget_thread(body, gone),
            _ => {}
        }
    }
}

/// Every body that is one step smaller: an instruction deleted, or replaced by something simpler.
fn smaller_bodies(body: &[Instruction]) -> Vec<Vec<Instruction>> {
    let replaced = |at: usize, by: &[Instruction]| [&body[..at], by, &body[at + 1..]].concat();
    let mut all: Vec<_> = (0..body.len()).map(|at| replaced(at, &[])).collect();
    for (at, it) in body.iter().enumerate() {
        all.extend(simpler(it).iter().map(|by| replaced(at, by)));
    }
    all
}

/// What can stand for an instruction.
fn simpler(it: &Instruction) -> Vec<Vec<Instruction>> {
    use Instruction::*;
    let mut all = Vec::new();
    match it {
        IfEq { reg, val, then } => {
            all.push(then.clone());
            for then in smaller_bodies(then) {
                all.push(vec![IfEq { reg: *reg, val: *val, then }]);
            }
        }
        If { reg, cmp, val, then, otherwise } => {
            all.extend([then.clone(), otherwise.clone()]);
            let (reg, cmp, val) = (*reg, *cmp, *val);
            for then in smaller_bodies(then) {
                all.push(vec![If { reg, cmp, val, then, otherwise: otherwise.clone() }]);
            }
            for otherwise in smaller_bodies(otherwise) {
                all.push(vec![If { reg, cmp, val, then: then.clone(), otherwise }]);
            }
        }
        Repeat { times, body } => {
            all.push(body.clone());
            if *times > 2 {
                all.push(vec![Repeat { times: times - 1, body: body.clone() }]);
            }
            for body in smaller_bodies(body) {
                all.push(vec![Repeat { times: *times, body }]);
            }
        }
        Choose { n, reg } if *n > 1 => all.push(vec![Choose { n: n - 1, reg: *reg }]),
        _ => all.extend(plainer(it).map(|it| vec![it])),
    }
    all
}

/// The instruction without its guard, its weakness and what it takes from registers; if it has any.
fn plainer(it: &Instruction) -> impl Iterator<Item = Instruction> {
    use Instruction::*;
    let (mut unguarded, mut constant) = (it.clone(), it.clone());
    match &mut unguarded {
        Load { until, .. } | FetchAdd { until, .. } | Swap { until, .. } | Rmw { until, .. } => {
            *until = None
        }
        Cas { weak, old, .. } => (*weak, *old) = (false, None),
        _ => {}
    }
    let fix = |val: &mut Operand| {
        if let Operand::Register { .. } = val {
            *val = Operand::Constant(1);
        }
    };
    match &mut constant {
        Store { val, .. }
        | FetchAdd { val, .. }
        | Swap { val, .. }
        | Rmw { val, .. }
        | PlainStore { val, .. }
        | Set { val, .. } => fix(val),
        Cas { val, expected, .. } => {
            fix(val);
            fix(expected);
        }
        _ => {}
    }
    let it = it.clone();
    [unguarded, constant].into_iter().filter(move |other| *other != it)
}
