//! Random programs that mix blocking objects with atomics and plain cells, from a seed.
//!
//! Threads are made of idioms: a critical section, a wait, a message. Most are used as they should be; locks
//! that are never released, offers that nobody takes and waits that nobody ends come up by themselves.

use crate::objects::{Deed, Object, ObjectKind};
use crate::program::{Instruction, Operand, Order, Program};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Which programs are generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// The most instructions that are events.
    pub max_events: usize,
    /// The most threads; at least two are generated.
    pub max_threads: usize,
    /// Only objects of this kind, and the mutex of a condition variable.
    pub only: Option<ObjectKind>,
    /// Threads sleep and look at the clock, and what they wait for may have a time limit.
    pub time: bool,
}

impl Default for Mix {
    fn default() -> Self {
        Mix { max_events: 9, max_threads: 3, only: None, time: false }
    }
}

const KINDS: [ObjectKind; 11] = [
    ObjectKind::Mutex,
    ObjectKind::Rwlock,
    ObjectKind::Condvar,
    ObjectKind::Semaphore,
    ObjectKind::Counter,
    ObjectKind::Barrier,
    ObjectKind::Once,
    ObjectKind::Token,
    ObjectKind::Channel,
    ObjectKind::Rendezvous,
    ObjectKind::Exchange,
];

/// Replies below this are numbers.
const NUMBERS: u64 = 1 << 32;

/// The random program of a seed, always the same one.
pub fn program_of_seed(seed: u64, mix: &Mix) -> Program {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let threads = 2 + below(&mut rng, mix.max_threads.max(2) as u64 - 1) as usize;
    let kinds: Vec<ObjectKind> = (0..1 + below(&mut rng, 2))
        .map(|_| mix.only.unwrap_or(KINDS[below(&mut rng, KINDS.len() as u64) as usize]))
        .collect();
    let mut objects = Vec::new();
    for kind in kinds {
        let value = match kind {
            ObjectKind::Semaphore => Some(below(&mut rng, 3)),
            ObjectKind::Counter => Some(below(&mut rng, 2)),
            ObjectKind::Barrier => Some(threads as u64),
            ObjectKind::Exchange => Some([0, 0, 0x100, 0x10][below(&mut rng, 4) as usize]),
            ObjectKind::Channel => [None, Some(1), Some(1), Some(2)][below(&mut rng, 4) as usize],
            _ => Some(0),
        };
        objects.push(Object { kind, value });
        if kind == ObjectKind::Condvar {
            // Its mutex comes right after it.
            objects.push(Object { kind: ObjectKind::Mutex, value: Some(0) });
        }
    }
    let cells = u32::from(below(&mut rng, 4) == 0);
    let mut program = Program {
        name: format!("mixed-{seed}"),
        locations: 1 + u32::from(below(&mut rng, 3) == 0),
        cells,
        objects,
        ..Program::default()
    };
    let share = (mix.max_events / threads).max(1);
    // The senders of such a channel are all of one thread, which drops the one there is in the end.
    let dropped = below(&mut rng, 2) == 0;
    for me in 0..threads {
        let budget = share + below(&mut rng, 2) as usize;
        let mut thread = Thread {
            program: &program,
            rng: &mut rng,
            budget,
            registers: 0,
            waited: Vec::new(),
            me,
            dropped,
            time: mix.time,
        };
        let mut body = thread.body();
        body.extend(thread.drops());
        program.threads.push(body);
    }
    program
}

fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    (u64::from(rng.next_u32()) * bound) >> 32
}

struct Thread<'a> {
    program: &'a Program,
    rng: &'a mut ChaCha8Rng,
    /// How many events it may still have.
    budget: usize,
    registers: u32,
    /// The barriers at which it has waited.
    waited: Vec<u32>,
    me: usize,
    /// Whether the first thread has the only sender of each channel.
    dropped: bool,
    time: bool,
}

type Body = Vec<Instruction>;

