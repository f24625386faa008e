//! Loops that only read.
//!
//! A *turn* of a loop is what a thread does between two visits of the same operation with the same call stack.
//! If it did nothing but read (loads, compare-exchanges that fail, read-modify-writes that acquire and leave the
//! value as it is, tries at an object that give up; fences and hints do not matter), it will do the same again until one of its
//! reads gives another value, and nobody could see that it turned. So the first such turn is told to the engine as [`Op::Turn`].
//! A loop of a single try is performed as one operation that waits ([`Patience::Polls`](raddle_shims::kernel::Patience::Polls)).
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

mod probe;

use crate::confirm::{Confirm, confirmed_in};
use crate::frame::Place;
use crate::loops::{Effect, Known, Loops, Visit};
use crate::sections::{is_one_section, is_section};
use crate::state::{Noted, is_same_state, number_of_state, read_stack};
use probe::Probe;
use raddle_shims::kernel::{Action, GAVE_UP, Op, Patience, Readable, Reply, Until, Value};
use raddle_shims::model::Site;
use std::cell::RefCell;
use std::ops::Range;

/// Turns with more operations than this are not recognised.
const LOOKS_MAX: usize = 64;

/// For how many turns a loop is tried when it is first met, and whenever it is met again.
pub(crate) const TRIAL: u32 = 1_000;
pub(crate) const TRIAL_AGAIN: u32 = 8;

/// After so many turns in a row that write elsewhere than on the stack a loop is taken to count there.
const WRITES_MAX: u32 = 64;

/// How a read is to be performed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// As it is.
    Perform,
    /// Not at all: the thread gets the answer once more.
    Again(Reply),
    /// After a turn of so many events has been told to the engine, which may take it back if it is said so.
    Close(u32, bool),
    /// By waiting for a value that it is not known to turn with.
    Guarded(Until),
    /// By waiting until it need not give up.
    Polls,
    /// Not at all: the thread has left a loop with a value that it was given to try it.
    Redo,
    /// Not at all: something was learned of a loop, and the execution is void.
    Void,
}

/// A read, or a fence between reads.
pub(crate) struct Look {
    pub op: Op,
    pub site: Site,
    pub reply: Reply,
    /// The stack before it, in [`Spin::words`]; empty if it was not looked at.
    words: Range<usize>,
    /// Whether the thread has [written](crate::notes) behind it.
    wrote: bool,
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
    /// What a lock guarded in the turn before, and whether it was something else in the turn before that.
    guarded: Option<Vec<u8>>,
    differs: bool,
    /// What was in the thread-locals when it last used one.
    locals: Option<Vec<u8>>,
    /// Whether it is the first turn.
    first: bool,
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
    /// The state of the thread, if it was noted before the operation that is being performed.
    pub(crate) noted: Noted,
    trial: Option<Trial>,
    probe: Option<Probe>,
    /// Whether a thread that is tried has [written](crate::notes) behind what it was given.
    wrote: bool,
    /// A load that is not performed. The box keeps what is tested at every operation small.
    pub(crate) confirm: Option<Box<Confirm>>,
    /// How many turns in a row have written elsewhere than on the stack.
    turns_that_wrote: u32,
    /// How often the thread has read in this execution, not counting what is tried.
    visits: u32,
}

impl Spin {
    /// The thread does something else.
    #[inline(always)]
    #[must_use]
    pub fn leave(&mut self, loops: &RefCell<Loops>) -> Left {
        // Mostly it is not tried.
        match self.is_tried() {
            false => {
                self.looks.clear();
                self.words.clear();
                self.here = 0..0;
                self.turns_that_wrote = 0;
                Left::Nothing
            }
            true => self.leave_trial(loops),
        }
    }

    #[cold]
    fn leave_trial(&mut self, loops: &RefCell<Loops>) -> Left {
        let left = match (&self.trial, &self.probe) {
            _ if self.confirm.is_some() => {
                self.confirm.iter().for_each(|confirm| confirm.deny(loops));
                Left::Trial
            }
            (Some(trial), _) => {
                loops.borrow_mut().note(self.looks[trial.start].site, Known::Counts);
                Left::Trial
            }
            (None, Some(probe)) => {
                let place = (probe.site, probe.state);
                let visit = self.visit();
                loops.borrow_mut().note_left(place, visit, probe.given);
                Left::Probe
            }
            (None, None) => Left::Nothing,
        };
        self.reset();
        left
    }

