//! Which of the values that a read could get let its thread turn again.

use super::{Spin, TRIAL_AGAIN, Turn, is_try, refusal};
use crate::frame::Place;
use crate::loops::{Effect, Loops};
use crate::state::is_same_state;
use raddle_shims::kernel::{Op, Readable, Until};
use raddle_shims::model::Site;
use std::cell::RefCell;

/// A loop that is given values to see which of them let it turn again.
pub(super) struct Probe {
    op: Op,
    pub site: Site,
    /// A number for the state of the thread.
    pub state: u64,
    /// The values that are left, the one that it has got, and those with which it turned.
    left: u64,
    pub given: u8,
    /// How often it is still to be given this one.
    turns: u32,
    refused: u64,
    /// The values that will have been tried.
    tried: u64,
    /// What was in the thread-locals when it last used one.
    pub locals: Option<Vec<u8>>,
    /// Whether it has not come back with this one yet.
    pub first: bool,
}

impl Spin {
    /// Begins to make sure with which of the values that it could read the thread would turn again. The newest is
    /// tried only if it has turned with that before in what looks like the same state, since the read itself will
    /// show; of older ones also those of which nothing is known.
    pub(super) fn begin_probe(
        &mut self,
        (op, site): (&Op, Site),
        base: usize,
        loops: &Loops,
        readable: Option<Readable>,
    ) -> Turn {
        let Some(Readable { newest, older, .. }) = readable else { return Turn::Perform };
        let (newest, older) = if is_try(op) { (0, 1) } else { (newest, older) };
        if newest | older == 0 {
            // While the execution is replayed nothing can be said; later it will be asked for.
            return Turn::Guarded(Until::outside(0, 0));
        }
        let state = self.state(base, &loops.touched);
        let tried = |value: &u8| match loops.effect((site, state), *value) {
            // It has left its loop with that, and the execution started again: states that look alike may differ.
            _ if loops.has_left(self.visit(), *value) => false,
            Some(Effect::Turns) => true,
            Some(Effect::Leaves | Effect::Varies) => false,
            None => older >> value & 1 == 1,
        };
        let values = (0..64_u8).filter(|value| (newest | older) >> value & 1 == 1);
        let values = values.filter(|value| refusal(op, *value).is_some()).filter(tried);
        let left = values.fold(0, |set, value| set | 1 << value);
        let (op, given, turns, refused, tried) = (*op, 0, 0, 0, older);
        let (locals, first) = (None, true);
        let probe = Probe { op, site, state, left, given, turns, refused, tried, locals, first };
        self.give(probe, loops)
    }

    /// Gives the thread the next value, or is done.
    fn give(&mut self, mut probe: Probe, loops: &Loops) -> Turn {
        if probe.left == 0 && is_try(&probe.op) {
            return if probe.refused == 0 { Turn::Perform } else { Turn::Polls };
        }
        if probe.left == 0 {
            return Turn::Guarded(Until::outside(probe.refused, probe.tried));
        }
        probe.given = probe.left.trailing_zeros() as u8;
        probe.first = true;
        probe.left &= probe.left - 1;
        let known = loops.effect((probe.site, probe.state), probe.given).is_some();
        probe.turns = if known { 1 } else { TRIAL_AGAIN };
        let reply = refusal(&probe.op, probe.given);
        self.probe = Some(probe);
        reply.map_or(Turn::Perform, Turn::Again)
    }

    /// The next operation of a thread that has been given a value.
    #[cold]
    pub(super) fn probed(
        &mut self,
        (op, site): (&Op, Site),
        (frame, base): Place<'_>,
        loops: &RefCell<Loops>,
    ) -> Turn {
        let Some(mut probe) = self.probe.take() else { return Turn::Perform };
        let wrote = self.has_written();
        let place = (probe.site, probe.state);
        let expected = std::ptr::eq(probe.site, site) && probe.op == *op;
        let end = self.words.len();
        let now = self.capture(op, (frame, base)).filter(|_| expected);
        let turns = now.is_some_and(|now| {
            let before = &self.words[self.here.clone()];
            is_same_state(before, &self.words[now], base, &loops.borrow().touched)
        });
        self.words.truncate(end);
        if !turns || wrote {
            loops.borrow_mut().note_left(place, self.visit(), probe.given);
            self.reset();
            return Turn::Redo;
        }
        probe.turns -= 1;
        probe.first = false;
        if probe.turns > 0 {
            let reply = refusal(&probe.op, probe.given);
            self.probe = Some(probe);
            return reply.map_or(Turn::Perform, Turn::Again);
        }
        loops.borrow_mut().learn(place, probe.given, Effect::Turns);
        probe.refused |= 1 << probe.given;
        self.give(probe, &loops.borrow())
    }
}
