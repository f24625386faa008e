//! Loops that lock to look: `while !*ready.lock().unwrap() {}`.
//!
//! A section in which nobody could write (no mutable reference was taken, see
//! [`Execution::on_looked`](raddle_shims::model::Execution::on_looked)) changes nothing that others could see, but that
//! the lock is held. Who waits for the lock meanwhile gets it later; only who tries it could tell. So in a program in which no lock is
//! tried, a turn that is one such section is the turn of a loop that only reads: it is taken back, and the thread waits until somebody
//! else has had the lock. What is guarded must be the same bytes after it, turn after turn, as a `Cell` can be written without a mutable reference.
//! Such a cell behind a pointer is [memory like any other](crate::notes).
//!
//! Looking for such loops would cost every lock something, so it is done only once a thread has gone through [`SECTIONS`]
//! such sections in a row, or so; then the exploration starts again. It also does when a lock is tried after all.

use crate::shared::Shared;
use crate::spin::{Look, may_turn};
use raddle_shims::kernel::{Action, Op, Patience};
use std::cell::Cell;

/// After how many sections in which nothing was done a thread is suspected of a loop.
const SECTIONS: u32 = 4;

/// What is guarded is compared if it has at most so many bytes; else a section is no turn.
pub(crate) const BYTES_MAX: usize = 4_096;

/// Whether sections may be turns of loops.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) enum Sections {
    /// No loop is suspected.
    #[default]
    Unsuspected,
    /// They may be.
    Turns,
    /// A lock is tried, so others can tell.
    Tried,
}

/// A mistake planted in what counts as a turn, to show that the tests notice.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SectionFault {
    /// A section in which somebody could write is a turn as well.
    IgnoresWrites,
    /// It does not matter whether what is guarded is the same after a turn.
    IgnoresBytes,
    /// It does not matter whether the lock is tried.
    IgnoresTries,
    /// It does not matter what is in thread-locals.
    IgnoresLocals,
    /// It does not matter what a turn writes elsewhere than on its stack.
    IgnoresMemory,
}

impl Sections {
    /// Notes what is known elsewhere. False if it was known.
    pub fn learn(known: &Cell<Sections>, now: Sections) -> bool {
        let before = known.replace(known.get().max(now));
        before < now
    }
}

impl Shared {
    /// How an operation is to be performed.
    #[inline(always)]
    pub(crate) fn step(&self, op: &Op) -> Step {
        if let Op::Act { action, patience, .. } = *op
            && let Some(step) = self.in_section(action, patience)
        {
            return step;
        }
        if may_turn(op) { Step::Look } else { Step::Outright }
    }

    /// The same for an act on a lock; none if it is to be performed like any other.
    #[inline]
    fn in_section(&self, action: Action, patience: Patience) -> Option<Step> {
        use Action as A;
        let takes = matches!(action, A::Lock | A::ReadLock | A::IntendWrite | A::WriteLock);
        match self.sections.get() {
            _ if self.draining.get() => None,
            Sections::Tried => None,
            known if takes && patience != Patience::Forever => {
                if self.has(SectionFault::IgnoresTries) {
                    return None;
                }
                self.sections.set(Sections::Tried);
                (known == Sections::Turns).then_some(Step::Void)
            }
            Sections::Unsuspected if takes => self.suspects().then_some(Step::Void),
            Sections::Turns if matches!(action, A::Lock | A::ReadLock) => Some(Step::Look),
            Sections::Turns if matches!(action, A::Unlock | A::ReadUnlock) => {
                let looked = self.mine().looked.take();
                (looked || self.has(SectionFault::IgnoresWrites)).then_some(Step::Look)
            }
            _ => None,
        }
    }

    pub(crate) fn has(&self, fault: SectionFault) -> bool {
        self.section_fault.get() == Some(fault)
    }

    /// Whether the running thread, which is about to lock, seems to be in a loop in which it does nothing else.
    fn suspects(&self) -> bool {
        let mine = self.mine();
        if mine.sections.get() < SECTIONS {
            return false;
        }
        mine.sections.set(0);
        Sections::learn(&self.sections, Sections::Turns)
    }

    /// The running thread is about to give back a lock under which it could only look.
    pub(crate) fn note_looked(&self, data: *const u8, size: usize) {
        let mine = self.mine();
        match self.sections.get() {
            Sections::Unsuspected => mine.sections.set(mine.sections.get() + 1),
            Sections::Turns if size <= BYTES_MAX => {
                mine.looked.set(true);
                // SAFETY: the shim says that there are so many bytes of a live value. They are read as the watches of
                // cells are: volatile, so that nothing is concluded from what is found.
                let byte = |at| unsafe { data.add(at).read_volatile() };
                let size = if self.has(SectionFault::IgnoresBytes) { 0 } else { size };
                mine.spin.borrow_mut().note_guarded((0..size).map(byte));
            }
            _ => {}
        }
    }
}

/// How an operation is performed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// As what may be part of a turn.
    Look,
    /// As what is no part of one.
    Outright,
    /// Not at all: something was learned.
    Void,
}

/// Whether it begins or ends a section of a lock; only those are asked for in which nobody writes.
pub(crate) const fn is_section(op: &Op) -> bool {
    use Action as A;
    matches!(
        op,
        Op::Act {
            action: A::Lock | A::ReadLock | A::Unlock | A::ReadUnlock,
            patience: Patience::Forever,
            ..
        }
    )
}

/// Whether a turn is one section of one lock and nothing else: then nobody has acted since it ended, so the lock is free. What lies between
/// two sections is none: its turn would begin where the lock is held, and nobody else could have it until the thread goes on.
pub(crate) fn is_one_section(turn: &[Look]) -> bool {
    let [first, last] = turn else { return false };
    let ends = |op: &Op| matches!(op, Op::Act { action: Action::Unlock | Action::ReadUnlock, .. });
    first.op.location() == last.op.location()
        && turn.iter().all(|look| is_section(&look.op))
        && !ends(&first.op)
        && ends(&last.op)
}
