//! Loops that only read.
//!
//! A *turn* of a loop is what a thread does between two visits of the same operation with the same call stack.
//! If it did nothing but read (loads, compare-exchanges that fail, read-modify-writes that acquire and leave the
//! value as it is; fences and hints do not matter), it will do the same again until one of its reads gives another
//! value, and nobody could see that it turned. So the first such turn is told to the engine as [`Op::Turn`].
//!
//! A read-modify-write that leaves the value as it is counts as a read if it acquires: that is the loop of a
//! lock made of `swap(true)`. What it would write more is the same value, later in the same place: it could
//! only order more than is ordered anyhow.
//!
//! "The same call stack" is compared byte by byte, with the registers that calls preserve, so a counter or a
//! deadline in a local variable makes turns different. Without optimisation every intermediate result has a
//! place on the stack, which holds anything before the first turn; bytes that are known never to have been
//! written ([`scrub`](raddle_shims::model::scrub)) are equal to anything that is written there later: the
//! program cannot have read them.
//!
//! What a loop changes in memory elsewhere, without an operation, is not seen, so a loop is tried before it is
//! believed to turn: it is given the same values again and again, without the engine, for [`TRIAL`] turns. If it
//! leaves then, it counts somewhere. Then everything explored so far is void: the exploration starts again, and in
//! this loop every turn is made of reads like others. A loop that counts further than that must not rely on it to
//! end.
//!
//! Comparing stacks at every read would be slow. So it is done only where a thread is known to read again with
//! nothing but reads between; to learn of such a place, too, starts the exploration again.

use raddle_shims::kernel::{Op, Reply, Value};
use raddle_shims::model::{SCRUBBED, Site};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

/// Stacks that are deeper than this are not compared.
const DEPTH_MAX: usize = 16 << 10;

/// Turns with more operations than this are not recognised.
const LOOKS_MAX: usize = 64;

/// For how many turns a loop is tried when it is first met, and whenever it is met again.
pub(crate) const TRIAL: u32 = 1_000;
const TRIAL_AGAIN: u32 = 8;

/// What is known of a place where a thread reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Known {
    /// It is read there again and again.
    Repeats,
    /// It is where turns of a loop begin that does nothing but read, as far as it was tried.
    Turns,
    /// A loop there does more than its operations show.
    Counts,
}

/// What a value does to a thread that turns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Effect {
    /// It turns again.
    Turns,
    /// It leaves the loop.
    Leaves,
    /// It has done both, in states that were taken for the same.
    Varies,
}

/// What is known of the loops of a program, by where they read.
#[derive(Default)]
pub(crate) struct Loops {
    known: Vec<(Site, Known)>,
    /// What values do to a thread that turns, by where it reads, and a number for its state.
    values: BTreeMap<(usize, u64, u8), Effect>,
    /// Where objects have been touched for the first time, in this execution, with some place known.
    touched: Vec<Range<usize>>,
}

impl Loops {
    /// For a new execution.
    pub fn begin(&mut self) {
        self.touched.clear();
    }

    /// An object has noted its number there.
    pub fn on_touched(&mut self, addresses: Range<usize>) {
        if !self.known.is_empty() {
            self.touched.push(addresses);
        }
    }

    /// What is known of places where threads read.
    pub fn known(&self) -> &[(Site, Known)] {
        &self.known
    }

    /// Takes over what is known elsewhere.
    pub fn adopt(&mut self, known: &[(Site, Known)]) {
        for &(site, now) in known {
            self.note(site, self.of(site).map_or(now, |before| before.max(now)));
        }
    }

    fn effect(&self, (site, state): (Site, u64), value: u8) -> Option<Effect> {
        self.values.get(&(std::ptr::from_ref(site) as usize, state, value)).copied()
    }

    fn learn(&mut self, (site, state): (Site, u64), value: u8, effect: Effect) {
        let known = self.values.entry((std::ptr::from_ref(site) as usize, state, value));
        let known = known.or_insert(effect);
        if *known != effect {
            *known = Effect::Varies;
        }
    }

    fn of(&self, site: Site) -> Option<Known> {
        self.known.iter().find(|known| std::ptr::eq(known.0, site)).map(|known| known.1)
    }

    fn note(&mut self, site: Site, now: Known) {
        match self.known.iter_mut().find(|known| std::ptr::eq(known.0, site)) {
            Some((_, Known::Counts)) => {}
            Some(known) => known.1 = now,
            None => self.known.push((site, now)),
        }
    }
}

