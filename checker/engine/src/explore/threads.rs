//! Stable numbers for threads.

use indexmap::IndexSet;
use raddle_shims::kernel::ThreadId;
use std::cmp::Ordering;

/// Which thread is which in every execution of an exploration: a thread is the `ordinal`-th thread that
/// its parent spawns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads {
    /// By number: parent and ordinal. The main thread stands for itself.
    spawns: IndexSet<(ThreadId, u32)>,
}

/// The clock counts as a thread that main spawns after all others.
const CLOCK: u32 = u32::MAX - 1;

impl Default for Threads {
    fn default() -> Self {
        Threads { spawns: IndexSet::from([(ThreadId::MAIN, u32::MAX)]) }
    }
}

impl Threads {
    /// The thread that `parent` spawns after `ordinal` others; a new number if it is seen first.
    pub fn child(&mut self, parent: ThreadId, ordinal: u32) -> ThreadId {
        ThreadId(self.spawns.insert_full((parent, ordinal)).0 as u32)
    }

    /// Who spawned a thread; none for the main thread.
    pub fn parent(&self, thread: ThreadId) -> Option<ThreadId> {
        let (parent, _) = self.spawns.get_index(thread.index())?;
        (thread != ThreadId::MAIN).then_some(*parent)
    }

    /// Where a thread was spawned: its number among those of its parent, that of its parent, and so on up
    /// to the main thread. It depends on nothing but the program.
    pub fn place(&self, mut thread: ThreadId) -> impl Iterator<Item = u64> {
        std::iter::from_fn(move || {
            let &(parent, ordinal) = self.spawns.get_index(thread.index())?;
            let spawned = thread != ThreadId::MAIN;
            thread = parent;
            spawned.then_some(u64::from(ordinal) + 1)
        })
    }

    /// The thread that stands for the clock.
    pub fn clock(&mut self) -> ThreadId {
        self.child(ThreadId::MAIN, CLOCK)
    }

    /// Compares two threads by where they were spawned, which does not depend on who was seen first.
    pub fn compare(&self, left: ThreadId, right: ThreadId) -> Ordering {
        if left == right {
            return Ordering::Equal;
        }
        let spawn = |thread: ThreadId| self.spawns.get_index(thread.index());
        if let (Some(left), Some(right)) = (spawn(left), spawn(right))
            && left.0 == right.0
            && left.1 != u32::MAX
            && right.1 != u32::MAX
        {
            return left.1.cmp(&right.1);
        }
        self.path(left).cmp(&self.path(right))
    }

    fn path(&self, mut thread: ThreadId) -> Vec<u32> {
        let mut path = Vec::new();
        while thread != ThreadId::MAIN {
            let Some(&(parent, ordinal)) = self.spawns.get_index(thread.index()) else { break };
            path.push(ordinal);
            thread = parent;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_follows_the_spawns_and_not_the_discovery() {
        let mut threads = Threads::default();
        let b = threads.child(ThreadId::MAIN, 1);
        let a = threads.child(ThreadId::MAIN, 0);
        let under_a = threads.child(a, 0);
        assert_eq!((b, a), (ThreadId(1), ThreadId(2)));
        assert_eq!(threads.child(ThreadId::MAIN, 1), b);
        assert_eq!(threads.compare(a, b), Ordering::Less);
        assert_eq!(threads.compare(under_a, b), Ordering::Less);
        assert_eq!(threads.compare(ThreadId::MAIN, a), Ordering::Less);
    }
}
