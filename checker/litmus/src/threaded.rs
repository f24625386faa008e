//! A litmus program as ordinary code: closures on coroutines that use the shims.
//!
//! What std has goes through the types that users have: atomics, fences, `thread::spawn` and `join`. Guards,
//! assumptions and choices, which std has not, are performed as operations on the same variables; guards
//! also as the loops that they stand for, see [`Guards`].

use crate::program::{Operand, Program};
use crate::report::LitmusWorld;
use crate::script::{Code, NOWHERE, compile};
use raddle_runtime::{Options, Runtime, install_hook};
use raddle_shims::hint::AwaitUntil;
use raddle_shims::kernel::{
    Controller, FenceOrdering, LoadOrdering, LocationId, Op, Otherwise, Reply, RmwKind,
    RmwOrdering, Stop, StoreOrdering, Test, ThreadId, Until, Value, World,
};
use raddle_shims::model::{Model, Plain, inside};
use raddle_shims::sync::atomic::{AtomicU64, Ordering, fence};
use raddle_shims::{hint, thread};
use std::hint::black_box;
use std::panic::Location;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What an execution leaves for its observer.
#[derive(Default)]
struct Notes {
    registers: Vec<Vec<u64>>,
    /// Which thread of the program runs under an engine number.
    scripts: Vec<Option<u32>>,
    /// How many atomic variables there are; they are the first objects.
    atomics: u32,
}

/// The same, shared with the threads.
pub struct Shared(Mutex<Notes>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How an operation that waits for a value is performed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guards {
    /// As one operation that waits.
    Asked,
    /// As a loop: loads until one gives such a value; for a read-modify-write that waits for one value,
    /// compare-exchanges until one succeeds. Others are asked.
    Loops,
    /// The same, in a runtime that does not try values to learn with which a loop turns.
    UntriedLoops,
    /// Loads by [`AwaitUntil`], others as loops.
    Awaits,
    /// As loops; those of read-modify-writes load until it is worth a compare-exchange.
    Looks,
    /// As loops; those of read-modify-writes load between compare-exchanges that fail.
    LooksLater,
    /// As [`Guards::Looks`], in a runtime that tries no values, so every load is an event.
    UntriedLooks,
}

impl Guards {
    /// Where in the loop of a compare-exchange the location is loaded, if it is: before, or else behind it.
    const fn looks(self) -> Option<bool> {
        match self {
            Guards::Looks | Guards::UntriedLooks => Some(true),
            Guards::LooksLater => Some(false),
            Guards::Asked | Guards::Loops | Guards::UntriedLoops | Guards::Awaits => None,
        }
    }
}

/// The program as closures, and what they note.
pub fn runtime(program: &Program, guards: Guards) -> (Runtime, Arc<Shared>) {
    install_hook();
    let shared = Arc::new(Shared(Mutex::default()));
    let notes = Arc::clone(&shared);
    let code = Arc::new(Compiled {
        threads: compile(program),
        registers: (0..program.threads.len()).map(|thread| program.registers(thread)).collect(),
        initial: (0..program.locations as usize)
            .map(|location| program.initial.get(location).copied().unwrap_or(0))
            .collect(),
        cells: program.cells as usize,
        guards,
    });
    let main = move || run_main(&code, &notes);
    let runtime = Runtime::new(Options::default(), main);
    let runtime = match guards {
        Guards::UntriedLoops | Guards::UntriedLooks => runtime.without_trying(),
        _ => runtime,
    };
    (runtime, shared)
}

/// A program, compiled.
struct Compiled {
    threads: Vec<Vec<Code>>,
    registers: Vec<usize>,
    initial: Vec<u64>,
    cells: usize,
    guards: Guards,
}

/// What the threads of one execution share.
struct Memory {
    code: Arc<Compiled>,
    notes: Arc<Shared>,
    atomics: Vec<AtomicU64>,
    cells: Vec<Plain>,
    handles: Vec<Mutex<Option<thread::JoinHandle<()>>>>,
    /// The number of each thread that has been started.
    numbers: Vec<AtomicU32>,
}

fn model() -> Model {
    inside().expect("litmus programs run inside of a model")
}

fn run_main(code: &Arc<Compiled>, notes: &Arc<Shared>) {
    {
        let mut notes = notes.lock();
        notes.registers = code.registers.iter().map(|count| vec![0; *count]).collect();
        notes.scripts.clear();
        notes.atomics = code.initial.len() as u32;
    }
    let atomics: Vec<_> = code.initial.iter().map(|&value| AtomicU64::new(value)).collect();
    let model = model();
    for (i, atomic) in atomics.iter().enumerate() {
        assert_eq!(atomic.location(&model), LocationId::local(i as u32));
    }
    let memory = Arc::new(Memory {
        code: Arc::clone(code),
        notes: Arc::clone(notes),
        atomics,
        cells: (0..code.cells).map(|_| Plain::new()).collect(),
        handles: code.registers.iter().map(|_| Mutex::new(None)).collect(),
        numbers: code.registers.iter().map(|_| AtomicU32::new(u32::MAX)).collect(),
    });
    run(&memory, code.registers.len());
}

/// Runs one thread of the program; the one after the last is the main thread.
fn run(memory: &Arc<Memory>, script: usize) {
    let registers = memory.code.registers.get(script).copied().unwrap_or(0);
    let mut thread = Thread { memory, script, registers: vec![0; registers] };
    let mut at = 0;
    loop {
        match memory.code.threads[script][at] {
            Code::End => return,
            Code::Unless { reg, cmp, val, target } => {
                let holds = cmp.holds(thread.registers[reg as usize], thread.value(val));
                at = if holds { at + 1 } else { target as usize };
                continue;
            }
            Code::Jump { target } => {
                at = target as usize;
                continue;
            }
            code => thread.step(code),
        }
        at += 1;
    }
}

struct Thread<'a> {
    memory: &'a Arc<Memory>,
    script: usize,
    registers: Vec<u64>,
}

