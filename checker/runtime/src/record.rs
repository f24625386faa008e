//! What happened in one execution, for its report. Searching does without.

use crate::panics::Panic;
use raddle_shims::kernel::{Arm, Op, Reply, ThreadId};
use raddle_shims::model::{Handling, ObjectKind, Site};
use std::collections::BTreeMap;

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
    /// Its number in the record, from 0; none if it has not been performed.
    pub place: Option<usize>,
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
    /// The type of what it holds, if that is plain memory, and known from an access; only with
    /// [`Options::records`](crate::Options::records).
    pub holds: Option<&'static str>,
}

/// What a thread found in plain memory when it came to access it.
#[derive(Clone, Debug)]
pub struct Found {
    /// How many operations had been performed; the access is the next one of that thread on that object, or the one at which
    /// it stands.
    pub step: usize,
    /// Who.
    pub thread: ThreadId,
    /// Where.
    pub object: u32,
    /// What, in words.
    pub value: String,
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

/// Something that must be released before the execution ends. What its owners did with it is there only with
/// [`Options::records`](crate::Options::records).
#[derive(Clone, Debug)]
pub struct Resource {
    /// What it is called.
    pub what: &'static str,
    /// Where it was acquired.
    pub created: Site,
    /// By whom.
    pub thread: ThreadId,
    /// Where that thread had come to before.
    pub since: Option<Site>,
    /// Who used it last, and where.
    pub used: Option<(ThreadId, Site)>,
    /// Who dropped it, which is not enough, and where that thread had come to, if it did anything meanwhile.
    pub dropped: Option<(ThreadId, Option<Site>)>,
    /// The shares that there are.
    pub shares: Vec<Share>,
    /// How many shares there are no more.
    pub given_up: u32,
}

/// One of several owners of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Which share of the resource it is, from 0.
    pub number: u32,
    /// Who made it.
    pub thread: ThreadId,
    /// Where.
    pub made: Site,
    /// Whether it is a raw pointer now.
    pub is_raw: bool,
}

impl Resource {
    /// One that nothing was done with, by a thread that has come to `since`.
    pub(crate) fn new(
        what: &'static str,
        created: Site,
        (thread, since): (ThreadId, Option<Site>),
    ) -> Resource {
        let (used, dropped, shares, given_up) = (None, None, Vec::new(), 0);
        Resource { what, created, thread, since, used, dropped, shares, given_up }
    }

    /// Notes what a thread, which has come to `at`, does with it; the number of the share that it makes, if it does.
    pub(crate) fn handle(&mut self, handling: Handling, thread: ThreadId, at: Option<Site>) -> u32 {
        let number = self.given_up + self.shares.len() as u32;
        match handling {
            Handling::Used(site) => self.used = Some((thread, site)),
            Handling::Dropped => {
                let at = at.filter(|_| thread != self.thread || at != self.since);
                self.dropped = Some((thread, at));
            }
            Handling::Shared(made) => {
                self.shares.push(Share { number, thread, made, is_raw: false });
            }
            Handling::Exposed(share) => {
                let mut shares = self.shares.iter_mut();
                shares.find(|it| it.number == share).into_iter().for_each(|it| it.is_raw = true);
            }
            // Any of the raw ones: nobody can tell them apart.
            Handling::Retaken(made) => {
                if let Some(place) = self.shares.iter().rposition(|share| share.is_raw) {
                    self.shares.remove(place);
                    self.given_up += 1;
                    self.shares.push(Share { number, thread, made, is_raw: false });
                }
            }
            Handling::GivenUp(share) => {
                if let Some(place) = self.shares.iter().position(|it| it.number == share) {
                    self.shares.remove(place);
                    self.given_up += 1;
                }
            }
        }
        number
    }
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
    /// The arms that threads came to selects with, by the number of their list; only with
    /// [`Options::records`](crate::Options::records).
    pub arms: BTreeMap<u32, Vec<Arm>>,
    /// What plain accesses found, in order; only with [`Options::records`](crate::Options::records).
    pub found: Vec<Found>,
}
