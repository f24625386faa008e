//! Passing what happened before from one thread to another, and nothing else.

use super::{Model, Object, ObjectKind, Site};
use crate::kernel::{LoadOrdering, Op, StoreOrdering, Until, Value};

/// Synchronisation from one release to any number of acquires, each of which comes after it in every
/// execution for another reason (a relaxed chain of read-modify-writes). It adds no order of its own,
/// so it adds no executions.
#[derive(Debug, Default)]
pub struct Handoff {
    object: Object,
}

impl Handoff {
    /// One that has not been released.
    #[track_caller]
    pub const fn new() -> Handoff {
        Handoff { object: Object::new() }
    }

    /// What the running thread did so far happens before what an acquiring thread does next. At most
    /// once.
    pub fn release(&self, model: &Model, site: Site) {
        let location = self.object.location(model, ObjectKind::Internal, || Value(0));
        let ordering = StoreOrdering::Release;
        model.perform(&Op::Store { location, ordering, value: Value(1) }, site);
    }

    /// Takes over what the releasing thread did. The release must have been performed.
    pub fn acquire(&self, model: &Model, site: Site) {
        let location = self.object.location(model, ObjectKind::Internal, || Value(0));
        let (ordering, until) = (LoadOrdering::Acquire, Some(Until::equals(Value(1))));
        model.perform(&Op::Load { location, ordering, until }, site);
    }
}
