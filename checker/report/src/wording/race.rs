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

/// What would have ordered the accesses: that the write of an atomic releases, that the read which saw it
/// acquires, or both.
pub fn missing(object: &str, written: &Meeting, read: &Meeting) -> String {
    let Meeting { thread, site, ordering, .. } = written;
    let wrote = format!("{thread} wrote `{object}` with {ordering}, not release, at {site}");
    let Meeting { thread, site, ordering, .. } = read;
    let saw = format!("{thread} read `{object}` with {ordering}, not acquire, at {site}");
    let (told, there) = match (written.is_enough, read.is_enough) {
        (true, _) => (saw, "acquire"),
        (_, true) => (wrote, "release"),
        _ => (format!("{wrote}, and {saw}"), "both"),
    };
    format!("{told}: with {there} there, the two accesses would be ordered")
}
