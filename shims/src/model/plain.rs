//! A plain variable whose accesses are checked for races, without `unsafe` for its users.

use super::{Model, Object, ObjectKind, Site};
use crate::kernel::Op;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that is accessed plainly as far as the checker knows: for programs that are data, and tests.
#[derive(Debug, Default)]
pub struct Plain {
    object: Object,
    value: AtomicU64,
}

impl Plain {
    /// A variable that holds 0.
    #[track_caller]
    pub const fn new() -> Plain {
        Plain { object: Object::new(), value: AtomicU64::new(0) }
    }

    /// A plain read.
    pub fn read(&self, model: &Model, site: Site) -> u64 {
        let location = self.object.location(model, ObjectKind::Cell, Default::default);
        model.perform(&Op::PlainRead(location), site);
        self.value.load(Relaxed)
    }

    /// A plain write.
    pub fn write(&self, model: &Model, value: u64, site: Site) {
        let location = self.object.location(model, ObjectKind::Cell, Default::default);
        model.perform(&Op::PlainWrite(location), site);
        self.value.store(value, Relaxed);
    }
}