/// How a read is to be performed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// As it is.
    Perform,
    /// Not at all: the thread gets the answer once more.
    Again(Reply),
    /// After a turn of so many events has been told to the engine, which may take it back if it is said so.
    Close(u32, bool),
    /// By waiting for a value that is not in this set.
    Guarded(u64),
    /// Not at all: the thread has left a loop with a value that it was given to try it.
    Redo,
    /// Not at all: something was learned of a loop, and the execution is void.
    Void,
}

/// A read, or a fence between reads.
struct Look {
    op: Op,
    site: Site,
    reply: Reply,
    /// The stack before it, in [`Spin::words`]; empty if it was not looked at.
    words: Range<usize>,
}

/// A loop that is given the same values again and again.
struct Trial {
    /// Where in the looks its turn begins, and how many of the turn have been given.
    start: usize,
    given: usize,
    /// How many turns are left.
    left: u32,
    /// The stack at the beginning of each turn.
    state: Vec<usize>,
}

/// A loop that is given values to see which of them let it turn again.
struct Probe {
    op: Op,
    site: Site,
    /// A number for the state of the thread.
    state: u64,
    /// The values that are left, the one that it has got, and those with which it turned.
    left: u64,
    given: u8,
    refused: u64,
}

/// What was interrupted when a thread did something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// A trial: the exploration is void.
    Trial,
    /// The test of a value.
    Probe,
}

/// What a thread has read since it last did anything else.
#[derive(Default)]
pub(crate) struct Spin {
    looks: Vec<Look>,
    words: Vec<usize>,
    /// The stack before the read that is being performed, in `words`.
    here: Range<usize>,
    trial: Option<Trial>,
    probe: Option<Probe>,
}

impl Spin {
    /// The thread does something else.
    #[inline(always)]
    #[must_use]
    pub fn leave(&mut self, loops: &RefCell<Loops>) -> Left {
        // Mostly it has not read.
        match self.looks.is_empty() && !self.is_tried() {
            true => {
                self.words.clear();
                self.here = 0..0;
                Left::Nothing
            }
            false => self.leave_looks(loops),
        }
    }

    fn leave_looks(&mut self, loops: &RefCell<Loops>) -> Left {
        let left = match (&self.trial, &self.probe) {
            (Some(trial), _) => {
                loops.borrow_mut().note(self.looks[trial.start].site, Known::Counts);
                Left::Trial
            }
            (None, Some(probe)) => {
                let place = (probe.site, probe.state);
                loops.borrow_mut().learn(place, probe.given, Effect::Leaves);
                Left::Probe
            }
            (None, None) => Left::Nothing,
        };
        self.reset();
        left
    }

    /// For a new execution.
    #[inline]
    pub fn reset(&mut self) {
        self.looks.clear();
        self.words.clear();
        self.here = 0..0;
        self.trial = None;
        self.probe = None;
    }

    /// Whether the thread is being tried.
    #[inline]
    pub fn is_tried(&self) -> bool {
        self.trial.is_some() || self.probe.is_some()
    }

