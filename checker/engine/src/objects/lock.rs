//! Mutexes and reader-writer locks.

use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, GAVE_UP, POISONED, Value};

/// A mutex: one aspect, which every event but a failed attempt changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mutex {
    held: bool,
    poisoned: bool,
}

const HOLDER: u32 = 0;

impl Mutex {
    pub(super) fn new(value: Value) -> Mutex {
        Mutex { held: false, poisoned: value.0 & POISONED.0 != 0 }
    }

    pub(super) fn is_poisoned(self) -> bool {
        self.poisoned
    }
}

impl Machine for Mutex {
    #[inline]
    fn allows(&self, act: &Act) -> bool {
        !self.held || act.action != Action::Lock
    }

    fn glance(&self) -> Glance {
        Glance::Lock { poisoned: self.poisoned }
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::Lock if self.held => {
                uses.reads(HOLDER);
                return GAVE_UP;
            }
            Action::Lock => {
                uses.writes(HOLDER).acquiring();
                self.held = true;
            }
            Action::Unlock | Action::UnlockPoisoned => {
                uses.writes(HOLDER).releasing();
                let was_held = std::mem::replace(&mut self.held, false);
                self.poisoned |= act.action == Action::UnlockPoisoned;
                return if was_held { Value(0) } else { GAVE_UP };
            }
            Action::IsPoisoned => {
                uses.reads(HOLDER);
            }
            Action::ClearPoison => {
                uses.writes(HOLDER);
                self.poisoned = false;
            }
            other => alien(other, self),
        }
        Value(self.poisoned.into())
    }
}

/// A reader-writer lock that prefers writers.
///
/// Two aspects: the gate, which writers that wait or hold the lock keep shut, and the holders. Readers
/// look at the gate and add to the holders, so they depend on writers alone; that a writer announces itself
/// before it locks lets a reader that comes in between wait, as it may in std.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RwLock {
    readers: i64,
    written: bool,
    /// Writers that wait or hold the lock.
    intents: i64,
    poisoned: bool,
}

const GATE: u32 = 0;
const HOLDERS: u32 = 1;

impl RwLock {
    pub(super) fn new(value: Value) -> RwLock {
        RwLock { poisoned: value.0 & POISONED.0 != 0, ..RwLock::default() }
    }

    pub(super) fn is_poisoned(self) -> bool {
        self.poisoned
    }
}

impl Machine for RwLock {
    fn allows(&self, act: &Act) -> bool {
        match act.action {
            Action::ReadLock => self.intents <= 0,
            Action::WriteLock => self.readers <= 0 && !self.written,
            _ => true,
        }
    }

    fn glance(&self) -> Glance {
        Glance::Lock { poisoned: self.poisoned }
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        let allowed = self.allows(act);
        match act.action {
            Action::ReadLock if !allowed => {
                uses.reads(GATE);
                return GAVE_UP;
            }
            Action::ReadLock => {
                uses.reads(GATE).adds(HOLDERS).acquiring();
                self.readers += 1;
            }
            Action::ReadUnlock => {
                uses.adds(HOLDERS).releasing();
                self.readers -= 1;
                return if self.readers >= 0 { Value(0) } else { GAVE_UP };
            }
            Action::IntendWrite => {
                uses.adds(GATE);
                self.intents += 1;
                return Value(0);
            }
            Action::WriteLock if !allowed => {
                uses.adds(GATE).reads(HOLDERS);
                if !act.patience.is_limited() {
                    self.intents -= 1;
                }
                return GAVE_UP;
            }
            Action::WriteLock => {
                if act.patience.is_limited() {
                    uses.adds(GATE);
                    self.intents += 1;
                }
                uses.writes(HOLDERS).acquiring();
                self.written = true;
            }
            Action::WriteUnlock | Action::WriteUnlockPoisoned | Action::Downgrade => {
                uses.adds(GATE).writes(HOLDERS).releasing();
                let was_written = std::mem::replace(&mut self.written, false);
                self.intents -= 1;
                self.readers += i64::from(act.action == Action::Downgrade);
                self.poisoned |= act.action == Action::WriteUnlockPoisoned;
                return if was_written { Value(0) } else { GAVE_UP };
            }
            Action::IsPoisoned => {
                uses.reads(HOLDERS);
            }
            Action::ClearPoison => {
                uses.writes(HOLDERS);
                self.poisoned = false;
            }
            other => alien(other, self),
        }
        Value(self.poisoned.into())
    }
}