impl Thread<'_> {
    fn value(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Constant(value) => value,
            Operand::Register { reg, add } => self.registers[reg as usize].wrapping_add(add),
        }
    }

    fn set(&mut self, reg: u32, value: u64) {
        if reg != NOWHERE {
            self.registers[reg as usize] = value;
            self.memory.notes.lock().registers[self.script][reg as usize] = value;
        }
    }

    fn step(&mut self, code: Code) {
        let memory = self.memory;
        let here = Location::caller();
        match code {
            Code::Visible { op, operand, expected, reg, old, .. } => {
                self.perform(op, (operand, expected), reg, old);
            }
            Code::PlainLoad { cell, reg } => {
                let cell = cell as usize - memory.atomics.len();
                let value = memory.cells[cell].read(&model(), here);
                self.set(reg, value);
            }
            Code::PlainStore { cell, val } => {
                let cell = cell as usize - memory.atomics.len();
                memory.cells[cell].write(&model(), self.value(val), here);
            }
            Code::Set { reg, val } => self.set(reg, self.value(val)),
            Code::Assume { reg, cmp, val } => {
                let holds = cmp.holds(self.registers[reg as usize], self.value(val));
                model().perform(&Op::Assume(holds), here);
            }
            Code::Assert { reg, cmp, val } => {
                let (left, right) = (self.registers[reg as usize], self.value(val));
                assert!(cmp.holds(left, right), "r{reg} {cmp:?} {right} but r{reg} = {left}");
            }
            Code::Spawn { thread } => self.spawn(thread),
            Code::Join { thread } => {
                let handle = &memory.handles[thread as usize];
                let handle = handle.lock().unwrap_or_else(PoisonError::into_inner).take();
                match handle.map(thread::JoinHandle::join) {
                    Some(Ok(())) => {}
                    Some(Err(payload)) => std::panic::resume_unwind(payload),
                    None => self.join_again(thread),
                }
            }
            Code::Act { .. } | Code::Sleep { .. } | Code::Now { .. } => {
                unreachable!("programs with objects or time are refused")
            }
            Code::Unless { .. } | Code::Jump { .. } | Code::End => unreachable!("control flow"),
        }
    }

    /// Waits for a thread that somebody else joins too, which a handle cannot do.
    fn join_again(&self, script: u32) {
        let number = self.memory.numbers[script as usize].load(Ordering::Relaxed);
        model().perform(&Op::Join(ThreadId(number)), Location::caller());
    }

    fn spawn(&self, script: u32) {
        let memory = Arc::clone(self.memory);
        let handle = thread::spawn(move || {
            let me = model().me().index();
            {
                let mut notes = memory.notes.lock();
                if notes.scripts.len() <= me {
                    notes.scripts.resize(me + 1, None);
                }
                notes.scripts[me] = Some(script);
            }
            run(&memory, script as usize);
        });
        let number = handle.thread().id().number();
        self.memory.numbers[script as usize].store(number, Ordering::Relaxed);
        let slot = &self.memory.handles[script as usize];
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }

    fn perform(&mut self, op: Op, operands: (Operand, Operand), reg: u32, old: Option<u32>) {
        let (operand, expected) = (self.value(operands.0), self.value(operands.1));
        let Some(location) = op.location() else { return self.perform_raw(op, operand, reg) };
        if op.is_interleaved() {
            return self.perform_interleaved(op, (operand, expected), reg, old);
        }
        let atomic = &self.memory.atomics[location.index()];
        if let Some(until) = op.until() {
            let guards = self.memory.code.guards;
            let loops = guards != Guards::Asked;
            if let (Guards::Awaits, Op::Load { ordering, .. }) = (guards, op)
                && until.otherwise == Otherwise::Wait
            {
                let pass = |value| until.accepts(Value(value));
                return self.set(reg, atomic.await_until(load_order(ordering), pass));
            }
            return match loops.then(|| turn_until(atomic, op, operand, (until, guards))).flatten() {
                Some(value) => self.set(reg, value),
                None => self.perform_raw(op, operand, reg),
            };
        }
        match op {
            Op::Load { ordering, .. } => {
                let value = atomic.load(load_order(ordering));
                self.set(reg, value);
            }
            Op::Store { ordering, .. } => atomic.store(operand, store_order(ordering)),
            Op::Rmw { ordering, change, .. } => {
                let order = rmw_order(ordering);
                let value = match change.kind {
                    RmwKind::Add => atomic.fetch_add(operand, order),
                    RmwKind::Sub => atomic.fetch_sub(operand, order),
                    RmwKind::And => atomic.fetch_and(operand, order),
                    RmwKind::Nand => atomic.fetch_nand(operand, order),
                    RmwKind::Or => atomic.fetch_or(operand, order),
                    RmwKind::Xor => atomic.fetch_xor(operand, order),
                    RmwKind::Max => atomic.fetch_max(operand, order),
                    RmwKind::Min => atomic.fetch_min(operand, order),
                    RmwKind::Swap => atomic.swap(operand, order),
                };
                self.set(reg, value);
            }
            Op::CompareExchange { success, failure, weak, .. } => {
                let orders = (rmw_order(success), load_order(failure));
                let result = match weak {
                    true => atomic.compare_exchange_weak(expected, operand, orders.0, orders.1),
                    false => atomic.compare_exchange(expected, operand, orders.0, orders.1),
                };
                let (Ok(found) | Err(found)) = result;
                self.set(old.unwrap_or(NOWHERE), found);
                self.set(reg, result.is_ok().into());
            }
            _ => unreachable!("an operation without a location"),
        }
    }

    /// What Go's atomics do.
    fn perform_interleaved(
        &mut self,
        op: Op,
        (operand, wanted): (u64, u64),
        reg: u32,
        old: Option<u32>,
    ) {
        let mut op = self.placed(op);
        match &mut op {
            Op::Store { value, .. } => *value = Value(operand),
            Op::Rmw { change, .. } => change.operand = Value(operand),
            Op::CompareExchange { expected, new, .. } => {
                (*expected, *new) = (Value(wanted), Value(operand));
            }
            _ => {}
        }
        if let (Op::Load { .. }, Some(until)) = (op, op.until())
            && until.otherwise == Otherwise::Wait
            && self.memory.code.guards != Guards::Asked
        {
            return self.set(reg, turn_interleaved(&op.guarded(None), until));
        }
        let reply = model().perform(&op, Location::caller());
        match reply {
            Reply::Value(value) => self.set(reg, value.0),
            Reply::Exchanged(found) | Reply::Refused(found) => {
                self.set(old.unwrap_or(NOWHERE), found.0);
                self.set(reg, matches!(reply, Reply::Exchanged(_)).into());
            }
            Reply::Done => {}
        }
    }

    /// The operation on the atomic that stands for its location.
    fn placed(&self, op: Op) -> Op {
        match op.location() {
            Some(at) => op.at(self.memory.atomics[at.index()].location(&model())),
            None => op,
        }
    }

    /// What std has no operation for.
    fn perform_raw(&mut self, op: Op, operand: u64, reg: u32) {
        let op = match op {
            Op::Fence(ordering) => return fence(fence_order(ordering)),
            Op::Yield => return thread::yield_now(),
            Op::Rmw { location, ordering, mut change, until } => {
                change.operand = Value(operand);
                Op::Rmw { location, ordering, change, until }
            }
            other => other,
        };
        if let Reply::Value(value) = model().perform(&self.placed(op), Location::caller()) {
            self.set(reg, value.0);
        }
    }
}

