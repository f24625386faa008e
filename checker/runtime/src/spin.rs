//! Loops that read again and again.
//!
//! A thread that comes back to the same operation, with the same call stack, having done nothing but read
//! the same value there, will do the same again until it reads another value. The third such turn
//! therefore waits for another value instead: exploring further turns shows nothing new, and a search
//! without this rule does not end.
//!
//! A read-modify-write that leaves the value as it is counts as a read if it acquires: that is the loop of a
//! lock made of `swap(true)`. What it would write more is the same value, later in the same place: it could
//! only order more than is ordered anyhow.
//!
//! "The same call stack" is compared byte by byte, with the registers that calls preserve, so a counter
//! or a deadline in a local variable makes turns different. What a loop changes in memory elsewhere,
//! without an operation, is not seen, so a loop is tried before it is believed to wait: it is given the same
//! value again and again, without the engine, for [`TRIAL`] turns. If it leaves then, it counts somewhere. Then
//! everything explored so far is void: the exploration starts again, and in this loop every turn is a read.
//! A loop that counts further than that must not rely on it to end.

use raddle_shims::kernel::{LocationId, Value};
use raddle_shims::model::Site;
use std::cell::RefCell;

/// Stacks that are deeper than this are not compared.
const DEPTH_MAX: usize = 16 << 10;

/// For how many turns a loop is tried when it is first met, and whenever it is met again.
pub(crate) const TRIAL: u32 = 1_000;
const TRIAL_AGAIN: u32 = 8;

/// What is known of the loops of a program, by where they read.
#[derive(Default)]
pub(crate) struct Loops {
    /// Whether it does nothing but read, as far as it was tried.
    known: Vec<(Site, bool)>,
}

impl Loops {
    fn trial(&self, site: Site) -> Option<u32> {
        match self.known.iter().find(|known| std::ptr::eq(known.0, site)) {
            None => Some(TRIAL),
            Some((_, true)) => Some(TRIAL_AGAIN),
            Some((_, false)) => None,
        }
    }

    fn note(&mut self, site: Site, only_reads: bool) {
        match self.known.iter_mut().find(|known| std::ptr::eq(known.0, site)) {
            Some(known) => known.1 &= only_reads,
            None => self.known.push((site, only_reads)),
        }
    }
}

/// How a read is to be performed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// As it is.
    Perform,
    /// Not at all: the thread gets the value once more.
    Again(Value),
    /// By waiting for a value that is not this one.
    Wait(Value),
    /// Not at all: the thread has left a loop in which it was tried.
    Void,
}

/// The latest read of a thread.
#[derive(Default)]
pub(crate) struct Spin {
    last: Option<(LocationId, Site, Value)>,
    turns: u32,
    /// For how many turns the thread has been tried.
    tried: u32,
    /// The stack at the latest turn.
    words: Vec<usize>,
}

impl Spin {
    /// The thread does something else. True if it was being tried: then it does not wait in that loop, and
    /// the execution is void.
    #[inline]
    #[must_use]
    pub fn leave(&mut self, loops: &RefCell<Loops>) -> bool {
        let last = self.last.take();
        if self.tried == 0 {
            return false;
        }
        self.tried = 0;
        if let Some((_, site, _)) = last {
            loops.borrow_mut().note(site, false);
        }
        true
    }

    /// For a new execution.
    pub fn reset(&mut self) {
        self.last = None;
        self.tried = 0;
    }

    /// The thread is about to read. `frame` is where the operation was entered, `base` where the stack of the thread begins.
    #[inline]
    pub fn before(
        &mut self,
        (location, site): (LocationId, Site),
        (frame, base): (&Frame, usize),
        loops: &RefCell<Loops>,
    ) -> Turn {
        match self.last {
            Some((l, s, value)) if l == location && std::ptr::eq(s, site) => {
                self.turns += 1;
                match self.same_stack(frame, base) {
                    true => self.turn(site, value, &mut loops.borrow_mut()),
                    false if self.leave(loops) => Turn::Void,
                    false => Turn::Perform,
                }
            }
            _ => {
                self.turns = 0;
                if self.leave(loops) { Turn::Void } else { Turn::Perform }
            }
        }
    }

    #[cold]
    fn turn(&mut self, site: Site, value: Value, loops: &mut Loops) -> Turn {
        match loops.trial(site) {
            None => Turn::Perform,
            Some(trial) if self.tried < trial => {
                self.tried += 1;
                Turn::Again(value)
            }
            Some(_) => {
                self.tried = 0;
                loops.note(site, true);
                Turn::Wait(value)
            }
        }
    }

    /// What it has read.
    #[inline]
    pub fn after(&mut self, location: LocationId, site: Site, value: Value) {
        if self.last.is_some_and(|(.., before)| before != value) {
            self.turns = 0;
        }
        self.last = Some((location, site, value));
    }

    /// Whether the stack is as it was at the previous turn, which is compared from the second turn on.
    #[cold]
    fn same_stack(&mut self, frame: &Frame, base: usize) -> bool {
        let top = std::ptr::from_ref(frame) as usize;
        if base <= top || base - top > DEPTH_MAX {
            return false;
        }
        let mut words = Vec::with_capacity((base - top) / size_of::<usize>());
        for word in 0..words.capacity() {
            // SAFETY: the words lie between the caller's frame and the base of the stack that runs,
            // which are mapped; the read is volatile, so that nothing is concluded from what it finds.
            words.push(unsafe { (top as *const usize).add(word).read_volatile() });
        }
        let same = self.turns > 1 && self.words == words;
        self.words = words;
        same && KNOWS_REGISTERS
    }
}

/// The registers that calls preserve, on the stack of the function that asked for them: local variables
/// of its callers live there or further up.
#[repr(transparent)]
pub(crate) struct Frame([std::mem::MaybeUninit<usize>; REGISTERS]);

#[cfg(target_arch = "aarch64")]
const REGISTERS: usize = 10;
#[cfg(not(target_arch = "aarch64"))]
const REGISTERS: usize = 6;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const KNOWS_REGISTERS: bool = true;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const KNOWS_REGISTERS: bool = false;

impl Frame {
    /// The registers as they are in the caller.
    #[inline(always)]
    #[allow(clippy::missing_const_for_fn, reason = "it is not on the architectures that matter")]
    pub fn here() -> Frame {
        #[allow(unused_mut, reason = "no registers are known on other architectures")]
        let mut saved = Frame([std::mem::MaybeUninit::uninit(); REGISTERS]);
        // SAFETY: only copies registers to the array.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            std::arch::asm!(
                "mov [{0}], rbx", "mov [{0} + 8], rbp", "mov [{0} + 16], r12",
                "mov [{0} + 24], r13", "mov [{0} + 32], r14", "mov [{0} + 40], r15",
                in(reg) saved.0.as_mut_ptr(), options(nostack, preserves_flags)
            );
        }
        // SAFETY: only copies registers to the array.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            std::arch::asm!(
                "stp x19, x20, [{0}]", "stp x21, x22, [{0}, #16]", "stp x23, x24, [{0}, #32]",
                "stp x25, x26, [{0}, #48]", "stp x27, x28, [{0}, #64]",
                in(reg) saved.0.as_mut_ptr(), options(nostack, preserves_flags)
            );
        }
        saved
    }
}
