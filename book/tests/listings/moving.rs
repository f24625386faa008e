//! Tests as they look after moving from loom or shuttle.

// region: loom
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::*};
use raddle_shims::{hint, thread};

struct SpinLock {
    locked: AtomicBool,
    value: UnsafeCell<u32>,
}

// SAFETY: the value is used by the thread alone that has set `locked`.
unsafe impl Sync for SpinLock {}

impl SpinLock {
    fn add(&self, number: u32) {
        while self.locked.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            hint::spin_loop();
        }
        // SAFETY: this thread has the lock.
        self.value.with_mut(|value| unsafe { *value += number });
        self.locked.store(false, Release);
    }
}

#[test]
fn both_are_added() {
    raddle::check(|| {
        let lock = SpinLock { locked: AtomicBool::new(false), value: UnsafeCell::new(0) };
        let lock = Arc::new(lock);
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || theirs.add(1));
        lock.add(2);
        other.join().unwrap();
        // SAFETY: the other thread has ended.
        assert_eq!(lock.value.with(|value| unsafe { *value }), 3);
    });
}
// end: loom

// region: shuttle
use raddle_shims::sync::Mutex;

#[raddle::test(strategy = "random", iterations = 500, seed = 7)]
fn a_sample() {
    let sum = Arc::new(Mutex::new(0));
    let threads = [1, 2, 3].map(|number| {
        let sum = Arc::clone(&sum);
        thread::spawn(move || *sum.lock().unwrap() += number)
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*sum.lock().unwrap(), 6);
}
// end: shuttle
