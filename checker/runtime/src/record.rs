//! What happened in one execution, for its report. Searching does without.

use crate::panics::Panic;
use raddle_shims::kernel::{Op, Reply, ThreadId};
use raddle_shims::model::{ObjectKind, Site};

/// One operation that was performed.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// By whom.
    pub thread: ThreadId,
    /// How many operations that are events the thread had performed before.
    pub index: u32,
    /// What; locations are the objects of this execution.
    pub op: Op,
    /// What it gave back.
    pub reply: Reply,
    /// Where in the source.
    pub site: Site,
}

/// An object of the execution.
#[derive(Clone, Debug)]
pub struct Declared {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Where it was created.
    pub created: Site,
    /// Its label, if it was given one.
    pub name: Option<String>,
    /// The thread to which it belongs, if it is the token that one parks for.
    pub thread: Option<ThreadId>,
}

/// A thread of the execution.
#[derive(Clone, Debug, Default)]
pub struct ThreadRecord {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Where it was started; none for the main thread.
    pub spawned: Option<Site>,
    /// The operation at which it stands, or its latest one, and where that is in the source.
    pub at: Option<(Op, Site)>,
    /// Where it did what is never right, if that is not where it stands.
    pub misused: Option<Site>,
    /// Its panics, in order.
    pub panics: Vec<Panic>,
    /// Whether it has ended.
    pub ended: bool,
}

/// Something that must be released before the execution ends.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// What it is called.
    pub what: &'static str,
    /// Where it was acquired.
    pub created: Site,
    /// By whom.
    pub thread: ThreadId,
}

/// An execution, as far as it went.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// What was performed, in order.
    pub steps: Vec<Recorded>,
    /// The objects, by their number in this execution.
    pub objects: Vec<Declared>,
    /// The threads, by number.
    pub threads: Vec<ThreadRecord>,
    /// What has not been released.
    pub resources: Vec<Resource>,
}
