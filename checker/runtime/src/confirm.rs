//! Loads that the update right behind them confirms.
//!
//! A lock may look before it tries: `loop { while locked.load(Relaxed) {} if !locked.swap(true, Acquire) { break } }`. The
//! load may read any earlier unlocking, so n threads have (n!)² executions. But where the update reads the number
//! that the load has read, it does not matter from which write the load has it: in place of that write it could have read the
//! one that the update reads. Nothing is in between, so this is consistent if the other is; the update synchronises with
//! that write, if the load would, and with less besides; and the thread cannot tell.
//!
//! So such a load is not performed. The thread is given the number with which it goes on to the update, and the update waits
//! until it reads that one ([`Until::confirms`]): the executions are those of a lock without the load, n! for n threads. Nothing is
//! lost if with every other number that it could read, the thread turns: if the update reads it, back to the load, and if the
//! load does, back to itself, both in the state in which it was before. That is tried with each of them, and the engine asks
//! for more when others could be read. A place where it turns out otherwise, or where a number is not below 64, is never taken for
//! one again, and everything explored so far is void.
//!
//! The load must not synchronise where the update does not, nor be SeqCst if that is not. It comes back as an
//! event when an execution is repeated from its token.

use crate::frame::Place;
use crate::loops::Loops;
use crate::spin::{Look, Spin, TRIAL_AGAIN, Turn, number, refusal};
use crate::state::is_same_state;
use raddle_shims::kernel::{LoadOrdering, Op, Readable, Reply, RmwOrdering, Until, Value};
use raddle_shims::model::Site;
use std::cell::RefCell;

/// What a thread does next that was given a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    /// The update; the load was given what the update waits for.
    Update,
    /// The load again; the update was given something else.
    Back,
    /// The load once more; it was given something else.
    Turn,
}

/// A load that is not performed, and the update that confirms it.
pub(crate) struct Confirm {
    /// Whether the loop begins with the load, else with the update.
    looks: bool,
    /// The place of the load, the load and the stack before it, once the thread has been there.
    look: Site,
    at_look: Option<(Op, Vec<usize>)>,
    /// What the update waits for.
    value: u8,
    at_update: Option<(Op, Site, Vec<usize>)>,
    next: Next,
    /// The number that is tried, how often still, and the numbers with which the thread is known to turn.
    given: u8,
    turns: u32,
    tried: u64,
}

impl Confirm {
    /// What is known of a place where a thread is about to read.
    #[inline]
    pub fn at((op, site): (&Op, Site), loops: &Loops) -> Option<Confirm> {
        let confirmed = loops.confirmed_at(site).map(|value| (site, value));
        let (look, value) = confirmed.or_else(|| loops.confirming_at(site))?;
        let looks = matches!(op, Op::Load { .. });
        let (at_look, at_update, next) = (None, None, Next::Update);
        let (given, turns, tried) = (0, 0, 0);
        Some(Confirm { looks, look, at_look, value, at_update, next, given, turns, tried })
    }

    /// The place of the load, and the number that is tried.
    pub const fn given(&self) -> (Site, u8) {
        (self.look, self.given)
    }

    /// It does not do what was expected.
    pub fn deny(&self, loops: &RefCell<Loops>) {
        match (self.looks, &self.at_update) {
            (false, Some((_, site, _))) => loops.borrow_mut().deny_update(site),
            _ => loops.borrow_mut().deny_look(self.look),
        }
    }
}

impl Spin {
    /// The thread is about to read where a load need not be performed, or where the update is that confirms one. None if
    /// it is to be performed.
    pub(crate) fn begin_confirm(
        &mut self,
        mut confirm: Confirm,
        (op, site): (&Op, Site),
        (frame, base): Place<'_>,
        loops: &RefCell<Loops>,
        readable: impl Fn(&Op) -> Option<Readable>,
    ) -> Option<Turn> {
        let readable = readable(&op.looking())?;
        let here = self.stack(op, (frame, base))?;
        if confirm.looks {
            confirm.at_look = Some((*op, here));
            let value = Value(confirm.value.into());
            self.confirm = Some(Box::new(confirm));
            return Some(Turn::Again(Reply::Value(value)));
        }
        // It may be that it does not wait for that at all.
        refusal(op, confirm.value).is_none().then(|| {
            confirm.at_update = Some((*op, site, here));
            self.confirm = Some(Box::new(confirm));
            self.confirm_next(op, loops, Some(readable))
        })
    }

