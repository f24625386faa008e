//! Threads compiled to flat code: what the scripted world runs.

use crate::objects::Deed;
use crate::program::{Comparison, Guard, Instruction, Operand, Order, Program, RmwFunction};
use raddle_shims::kernel::{
    Change, FenceOrdering, LoadOrdering, LocationId, Op, Otherwise, RmwKind, RmwOrdering,
    StoreOrdering, Test, ThreadId, Until, Value, Width,
};

/// One flat instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Code {
    /// Performs an operation whose value operand is `operand`; the reply goes to `reg`. If it is
    /// `constant`, the values stand in `op` already.
    Visible {
        op: Op,
        constant: bool,
        operand: Operand,
        expected: Operand,
        reg: u32,
        old: Option<u32>,
    },
    /// Reads a plain cell.
    PlainLoad { cell: u32, reg: u32 },
    /// Writes a plain cell.
    PlainStore { cell: u32, val: Operand },
    /// Goes to `target` unless `reg cmp val`.
    Unless { reg: u32, cmp: Comparison, val: Operand, target: u32 },
    /// Goes to `target`.
    Jump { target: u32 },
    /// Sets a register.
    Set { reg: u32, val: Operand },
    /// Assumes `reg cmp val`.
    Assume { reg: u32, cmp: Comparison, val: Operand },
    /// Asserts `reg cmp val`.
    Assert { reg: u32, cmp: Comparison, val: Operand },
    /// Uses a blocking object.
    Act { object: u32, deed: Deed, arg: Operand, limited: bool, within: Option<u64>, reg: u32 },
    /// Waits until the clock has gone on by so much.
    Sleep { nanos: u64 },
    /// Looks at the clock.
    Now { reg: u32 },
    /// Starts a thread of the program.
    Spawn { thread: u32 },
    /// Waits for a thread of the program.
    Join { thread: u32 },
    /// Ends the thread.
    End,
}

/// A register that nothing reads.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Compiles every thread of a program, and after them the implicit main thread.
pub(crate) fn compile(program: &Program) -> Vec<Vec<Code>> {
    compile_in_order(program, &(0..program.threads.len() as u32).collect::<Vec<_>>())
}

/// The same, with the main thread spawning in the given order.
pub(crate) fn compile_in_order(program: &Program, order: &[u32]) -> Vec<Vec<Code>> {
    let mut threads: Vec<Vec<Code>> = program
        .threads
        .iter()
        .map(|body| {
            let mut code = Vec::new();
            compile_body(body, program.locations, &mut code);
            code.push(Code::End);
            code
        })
        .collect();
    let by_others = program.spawned_by_others();
    let started = order.iter().filter(|&&thread| !by_others[thread as usize]);
    let mut main: Vec<Code> = started.map(|&thread| Code::Spawn { thread }).collect();
    main.push(Code::End);
    threads.push(main);
    threads
}

fn compile_body(body: &[Instruction], locations: u32, code: &mut Vec<Code>) {
    for (i, instruction) in body.iter().enumerate() {
        if let Some(load) = assumed_load(instruction, body.get(i + 1)) {
            code.push(load);
            continue;
        }
        match instruction {
            Instruction::IfEq { reg, val, then } => {
                let val = Operand::Constant(*val);
                compile_if((*reg, Comparison::Eq, val), then, &[], locations, code);
            }
            Instruction::If { reg, cmp, val, then, otherwise } => {
                compile_if((*reg, *cmp, *val), then, otherwise, locations, code);
            }
            Instruction::Repeat { times, body } => {
                for _ in 0..*times {
                    compile_body(body, locations, code);
                }
            }
            other => code.push(with_constants(compile_one(other, locations))),
        }
    }
}

/// Puts the values of an instruction into its operation, if they are known.
fn with_constants(code: Code) -> Code {
    let Code::Visible { mut op, operand, expected, reg, old, .. } = code else { return code };
    let (Operand::Constant(first), Operand::Constant(second)) = (operand, expected) else {
        return code;
    };
    match &mut op {
        Op::Store { value, .. } => *value = Value(first),
        Op::Rmw { change, .. } => change.operand = Value(first),
        Op::CompareExchange { expected, new, .. } => {
            (*new, *expected) = (Value(first), Value(second))
        }
        _ => {}
    }
    Code::Visible { op, constant: true, operand, expected, reg, old }
}

/// A load whose value is assumed by the next instruction need not be tried with every other value.
fn assumed_load(instruction: &Instruction, next: Option<&Instruction>) -> Option<Code> {
    let Instruction::Load { loc, ord, reg, until: None } = *instruction else { return None };
    let Some(&Instruction::Assume { reg: same, cmp, val: Operand::Constant(val) }) = next else {
        return None;
    };
    (reg == same).then(|| {
        let until = Some(Until { otherwise: Otherwise::SetAside, ..guard(Guard { cmp, val }) });
        let op = Op::Load { location: LocationId(loc), ordering: load_order(ord), until };
        let none = Operand::Constant(0);
        Code::Visible { op, operand: none, expected: none, reg, old: None, constant: false }
    })
}

fn compile_if(
    (reg, cmp, val): (u32, Comparison, Operand),
    then: &[Instruction],
    otherwise: &[Instruction],
    locations: u32,
    code: &mut Vec<Code>,
) {
    let branch = code.len();
    code.push(Code::Unless { reg, cmp, val, target: 0 });
    compile_body(then, locations, code);
    let jump = code.len();
    if !otherwise.is_empty() {
        code.push(Code::Jump { target: 0 });
    }
    let target = code.len() as u32;
    code[branch] = Code::Unless { reg, cmp, val, target };
    if !otherwise.is_empty() {
        compile_body(otherwise, locations, code);
        code[jump] = Code::Jump { target: code.len() as u32 };
    }
}

