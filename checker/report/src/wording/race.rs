//! Every fixed sentence about what would have ordered two accesses.

use crate::trace::Site;

/// An atomic access by which one thread could have learned what another one had done before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meeting {
    /// The thread.
    pub thread: String,
    /// Where.
    pub site: Site,
    /// The name of its ordering, as std writes it in lower case.
    pub ordering: &'static str,
    /// Whether that is enough.
    pub is_enough: bool,
}

/// An atomic by which one thread would have known what the other had done, with enough ordering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Its name.
    pub object: String,
    /// The write.
    pub written: Meeting,
    /// The read that saw it.
    pub read: Meeting,
}

impl Missing {
    /// What the orderings are, and where there would have to be which.
    fn told(&self) -> (String, &'static str) {
        let Missing { object, written, read } = self;
        let Meeting { thread, site, ordering, .. } = written;
        let wrote = format!("{thread} wrote `{object}` with {ordering}, not release, at {site}");
        let Meeting { thread, site, ordering, .. } = read;
        let saw = format!("{thread} read `{object}` with {ordering}, not acquire, at {site}");
        match (written.is_enough, read.is_enough) {
            (true, _) => (saw, "acquire"),
            (_, true) => (wrote, "release"),
            _ => (format!("{wrote}, and {saw}"), "both"),
        }
    }
}

/// What would have ordered the accesses of a data race: that the write of an atomic releases, that the read which saw
/// it acquires, or both.
pub fn missing(missing: &Missing) -> String {
    let (told, there) = missing.told();
    format!("{told}: with {there} there, the two accesses would be ordered")
}

/// The same for a read that missed a newer value of `object`, which `writer` had written before.
pub fn stale(missing: &Missing, object: &str, writer: &str) -> String {
    let (told, there) = missing.told();
    let reader = &missing.read.thread;
    format!(
        "{told}: with {there} there, {reader} would not miss what {writer} had written to `{object}` before"
    )
}

/// That a store over what was released has ended its release sequence.
pub fn replaced(object: &str, first: &Meeting, other: &Meeting, looked: &Site) -> String {
    let Meeting { thread, site, .. } = first;
    let (by, place, ordering) = (&other.thread, &other.site, other.ordering);
    format!(
        "{thread} released `{object}` at {site}, and {by} stored over that with {ordering}, at {place}: who reads that \
         knows nothing of what {thread} did before. A read-modify-write by {by} instead of its load at {looked} and its \
         store would hand it on, and so would acquire there and release here"
    )
}
