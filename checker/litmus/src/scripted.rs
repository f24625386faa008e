//! The scripted world: runs a litmus program for the engine without any real thread.

use crate::objects::{CHANNELS, Deed, Object, Places, asked, patience};
use crate::program::{Operand, Program};
use crate::script::{Code, NOWHERE, UNSTARTED, compile, compile_in_order};
use raddle_shims::kernel::{
    Action, Answer, Controller, Failure, LocationId, Op, Reply, Stance, Stop, ThreadId, Value,
    World,
};

/// A litmus program as a [`World`].
///
/// Its main thread only starts the others. Plain cells are ordinary memory here; the engine is told
/// of every access to them, under location numbers after those of the atomic locations.
#[derive(Debug)]
pub struct Scripted {
    code: Vec<Vec<Code>>,
    registers: Vec<usize>,
    initial: Vec<Value>,
    locations: u32,
    /// The number of the first blocking object, after those of the locations and the cells.
    first_object: u32,
    objects: Vec<Value>,
    threads: Vec<Thread>,
    /// Which thread of the program runs under an engine number.
    scripts: Vec<u32>,
    /// The engine number of each thread of the program.
    numbers: Vec<ThreadId>,
    cells: Vec<u64>,
    /// Changes what the program does from the given execution on, to test the divergence check.
    runs: u64,
    fickle: Option<(u64, u32)>,
}

#[derive(Clone, Debug, Default)]
struct Thread {
    at: u32,
    registers: Vec<u64>,
}

impl Thread {
    fn value(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Constant(value) => value,
            Operand::Register { reg, add } => self.registers[reg as usize].wrapping_add(add),
        }
    }

    /// An operation with the values it has now.
    fn operation(&self, op: &Op, operand: Operand, expected: Operand) -> Op {
        let operand = Value(self.value(operand));
        match *op {
            Op::Store { location, ordering, .. } => {
                Op::Store { location, ordering, value: operand }
            }
            Op::Rmw { location, ordering, mut change, until } => {
                change.operand = operand;
                Op::Rmw { location, ordering, change, until }
            }
            Op::CompareExchange { location, success, failure, weak, .. } => {
                let expected = Value(self.value(expected));
                Op::CompareExchange {
                    location,
                    success,
                    failure,
                    expected,
                    new: operand,
                    weak,
                    until: None,
                }
            }
            other => other,
        }
    }

    #[inline]
    fn take(&mut self, reg: u32, old: Option<u32>, reply: Reply) {
        match reply {
            Reply::Value(value) => self.set(reg, value.0),
            Reply::Exchanged(found) | Reply::Refused(found) => {
                self.set(old.unwrap_or(NOWHERE), found.0);
                self.set(reg, matches!(reply, Reply::Exchanged(_)).into());
            }
            Reply::Done => {}
        }
    }

    #[inline]
    fn set(&mut self, reg: u32, value: u64) {
        if reg != NOWHERE {
            self.registers[reg as usize] = value;
        }
    }
}

enum Progress {
    Next,
    Stop(Stop),
}

impl Scripted {
    /// The world of a program that [`Program::check`] accepts.
    pub fn new(program: &Program) -> Scripted {
        Scripted::from_code(program, compile(program))
    }

    /// The same, with threads spawned in another order.
    pub fn spawning(program: &Program, order: &[u32]) -> Scripted {
        Scripted::from_code(program, compile_in_order(program, order))
    }

    /// A world that is not deterministic: from execution `run` (counted from 1) on, the store that is
    /// the first instruction of `thread` goes to the location after its own.
    pub fn fickle(program: &Program, run: u64, thread: u32) -> Scripted {
        Scripted { fickle: Some((run, thread)), ..Scripted::new(program) }
    }

