//! rayon: `LockLatch::set` notified without holding the mutex (commit f17d745e, 2016; `rayon-blocking-1` of
//! the study of Rust bugs at PLDI 2020).
//!
//! The waiting thread looks at the flag under the mutex and finds it unset. Before it waits at the condition
//! variable, the other stores the flag and notifies: nobody is there to hear it. Repaired by
//! locking the mutex around the store.
//!
//! Nothing is left out but the trait.

use super::bug::bug;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::SeqCst};
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

#[derive(Default)]
struct LockLatch {
    set: AtomicBool,
    mutex: Mutex<()>,
    condition: Condvar,
}

impl LockLatch {
    fn wait(&self) {
        let mut guard = self.mutex.lock().unwrap();
        while !self.set.load(SeqCst) {
            guard = self.condition.wait(guard).unwrap();
        }
    }

    fn set_without_lock(&self) {
        self.set.store(true, SeqCst);
        self.condition.notify_all();
    }

    fn set_with_lock(&self) {
        let _guard = self.mutex.lock().unwrap();
        self.set.store(true, SeqCst);
        self.condition.notify_all();
    }
}

fn program(set: fn(&LockLatch)) {
    let latch = Arc::new(LockLatch::default());
    let theirs = Arc::clone(&latch);
    let other = thread::spawn(move || set(&theirs));
    latch.wait();
    other.join().unwrap();
}

bug! {
    "deadlock" in 10 steps,
    objects: ["condition"],
    sites: [("fn set_without", "notify_all"), ("fn wait", "condition.wait")],
    broken: program(LockLatch::set_without_lock),
    fixed: program(LockLatch::set_with_lock),
}