    /// For a new execution.
    pub fn begin(&mut self) {
        self.visits = 0;
        self.reset();
    }

    /// Which read it is that is being performed.
    fn visit(&self) -> Visit {
        (std::ptr::from_ref(self) as usize, self.visits)
    }

    /// Forgets what the thread has read.
    #[inline]
    pub fn reset(&mut self) {
        self.looks.clear();
        self.words.clear();
        self.here = 0..0;
        self.trial = None;
        self.probe = None;
        self.confirm = None;
        self.wrote = false;
        self.turns_that_wrote = 0;
    }

    /// Whether the thread is being tried.
    #[inline]
    pub fn is_tried(&self) -> bool {
        self.trial.is_some() || self.probe.is_some() || self.confirm.is_some()
    }

    /// Notes what is in the thread-locals of a thread that is tried; false if that may be something else than before.
    pub fn note_locals(&mut self, bytes: impl Iterator<Item = u8>) -> bool {
        let locals = match (&mut self.trial, &mut self.probe) {
            (Some(trial), _) => &mut trial.locals,
            (None, Some(probe)) => &mut probe.locals,
            (None, None) => return false,
        };
        let now = bytes.collect();
        let before = locals.replace(now);
        before.is_none_or(|before| Some(before) == *locals)
    }

    /// Whether that is because it was given a number that stays with it.
    pub fn is_confirmed(&self) -> bool {
        self.confirm.is_some()
    }

    /// Whether the thread does not read again, and nothing is known of loops: then it need not be looked at. It is noted that it reads.
    #[inline(always)]
    pub fn passes_by(&mut self, loops: &RefCell<Loops>) -> bool {
        let passes = self.looks.is_empty() && !self.is_tried() && loops.borrow().know_nothing();
        if passes {
            self.here = 0..0;
            self.visits += 1;
        }
        passes
    }

    /// Whether its state matters before an operation there.
    pub fn asks_state(&mut self, site: Site, loops: &Loops) -> bool {
        let asks = self.is_tried() || loops.compare_at(site);
        if !asks {
            self.noted.forget();
        }
        asks
    }

