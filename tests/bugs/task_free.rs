//! tokio: a task was freed while a handle might still look at it (tokio-rs/tokio#2044, 2020).
//!
//! The handle that is dropped first gives up its reference by a compare-exchange, which was relaxed. The scheduler
//! that gives up the last reference frees the task, and nothing orders that behind what the handle did with it. Repaired
//! by a releasing exchange.
//!
//! Simplified: the state is the number of references; freeing is a plain write, use a plain read.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering, Ordering::*};
use raddle_shims::thread;

struct Task {
    references: AtomicUsize,
    memory: UnsafeCell<bool>,
}

// SAFETY: it is freed by who gives up the last reference. (The bug is that others may still use it.)
unsafe impl Sync for Task {}

impl Task {
    fn drop_handle(&self, success: Ordering) {
        // SAFETY: as above.
        self.memory.with(|is_freed| assert!(!unsafe { *is_freed }));
        if self.references.compare_exchange(2, 1, success, Relaxed).is_err() {
            self.drop_reference();
        }
    }

    fn drop_reference(&self) {
        if self.references.fetch_sub(1, AcqRel) == 1 {
            // SAFETY: as above.
            self.memory.with_mut(|is_freed| unsafe { *is_freed = true });
        }
    }
}

fn program(success: Ordering) {
    let task = Task { references: AtomicUsize::new(2), memory: UnsafeCell::new(false) };
    let task = Arc::new(task);
    let theirs = Arc::clone(&task);
    let scheduler = thread::spawn(move || theirs.drop_reference());
    task.drop_handle(success);
    scheduler.join().unwrap();
}

bug! {
    "data-race" in 6 steps,
    objects: ["memory"],
    sites: [("fn drop_handle", "memory.with"), ("fn drop_reference", "with_mut")],
    broken: program(Relaxed),
    fixed: program(Release),
}
