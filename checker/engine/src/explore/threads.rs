//! Stable numbers for threads.

use raddle_shims::kernel::ThreadId;
use std::cmp::Ordering;

/// Which thread is which in every execution of an exploration: a thread is the `ordinal`-th thread that
/// its parent spawns.
///
/// Invariant: `children[parent][ordinal]` is the number at which `spawns` has `(parent, ordinal)`, or
/// [`UNSEEN`]; `clock` is that of [`CLOCK`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads {
    /// By number: parent and ordinal. The main thread stands for itself.
    spawns: Vec<(ThreadId, u32)>,
    /// By parent and ordinal: the number.
    children: Vec<Vec<ThreadId>>,
    clock: Option<ThreadId>,
}

/// The clock counts as a thread that main spawns after all others.
const CLOCK: u32 = u32::MAX - 1;

/// In the place of a thread that has not been spawned in any execution.
const UNSEEN: ThreadId = ThreadId(u32::MAX);

impl Default for Threads {
    fn default() -> Self {
        let spawns = vec![(ThreadId::MAIN, u32::MAX)];
        Threads { spawns, children: Vec::new(), clock: None }
    }
}

impl Threads {
    /// The thread that `parent` spawns after `ordinal` others; a new number if it is seen first.
    #[inline]
    pub fn child(&mut self, parent: ThreadId, ordinal: u32) -> ThreadId {
        let children = self.children.get(parent.index());
        match children.and_then(|children| children.get(ordinal as usize)) {
            Some(&known) if known != UNSEEN => known,
            _ => self.add(parent, ordinal),
        }
    }

    #[cold]
    fn add(&mut self, parent: ThreadId, ordinal: u32) -> ThreadId {
        let (parents, count) = (parent.index() + 1, ordinal as usize + 1);
        if self.children.len() < parents {
            self.children.resize_with(parents, Vec::new);
        }
        let children = &mut self.children[parent.index()];
        if children.len() < count {
            children.resize(count, UNSEEN);
        }
        let number = ThreadId(self.spawns.len() as u32);
        children[ordinal as usize] = number;
        self.spawns.push((parent, ordinal));
        number
    }

    /// Who spawned a thread; none for the main thread.
    pub fn parent(&self, thread: ThreadId) -> Option<ThreadId> {
        let (parent, _) = self.spawns.get(thread.index())?;
        (thread != ThreadId::MAIN).then_some(*parent)
    }

    /// Where a thread was spawned: its number among those of its parent, that of its parent, and so on up
    /// to the main thread. It depends on nothing but the program.
    pub fn place(&self, mut thread: ThreadId) -> impl Iterator<Item = u64> {
        std::iter::from_fn(move || {
            let &(parent, ordinal) = self.spawns.get(thread.index())?;
            let spawned = thread != ThreadId::MAIN;
            thread = parent;
            spawned.then_some(u64::from(ordinal) + 1)
        })
    }

    /// The thread that stands for the clock.
    pub fn clock(&mut self) -> ThreadId {
        *self.clock.get_or_insert_with(|| {
            self.spawns.push((ThreadId::MAIN, CLOCK));
            ThreadId(self.spawns.len() as u32 - 1)
        })
    }

    /// Compares two threads by where they were spawned, which does not depend on who was seen first.
    pub fn compare(&self, left: ThreadId, right: ThreadId) -> Ordering {
        if left == right {
            return Ordering::Equal;
        }
        let spawn = |thread: ThreadId| self.spawns.get(thread.index());
        if let (Some(a), Some(b)) = (spawn(left), spawn(right)) {
            // The main thread is where every path begins.
            if left == ThreadId::MAIN || right == ThreadId::MAIN {
                return left.cmp(&right);
            }
            if a.0 == b.0 {
                return a.1.cmp(&b.1);
            }
        }
        self.path(left).cmp(&self.path(right))
    }

    fn path(&self, mut thread: ThreadId) -> Vec<u32> {
        let mut path = Vec::new();
        while thread != ThreadId::MAIN {
            let Some(&(parent, ordinal)) = self.spawns.get(thread.index()) else { break };
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