    /// The thread is about to read. `readable` says which small values it could get. `frame` is where the operation was entered, `base` where the stack of the thread begins.
    #[inline]
    pub fn before(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): Place<'_>,
        loops: &RefCell<Loops>,
        readable: impl Fn(&Op) -> Option<Readable>,
    ) -> Turn {
        if self.trial.is_some() {
            return self.go_on(op, site, (frame, base), loops);
        }
        if self.probe.is_some() {
            return self.probed((op, site), (frame, base), loops);
        }
        if self.confirm.is_some() {
            return self.confirmed((op, site), (frame, base), loops, readable);
        }
        self.here = 0..0;
        self.visits += 1;
        if let Some(confirm) = Confirm::at((op, site), &loops.borrow())
            && let Some(turn) =
                self.begin_confirm(confirm, (op, site), (frame, base), loops, &readable)
        {
            return turn;
        }
        let again = self.looks.iter().any(|look| std::ptr::eq(look.site, site) && look.op == *op);
        let known = loops.borrow().of(site);
        match (again, known) {
            (_, Some(Known::Counts)) | (false, None) => Turn::Perform,
            (true, None) => {
                loops.borrow_mut().note(site, Known::Repeats);
                Turn::Void
            }
            (_, Some(known)) => self.look((op, site), (frame, base), known, loops, readable),
        }
    }

    /// Compares the stack with what it was when the same was read before.
    #[cold]
    fn look(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): Place<'_>,
        known: Known,
        loops: &RefCell<Loops>,
        readable: impl Fn(&Op) -> Option<Readable>,
    ) -> Turn {
        let Some(here) = self.capture(op, (frame, base)) else { return Turn::Perform };
        self.here = here.clone();
        let now = &self.words[here.clone()];
        let same = |look: &Look| {
            std::ptr::eq(look.site, site)
                && look.op == *op
                && is_same_state(
                    &self.words[look.words.clone()],
                    now,
                    base,
                    &loops.borrow().touched,
                )
        };
        let start = self.looks.iter().rposition(same);
        if start.is_some_and(|start| self.has_missed_writes(start, loops)) {
            self.reset();
            return Turn::Void;
        }
        if self.turns_that_wrote > WRITES_MAX {
            loops.borrow_mut().note(site, Known::Counts);
            self.reset();
            return Turn::Void;
        }
        self.turns_that_wrote += u32::from(start.is_some_and(|start| self.writes(start)));
        let Some(start) = start.filter(|start| !self.writes(*start)) else {
            return match known {
                Known::Turns { alone: true } => {
                    self.begin_probe((op, site), base, &loops.borrow(), readable(op))
                }
                _ => Turn::Perform,
            };
        };
        let left = if matches!(known, Known::Turns { .. }) { TRIAL_AGAIN } else { TRIAL };
        let state = self.words[here].to_vec();
        let turn = &self.looks[start..];
        if turn.iter().any(|look| is_section(&look.op)) && !is_one_section(turn) {
            return Turn::Perform;
        }
        let (given, guarded, differs, locals, first) = (1, None, false, None, true);
        self.trial = Some(Trial { start, given, left, state, guarded, differs, locals, first });
        Turn::Again(self.looks[start].reply)
    }

    /// The next operation of a thread that is tried.
    #[cold]
    fn go_on(
        &mut self,
        op: &Op,
        site: Site,
        (frame, base): Place<'_>,
        loops: &RefCell<Loops>,
    ) -> Turn {
        let Some(mut trial) = self.trial.take() else { return Turn::Perform };
        trial.differs |= self.has_written();
        let turn = &self.looks[trial.start..];
        let begins = trial.given == turn.len();
        let look = &turn[if begins { 0 } else { trial.given }];
        let (first, expected) = (turn[0].site, std::ptr::eq(look.site, site) && look.op == *op);
        let (reply, events) = (look.reply, turn.len() as u32);
        let here = if begins && expected { self.capture(op, (frame, base)) } else { None };
        let here = here.unwrap_or(0..0);
        if !expected || trial.differs || begins && self.words[here.clone()] != trial.state[..] {
            loops.borrow_mut().note(first, Known::Counts);
            self.reset();
            return Turn::Void;
        }
        if begins {
            trial.left -= 1;
            trial.given = 0;
            trial.first = false;
            if trial.left == 0 {
                let alone = events == 1 && loops.borrow().tries;
                let confirmed =
                    loops.borrow_mut().learn_confirmed(confirmed_in(&self.looks[trial.start..]));
                if loops.borrow_mut().note(first, Known::Turns { alone }) || confirmed {
                    self.reset();
                    return Turn::Void;
                }
                // What had not been written when the turn began need not be the same in the next.
                let turn = self.looks.split_off(trial.start);
                self.here = turn[0].words.clone();
                let value = number(&turn[0].op, turn[0].reply).filter(|_| alone);
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

    /// The turn has been taken back, or the engine asks for more to be tried.
    pub fn taken_back(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): Place<'_>,
        loops: &RefCell<Loops>,
        readable: impl Fn(&Op) -> Option<Readable>,
    ) -> Turn {
        if self.confirm.is_some() {
            return self.confirm_again(op, (frame, base), loops, readable(&op.looking()));
        }
        self.begin_probe((op, site), base, &loops.borrow(), readable(op))
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
        self.confirm = None;
        let words = std::mem::take(&mut self.here);
        self.looks.push(Look { op: *op, site, reply, words, wrote: false });
    }

    /// What a lock guards that the thread gives back without having written there.
    pub fn note_guarded(&mut self, bytes: impl Iterator<Item = u8>) {
        let Some(trial) = &mut self.trial else { return };
        let now = bytes.collect();
        trial.differs |= trial.guarded.as_ref().is_some_and(|before| *before != now);
        trial.guarded = Some(now);
    }

    /// The stack as it is now; none if it is too deep.
    pub(crate) fn stack(&mut self, op: &Op, place: Place<'_>) -> Option<Vec<usize>> {
        let here = self.capture(op, place)?;
        let stack = self.words[here.clone()].to_vec();
        self.words.truncate(here.start);
        Some(stack)
    }

    /// The same, added to the words.
    fn capture(&mut self, op: &Op, place: Place<'_>) -> Option<Range<usize>> {
        let start = self.words.len();
        match place {
            (None, _) => self.noted.read(&mut self.words),
            (Some(frame), base) => read_stack((frame, base), op, &mut self.words),
        }
        let here = start..self.words.len();
        (!here.is_empty()).then_some(here)
    }

    /// Whether it matters what the thread writes with what it has read.
    pub fn is_watched(&self) -> bool {
        match (&self.trial, &self.probe) {
            (Some(trial), _) => trial.first,
            (None, Some(probe)) => probe.first,
            (None, None) => self.confirm.is_some() || !self.words.is_empty(),
        }
    }

    /// What it has read last.
    pub fn latest_read(&self) -> Option<(Site, Reply)> {
        let given = |look: &Look| (look.site, look.reply);
        let number = |(site, number): (Site, u8)| (site, Reply::Value(Value(number.into())));
        match (&self.trial, &self.probe, &self.confirm) {
            (Some(trial), ..) => self.looks.get(trial.start + trial.given - 1).map(given),
            (None, Some(probe), _) => Some(number((probe.site, probe.given))),
            (None, None, Some(confirm)) => Some(number(confirm.given())),
            (None, None, None) => self.looks.last().map(given),
        }
    }

    /// It has written since then.
    pub fn note_written(&mut self) {
        if self.is_tried() {
            self.wrote = true;
        } else if let Some(look) = self.looks.last_mut() {
            look.wrote = true;
        }
    }

    /// Whether a thread that is tried has; asking resets it.
    pub(crate) const fn has_written(&mut self) -> bool {
        std::mem::replace(&mut self.wrote, false)
    }

    /// Whether it writes in that turn.
    fn writes(&self, start: usize) -> bool {
        self.looks[start..].iter().any(|look| look.wrote)
    }

    /// Notes of each place where it reads in that turn that turns write there, if it does. Whether that may have been overlooked before.
    fn has_missed_writes(&self, start: usize, loops: &RefCell<Loops>) -> bool {
        let notes = &mut loops.borrow_mut().notes;
        let note = |missed, look: &Look| notes.note_writes(look.site) | missed;
        self.writes(start) && self.looks[start..].iter().fold(false, note)
    }

    /// A number for the state before the read that is being performed.
    fn state(&self, base: usize, touched: &[Range<usize>]) -> u64 {
        number_of_state(&self.words[self.here.clone()], base, touched)
    }
}

/// Whether it tries an action on an object.
pub(crate) const fn is_try(op: &Op) -> bool {
    matches!(op, Op::Act { patience: Patience::None | Patience::Some, .. })
}

/// The value that a read got, if it is below 64; for a try that gave up, 0.
pub(crate) fn number(op: &Op, reply: Reply) -> Option<u8> {
    match reply {
        _ if is_try(op) => Some(0),
        Reply::Value(value) | Reply::Refused(value) => {
            u8::try_from(value.0).ok().filter(|it| *it < 64)
        }
        _ => None,
    }
}

/// What an operation would get that reads a value and only reads, if it does with that one.
pub(crate) fn refusal(op: &Op, value: u8) -> Option<Reply> {
    let value = Value(value.into());
    let reply = match op {
        Op::CompareExchange { .. } => Reply::Refused(value),
        Op::Act { .. } => Reply::Value(GAVE_UP),
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
        // Nobody sees a thread that comes to a select without waiting there.
        (
            Op::Act { patience: Patience::None | Patience::Some, action, .. },
            Reply::Value(reply),
        ) => reply == GAVE_UP || matches!(action, Action::Stand(_)),
        _ if is_section(op) => true,
        _ => false,
    }
}

/// Whether an operation may be part of the turn of a loop that only reads.
#[inline(always)]
pub(crate) fn may_turn(op: &Op) -> bool {
    match *op {
        Op::Load { until: None, .. } | Op::CompareExchange { .. } | Op::Fence(_) => true,
        Op::Rmw { ordering, until: None, .. } => ordering.acquires(),
        Op::Yield
        | Op::PlainRead(_)
        | Op::Act { patience: Patience::None | Patience::Some, .. } => true,
        _ => false,
    }
}
