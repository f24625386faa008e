//! Cycles of edges that are inversions.

use super::{Edge, Moment};
use raddle_shims::kernel::ThreadId;

/// How many threads an inversion may need.
const THREADS_MAX: usize = 8;

/// One inversion for each edge of `new` that begins one, as far as there are any.
pub(super) fn inversions<'a>(all: &[&'a Edge], new: &[Edge]) -> Vec<Vec<&'a Edge>> {
    let mut found = Vec::new();
    for edge in all.iter().filter(|edge| new.contains(edge)) {
        let mut path = vec![*edge];
        if close(all, &mut path) {
            found.push(path);
        }
    }
    found
}

/// Extends the path to a cycle, if that is possible.
fn close<'a>(all: &[&'a Edge], path: &mut Vec<&'a Edge>) -> bool {
    let (first, last) = (path[0], path[path.len() - 1]);
    if path.len() > 1 && follows(last, first) {
        return true;
    }
    if path.len() == THREADS_MAX {
        return false;
    }
    for next in all {
        if follows(last, next) && path.iter().all(|edge| may_overlap(edge, next)) {
            path.push(next);
            if close(all, path) {
                return true;
            }
            path.pop();
        }
    }
    false
}

/// Whether one edge wants what the other holds, and not both for reading.
fn follows(one: &Edge, next: &Edge) -> bool {
    one.locks[1] == next.locks[0] && !(one.reads[1] && next.reads[0])
}

/// Whether two threads can be at these two edges at the same time.
fn may_overlap(one: &Edge, other: &Edge) -> bool {
    let guards = |(gate, read): &(u32, bool)| {
        other.gates.iter().any(|(lock, reads)| lock == gate && !(*read && *reads))
    };
    one.thread != other.thread
        && one.locks[0] != other.locks[0]
        && !one.gates.iter().any(guards)
        && !comes_before((one.thread, &one.when[1]), &other.when[0])
        && !comes_before((other.thread, &other.when[1]), &one.when[0])
}

/// Whether starts and joins of threads put the one moment before the other.
fn comes_before((thread, one): (ThreadId, &Moment), other: &Moment) -> bool {
    other.over.get(thread.index()).is_some_and(|over| *over > one.stretch)
}
