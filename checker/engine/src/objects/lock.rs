//! Mutexes and reader-writer locks.

use super::footprint::Uses;
use super::{Act, Machine, alien};
use raddle_shims::kernel::{Action, GAVE_UP, Value};

/// A mutex: one aspect, which every event but a failed attempt changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mutex {
    held: bool,
}

const HOLDER: u32 = 0;

impl Machine for Mutex {
    fn allows(&self, act: &Act) -> bool {
        !self.held || act.action != Action::Lock
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
            Action::Unlock => {
                uses.writes(HOLDER).releasing();
                self.held = false;
            }
            Action::Look => {
                uses.reads(HOLDER);
            }
            Action::Touch => {
                uses.writes(HOLDER);
            }
            other => alien(other, self),
        }
        Value(0)
    }
}

/// A reader-writer lock that prefers writers.
///
/// Two aspects: the gate, which writers that wait or hold the lock keep shut, and the holders. Readers
/// look at the gate and add to the holders, so they depend on writers alone; that a writer announces itself
/// before it locks lets a reader that comes in between wait, as it may in std.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RwLock {
    readers: u32,
    written: bool,
    /// Writers that wait or hold the lock.
    intents: u32,
}

const GATE: u32 = 0;
const HOLDERS: u32 = 1;

impl Machine for RwLock {
    fn allows(&self, act: &Act) -> bool {
        match act.action {
            Action::ReadLock => self.intents == 0,
            Action::WriteLock => self.readers == 0 && !self.written,
            _ => true,
        }
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
                self.readers = self.readers.saturating_sub(1);
            }
            Action::IntendWrite => {
                uses.adds(GATE);
                self.intents += 1;
            }
            Action::WriteLock if !allowed => {
                uses.reads(HOLDERS);
                if !act.patience.is_limited() {
                    uses.adds(GATE);
                    self.intents = self.intents.saturating_sub(1);
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
            Action::WriteUnlock | Action::Downgrade => {
                uses.adds(GATE).writes(HOLDERS).releasing();
                self.written = false;
                self.intents = self.intents.saturating_sub(1);
                self.readers += u32::from(act.action == Action::Downgrade);
            }
            Action::Look => {
                uses.reads(HOLDERS);
            }
            Action::Touch => {
                uses.writes(HOLDERS);
            }
            other => alien(other, self),
        }
        Value(0)
    }
}
