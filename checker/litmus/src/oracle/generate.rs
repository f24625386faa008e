//! Random litmus programs, from a seed or as a proptest strategy.
//!
//! A program is decoded from genes: one number for the program as a whole and a list of numbers for
//! each thread. A gene gives one instruction, or one idiom of two or three; a conditional, a
//! critical section or a repetition takes the genes after it as its body. So a program shrinks by
//! deleting genes, and whatever genes are left decode to a program that [`Program::check`] accepts.

use crate::program::{Comparison, Guard, Instruction, Operand, Order, Program, RmwFunction};
use proptest::prelude::{Strategy, any};

/// Which programs are generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The most instructions that are events, in all branches together and as often as repeated.
    pub max_events: usize,
    /// The most threads; at least two are generated.
    pub max_threads: usize,
    /// The most locations.
    pub max_locations: u32,
    /// Guarded loads and read-modify-writes, spin locks among them, in one program of three.
    pub awaits: bool,
    /// Weak compare-exchanges.
    pub weak: bool,
    /// Plain cells, in one program of four, with and without what would order their accesses.
    pub plain: bool,
    /// Joins.
    pub joins: bool,
    /// Choices.
    pub choose: bool,
    /// Threads spawned by other threads.
    pub spawns: bool,
    /// Assumptions.
    pub assumes: bool,
    /// Assertions, true and false ones.
    pub asserts: bool,
    /// Fences.
    pub fences: bool,
    /// Every ordering is SeqCst.
    pub sc_only: bool,
}

impl Default for Shape {
    /// Everything but assertions, in programs small enough for the oracles.
    fn default() -> Self {
        Shape {
            max_events: 10,
            max_threads: 4,
            max_locations: 3,
            awaits: true,
            weak: true,
            plain: true,
            joins: true,
            choose: true,
            spawns: true,
            assumes: true,
            asserts: false,
            fences: true,
            sc_only: false,
        }
    }
}

/// A random program; `draw` gives uniform numbers.
pub fn random_program(draw: &mut impl FnMut() -> u64, shape: &Shape) -> Program {
    let header = draw();
    let mut source = Source(draw());
    let threads = match source.below(8) {
        0..=3 => 2,
        4..=6 => 3,
        _ => 4,
    };
    let mut genes = vec![Vec::new(); threads.min(shape.max_threads).max(2)];
    let least = (genes.len() * 2).min(shape.max_events);
    let count = least + source.below((shape.max_events - least + 1) as u64) as usize;
    for i in 0..count {
        // Every thread gets one; the rest falls anywhere.
        let anyone = source.below(genes.len() as u64) as usize;
        let thread = if i < genes.len() { i } else { anyone };
        genes[thread].push(draw());
    }
    decode(header, &genes, shape)
}

/// The random program of a seed, always the same one.
pub fn program_of_seed(seed: u64, shape: &Shape) -> Program {
    let mut source = Source(seed);
    let mut program = random_program(&mut || source.draw(), shape);
    program.name = format!("seed-{seed}");
    program
}

/// Random programs that shrink by deleting instructions and threads.
pub fn programs(shape: Shape) -> impl Strategy<Value = Program> {
    let gene = || any::<u64>().no_shrink();
    let thread = proptest::collection::vec(gene(), 0..=shape.max_events.div_ceil(2));
    let threads = proptest::collection::vec(thread, 2..=shape.max_threads.max(2));
    (gene(), threads).prop_map(move |(header, genes)| decode(header, &genes, &shape))
}