    /// The next operation of the thread.
    #[cold]
    pub(crate) fn confirmed(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): Place<'_>,
        loops: &RefCell<Loops>,
        readable: impl Fn(&Op) -> Option<Readable>,
    ) -> Turn {
        let wrote = self.has_written();
        let Some(now) = self.stack(op, (frame, base)).filter(|_| !wrote) else {
            return self.deny(loops);
        };
        let Some(mut confirm) = self.confirm.take() else { return Turn::Perform };
        let is_same = |before: &[usize]| is_same_state(before, &now, base, &loops.borrow().touched);
        let value = Reply::Value(Value(confirm.value.into()));
        let confirms = |look: &Op, update: &Op| confirming(look, value, update).is_some();
        let expected = match (confirm.next, &confirm.at_look, &confirm.at_update) {
            (Next::Update, Some((look, _)), None) => confirms(look, op),
            (Next::Update, _, Some((update, known, before))) => {
                std::ptr::eq(*known, site) && update == op && is_same(before)
            }
            (Next::Back | Next::Turn, Some((look, before)), _) => {
                std::ptr::eq(confirm.look, site) && look == op && is_same(before)
            }
            (Next::Back, None, Some((update, ..))) => {
                std::ptr::eq(confirm.look, site) && confirms(op, update)
            }
            _ => false,
        };
        if !expected {
            self.confirm = Some(confirm);
            return self.deny(loops);
        }
        let reply = match confirm.next {
            Next::Update if confirm.turns <= 1 => {
                if confirm.at_update.is_some() {
                    loops.borrow_mut().note_tried(confirm.look, confirm.given);
                    confirm.tried |= 1 << confirm.given;
                } else {
                    confirm.at_update = Some((*op, site, now));
                }
                self.confirm = Some(confirm);
                return self.confirm_next(op, loops, readable(&op.looking()));
            }
            Next::Update => {
                confirm.turns -= 1;
                confirm.next = Next::Back;
                refusal(op, confirm.given)
            }
            Next::Back => {
                confirm.at_look.get_or_insert((*op, now));
                confirm.next = Next::Turn;
                Some(Reply::Value(Value(confirm.given.into())))
            }
            Next::Turn => {
                confirm.next = Next::Update;
                Some(value)
            }
        };
        self.confirm = Some(confirm);
        reply.map_or_else(|| self.deny(loops), Turn::Again)
    }

    /// Tries the next number at the update, or lets it wait.
    pub(crate) fn confirm_next(
        &mut self,
        op: &Op,
        loops: &RefCell<Loops>,
        readable: Option<Readable>,
    ) -> Turn {
        let (Some(confirm), Some(readable)) = (self.confirm.as_mut(), readable) else {
            return self.deny(loops);
        };
        let Readable { newest, older, other } = readable;
        let known = confirm.tried | 1 << confirm.value;
        let left = (newest | older) & !known;
        if other {
            return self.deny(loops);
        }
        if left == 0 {
            let value = Value(confirm.value.into());
            return Turn::Guarded(Until::confirms(value, known, confirm.looks));
        }
        confirm.given = left.trailing_zeros() as u8;
        confirm.next = Next::Back;
        let tried = loops.borrow().has_tried(confirm.look, confirm.given);
        confirm.turns = if tried { 1 } else { TRIAL_AGAIN };
        match refusal(op, confirm.given) {
            Some(reply) => Turn::Again(reply),
            None => self.deny(loops),
        }
    }

    /// The same for a thread that has waited. What has changed on its stack others have written, to what they share there.
    pub(crate) fn confirm_again(
        &mut self,
        op: &Op,
        (frame, base): Place<'_>,
        loops: &RefCell<Loops>,
        readable: Option<Readable>,
    ) -> Turn {
        if frame.is_none() {
            self.noted.note_changes();
        }
        let now = self.stack(op, (frame, base));
        if let (Some(confirm), Some(now)) = (self.confirm.as_mut(), now)
            && let Some((.., before)) = &mut confirm.at_update
        {
            let look = confirm.at_look.iter_mut().flat_map(|(_, look)| look.iter_mut().rev());
            let changes = before.iter().rev().zip(now.iter().rev());
            for (look, (before, now)) in look.zip(changes).filter(|(look, it)| **look == *it.0) {
                *look = if before == now { *look } else { *now };
            }
            *before = now;
        }
        self.confirm_next(op, loops, readable)
    }

    /// It is not such a place.
    fn deny(&mut self, loops: &RefCell<Loops>) -> Turn {
        if let Some(confirm) = &self.confirm {
            confirm.deny(loops);
        }
        self.reset();
        Turn::Void
    }
}

/// The loads of a turn which the update behind them could have confirmed, with the number that they have read, and that
/// update.
pub(crate) fn confirmed_in(turn: &[Look]) -> impl Iterator<Item = (Site, u8, Site)> {
    let behind = turn.iter().cycle().skip(1);
    let pairs = turn.iter().zip(behind).filter(|_| turn.len() > 1);
    pairs.filter_map(|(look, update)| {
        let value = confirming(&look.op, look.reply, &update.op)?;
        let other = number(&update.op, update.reply).filter(|other| *other != value);
        other.is_some().then_some((look.site, value, update.site))
    })
}

/// The number that a load has read, if an update right behind it that reads the same number does more than read, and
/// whatever the load does besides.
fn confirming(look: &Op, reply: Reply, update: &Op) -> Option<u8> {
    let Op::Load { location, ordering, until: None } = *look else { return None };
    let (at, order) = match *update {
        Op::Rmw { location, ordering, until: None, .. } => (location, ordering),
        Op::CompareExchange { location, success, until: None, .. } => (location, success),
        _ => return None,
    };
    let covers = match ordering {
        LoadOrdering::Relaxed => true,
        LoadOrdering::Acquire => order.acquires(),
        LoadOrdering::SeqCst => order == RmwOrdering::SeqCst,
        // Each of Go's accesses comes causally after what it conflicts with: to leave one out is not argued for.
        LoadOrdering::Interleaved => false,
    };
    let value = number(look, reply).filter(|_| at == location && covers)?;
    refusal(update, value).is_none().then_some(value)
}