    fn from_code(program: &Program, code: Vec<Vec<Code>>) -> Scripted {
        let count = program.threads.len();
        let mut registers: Vec<usize> = (0..count).map(|t| program.registers(t)).collect();
        registers.push(0);
        let threads =
            registers.iter().map(|n| Thread { registers: vec![0; *n], ..Thread::default() });
        let mut initial: Vec<Value> = program.initial.iter().copied().map(Value).collect();
        initial.resize(program.locations as usize, Value(0));
        Scripted {
            threads: threads.collect(),
            code,
            registers,
            initial,
            locations: program.locations,
            first_object: program.locations + program.cells,
            objects: program.objects.iter().map(Object::initial).collect(),
            scripts: vec![count as u32],
            numbers: vec![UNSTARTED; count],
            cells: vec![0; program.cells as usize],
            runs: 0,
            fickle: None,
        }
    }

    /// The registers of the program's threads as they are now, thread after thread.
    pub fn registers(&self) -> Vec<u64> {
        let threads = &self.threads[..self.registers.len() - 1];
        threads.iter().flat_map(|thread| thread.registers.iter().copied()).collect()
    }

    /// Which thread of the program has that engine number; the main thread has none.
    pub fn script_of(&self, thread: ThreadId) -> Option<u32> {
        let script = *self.scripts.get(thread.index())?;
        ((script as usize) < self.registers.len() - 1).then_some(script)
    }

    fn value(&self, script: usize, operand: Operand) -> u64 {
        self.threads[script].value(operand)
    }

    /// What a world that is not deterministic does instead of `op`.
    fn altered(&self, script: usize, op: Op) -> Op {
        match (self.fickle, op) {
            (Some((run, thread)), Op::Store { location, ordering, value })
                if self.runs >= run
                    && script == thread as usize
                    && self.threads[script].at == 0 =>
            {
                let location = LocationId((location.0 + 1) % self.locations);
                Op::Store { location, ordering, value }
            }
            _ => op,
        }
    }

    /// Takes the reply to the instruction at which a script was suspended, and passes it.
    fn receive(&mut self, script: usize, reply: Reply) {
        let thread = &mut self.threads[script];
        match &self.code[script][thread.at as usize] {
            Code::Visible { reg, old, .. } => thread.take(*reg, *old, reply),
            Code::Act { reg, .. } => thread.take(*reg, None, reply),
            Code::Spawn { thread } => {
                if let Some(id) = reply.thread() {
                    if self.scripts.len() <= id.index() {
                        self.scripts.resize(id.index() + 1, u32::MAX);
                    }
                    self.scripts[id.index()] = *thread;
                    self.numbers[*thread as usize] = id;
                }
            }
            _ => {}
        }
        self.threads[script].at += 1;
    }

    fn step(&mut self, script: usize, controller: &mut dyn Controller) -> Progress {
        let at = self.threads[script].at as usize;
        let answer = match &self.code[script][at] {
            Code::Visible { op, operand, expected, .. } => {
                let op = self.threads[script].operation(op, *operand, *expected);
                controller.perform(&self.altered(script, op))
            }
            Code::Act { object, deed, arg, limited, within, .. } => {
                let places = Places {
                    object: LocationId(self.first_object + object),
                    first: self.first_object + self.objects.len() as u32 + CHANNELS as u32 * object,
                    capacities: self.objects[*object as usize].0,
                };
                let object_id = places.object;
                let (object, arg) = (object_id, self.threads[script].value(*arg));
                let action = match deed {
                    Deed::Stand => Action::Stand(controller.arms(&places.arms(arg))),
                    Deed::Meet => Action::Meet { first: object_id, stance: Stance::Select },
                    Deed::Pass => places.action(asked(arg)),
                    deed => deed.action(arg),
                };
                let patience = patience(*limited, *within, clock(controller));
                controller.perform(&Op::Act { object, action, patience })
            }
            Code::Sleep { nanos } => {
                controller.perform(&Op::Sleep(clock(controller).saturating_add(*nanos)))
            }
            Code::Spawn { .. } => controller.perform(&Op::Spawn),
            Code::Join { thread } => controller.perform(&Op::Join(self.numbers[*thread as usize])),
            Code::End => return Progress::Stop(Stop::Exited),
            local => return self.step_locally(script, *local, controller),
        };
        match answer {
            Answer::Reply(reply) => {
                self.receive(script, reply);
                Progress::Next
            }
            Answer::Suspend => Progress::Stop(Stop::Suspended),
        }
    }