/// The program of these genes.
pub fn decode(header: u64, genes: &[Vec<u64>], shape: &Shape) -> Program {
    let mut source = Source(header);
    let locations = source.pick(&[1, 2, 2, 2, 2, 3, 3]).min(shape.max_locations).max(1);
    let style = if shape.sc_only { Style::SeqCst } else { source.pick(&STYLES) };
    let cells = u32::from(shape.plain && source.one_in(4));
    let shape = &Shape { awaits: shape.awaits && source.one_in(3), ..*shape };
    let initial = if source.one_in(8) { vec![1] } else { Vec::new() };
    let mut spawners = vec![None; genes.len()];
    let mut spawns = 0;
    for (child, spawner) in spawners.iter_mut().enumerate().skip(1) {
        if shape.spawns && source.one_in(6) {
            *spawner = Some(source.below(child as u64) as usize);
            spawns += 1;
        }
    }
    let mut budget = shape.max_events.saturating_sub(spawns);
    let mut threads = Vec::new();
    for (me, genes) in genes.iter().enumerate() {
        // What the later threads may need at least is not for this one.
        let later = 2 * (spawners.len() - me - 1);
        let mine = budget.saturating_sub(later).max(1).min(budget);
        let genes = genes.iter();
        let spawned = &spawners;
        let mut builder = Builder {
            shape,
            style,
            locations,
            cells,
            spawned,
            me,
            genes,
            budget: mine,
            registers: 0,
        };
        let body = builder.block(usize::MAX);
        budget -= mine - builder.budget;
        threads.push(body);
    }
    for (child, spawner) in spawners.iter().enumerate() {
        let Some(parent) = *spawner else { continue };
        let body: &mut Vec<Instruction> = &mut threads[parent];
        let at = source.below(body.len() as u64 + 1) as usize;
        body.insert(at, Instruction::Spawn { thread: child as u32 });
        if shape.joins && budget > 0 && source.one_in(2) {
            budget -= 1;
            let later = at + 1 + source.below((body.len() - at) as u64) as usize;
            body.insert(later, Instruction::Join { thread: child as u32 });
        }
    }
    let name = "generated".into();
    Program { name, locations, cells, initial, threads, ..Program::default() }
}

/// Which orderings a program prefers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Any.
    Mixed,
    /// Mostly SeqCst.
    MostlySeqCst,
    /// Mostly acquire and release.
    AcquireRelease,
    /// Mostly relaxed, with many fences.
    Fences,
    /// SeqCst only.
    SeqCst,
}

const STYLES: [Style; 5] =
    [Style::Mixed, Style::Mixed, Style::MostlySeqCst, Style::AcquireRelease, Style::Fences];

/// A stream of numbers from a seed (SplitMix64).
struct Source(u64);

impl Source {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.draw() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A position, with these weights.
    fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|&weight| {
                let here = left < weight;
                left = left.saturating_sub(weight);
                here
            })
            .expect("the draw is below the sum")
    }

    /// Relaxed, the given orderings, or SeqCst, as the style prefers.
    fn order(&mut self, style: Style, middle: &[Order]) -> Order {
        let weights = match style {
            Style::Mixed => [3, 3, 3],
            Style::MostlySeqCst => [1, 1, 6],
            Style::AcquireRelease => [2, 6, 1],
            Style::Fences => [6, 1, 1],
            Style::SeqCst => [0, 0, 1],
        };
        match self.weighted(&weights) {
            0 => Order::Relaxed,
            1 => self.pick(middle),
            _ => Order::SeqCst,
        }
    }
}

/// Decodes one thread.
struct Builder<'a> {
    shape: &'a Shape,
    style: Style,
    locations: u32,
    cells: u32,
    /// By thread, who spawns it explicitly.
    spawned: &'a [Option<usize>],
    me: usize,
    genes: std::slice::Iter<'a, u64>,
    /// How many events it may still have.
    budget: usize,
    /// How many registers have been written.
    registers: u32,
}

/// What a gene can stand for, with its weight.
#[derive(Clone, Copy)]
enum Form {
    Load,
    Store,
    Rmw,
    Cas,
    Fence,
    Await,
    AwaitRmw,
    Lock,
    Branch,
    Repeat,
    Choose,
    Join,
    Plain,
    Publish,
    Consume,
    Assume,
    Assert,
    Yield,
    Buffer,
}

