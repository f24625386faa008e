//! A reference interpreter of program threads: given the replies so far, the next visible operation.
//!
//! Local instructions run silently and plain accesses act at once on the plain memory, so a thread
//! is always stopped at an operation that is an event, or for good.

use super::objects::Wait;
use crate::objects::Deed;
use crate::program::{Comparison, Guard, Instruction, Operand, Order, Program, RmwFunction};

/// How often one thread may fail a weak compare-exchange spuriously in one execution.
pub const SPURIOUS_FAILURES: u32 = 1;

/// What is there besides atomics and objects: the plain cells, who accessed them, and the clock.
#[derive(Clone, Debug)]
pub struct Plain {
    cells: Vec<u64>,
    /// What the clock shows.
    pub now: u64,
    /// Every plain access so far, in the order of execution.
    pub log: Vec<PlainAccess>,
}

/// One plain access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainAccess {
    /// Whose.
    pub thread: usize,
    /// How many events the thread performed before it.
    pub after: usize,
    /// Which cell.
    pub cell: u32,
    /// Whether it is a write.
    pub writes: bool,
}

impl Plain {
    /// All cells at 0, not accessed yet, and so is the clock.
    pub fn new(program: &Program) -> Plain {
        Plain { cells: vec![0; program.cells as usize], now: 0, log: Vec::new() }
    }

    /// Lets the clock go on to the first of the times that some thread waits for; false if there is none.
    pub fn advance(&mut self, threads: &[Thread<'_>]) -> bool {
        let deadline = |thread: &Thread<'_>| match thread.next {
            Next::At(Operation::Sleep { end })
            | Next::At(Operation::Act { wait: Wait::Until(end), .. }) => Some(end),
            _ => None,
        };
        let now = self.now;
        let next = threads.iter().filter_map(deadline).filter(|end| *end > now).min();
        self.now = next.unwrap_or(now);
        next.is_some()
    }
}

impl PlainAccess {
    /// Whether these two race unless happens-before orders them.
    pub fn conflicts(&self, other: &PlainAccess) -> bool {
        self.thread != other.thread && self.cell == other.cell && (self.writes || other.writes)
    }
}

/// An operation that is an event, with its operands evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A load, with its guard.
    Load { loc: u32, ord: Order, until: Option<Guard> },
    /// A store.
    Store { loc: u32, ord: Order, value: u64 },
    /// A read-modify-write, with the guard on the old value.
    Rmw { loc: u32, ord: Order, function: RmwFunction, operand: u64, until: Option<Guard> },
    /// A compare-exchange.
    Cas { loc: u32, ord: Order, fail: Order, expected: u64, new: u64, weak: bool },
    /// A fence.
    Fence { ord: Order },
    /// The start of a thread.
    Spawn { thread: usize },
    /// The wait for the end of a thread.
    Join { thread: usize },
    /// A choice of `0..n`.
    Choose { n: u32 },
    /// A deed on a blocking object.
    Act { object: usize, deed: Deed, arg: u64, wait: Wait },
    /// The wait until the clock shows so much.
    Sleep { end: u64 },
}

/// What an event gives back to its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Done,
    /// The value read, or the alternative taken.
    Value(u64),
    /// The value that a compare-exchange read, and whether it replaced it.
    Exchanged { old: u64, success: bool },
}

/// What reading a certain value makes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The ordering that applies.
    pub ord: Order,
    /// The value written, by a read-modify-write that succeeds.
    pub writes: Option<u64>,
    /// Whether it is a spurious failure.
    pub weakly: bool,
    /// What the thread gets.
    pub reply: Reply,
}

impl Operation {
    /// The atomic location it reads, if it reads one.
    pub fn reads(&self) -> Option<u32> {
        match *self {
            Operation::Load { loc, .. }
            | Operation::Rmw { loc, .. }
            | Operation::Cas { loc, .. } => Some(loc),
            _ => None,
        }
    }

    /// What can happen when it reads `value`; nothing if the guard is false.
    pub fn effects(&self, value: u64, may_fail_weakly: bool) -> impl Iterator<Item = Effect> {
        let passes = |until: Option<Guard>| until.is_none_or(|g| compare(g.cmp, value, g.val));
        let both = match *self {
            Operation::Load { ord, until, .. } => {
                let reply = Reply::Value(value);
                let effect = Effect { ord, writes: None, weakly: false, reply };
                [passes(until).then_some(effect), None]
            }
            Operation::Rmw { ord, function, operand, until, .. } => {
                let writes = Some(apply(function, value, operand));
                let effect = Effect { ord, writes, weakly: false, reply: Reply::Value(value) };
                [passes(until).then_some(effect), None]
            }
            Operation::Cas { ord, fail, expected, new, weak, .. } => {
                let equal = value == expected;
                let reply = |success| Reply::Exchanged { old: value, success };
                let success = Effect { ord, writes: Some(new), weakly: false, reply: reply(true) };
                let failure =
                    Effect { ord: fail, writes: None, weakly: equal, reply: reply(false) };
                let fails = !equal || weak && may_fail_weakly;
                [equal.then_some(success), fails.then_some(failure)]
            }
            _ => [None, None],
        };
        both.into_iter().flatten()
    }
}

