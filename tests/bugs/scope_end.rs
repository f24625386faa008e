//! std: the last scoped thread used what its scope had freed (rust-lang/rust#98498, #98503, 2022).
//!
//! A scoped thread that ends counts down, and the last one unparks the thread that waits for the scope to end. The handle for
//! that lies in the scope's data, which the waiting thread frees as soon as it sees the count at 0, however it woke. Repaired
//! by counting references to the data; here by taking the handle first.
//!
//! Simplified: one thread; freeing is a plain write, use a plain read.

use super::bug::bug;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*};
use raddle_shims::thread::{self, Thread};

struct Scope {
    running: AtomicUsize,
    main_thread: UnsafeCell<Option<Thread>>,
}

// SAFETY: it is freed when no thread runs. (The bug is that one still uses it.)
unsafe impl Sync for Scope {}

impl Scope {
    fn main_thread(&self) -> Option<Thread> {
        // SAFETY: as above.
        self.main_thread.with(|thread| unsafe { (*thread).clone() })
    }

    fn end_of_thread(&self, takes_first: bool) {
        let taken = if takes_first { self.main_thread() } else { None };
        if self.running.fetch_sub(1, Release) == 1 {
            let thread = taken.or_else(|| self.main_thread());
            thread.expect("it is not freed").unpark();
        }
    }

    fn wait_and_free(&self) {
        while self.running.load(Acquire) != 0 {
            thread::park();
        }
        // SAFETY: as above.
        self.main_thread.with_mut(|thread| unsafe { *thread = None });
    }
}

fn program(takes_first: bool) {
    let scope = Arc::new(Scope {
        running: AtomicUsize::new(1),
        main_thread: UnsafeCell::new(Some(thread::current())),
    });
    let theirs = Arc::clone(&scope);
    let other = thread::spawn(move || theirs.end_of_thread(takes_first));
    scope.wait_and_free();
    other.join().unwrap();
}

bug! {
    "data-race" in 6 steps,
    objects: ["main_thread"],
    sites: [("fn main_thread", "main_thread.with"), ("fn wait_and_free", "with_mut")],
    broken: program(false),
    fixed: program(true),
}