impl Thread<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        below(self.rng, bound)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn fresh(&mut self) -> u32 {
        self.registers += 1;
        self.registers - 1
    }

    fn body(&mut self) -> Body {
        let mut body = Vec::new();
        while self.budget > 0 {
            let before = self.budget;
            if self.time && self.one_in(3) {
                body.push(self.time_passes());
            } else {
                let mut idiom = self.idiom();
                if self.time {
                    self.set_limits(&mut idiom);
                }
                body.extend(idiom);
            }
            // What costs nothing must not go on for ever.
            self.budget = self.budget.min(before - 1);
        }
        body
    }

    fn time_passes(&mut self) -> Instruction {
        match self.one_in(4) {
            true => Instruction::Now { reg: self.fresh() },
            false => Instruction::Sleep { nanos: 1 + self.below(2) },
        }
    }

    /// Gives what would give up at once some time, mostly.
    fn set_limits(&mut self, body: &mut Body) {
        let (mut stand, mut meet) = (None, None);
        for it in body.iter_mut() {
            match it {
                Instruction::IfEq { then, .. } | Instruction::If { then, .. } => {
                    self.set_limits(then);
                }
                Instruction::Act { deed: Deed::Stand, limited, .. } => stand = Some(limited),
                Instruction::Act { deed: Deed::Meet, limited, within, .. } => {
                    meet = Some((limited, within));
                }
                Instruction::Act { deed, limited: limited @ true, within, .. }
                    if deed.waits() && self.below(3) > 0 =>
                {
                    *limited = false;
                    *within = Some(1 + self.below(3));
                }
                _ => {}
            }
        }
        if let (Some(stand @ true), Some((limited, within))) = (stand, meet) {
            // It comes to be seen.
            (*stand, *limited) = (false, false);
            *within = Some(1 + self.below(3));
        }
    }

    fn sends(&self) -> bool {
        !self.dropped || self.me == 0
    }

    /// The end of the only senders.
    fn drops(&mut self) -> Body {
        let is_channel = |kind| matches!(kind, ObjectKind::Channel | ObjectKind::Rendezvous);
        let channels: Vec<u32> = (0..self.program.objects.len() as u32)
            .filter(|object| is_channel(self.program.objects[*object as usize].kind))
            .collect();
        match self.dropped && self.me == 0 {
            true => {
                channels.into_iter().map(|o| self.deed(o, Deed::DropSender, 0, false)).collect()
            }
            false => Vec::new(),
        }
    }

    /// One deed; its reply goes to a register of its own.
    fn deed(&mut self, object: u32, deed: Deed, arg: u64, limited: bool) -> Instruction {
        self.budget = self.budget.saturating_sub(1);
        let (arg, reg) = (Operand::Constant(arg), self.fresh());
        Instruction::Act { object, deed, arg, limited, within: None, reg }
    }

    fn deed_on_reply(&mut self, object: u32, deed: Deed, of: u32, limited: bool) -> Instruction {
        self.budget = self.budget.saturating_sub(1);
        let (arg, reg) = (Operand::Register { reg: of, add: 0 }, self.fresh());
        Instruction::Act { object, deed, arg, limited, within: None, reg }
    }

    fn latest(&self) -> u32 {
        self.registers - 1
    }

    /// An access of an atomic or of a cell.
    fn access(&mut self) -> Instruction {
        if self.program.cells > 0 && self.one_in(2) {
            return match self.one_in(2) {
                true => Instruction::PlainLoad { cell: 0, reg: self.fresh() },
                false => Instruction::PlainStore { cell: 0, val: Operand::Constant(1) },
            };
        }
        self.budget = self.budget.saturating_sub(1);
        let loc = self.below(self.program.locations.into()) as u32;
        let order = |thread: &mut Self, middle| match thread.below(3) {
            0 => Order::Relaxed,
            1 => middle,
            _ => Order::SeqCst,
        };
        let val = Operand::Constant(1 + self.below(2));
        match self.below(3) {
            0 => {
                let ord = order(self, Order::Acquire);
                Instruction::Load { loc, ord, reg: self.fresh(), until: None }
            }
            1 => Instruction::Store { loc, ord: order(self, Order::Release), val },
            _ => {
                let ord = order(self, Order::AcqRel);
                Instruction::FetchAdd { loc, ord, val, reg: self.fresh(), until: None }
            }
        }
    }

    /// What stands in a critical section.
    fn inner(&mut self) -> Body {
        match self.budget > 1 && self.one_in(2) {
            true => vec![self.access()],
            false => Vec::new(),
        }
    }

    fn if_number(&mut self, reg: u32, then: Body) -> Instruction {
        let (cmp, val) = (crate::program::Comparison::Lt, Operand::Constant(NUMBERS));
        Instruction::If { reg, cmp, val, then, otherwise: Vec::new() }
    }

    fn idiom(&mut self) -> Body {
        let objects = self.program.objects.len() as u64;
        if self.one_in(4) {
            return vec![self.access()];
        }
        let object = self.below(objects) as u32;
        match self.program.objects[object as usize].kind {
            ObjectKind::Mutex => self.section(object, Deed::Lock, Deed::Unlock),
            ObjectKind::Rwlock => self.rwlock(object),
            ObjectKind::Condvar => self.condvar(object),
            ObjectKind::Semaphore => self.semaphore(object),
            ObjectKind::Counter => match self.below(3) {
                0 => vec![self.wait(object, Deed::AwaitZero)],
                1 => vec![self.deed(object, Deed::Add, 1, false)],
                _ => vec![self.deed(object, Deed::Add, u64::from(u32::MAX), false)],
            },
            ObjectKind::Barrier => self.barrier(object),
            ObjectKind::Once => self.once(object),
            ObjectKind::Token => match self.one_in(2) {
                true => vec![self.wait(object, Deed::Park)],
                false => vec![self.deed(object, Deed::Unpark, 0, false)],
            },
            ObjectKind::Channel => self.channel(object),
            ObjectKind::Rendezvous => self.rendezvous(object),
            ObjectKind::Exchange => self.exchange(object),
        }
    }

    /// A deed that waits, or, one time in three, gives up.
    fn wait(&mut self, object: u32, deed: Deed) -> Instruction {
        let limited = self.one_in(3);
        self.deed(object, deed, 0, limited)
    }

    fn section(&mut self, object: u32, enter: Deed, leave: Deed) -> Body {
        let limited = self.one_in(3);
        let first = self.deed(object, enter, 0, limited);
        let reg = self.latest();
        let mut rest = self.inner();
        if !self.one_in(8) {
            rest.push(self.deed(object, leave, 0, false));
        }
        if limited { vec![first, self.if_number(reg, rest)] } else { [vec![first], rest].concat() }
    }

    fn rwlock(&mut self, object: u32) -> Body {
        match self.below(4) {
            0 | 1 => self.section(object, Deed::ReadLock, Deed::ReadUnlock),
            2 => {
                let try_write = self.deed(object, Deed::WriteLock, 0, true);
                let reg = self.latest();
                let mut rest = self.inner();
                rest.push(self.deed(object, Deed::WriteUnlock, 0, false));
                vec![try_write, self.if_number(reg, rest)]
            }
            _ => {
                let mut body = vec![
                    self.deed(object, Deed::IntendWrite, 0, false),
                    self.deed(object, Deed::WriteLock, 0, false),
                ];
                body.extend(self.inner());
                if self.one_in(4) {
                    body.push(self.deed(object, Deed::Downgrade, 0, false));
                    body.push(self.deed(object, Deed::ReadUnlock, 0, false));
                } else {
                    body.push(self.deed(object, Deed::WriteUnlock, 0, false));
                }
                body
            }
        }
    }

    fn condvar(&mut self, object: u32) -> Body {
        let mutex = object + 1;
        if self.one_in(2) {
            let how = [Deed::NotifyOne, Deed::NotifyOldest, Deed::NotifyAll];
            let how = how[self.below(3) as usize];
            if self.one_in(2) {
                return vec![self.deed(object, how, 0, false)];
            }
            let mut body = vec![self.deed(mutex, Deed::Lock, 0, false)];
            body.push(self.deed(object, how, 0, false));
            body.push(self.deed(mutex, Deed::Unlock, 0, false));
            return body;
        }
        vec![
            self.deed(mutex, Deed::Lock, 0, false),
            self.deed(object, Deed::Enqueue, 0, false),
            self.deed(mutex, Deed::Unlock, 0, false),
            self.wait(object, Deed::Wake),
            self.deed(mutex, Deed::Lock, 0, false),
            self.deed(mutex, Deed::Unlock, 0, false),
        ]
    }

    fn semaphore(&mut self, object: u32) -> Body {
        let permits = 1 + self.below(2);
        if self.one_in(3) {
            return vec![self.deed(object, Deed::Release, permits, false)];
        }
        let limited = self.one_in(3);
        let first = self.deed(object, Deed::Acquire, permits, limited);
        let reg = self.latest();
        let mut rest = self.inner();
        if !self.one_in(4) {
            rest.push(self.deed(object, Deed::Release, permits, false));
        }
        vec![first, self.if_number(reg, rest)]
    }

    fn barrier(&mut self, object: u32) -> Body {
        if self.waited.contains(&object) {
            return vec![self.access()];
        }
        self.waited.push(object);
        let arrive = self.deed(object, Deed::Arrive, 0, false);
        let round = self.latest();
        let limited = self.one_in(4);
        vec![arrive, self.deed_on_reply(object, Deed::Depart, round, limited)]
    }

    fn once(&mut self, object: u32) -> Body {
        let (force, limited) = (self.below(2), self.one_in(4));
        if self.one_in(3) {
            return vec![self.deed(object, Deed::AwaitComplete, force, limited)];
        }
        let begin = self.deed(object, Deed::Begin, force, limited);
        let reg = self.latest();
        let ends = [Deed::Complete, Deed::Complete, Deed::Reset, Deed::Poison];
        let end = ends[self.below(4) as usize];
        let mut then = self.inner();
        then.push(self.deed(object, end, 0, false));
        let again = vec![self.deed(object, Deed::Complete, 0, false)];
        let claimed = Instruction::IfEq { reg, val: 0, then };
        vec![begin, claimed, Instruction::IfEq { reg, val: 1, then: again }]
    }

    fn channel(&mut self, object: u32) -> Body {
        vec![match self.below(12) {
            0..=4 if self.sends() => self.wait(object, Deed::Send),
            0..=8 => self.wait(object, Deed::Receive),
            9 | 10 => self.deed(object, Deed::Length, 0, false),
            _ => self.deed(object, Deed::Close, 0, false),
        }]
    }

    fn exchange(&mut self, object: u32) -> Body {
        let value = self.program.objects[object as usize].value.unwrap_or(0);
        let channels = 2 + u64::from(value >= 0x100);
        if self.one_in(8) {
            let close = 4 * self.below(channels) + 3;
            return vec![self.deed(object, Deed::Pass, close, false)];
        }
        if value > 0 && self.one_in(3) {
            let channel = if value == 0x10 { 1 } else { 2 };
            let (ask, limited) = (self.below(3), self.one_in(4));
            return vec![self.deed(object, Deed::Pass, 4 * channel + ask, limited)];
        }
        let arms = 1 + self.below(2) + self.below(2);
        let list = (0..arms).fold(0, |list, _| list << 8 | (1 + self.below(2 * channels)));
        let limited = self.one_in(4);
        vec![
            self.deed(object, Deed::Stand, list, limited),
            self.deed(object, Deed::Meet, 0, limited),
        ]
    }

    fn rendezvous(&mut self, object: u32) -> Body {
        let limited = self.one_in(3);
        match self.below(10) {
            0 => vec![self.deed(object, Deed::Close, 0, false)],
            1 => vec![self.deed(object, Deed::Want, 0, true)],
            2 if self.sends() => vec![self.deed(object, Deed::Offer, 0, true)],
            sends if sends % 2 == 0 && self.sends() => {
                let offer = self.deed(object, Deed::Offer, 0, false);
                let reg = self.latest();
                let then = vec![self.deed_on_reply(object, Deed::AwaitTaken, reg, limited)];
                vec![offer, self.if_number(reg, then)]
            }
            _ => {
                let want = self.deed(object, Deed::Want, 0, false);
                let reg = self.latest();
                let then = vec![self.deed_on_reply(object, Deed::Take, reg, limited)];
                vec![want, self.if_number(reg, then)]
            }
        }
    }
}