    /// The thread is about to read. `held` says which small values the location has held. `frame` is where the operation was entered, `base` where the stack of the thread begins.
    #[inline]
    pub fn before(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): (&Frame, usize),
        loops: &RefCell<Loops>,
        held: impl Fn() -> u64,
    ) -> Turn {
        if self.trial.is_some() {
            return self.go_on(op, site, (frame, base), loops);
        }
        if self.probe.is_some() {
            return self.probed((op, site), (frame, base), loops);
        }
        self.here = 0..0;
        let again = self.looks.iter().any(|look| std::ptr::eq(look.site, site) && look.op == *op);
        let known = loops.borrow().of(site);
        match (again, known) {
            (_, Some(Known::Counts)) | (false, None) => Turn::Perform,
            (true, None) => {
                loops.borrow_mut().note(site, Known::Repeats);
                Turn::Void
            }
            (_, Some(known)) => self.look((op, site), (frame, base), known, &loops.borrow(), held),
        }
    }

    /// Compares the stack with what it was when the same was read before.
    #[cold]
    fn look(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): (&Frame, usize),
        known: Known,
        loops: &Loops,
        held: impl Fn() -> u64,
    ) -> Turn {
        let Some(here) = self.capture(frame, base) else { return Turn::Perform };
        self.here = here.clone();
        let now = &self.words[here.clone()];
        let same = |look: &Look| {
            std::ptr::eq(look.site, site)
                && look.op == *op
                && is_same_state(&self.words[look.words.clone()], now, base, &loops.touched)
        };
        let Some(start) = self.looks.iter().rposition(same) else {
            return match known {
                Known::Turns => self.begin_probe((op, site), base, loops, held),
                _ => Turn::Perform,
            };
        };
        let left = if known == Known::Turns { TRIAL_AGAIN } else { TRIAL };
        self.trial = Some(Trial { start, given: 1, left, state: now.to_vec() });
        Turn::Again(self.looks[start].reply)
    }

    /// The next operation of a thread that is tried.
    #[cold]
    fn go_on(
        &mut self,
        op: &Op,
        site: Site,
        (frame, base): (&Frame, usize),
        loops: &RefCell<Loops>,
    ) -> Turn {
        let Some(mut trial) = self.trial.take() else { return Turn::Perform };
        let turn = &self.looks[trial.start..];
        let begins = trial.given == turn.len();
        let look = &turn[if begins { 0 } else { trial.given }];
        let (first, expected) = (turn[0].site, std::ptr::eq(look.site, site) && look.op == *op);
        let (reply, events) = (look.reply, turn.len() as u32);
        let here = if begins && expected { self.capture(frame, base) } else { None };
        let here = here.unwrap_or(0..0);
        if !expected || begins && self.words[here.clone()] != trial.state[..] {
            loops.borrow_mut().note(first, Known::Counts);
            self.reset();
            return Turn::Void;
        }
        if begins {
            trial.left -= 1;
            trial.given = 0;
            if trial.left == 0 {
                loops.borrow_mut().note(first, Known::Turns);
                // What had not been written when the turn began need not be the same in the next.
                let turn = self.looks.split_off(trial.start);
                self.here = turn[0].words.clone();
                let value = small(turn[0].reply).filter(|_| turn.len() == 1);
                let state = self.state(base, &loops.borrow().touched);
                let effect = |value| loops.borrow().effect((site, state), value);
                let tries =
                    value.is_some_and(|value| matches!(effect(value), None | Some(Effect::Turns)));
                if let Some(value) = value.filter(|_| tries) {
                    loops.borrow_mut().learn((site, state), value, Effect::Turns);
                }
                self.looks.clear();
                return Turn::Close(events, tries);
            }
            self.words.truncate(here.start);
        }
        trial.given += 1;
        self.trial = Some(trial);
        Turn::Again(reply)
    }

    /// The turn has been taken back.
    pub fn taken_back(
        &mut self,
        (op, site): (&Op, Site),
        base: usize,
        loops: &RefCell<Loops>,
        held: impl Fn() -> u64,
    ) -> Turn {
        self.begin_probe((op, site), base, &loops.borrow(), held)
    }

    /// Begins to make sure with which of the values that it could read the thread would turn again. Only those
    /// are tried with which it has turned before in what looks like the same state: with another it might go on
    /// to what it must not do.
    fn begin_probe(
        &mut self,
        (op, site): (&Op, Site),
        base: usize,
        loops: &Loops,
        held: impl Fn() -> u64,
    ) -> Turn {
        let held = held();
        let state = match held {
            0 => 0,
            _ => self.state(base, &loops.touched),
        };
        let tried = |value: &u8| loops.effect((site, state), *value) == Some(Effect::Turns);
        let values = (0..64_u8).filter(|value| held >> value & 1 == 1);
        let values = values.filter(|value| refusal(op, *value).is_some()).filter(tried);
        let left = values.fold(0, |set, value| set | 1 << value);
        let probe = Probe { op: *op, site, state, left, given: 0, refused: 0 };
        self.give(probe)
    }

    /// Gives the thread the next value, or is done.
    fn give(&mut self, mut probe: Probe) -> Turn {
        if probe.left == 0 {
            return match probe.refused {
                0 => Turn::Perform,
                refused => Turn::Guarded(refused),
            };
        }
        probe.given = probe.left.trailing_zeros() as u8;
        probe.left &= probe.left - 1;
        let reply = refusal(&probe.op, probe.given);
        self.probe = Some(probe);
        reply.map_or(Turn::Perform, Turn::Again)
    }

    /// The next operation of a thread that has been given a value.
    #[cold]
    fn probed(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): (&Frame, usize),
        loops: &RefCell<Loops>,
    ) -> Turn {
        let Some(mut probe) = self.probe.take() else { return Turn::Perform };
        let place = (probe.site, probe.state);
        let expected = std::ptr::eq(probe.site, site) && probe.op == *op;
        let end = self.words.len();
        let now = self.capture(frame, base).filter(|_| expected);
        let turns = now.is_some_and(|now| {
            let before = &self.words[self.here.clone()];
            is_same_state(before, &self.words[now], base, &loops.borrow().touched)
        });
        self.words.truncate(end);
        let effect = if turns { Effect::Turns } else { Effect::Leaves };
        loops.borrow_mut().learn(place, probe.given, effect);
        if !turns {
            self.reset();
            return Turn::Redo;
        }
        probe.refused |= 1 << probe.given;
        self.give(probe)
    }

    /// A number for the state before the read that is being performed: of the small numbers on the stack.
    fn state(&self, base: usize, touched: &[Range<usize>]) -> u64 {
        let words = &self.words[self.here.clone()];
        let top = base - size_of_val(words);
        let mut state = 0xcbf2_9ce4_8422_2325_u64;
        for (i, word) in words.iter().enumerate() {
            let at = top + i * size_of::<usize>();
            if *word >> 32 == 0 && *word != 0 && !touched.iter().any(|it| it.contains(&at)) {
                state =
                    (state ^ (*word as u64) ^ (i as u64) << 32).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        state
    }

    /// What it has got.
    #[inline]
    pub fn after(&mut self, op: &Op, site: Site, reply: Reply) {
        if self.looks.len() == LOOKS_MAX {
            let here = self.words[self.here.clone()].to_vec();
            self.reset();
            self.here = 0..here.len();
            self.words = here;
        }
        let words = std::mem::take(&mut self.here);
        self.looks.push(Look { op: *op, site, reply, words });
    }

    /// The stack as it is now, added to the words; none if it is too deep.
    fn capture(&mut self, frame: &Frame, base: usize) -> Option<Range<usize>> {
        let top = std::ptr::from_ref(frame) as usize;
        if !KNOWS_REGISTERS || base <= top || base - top > DEPTH_MAX {
            return None;
        }
        let (start, count) = (self.words.len(), (base - top) / size_of::<usize>());
        self.words.reserve(count);
        for word in 0..count {
            // SAFETY: the words lie between the caller's frame and the base of the stack that runs,
            // which are mapped; the read is volatile, so that nothing is concluded from what it finds.
            self.words.push(unsafe { (top as *const usize).add(word).read_volatile() });
        }
        Some(start..start + count)
    }
}

/// Whether a thread with the stack `now`, which begins at `base`, is in the state in which it was with the stack
/// `before`; what lies at the addresses `touched` does not matter.
fn is_same_state(before: &[usize], now: &[usize], base: usize, touched: &[Range<usize>]) -> bool {
    if before.is_empty() || before.len() != now.len() {
        return false;
    }
    let top = base - size_of_val(now);
    before.iter().zip(now).enumerate().all(|(i, (before, now))| {
        let at = top + i * size_of::<usize>();
        before == now
            || cfg!(debug_assertions) && is_unwritten(*before, *now)
            || touched.iter().any(|touched| touched.contains(&at))
    })
}

/// Whether all bytes in which the words differ had never been written.
fn is_unwritten(before: usize, now: usize) -> bool {
    let bytes = before.to_ne_bytes().into_iter().zip(now.to_ne_bytes());
    bytes.into_iter().all(|(before, now)| before == now || before == SCRUBBED)
}

/// The value that a read got, if it is below 64.
fn small(reply: Reply) -> Option<u8> {
    match reply {
        Reply::Value(value) | Reply::Refused(value) => {
            u8::try_from(value.0).ok().filter(|it| *it < 64)
        }
        _ => None,
    }
}

/// What an operation would get that reads a value and only reads, if it does with that one.
fn refusal(op: &Op, value: u8) -> Option<Reply> {
    let value = Value(value.into());
    let reply = match op {
        Op::CompareExchange { .. } => Reply::Refused(value),
        _ => Reply::Value(value),
    };
    only_reads(op, reply).then_some(reply)
}

/// What a read got, if it is one that nobody can see; `expected` and such are those of the operation.
pub(crate) fn only_reads(op: &Op, reply: Reply) -> bool {
    match (*op, reply) {
        (Op::Load { .. }, _) | (Op::Fence(_), _) => true,
        // A failure for no reason need not come again.
        (Op::CompareExchange { expected, .. }, Reply::Refused(value)) => value != expected,
        (Op::Rmw { change, .. }, Reply::Value(old)) => change.apply(old) == old,
        _ => false,
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
