//! Short ways to perform the operations that primitives are made of.

use super::{Model, Performs, Site, scrub};
use crate::kernel::{
    Action, Change, LoadOrdering, LocationId, Op, Otherwise, Patience, Reply, RmwKind, RmwOrdering,
    Test, Until, Value, Width,
};

/// A condition on the masked bits of a value.
pub const fn when(mask: u64, test: Test, operand: u64, otherwise: Otherwise) -> Option<Until> {
    Some(Until { mask, test, operand: Value(operand), otherwise })
}

/// One read-modify-write of a 64-bit state; returns the old value.
#[inline]
pub fn update(
    model: &Model,
    location: LocationId,
    ordering: RmwOrdering,
    (kind, operand): (RmwKind, u64),
    until: Option<Until>,
    site: Site,
) -> u64 {
    let change = Change { kind, operand: Value(operand), width: Width::U64 };
    value(model.perform(&Op::Rmw { location, ordering, change, until }, site))
}

/// One load, which waits until its guard is satisfied.
pub fn load(
    model: &Model,
    location: LocationId,
    ordering: LoadOrdering,
    until: Option<Until>,
    site: Site,
) -> u64 {
    value(model.perform(&Op::Load { location, ordering, until }, site))
}

/// One action on a blocking object; the reply.
#[inline(always)]
pub fn act(
    by: &impl Performs,
    object: LocationId,
    action: Action,
    patience: Patience,
    site: Site,
) -> Value {
    // Between the parts of an operation is what finding the object has left.
    scrub();
    perform_act(by, (object, action, patience), site)
}

#[inline]
fn perform_act(
    by: &impl Performs,
    (object, action, patience): (LocationId, Action, Patience),
    site: Site,
) -> Value {
    Value(value(by.perform(&Op::Act { object, action, patience }, site)))
}

/// Any of `0..alternatives`, which must not be 0: the checker tries each.
pub fn choose(model: &Model, alternatives: u32, site: Site) -> u32 {
    match alternatives {
        1 => 0,
        _ => value(model.perform(&Op::Choose { alternatives }, site)) as u32,
    }
}

fn value(reply: Reply) -> u64 {
    match reply {
        Reply::Value(value) | Reply::Exchanged(value) | Reply::Refused(value) => value.0,
        Reply::Done => 0,
    }
}