/// Where a thread stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nobody has spawned it yet.
    Unstarted,
    /// Before this operation.
    At(Operation),
    /// At its end.
    Ended,
    /// At an assumption that is false, for ever.
    SetAside,
    /// At an assertion that failed, for ever.
    Failed,
}

/// A thread in the middle of its program.
#[derive(Clone, Debug)]
pub struct Thread<'p> {
    me: usize,
    /// Its registers.
    pub registers: Vec<u64>,
    /// Where it stopped.
    pub next: Next,
    /// How many events it has performed.
    pub events: usize,
    /// How many spurious failures it may still have.
    pub spurious_left: u32,
    stack: Vec<Frame<'p>>,
}

/// A body being run: the instruction at `at` comes next, and the body again after it if `times > 1`.
#[derive(Clone, Debug)]
struct Frame<'p> {
    body: &'p [Instruction],
    at: usize,
    times: u32,
}

impl<'p> Thread<'p> {
    /// Thread `me` of the program, not started.
    pub fn new(program: &'p Program, me: usize) -> Thread<'p> {
        Thread {
            me,
            registers: vec![0; program.registers(me)],
            next: Next::Unstarted,
            events: 0,
            spurious_left: SPURIOUS_FAILURES,
            stack: vec![Frame { body: &program.threads[me], at: 0, times: 1 }],
        }
    }

    /// All threads, with those started that no instruction spawns.
    pub fn all(program: &'p Program, plain: &mut Plain) -> Vec<Thread<'p>> {
        let mut threads: Vec<_> =
            (0..program.threads.len()).map(|t| Thread::new(program, t)).collect();
        for (thread, spawned) in threads.iter_mut().zip(program.spawned_by_others()) {
            if !spawned {
                thread.start(plain);
            }
        }
        threads
    }

    /// Starts it.
    ///
    /// # Panics
    /// If it is running already: two spawns of one thread have no meaning.
    pub fn start(&mut self, plain: &mut Plain) {
        assert_eq!(self.next, Next::Unstarted, "thread {} is started twice", self.me);
        self.run(plain);
    }

    /// Completes the operation it stopped at, and goes on to the next one.
    ///
    /// # Panics
    /// If the reply does not fit the operation.
    pub fn answer(&mut self, reply: Reply, plain: &mut Plain) {
        use Instruction::*;
        let frame = self.stack.last_mut().expect("an operation is pending");
        let instruction = &frame.body[frame.at];
        frame.at += 1;
        self.events += 1;
        match (instruction, reply) {
            (
                Load { reg, .. }
                | FetchAdd { reg, .. }
                | Swap { reg, .. }
                | Rmw { reg, .. }
                | Act { reg, .. }
                | Choose { reg, .. },
                Reply::Value(value),
            ) => self.set(*reg, value),
            (Cas { reg, old: to, expected, .. }, Reply::Exchanged { old, success }) => {
                if !success && old == self.value(expected) {
                    self.spurious_left -= 1;
                }
                if let Some(to) = to {
                    self.set(*to, old);
                }
                self.set(*reg, u64::from(success));
            }
            (
                Store { .. } | Fence { .. } | Spawn { .. } | Join { .. } | Sleep { .. },
                Reply::Done,
            ) => {}
            _ => panic!("{reply:?} does not answer {instruction:?}"),
        }
        self.run(plain);
    }

    fn set(&mut self, reg: u32, value: u64) {
        self.registers[reg as usize] = value;
    }

    fn value(&self, operand: &Operand) -> u64 {
        match *operand {
            Operand::Constant(value) => value,
            Operand::Register { reg, add } => self.registers[reg as usize].wrapping_add(add),
        }
    }

    fn test(&self, reg: u32, cmp: Comparison, val: &Operand) -> bool {
        compare(cmp, self.registers[reg as usize], self.value(val))
    }

    fn enter(&mut self, body: &'p [Instruction], times: u32) {
        if times > 0 {
            self.stack.push(Frame { body, at: 0, times });
        }
    }

    /// Runs until something is to be seen, and notes it in `next`.
    fn run(&mut self, plain: &mut Plain) {
        self.next = loop {
            let Some(frame) = self.stack.last_mut() else { break Next::Ended };
            if frame.at == frame.body.len() {
                frame.at = 0;
                frame.times -= 1;
                if frame.times == 0 {
                    self.stack.pop();
                }
                continue;
            }
            let instruction = &frame.body[frame.at];
            if let Some(operation) = self.operation(instruction, plain.now) {
                break Next::At(operation);
            }
            if let Some(end) = self.silent(instruction, plain) {
                break end;
            }
        };
    }

    /// What an instruction is to others that comes when the clock shows `now`, if anything.
    fn operation(&self, instruction: &Instruction, now: u64) -> Option<Operation> {
        use Instruction::*;
        let rmw = |function, loc, ord, val: &Operand, until| Operation::Rmw {
            loc,
            ord,
            function,
            operand: self.value(val),
            until,
        };
        Some(match instruction {
            &Load { loc, ord, until, .. } => Operation::Load { loc, ord, until },
            Store { loc, ord, val } => {
                Operation::Store { loc: *loc, ord: *ord, value: self.value(val) }
            }
            FetchAdd { loc, ord, val, until, .. } => rmw(RmwFunction::Add, *loc, *ord, val, *until),
            Swap { loc, ord, val, until, .. } => rmw(RmwFunction::Swap, *loc, *ord, val, *until),
            Rmw { function, loc, ord, val, until, .. } => rmw(*function, *loc, *ord, val, *until),
            Cas { loc, ord, fail, expected, val, weak, .. } => Operation::Cas {
                loc: *loc,
                ord: *ord,
                fail: *fail,
                expected: self.value(expected),
                new: self.value(val),
                weak: *weak,
            },
            &Fence { ord } => Operation::Fence { ord },
            Spawn { thread } => Operation::Spawn { thread: *thread as usize },
            Join { thread } => Operation::Join { thread: *thread as usize },
            &Choose { n, .. } => Operation::Choose { n },
            Act { object, deed, arg, limited, within, .. } => Operation::Act {
                object: *object as usize,
                deed: *deed,
                arg: self.value(arg),
                wait: match within {
                    Some(nanos) => Wait::Until(now + nanos),
                    None if *limited => Wait::Not,
                    None => Wait::Forever,
                },
            },
            Sleep { nanos } => Operation::Sleep { end: now + nanos },
            _ => return None,
        })
    }

    /// Runs an instruction that is not an event; says so if the thread ends there for good.
    fn silent(&mut self, instruction: &'p Instruction, plain: &mut Plain) -> Option<Next> {
        use Instruction::*;
        self.stack.last_mut().expect("the instruction is in a frame").at += 1;
        match instruction {
            PlainLoad { cell, reg } => {
                self.access(*cell, false, plain);
                self.set(*reg, plain.cells[*cell as usize]);
            }
            PlainStore { cell, val } => {
                self.access(*cell, true, plain);
                plain.cells[*cell as usize] = self.value(val);
            }
            Set { reg, val } => self.set(*reg, self.value(val)),
            Now { reg } => self.set(*reg, plain.now),
            IfEq { reg, val, then } => {
                let holds = self.registers[*reg as usize] == *val;
                self.enter(then, u32::from(holds));
            }
            If { reg, cmp, val, then, otherwise } => {
                let body = if self.test(*reg, *cmp, val) { then } else { otherwise };
                self.enter(body, 1);
            }
            Repeat { times, body } => self.enter(body, *times),
            Assume { reg, cmp, val } if !self.test(*reg, *cmp, val) => return Some(Next::SetAside),
            Assert { reg, cmp, val } if !self.test(*reg, *cmp, val) => return Some(Next::Failed),
            Assume { .. } | Assert { .. } | Yield => {}
            _ => unreachable!("{instruction:?} is an event"),
        }
        None
    }

    fn access(&self, cell: u32, writes: bool, plain: &mut Plain) {
        plain.log.push(PlainAccess { thread: self.me, after: self.events, cell, writes });
    }
}

/// `left cmp right`.
pub fn compare(cmp: Comparison, left: u64, right: u64) -> bool {
    match cmp {
        Comparison::Eq => left == right,
        Comparison::Ne => left != right,
        Comparison::Lt => left < right,
        Comparison::Ge => left >= right,
    }
}

/// `function(old, operand)`, wrapping.
pub fn apply(function: RmwFunction, old: u64, operand: u64) -> u64 {
    match function {
        RmwFunction::Add => old.wrapping_add(operand),
        RmwFunction::Sub => old.wrapping_sub(operand),
        RmwFunction::And => old & operand,
        RmwFunction::Or => old | operand,
        RmwFunction::Xor => old ^ operand,
        RmwFunction::Max => old.max(operand),
        RmwFunction::Min => old.min(operand),
        RmwFunction::Swap => operand,
    }
}

/// Whether a read with this ordering acquires.
pub fn acquires(ord: Order) -> bool {
    !matches!(ord, Order::Relaxed | Order::Release)
}

/// Whether a write with this ordering releases.
pub fn releases(ord: Order) -> bool {
    !matches!(ord, Order::Relaxed | Order::Acquire)
}