    /// Performs operations, one after the other, as long as nothing else comes; this is all that most
    /// programs do, and costs little beside what the engine does.
    fn run_operations(&mut self, script: usize, controller: &mut dyn Controller) -> Progress {
        let (code, thread) = (&self.code[script][..], &mut self.threads[script]);
        while let Code::Visible { op, constant, operand, expected, reg, old } =
            &code[thread.at as usize]
        {
            let answer = match constant {
                true => controller.perform(op),
                false => controller.perform(&thread.operation(op, *operand, *expected)),
            };
            match answer {
                Answer::Reply(reply) => thread.take(*reg, *old, reply),
                Answer::Suspend => return Progress::Stop(Stop::Suspended),
            }
            thread.at += 1;
        }
        Progress::Next
    }

    fn step_locally(
        &mut self,
        script: usize,
        code: Code,
        controller: &mut dyn Controller,
    ) -> Progress {
        let mut next = self.threads[script].at + 1;
        let reg = |reg: u32| self.threads[script].registers[reg as usize];
        let told = match code {
            Code::PlainLoad { cell, .. } => controller.perform(&Op::PlainRead(LocationId(cell))),
            Code::PlainStore { cell, .. } => controller.perform(&Op::PlainWrite(LocationId(cell))),
            Code::Assume { reg: r, cmp, val } => {
                controller.perform(&Op::Assume(cmp.holds(reg(r), self.value(script, val))))
            }
            Code::Assert { reg: r, cmp, val } if !cmp.holds(reg(r), self.value(script, val)) => {
                let right = self.value(script, val);
                let message = format!("r{r} {cmp:?} {right} but r{r} = {}", reg(r));
                let thread = self.numbers[script];
                controller.fail(Failure::Assertion { thread, message });
                Answer::Suspend
            }
            _ => Answer::Reply(Reply::Done),
        };
        if told == Answer::Suspend {
            return Progress::Stop(Stop::Suspended);
        }
        match code {
            Code::PlainLoad { cell, reg } => {
                let value = self.cells[(cell - self.locations) as usize];
                self.threads[script].set(reg, value);
            }
            Code::PlainStore { cell, val } => {
                self.cells[(cell - self.locations) as usize] = self.value(script, val);
            }
            Code::Set { reg, val } => {
                let value = self.value(script, val);
                self.threads[script].set(reg, value);
            }
            Code::Now { reg } => self.threads[script].set(reg, clock(controller)),
            Code::Unless { reg: r, cmp, val, target }
                if !cmp.holds(reg(r), self.value(script, val)) =>
            {
                next = target;
            }
            Code::Jump { target } => next = target,
            _ => {}
        }
        self.threads[script].at = next;
        Progress::Next
    }
}

/// What the clock shows; without one, no time passes.
fn clock(controller: &dyn Controller) -> u64 {
    controller.clock().unwrap_or(0)
}

impl World for Scripted {
    fn reset(&mut self) {
        self.runs += 1;
        for thread in &mut self.threads {
            thread.at = u32::MAX;
            thread.registers.fill(0);
        }
        self.cells.fill(0);
        self.numbers.fill(UNSTARTED);
    }

    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop {
        let script = self.scripts[thread.index()] as usize;
        if self.threads[script].at == u32::MAX {
            self.threads[script].at = 0;
            if thread == ThreadId::MAIN {
                for (i, value) in self.initial.iter().enumerate() {
                    controller.declare(LocationId(i as u32), *value);
                }
                for (i, value) in self.objects.iter().enumerate() {
                    controller.declare(LocationId(self.first_object + i as u32), *value);
                }
            }
        } else {
            self.receive(script, reply);
        }
        loop {
            if self.fickle.is_none()
                && let Progress::Stop(stop) = self.run_operations(script, controller)
            {
                return stop;
            }
            if let Progress::Stop(stop) = self.step(script, controller) {
                return stop;
            }
        }
    }
}
