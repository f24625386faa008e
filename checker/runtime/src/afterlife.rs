//! What operations do once their execution is over: destructors still run, one thread after another, on
//! what the memory held last.

use raddle_shims::kernel::{
    Action, GAVE_UP, LocationId, Op, Otherwise, Patience, Reply, ThreadId, Value,
};
use std::collections::BTreeMap;

/// How many threads may begin after the end of one execution.
const THREADS_MAX: u32 = 64;

/// How many operations may follow the end of one execution.
const OPERATIONS_MAX: u32 = 1_000_000;

/// Memory after the end.
#[derive(Default)]
pub(crate) struct Afterlife {
    values: BTreeMap<u32, Value>,
    direct: bool,
    unwinds: bool,
    begun: u32,
    operations: u32,
    performed: u32,
}

impl Afterlife {
    pub fn reset(&mut self) {
        self.values.clear();
        self.direct = false;
        self.unwinds = false;
        self.begun = 0;
        self.operations = 0;
        self.performed = 0;
    }

    /// Whether operations act although the thread does not unwind, and never wait.
    pub fn is_direct(&self) -> bool {
        self.direct
    }

    pub fn set_direct(&mut self, direct: bool) -> bool {
        std::mem::replace(&mut self.direct, direct)
    }

    /// Whether threads unwind that have to wait.
    pub fn unwinds(&self) -> bool {
        self.unwinds
    }

    /// From now on threads unwind that have to wait.
    pub fn begin_unwinding(&mut self) {
        self.unwinds = true;
    }

    /// Whether one thread more may begin.
    pub fn may_begin(&mut self) -> bool {
        self.begun += 1;
        self.begun <= THREADS_MAX && !self.unwinds && !self.direct
    }

    /// A thread goes on that has let others go first.
    pub fn note_progress(&mut self) {
        self.performed += 1;
    }

    /// How many operations have not had to wait.
    pub fn performed(&self) -> u32 {
        self.performed
    }

    pub fn declare(&mut self, location: LocationId, initial: Value) {
        self.values.insert(location.0, initial);
    }

    pub fn newest(&mut self, at: LocationId, last: impl Fn(LocationId) -> Value) -> Value {
        *self.values.entry(at.0).or_insert_with(|| last(at))
    }

    /// The reply, or none if the operation has to wait. `last` is what a location held at the end, `act` what
    /// acts on blocking objects, given what they were at first.
    pub fn perform(
        &mut self,
        op: &Op,
        ended: impl Fn(ThreadId) -> bool,
        last: impl Fn(LocationId) -> Value,
        act: impl FnOnce((LocationId, Action, Patience), Value) -> Option<Value>,
    ) -> Option<Reply> {
        self.operations += 1;
        if self.operations > OPERATIONS_MAX {
            return None;
        }
        let waits = |until: raddle_shims::kernel::Until, value| {
            !until.accepts(value) && until.otherwise != Otherwise::Skip
        };
        let reply = match *op {
            Op::Load { location, until, .. } => {
                let value = self.newest(location, last);
                if until.is_some_and(|until| waits(until, value)) {
                    return None;
                }
                Reply::Value(value)
            }
            Op::Store { location, value, .. } => {
                self.values.insert(location.0, value);
                Reply::Done
            }
            Op::Rmw { location, change, until, .. } => {
                let value = self.newest(location, last);
                if until.is_some_and(|until| waits(until, value)) {
                    return None;
                }
                if !op.skips(value) {
                    self.values.insert(location.0, change.apply(value));
                }
                Reply::Value(value)
            }
            Op::CompareExchange { location, expected, new, .. } => {
                let value = self.newest(location, last);
                if value == expected {
                    self.values.insert(location.0, new);
                    Reply::Exchanged(value)
                } else {
                    Reply::Refused(value)
                }
            }
            Op::Act { object, action, patience } => {
                let initial = self.newest(object, last);
                Reply::Value(act((object, action, patience), initial)?)
            }
            Op::Select { patience: Patience::Forever, .. } => return None,
            Op::Select { .. } => Reply::Value(GAVE_UP),
            Op::Join(thread) if !ended(thread) => return None,
            Op::Choose { .. } => Reply::Value(Value(0)),
            _ => Reply::Done,
        };
        self.performed += 1;
        Some(reply)
    }
}