/// Loads, as Go does, until there is such a value.
fn turn_interleaved(load: &Op, until: Until) -> u64 {
    loop {
        let value = load_interleaved(&model(), load);
        if until.accepts(Value(value)) {
            return value;
        }
        hint::spin_loop();
    }
}

/// A call of its own, as the operations of atomics are: what it leaves on the stack is no difference between turns.
#[inline(never)]
fn load_interleaved(model: &Model, load: &Op) -> u64 {
    match model.perform(load, Location::caller()) {
        Reply::Value(value) => value.0,
        _ => unreachable!("a load says what it has read"),
    }
}

/// Performs a guarded operation as a loop and returns the value read; none if it cannot be written as one.
fn turn_until(
    atomic: &AtomicU64,
    op: Op,
    operand: u64,
    (until, guards): (Until, Guards),
) -> Option<u64> {
    // An optimiser that knows the condition sets the first turn apart, which then is an event.
    let accepts = |value| black_box(until).accepts(Value(value));
    match op {
        Op::Load { ordering, .. } if until.otherwise == Otherwise::Wait => loop {
            let value = atomic.load(load_order(ordering));
            if accepts(value) {
                return Some(value);
            }
            hint::spin_loop();
        },
        Op::Rmw { ordering, mut change, .. }
            if until.test == Test::Eq && until.mask == u64::MAX =>
        {
            change.operand = Value(operand);
            let expected = until.operand.0;
            let new = change.apply(until.operand).0;
            let order = rmw_order(ordering);
            let attempt =
                || atomic.compare_exchange(expected, new, order, Ordering::Relaxed).is_ok();
            // At most what the exchange does; the fences of a program tell the two apart.
            let look = match ordering {
                RmwOrdering::SeqCst if operand.is_multiple_of(2) => Ordering::SeqCst,
                _ if ordering.acquires() && operand.is_multiple_of(2) => Ordering::Acquire,
                _ => Ordering::Relaxed,
            };
            match guards.looks() {
                None => while !attempt() {},
                Some(true) => loop {
                    while !accepts(atomic.load(look)) {}
                    if attempt() {
                        break;
                    }
                },
                Some(false) => {
                    while !attempt() {
                        while !accepts(atomic.load(look)) {
                            hint::spin_loop();
                        }
                    }
                }
            }
            Some(expected)
        }
        _ => None,
    }
}