fn compile_one(it: &Instruction, locations: u32) -> Code {
    use Instruction as I;
    let none = Operand::Constant(0);
    let visible = |op, operand, reg| Code::Visible {
        op,
        operand,
        expected: none,
        reg,
        old: None,
        constant: false,
    };
    let rmw = |loc: u32, ord, kind, val, reg, until: &Option<Guard>| {
        let change = Change { kind, operand: Value(0), width: Width::U64 };
        let (location, until) = (LocationId(loc), until.map(guard));
        visible(Op::Rmw { location, ordering: rmw_order(ord), change, until }, val, reg)
    };
    match *it {
        I::Load { loc, ord, reg, ref until } => {
            let (location, until) = (LocationId(loc), until.map(guard));
            visible(Op::Load { location, ordering: load_order(ord), until }, none, reg)
        }
        I::Store { loc, ord, val } => {
            let (location, value) = (LocationId(loc), Value(0));
            visible(Op::Store { location, ordering: store_order(ord), value }, val, NOWHERE)
        }
        I::FetchAdd { loc, ord, val, reg, ref until } => {
            rmw(loc, ord, RmwKind::Add, val, reg, until)
        }
        I::Swap { loc, ord, val, reg, ref until } => rmw(loc, ord, RmwKind::Swap, val, reg, until),
        I::Rmw { function, loc, ord, val, reg, ref until } => {
            rmw(loc, ord, rmw_kind(function), val, reg, until)
        }
        I::Cas { loc, ord, fail, expected, val, reg, old, weak } => {
            let op = Op::CompareExchange {
                location: LocationId(loc),
                success: rmw_order(ord),
                failure: load_order(fail),
                expected: Value(0),
                new: Value(0),
                weak,
                until: None,
            };
            Code::Visible { op, operand: val, expected, reg, old, constant: false }
        }
        I::Fence { ord } => visible(Op::Fence(fence_order(ord)), none, NOWHERE),
        I::PlainLoad { cell, reg } => Code::PlainLoad { cell: locations + cell, reg },
        I::PlainStore { cell, val } => Code::PlainStore { cell: locations + cell, val },
        I::Set { reg, val } => Code::Set { reg, val },
        I::Assume { reg, cmp, val } => Code::Assume { reg, cmp, val },
        I::Assert { reg, cmp, val } => Code::Assert { reg, cmp, val },
        I::Spawn { thread } => Code::Spawn { thread },
        I::Join { thread } => Code::Join { thread },
        I::Choose { n, reg } => visible(Op::Choose { alternatives: n }, none, reg),
        I::Act { object, deed, arg, limited, within, reg } => {
            Code::Act { object, deed, arg, limited, within, reg }
        }
        I::Sleep { nanos } => Code::Sleep { nanos },
        I::Now { reg } => Code::Now { reg },
        I::Yield => visible(Op::Yield, none, NOWHERE),
        I::IfEq { .. } | I::If { .. } | I::Repeat { .. } => unreachable!("flattened before"),
    }
}

impl Comparison {
    /// Whether `left cmp right` is true.
    pub fn holds(self, left: u64, right: u64) -> bool {
        self.test().holds(left, right)
    }

    fn test(self) -> Test {
        match self {
            Comparison::Eq => Test::Eq,
            Comparison::Ne => Test::Ne,
            Comparison::Lt => Test::Lt,
            Comparison::Ge => Test::Ge,
        }
    }
}

fn guard(guard: Guard) -> Until {
    let Guard { cmp, val } = guard;
    Until { mask: u64::MAX, test: cmp.test(), operand: Value(val), otherwise: Otherwise::Wait }
}

fn load_order(order: Order) -> LoadOrdering {
    match order {
        Order::Relaxed => LoadOrdering::Relaxed,
        Order::SeqCst => LoadOrdering::SeqCst,
        Order::Interleaved => LoadOrdering::Interleaved,
        _ => LoadOrdering::Acquire,
    }
}

fn store_order(order: Order) -> StoreOrdering {
    match order {
        Order::Relaxed => StoreOrdering::Relaxed,
        Order::SeqCst => StoreOrdering::SeqCst,
        Order::Interleaved => StoreOrdering::Interleaved,
        _ => StoreOrdering::Release,
    }
}

fn rmw_order(order: Order) -> RmwOrdering {
    match order {
        Order::Relaxed => RmwOrdering::Relaxed,
        Order::Acquire => RmwOrdering::Acquire,
        Order::Release => RmwOrdering::Release,
        Order::AcqRel => RmwOrdering::AcqRel,
        Order::SeqCst => RmwOrdering::SeqCst,
        Order::Interleaved => RmwOrdering::Interleaved,
    }
}

fn fence_order(order: Order) -> FenceOrdering {
    match order {
        Order::Acquire => FenceOrdering::Acquire,
        Order::Release => FenceOrdering::Release,
        Order::SeqCst => FenceOrdering::SeqCst,
        _ => FenceOrdering::AcqRel,
    }
}

fn rmw_kind(function: RmwFunction) -> RmwKind {
    match function {
        RmwFunction::Add => RmwKind::Add,
        RmwFunction::Sub => RmwKind::Sub,
        RmwFunction::And => RmwKind::And,
        RmwFunction::Or => RmwKind::Or,
        RmwFunction::Xor => RmwKind::Xor,
        RmwFunction::Max => RmwKind::Max,
        RmwFunction::Min => RmwKind::Min,
        RmwFunction::Swap => RmwKind::Swap,
    }
}

/// The name of a thread that is the program's `thread`-th, or that of no thread.
pub(crate) const UNSTARTED: ThreadId = ThreadId(u32::MAX);
