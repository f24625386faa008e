//! Objects that count: semaphores, counters, and the tokens of threads.

use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, GAVE_UP, Lack, Value};

const COUNT: u32 = 0;
/// By which what increases a counter depends on what decreases it.
const SIGN: u32 = 1;

/// A semaphore. Acquisitions depend on each other even while there are permits for both; releases do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Semaphore {
    permits: u64,
}

impl Semaphore {
    pub(super) fn new(permits: Value) -> Semaphore {
        Semaphore { permits: permits.0 }
    }
}

impl Machine for Semaphore {
    fn allows(&self, act: &Act) -> bool {
        !matches!(act.action, Action::Acquire(permits) if u64::from(permits) > self.permits)
    }

    fn could_allow(&self, act: &Act, others: &mut dyn Iterator<Item = Act>) -> bool {
        let released = others.map(|other| match other.action {
            Action::Release(permits) => u64::from(permits),
            _ => 0,
        });
        let most = Semaphore { permits: self.permits + released.sum::<u64>() };
        most.allows(act)
    }

    fn lack(&self, act: &Act) -> Lack {
        match act.action {
            Action::Acquire(permits) => {
                Lack::Permits { wanted: permits.into(), there: self.permits }
            }
            _ => Lack::Release,
        }
    }

    fn glance(&self) -> Glance {
        Glance::Permits(self.permits)
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::Acquire(_) if !self.allows(act) => {
                uses.reads(COUNT);
                return GAVE_UP;
            }
            Action::Acquire(permits) => {
                uses.writes(COUNT).acquiring();
                self.permits -= u64::from(permits);
            }
            Action::Release(permits) => {
                uses.adds(COUNT).releasing();
                self.permits += u64::from(permits);
            }
            other => alien(other, self),
        }
        Value(0)
    }
}

/// A counter: a wait group, a latch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counter {
    count: i64,
}

impl Counter {
    pub(super) fn new(count: Value) -> Counter {
        Counter { count: count.0 as i64 }
    }
}

impl Machine for Counter {
    fn allows(&self, act: &Act) -> bool {
        act.action != Action::AwaitZero || self.count == 0
    }

    fn could_allow(&self, act: &Act, others: &mut dyn Iterator<Item = Act>) -> bool {
        let (mut least, mut most) = (self.count, self.count);
        for other in others {
            if let Action::Add(count) | Action::Count(count) = other.action {
                least += i64::from(count.min(0));
                most += i64::from(count.max(0));
            }
        }
        act.action != Action::AwaitZero || least <= 0 && most >= 0
    }

    fn lack(&self, _act: &Act) -> Lack {
        Lack::Zero(self.count)
    }

    fn glance(&self) -> Glance {
        Glance::Count(self.count)
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::AwaitZero if !self.allows(act) => {
                uses.reads(COUNT);
                return GAVE_UP;
            }
            Action::AwaitZero => {
                uses.reads(COUNT).acquiring();
            }
            Action::Add(count) => {
                uses.adds(COUNT).releasing();
                self.count += i64::from(count);
            }
            Action::Count(count) => {
                uses.adds(COUNT).releasing();
                if count > 0 {
                    uses.adds(SIGN);
                } else {
                    uses.reads(SIGN);
                }
                self.count += i64::from(count);
                return if self.count < 0 { GAVE_UP } else { Value(0) };
            }
            other => alien(other, self),
        }
        Value(0)
    }
}

/// The token of a thread: parking takes it, unparking puts it there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    is_there: bool,
}

impl Token {
    pub(super) fn new(value: Value) -> Token {
        Token { is_there: value.0 != 0 }
    }
}

impl Machine for Token {
    fn allows(&self, act: &Act) -> bool {
        self.is_there || act.action != Action::Park
    }

    fn could_allow(&self, _act: &Act, others: &mut dyn Iterator<Item = Act>) -> bool {
        let mut others = others;
        (&mut others).any(|other| other.action == Action::Unpark)
    }

    fn lack(&self, _act: &Act) -> Lack {
        Lack::Token
    }

    fn glance(&self) -> Glance {
        Glance::Token(self.is_there)
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::Park if !self.is_there => {
                uses.reads(COUNT);
                return GAVE_UP;
            }
            Action::Park => {
                uses.writes(COUNT).acquiring();
                self.is_there = false;
            }
            Action::Unpark => {
                uses.adds(COUNT).releasing();
                self.is_there = true;
            }
            other => alien(other, self),
        }
        Value(0)
    }
}
