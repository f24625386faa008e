//! Objects that count: semaphores, counters, and the tokens of threads.

use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, GAVE_UP, Lack, REUSED, Value};

const COUNT: u32 = 0;
/// By which what increases a counter depends on what decreases it.
const SIGN: u32 = 1;
/// By which what increases a counter depends on who is about to wait.
const WAITERS: u32 = 2;

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
///
/// It is used again too early if it is increased from 0, having been above, while threads wait that have registered: some of
/// them may have been let go by that 0, and some not. All who increase it from then on are told, so that it makes no
/// difference who does so first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counter {
    count: i64,
    /// Whether it has been above 0.
    was_used: bool,
    /// Threads that have registered and not returned; below 0 where threads wait that have not registered.
    waiters: i32,
    is_reused: bool,
    /// Whether it has been below 0: then nothing more is said of its use.
    was_negative: bool,
}

impl Counter {
    pub(super) fn new(count: Value) -> Counter {
        let count = count.0 as i64;
        Counter {
            count,
            was_used: count > 0,
            waiters: 0,
            is_reused: false,
            was_negative: count < 0,
        }
    }

    fn count(&mut self, count: i32) -> Value {
        let begins_again = count > 0 && self.count == 0 && self.was_used && !self.was_negative;
        self.is_reused |= begins_again && self.waiters > 0;
        self.count += i64::from(count);
        self.was_used |= self.count > 0;
        self.was_negative |= self.count < 0;
        match self.count < 0 {
            true => GAVE_UP,
            false if count > 0 && self.is_reused => REUSED,
            false => Value(0),
        }
    }
}

impl Machine for Counter {
    fn allows(&self, act: &Act) -> bool {
        act.action != Action::AwaitZero || self.count == 0 || self.is_reused
    }

    fn could_allow(&self, act: &Act, others: &mut dyn Iterator<Item = Act>) -> bool {
        let (mut least, mut most) = (self.count, self.count);
        for other in others {
            if let Action::Add(count) | Action::Count(count) = other.action {
                least += i64::from(count.min(0));
                most += i64::from(count.max(0));
            }
        }
        self.allows(act) || least <= 0 && most >= 0
    }

    fn lack(&self, _act: &Act) -> Lack {
        Lack::Zero(self.count)
    }

    fn glance(&self) -> Glance {
        Glance::Count(self.count)
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::AwaitZero => {
                let is_allowed = self.allows(act);
                uses.adds(WAITERS).reads(COUNT);
                self.waiters -= 1;
                if !is_allowed {
                    return GAVE_UP;
                }
                uses.acquiring();
                return if self.is_reused { REUSED } else { Value(0) };
            }
            Action::Register => {
                uses.adds(WAITERS);
                self.waiters += 1;
            }
            Action::Add(count) => {
                uses.adds(COUNT).releasing();
                self.count += i64::from(count);
            }
            Action::Count(count) => {
                uses.adds(COUNT).releasing();
                if count > 0 {
                    uses.adds(SIGN).reads(WAITERS);
                } else {
                    uses.reads(SIGN);
                }
                return self.count(count);
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