impl Builder<'_> {
    /// Decodes up to `genes` genes, as long as there are any and the budget is not used up.
    fn block(&mut self, genes: usize) -> Vec<Instruction> {
        let mut out = Vec::new();
        for _ in 0..genes {
            let Some(&gene) = self.genes.next() else { break };
            self.decode(&mut Source(gene), &mut out);
        }
        out
    }

    fn form(&self, g: &mut Source) -> Form {
        let Shape { awaits, weak: _, joins, choose, assumes, asserts, fences, .. } = *self.shape;
        let when = |condition: bool, weight: u64| if condition { weight } else { 0 };
        let plain = self.cells > 0;
        let fence_weight = if self.style == Style::Fences { 26 } else { 10 };
        let has_register = self.registers > 0;
        let forms = [
            (Form::Load, 28),
            (Form::Store, 28),
            (Form::Rmw, 14),
            (Form::Cas, 12),
            (Form::Fence, when(fences, fence_weight)),
            (Form::Await, when(awaits, 6)),
            (Form::AwaitRmw, when(awaits, 3)),
            (Form::Lock, when(awaits, 5)),
            (Form::Branch, when(has_register, 14)),
            (Form::Repeat, 1),
            (Form::Choose, when(choose, 2)),
            (Form::Join, when(joins && self.me > 0, 3)),
            (Form::Plain, when(plain, 5)),
            (Form::Publish, when(plain, 18)),
            (Form::Consume, when(plain, 18)),
            (Form::Assume, when(assumes && has_register, 1)),
            (Form::Assert, when(asserts && has_register, 4)),
            (Form::Yield, 1),
            (Form::Buffer, when(self.locations > 1, 16)),
        ];
        forms[g.weighted(&forms.map(|(_, weight)| weight))].0
    }

    /// Takes so many events from the budget, if it has them.
    fn afford(&mut self, events: usize) -> bool {
        let can = self.budget >= events;
        self.budget -= if can { events } else { 0 };
        can
    }

    fn decode(&mut self, g: &mut Source, out: &mut Vec<Instruction>) {
        use Instruction::*;
        let form = self.form(g);
        match form {
            Form::Branch => return self.branch(g, out),
            Form::Repeat => return self.repeat(out),
            Form::Lock => return self.lock(g, out),
            Form::Plain => return self.plain(g, out),
            Form::Publish | Form::Consume => return self.message(g, form, out),
            Form::Buffer => return self.buffer(g, out),
            Form::Yield => return out.push(Yield),
            Form::Assume => {
                let (reg, cmp, val) = self.condition(g);
                return out.push(Assume { reg, cmp, val });
            }
            Form::Assert => {
                let (reg, cmp, val) = self.condition(g);
                return out.push(Assert { reg, cmp, val });
            }
            _ if !self.afford(1) => return,
            _ => {}
        }
        let loc = g.below(u64::from(self.locations)) as u32;
        match form {
            Form::Store => {
                let ord = g.order(self.style, &[Order::Release]);
                let val = self.operand(g);
                out.push(Store { loc, ord, val });
            }
            Form::Rmw | Form::AwaitRmw => {
                let until = matches!(form, Form::AwaitRmw).then(|| self.guard(g));
                let rmw = self.rmw(g, loc, until);
                out.push(rmw);
            }
            Form::Cas => {
                let cas = self.cas(g, loc);
                out.push(cas);
            }
            Form::Fence => {
                let some = [Order::Acquire, Order::Release, Order::AcqRel, Order::SeqCst];
                let ord = if self.style == Style::SeqCst || g.one_in(3) {
                    Order::SeqCst
                } else {
                    g.pick(&some)
                };
                out.push(Fence { ord });
            }
            Form::Choose => out.push(Choose { n: 2, reg: self.fresh() }),
            Form::Join => {
                // Both are started by main, the other one first.
                let thread = g.below(self.me as u64) as u32;
                if self.spawned[thread as usize].is_none() && self.spawned[self.me].is_none() {
                    out.push(Join { thread });
                    if self.cells > 0 {
                        out.push(PlainLoad { cell: 0, reg: self.fresh() });
                    }
                } else {
                    self.budget += 1;
                }
            }
            _ => {
                let ord = g.order(self.style, &[Order::Acquire]);
                let until = matches!(form, Form::Await).then(|| self.guard(g));
                out.push(Load { loc, ord, reg: self.fresh(), until });
            }
        }
    }

    fn fresh(&mut self) -> u32 {
        self.registers += 1;
        self.registers - 1
    }

    /// A small number, sometimes from a register.
    fn operand(&self, g: &mut Source) -> Operand {
        let add = g.pick(&[1, 1, 1, 2, 2, 0, 3]);
        if self.registers > 0 && g.one_in(6) {
            let reg = g.below(u64::from(self.registers)) as u32;
            return Operand::Register { reg, add: add % 2 };
        }
        Operand::Constant(add)
    }

    fn guard(&self, g: &mut Source) -> Guard {
        let (cmp, val) = g.pick(&[
            (Comparison::Eq, 1),
            (Comparison::Eq, 0),
            (Comparison::Eq, 0),
            (Comparison::Ne, 0),
            (Comparison::Ne, 0),
            (Comparison::Ne, 2),
            (Comparison::Ge, 1),
            (Comparison::Lt, 2),
        ]);
        Guard { cmp, val }
    }

    fn condition(&self, g: &mut Source) -> (u32, Comparison, Operand) {
        let reg = g.below(u64::from(self.registers)) as u32;
        let cmp = g.pick(&[Comparison::Eq, Comparison::Ne, Comparison::Lt, Comparison::Ge]);
        (reg, cmp, Operand::Constant(g.below(3)))
    }

    fn rmw(&mut self, g: &mut Source, loc: u32, until: Option<Guard>) -> Instruction {
        use Instruction::*;
        let ord = g.order(self.style, &[Order::Acquire, Order::Release, Order::AcqRel]);
        let val = self.operand(g);
        let reg = self.fresh();
        let function = g.pick(&[
            RmwFunction::Add,
            RmwFunction::Sub,
            RmwFunction::And,
            RmwFunction::Or,
            RmwFunction::Xor,
            RmwFunction::Max,
            RmwFunction::Min,
            RmwFunction::Swap,
        ]);
        match g.below(3) {
            0 => FetchAdd { loc, ord, val, reg, until },
            1 => Swap { loc, ord, val, reg, until },
            _ => Rmw { function, loc, ord, val, reg, until },
        }
    }

    fn cas(&mut self, g: &mut Source, loc: u32) -> Instruction {
        let ord = g.order(self.style, &[Order::Acquire, Order::Release, Order::AcqRel]);
        let fail = g.order(self.style, &[Order::Acquire]);
        let expected = if g.one_in(2) { Operand::Constant(0) } else { self.operand(g) };
        let val = self.operand(g);
        let weak = self.shape.weak && g.one_in(2);
        let reg = self.fresh();
        let old = g.one_in(2).then(|| self.fresh());
        Instruction::Cas { loc, ord, fail, expected, val, reg, old, weak }
    }

    fn branch(&mut self, g: &mut Source, out: &mut Vec<Instruction>) {
        let (reg, cmp, val) = self.condition(g);
        let then = self.block(1 + g.below(2) as usize);
        if let (Operand::Constant(val), true) = (val, g.one_in(2)) {
            return out.push(Instruction::IfEq { reg, val, then });
        }
        let otherwise = if g.one_in(2) { self.block(1) } else { Vec::new() };
        out.push(Instruction::If { reg, cmp, val, then, otherwise });
    }

    fn repeat(&mut self, out: &mut Vec<Instruction>) {
        let before = self.budget;
        let body = self.block(1);
        let used = before - self.budget;
        if self.afford(used) {
            out.push(Instruction::Repeat { times: 2, body });
        } else {
            out.extend(body);
        }
    }

    /// `swap loc 0→1 until it was 0; …; store loc 0`, on the last location.
    fn lock(&mut self, g: &mut Source, out: &mut Vec<Instruction>) {
        use Instruction::*;
        if !self.afford(2) {
            return;
        }
        let loc = self.locations - 1;
        let relaxed = g.one_in(6);
        let order = |careful| match (self.style, relaxed) {
            (Style::SeqCst, _) => Order::SeqCst,
            (_, true) => Order::Relaxed,
            _ => careful,
        };
        let (ord, unlock) = (order(Order::Acquire), order(Order::Release));
        let until = Some(Guard { cmp: Comparison::Eq, val: 0 });
        out.push(Swap { loc, ord, val: Operand::Constant(1), reg: self.fresh(), until });
        out.extend(self.block(1 + g.below(2) as usize));
        out.push(Store { loc, ord: unlock, val: Operand::Constant(0) });
    }

    fn plain(&mut self, g: &mut Source, out: &mut Vec<Instruction>) {
        let cell = g.below(u64::from(self.cells)) as u32;
        if g.one_in(2) {
            out.push(Instruction::PlainLoad { cell, reg: self.fresh() });
        } else {
            out.push(Instruction::PlainStore { cell, val: self.operand(g) });
        }
    }

    /// One half of the store-buffering idiom: a store, sometimes a fence, a load from elsewhere.
    fn buffer(&mut self, g: &mut Source, out: &mut Vec<Instruction>) {
        use Instruction::*;
        let fenced = self.shape.fences && g.one_in(3);
        if !self.afford(2 + usize::from(fenced)) {
            return;
        }
        let loc = g.below(u64::from(self.locations)) as u32;
        let other = (loc + 1 + g.below(u64::from(self.locations) - 1) as u32) % self.locations;
        let ord = g.order(self.style, &[Order::Release]);
        out.push(Store { loc, ord, val: self.operand(g) });
        if fenced {
            out.push(Fence { ord: Order::SeqCst });
        }
        let ord = g.order(self.style, &[Order::Acquire]);
        out.push(Load { loc: other, ord, reg: self.fresh(), until: None });
    }

    /// One half of the message-passing idiom, on location 0; with a fence, the access is relaxed.
    fn message(&mut self, g: &mut Source, form: Form, out: &mut Vec<Instruction>) {
        use Instruction::*;
        let fenced = self.shape.fences && !self.shape.sc_only && g.one_in(3);
        if !self.afford(1 + usize::from(fenced)) {
            return;
        }
        let (cell, loc) = (0, 0);
        let order = |g: &mut Source, middle| match fenced {
            true => Order::Relaxed,
            false => g.order(self.style, &[middle, middle]),
        };
        if matches!(form, Form::Publish) {
            let ord = order(g, Order::Release);
            out.push(PlainStore { cell, val: self.operand(g) });
            if fenced {
                out.push(Fence { ord: g.pick(&[Order::Release, Order::AcqRel]) });
            }
            return out.push(Store { loc, ord, val: Operand::Constant(1) });
        }
        let ord = order(g, Order::Acquire);
        let waits = self.shape.awaits && g.one_in(2);
        let until = waits.then_some(Guard { cmp: Comparison::Ne, val: 0 });
        let (flag, data) = (self.fresh(), self.fresh());
        let fence = Fence { ord: g.pick(&[Order::Acquire, Order::AcqRel]) };
        let access = match g.below(3) {
            0 => PlainStore { cell, val: Operand::Constant(2) },
            _ => PlainLoad { cell, reg: data },
        };
        let then = if fenced { vec![fence, access] } else { vec![access] };
        // Any other value may come from a read-modify-write, which continues the release sequence.
        out.push(Load { loc, ord, reg: flag, until });
        if waits {
            out.extend(then);
        } else {
            let val = Operand::Constant(0);
            out.push(If { reg: flag, cmp: Comparison::Ne, val, then, otherwise: Vec::new() });
        }
    }
}
