//! A work-stealing queue after the THE protocol of Cilk (Frigo, Leiserson, Randall, "The implementation of the
//! Cilk-5 multithreaded language", PLDI 1998), in which the owner believes that there is room for one more.

use super::Var;
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// At the start; a power of 2.
const SIZE: i64 = 2;
const ITEMS: i64 = 4;

struct Queue {
    lock: Mutex<()>,
    head: Var,
    tail: Var,
    mask: Var,
    slots: [Var; 8],
}

impl Queue {
    fn slot(&self, index: i64) -> &Var {
        &self.slots[(index & self.mask.get()) as usize]
    }

    /// Thieves take the oldest.
    fn steal(&self) -> Option<i64> {
        let _guard = self.lock.lock().unwrap();
        let head = self.head.get();
        self.head.set(head + 1);
        if head < self.tail.get() {
            return Some(self.slot(head).get());
        }
        self.head.set(head);
        None
    }

    /// The owner takes the youngest.
    fn pop(&self) -> Option<i64> {
        let tail = self.tail.get() - 1;
        self.tail.set(tail);
        if self.head.get() <= tail {
            return Some(self.slot(tail).get());
        }
        self.tail.set(tail + 1);
        self.pop_alone()
    }

    fn pop_alone(&self) -> Option<i64> {
        let _guard = self.lock.lock().unwrap();
        let tail = self.tail.get() - 1;
        self.tail.set(tail);
        let found = match self.head.get() <= tail {
            true => Some(self.slot(tail).get()),
            false => {
                self.tail.set(tail + 1);
                None
            }
        };
        if self.head.get() > tail {
            self.head.set(0);
            self.tail.set(0);
            return None;
        }
        found
    }

    fn push(&self, item: i64) {
        let tail = self.tail.get();
        // The bug: one slot must stay free for a thief who has taken its index and not yet its item.
        if tail < self.head.get() + self.mask.get() + 1 {
            self.slot(tail).set(item);
            self.tail.set(tail + 1);
            return;
        }
        {
            let _guard = self.lock.lock().unwrap();
            let (head, count) = (self.head.get(), self.tail.get() - self.head.get());
            let items: Vec<i64> =
                (head..head + count).map(|index| self.slot(index).get()).collect();
            self.mask.set(self.mask.get() * 2 + 1);
            for (slot, item) in self.slots.iter().zip(items) {
                slot.set(item);
            }
            self.head.set(0);
            self.tail.set(count);
        }
        self.push(item);
    }
}

/// The owner pushes four items and pops as many as it can; a thief tries twice. Every item is to be done once.
pub fn work_stealing() {
    let queue = Queue {
        lock: Mutex::new(()),
        head: Var::new(0),
        tail: Var::new(0),
        mask: Var::new(SIZE - 1),
        slots: [const { Var::new(0) }; 8],
    };
    let shared = Arc::new((queue, [const { Var::new(0) }; ITEMS as usize]));
    let theirs = Arc::clone(&shared);
    let thief = thread::spawn(move || {
        for _ in 0..2 {
            if let Some(item) = theirs.0.steal() {
                theirs.1[item as usize].add(1);
            }
        }
    });
    let (queue, done) = &*shared;
    let pop = || {
        if let Some(item) = queue.pop() {
            done[item as usize].add(1);
        }
    };
    for pair in 0..ITEMS / 2 {
        queue.push(2 * pair);
        queue.push(2 * pair + 1);
        pop();
    }
    for _ in 0..ITEMS / 2 {
        pop();
    }
    thief.join().unwrap();
    for done in done {
        assert_eq!(done.get(), 1, "not done once");
    }
}
