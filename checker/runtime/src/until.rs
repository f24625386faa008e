//! Loads that wait until their value passes: loops of which it is known what they do with a value.
//!
//! What [`spin`](crate::spin) finds out of a loop by trying, the condition says: the guard is exact for the numbers below 64
//! that the load could read, and the engine asks again when it could read others. A value that was not asked about, because it
//! came later or is no such number, ends a turn if it does not pass.

use crate::shared::Shared;
use crate::spin::Left;
use raddle_shims::kernel::{Op, Readable, Reply, Until, Value};
use raddle_shims::model::Site;

impl Shared {
    pub(crate) fn wait_for_value(
        &self,
        op: &Op,
        site: Site,
        pass: &mut dyn FnMut(Value) -> bool,
    ) -> Value {
        let left = match self.draining.get() {
            true => Left::Nothing,
            false => self.mine().spin.borrow_mut().leave(&self.loops),
        };
        match left {
            Left::Nothing => {}
            // The execution is over, and what they reply need not pass.
            Left::Trial => drop(self.void(op)),
            Left::Probe => drop(self.redo(op)),
        }
        loop {
            let reply = match self.draining.get() {
                true => self.drained(op),
                false => self.pass_on(&self.guarded(op, pass), site),
            };
            let (draining, value) = (self.draining.get(), of(reply));
            match reply {
                // There are others to be asked about first.
                Reply::Done if !draining => {}
                _ if pass(value) => return value,
                _ if !draining => drop(self.turned(op, (1, value.0 < 64), site)),
                // Nobody is left who could wake it.
                _ if self.mine().door.get().is_none() => return value,
                _ => self.suspend(),
            }
        }
    }

    /// The load, which waits for a value of which it is not known that it does not pass.
    fn guarded(&self, op: &Op, pass: &mut dyn FnMut(Value) -> bool) -> Op {
        let Some(Readable { newest, older, .. }) = self.readable(op) else { return *op };
        let values = (0..64).filter(|value| (newest | older) >> value & 1 == 1);
        let refused = values.filter(|value| !pass(Value(*value)));
        let refused = refused.fold(0, |set, value| set | 1 << value);
        op.guarded(Some(Until::outside(refused, newest | older)))
    }
}

fn of(reply: Reply) -> Value {
    match reply {
        Reply::Value(value) => value,
        _ => Value(0),
    }
}