fn load_order(ordering: LoadOrdering) -> Ordering {
    match ordering {
        LoadOrdering::Relaxed => Ordering::Relaxed,
        LoadOrdering::Acquire => Ordering::Acquire,
        LoadOrdering::SeqCst | LoadOrdering::Interleaved => Ordering::SeqCst,
    }
}

fn store_order(ordering: StoreOrdering) -> Ordering {
    match ordering {
        StoreOrdering::Relaxed => Ordering::Relaxed,
        StoreOrdering::Release => Ordering::Release,
        StoreOrdering::SeqCst | StoreOrdering::Interleaved => Ordering::SeqCst,
    }
}

fn rmw_order(ordering: RmwOrdering) -> Ordering {
    match ordering {
        RmwOrdering::Relaxed => Ordering::Relaxed,
        RmwOrdering::Acquire => Ordering::Acquire,
        RmwOrdering::Release => Ordering::Release,
        RmwOrdering::AcqRel => Ordering::AcqRel,
        RmwOrdering::SeqCst | RmwOrdering::Interleaved => Ordering::SeqCst,
    }
}

fn fence_order(ordering: FenceOrdering) -> Ordering {
    match ordering {
        FenceOrdering::Acquire => Ordering::Acquire,
        FenceOrdering::Release => Ordering::Release,
        FenceOrdering::AcqRel => Ordering::AcqRel,
        FenceOrdering::SeqCst => Ordering::SeqCst,
    }
}

/// The runtime, with what its threads note.
pub struct Threaded<'a> {
    runtime: &'a mut Runtime,
    notes: Arc<Shared>,
}

impl<'a> Threaded<'a> {
    /// The world of what [`runtime`] returned.
    pub fn new(runtime: &'a mut Runtime, notes: Arc<Shared>) -> Threaded<'a> {
        Threaded { runtime, notes }
    }
}

impl World for Threaded<'_> {
    fn reset(&mut self) {
        self.runtime.reset();
    }

    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop {
        self.runtime.run(thread, reply, controller)
    }

    fn end(&mut self, complete: bool, controller: &mut dyn Controller) {
        self.runtime.end(complete, controller);
    }
}

impl LitmusWorld for Threaded<'_> {
    fn script_of(&self, thread: ThreadId) -> Option<u32> {
        self.notes.lock().scripts.get(thread.index()).copied().flatten()
    }

    fn registers(&self) -> Vec<u64> {
        self.notes.lock().registers.concat()
    }

    fn script_location(&self, object: LocationId) -> Option<u32> {
        let atomics = self.notes.lock().atomics;
        object.as_local().filter(|&object| object < atomics)
    }

    fn object_of(&self, location: u32) -> LocationId {
        LocationId::local(location)
    }
}
