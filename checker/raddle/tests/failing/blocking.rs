//! Deadlocks, and programs that block outside of the shims.

use crate::{fails, is_child};
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use raddle_shims::sync::{Arc, Mutex, mpsc};
use raddle_shims::thread;
use std::time::Duration;

/// Takes a lock when it is dropped.
struct LocksOnDrop(Arc<Mutex<u32>>);

impl Drop for LocksOnDrop {
    fn drop(&mut self) {
        // A lock may be poisoned here; that is no reason to panic again.
        let _guard = self.0.lock();
    }
}

mod programs {
    use super::*;

    #[raddle::test]
    fn a_deadlock_with_destructors_that_lock() {
        if is_child() {
            let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            let other = thread::spawn(move || {
                let _at_the_end = LocksOnDrop(Arc::clone(&a2));
                let _first = b2.lock().unwrap();
                let _second = a2.lock().unwrap();
            });
            let _at_the_end = (LocksOnDrop(Arc::clone(&a)), LocksOnDrop(Arc::clone(&b)));
            let first = a.lock().unwrap();
            let second = b.lock().unwrap();
            drop((first, second));
            other.join().unwrap();
        }
    }

    #[raddle::test]
    fn a_lock_taken_twice() {
        if is_child() {
            let lock = Mutex::new(0);
            let _first = lock.lock().unwrap();
            let _second = lock.lock().unwrap();
        }
    }

    #[raddle::test]
    fn a_scope_that_waits_for_itself() {
        if is_child() {
            let (sender, receiver) = mpsc::channel::<u32>();
            thread::scope(|s| {
                s.spawn(move || receiver.recv());
                let _kept = &sender;
            });
            drop(sender);
        }
    }

    #[raddle::test(patience = "1s")]
    fn a_lock_of_std() {
        if is_child() {
            let lock = Arc::new(std::sync::Mutex::new(0));
            let theirs = Arc::clone(&lock);
            let guard = lock.lock().unwrap();
            let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
            other.join().unwrap();
            drop(guard);
        }
    }

    #[raddle::test(patience = "1s")]
    fn a_channel_of_std() {
        if is_child() {
            let (sender, receiver) = std::sync::mpsc::channel();
            let other = thread::spawn(move || {
                thread::park();
                sender.send(1)
            });
            receiver.recv().unwrap();
            other.thread().unpark();
        }
    }

    #[raddle::test(patience = "1s")]
    fn a_sleep_of_std() {
        if is_child() {
            std::thread::sleep(Duration::from_secs(15));
        }
    }

    #[raddle::test(patience = "1s")]
    fn a_sleep_of_std_in_another_thread() {
        if is_child() {
            thread::spawn(|| std::thread::sleep(Duration::from_secs(15)));
        }
    }

    #[raddle::test(patience = "1s")]
    fn a_loop_without_operations() {
        if is_child() {
            let x = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&x);
            let other = thread::spawn(move || {
                if theirs.load(Relaxed) == 1 {
                    loop {
                        std::hint::spin_loop();
                    }
                }
            });
            x.store(1, Relaxed);
            other.join().unwrap();
        }
    }

    /// Long executions that do move are not taken for blocked ones.
    #[raddle::test(patience = "1s")]
    fn much_to_do() {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || {
            (0..4).for_each(|_| {
                theirs.fetch_add(1, Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            });
        });
        (0..4).for_each(|_| _ = x.fetch_add(1, Relaxed));
        other.join().unwrap();
    }
}

#[test]
fn deadlocks() {
    let message = "2 of 2 threads wait, and none can go on";
    fails("blocking::programs::a_deadlock_with_destructors_that_lock", "deadlock", message);
    let message = "main waits to lock `lock`, which it holds itself";
    fails("blocking::programs::a_lock_taken_twice", "deadlock", message);
    let message = "2 of 2 threads wait, and none can go on";
    fails("blocking::programs::a_scope_that_waits_for_itself", "deadlock", message);
}

const OUTSIDE: &str = "nothing has happened for 1 s: the program waits outside of raddle_shims";

#[test]
fn a_lock_of_std_is_told() {
    fails("blocking::programs::a_lock_of_std", "misuse", OUTSIDE);
}

#[test]
fn a_channel_of_std_is_told() {
    fails("blocking::programs::a_channel_of_std", "misuse", OUTSIDE);
}

/// The thread, where it was started, and what it did last.
#[test]
fn a_loop_without_operations_is_told_with_its_place() {
    let told = |program, place: &str| {
        let report = fails(program, "misuse", OUTSIDE);
        let report = report.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(report.contains("; t1 (spawned at ") && report.contains(place), "{report}");
        report
    };
    let place = ") does not go on: its latest operation is at ";
    let report = told("blocking::programs::a_loop_without_operations", place);
    assert!(report.contains("if theirs.load(Relaxed) == 1 {"), "the place is shown: {report}");
    let place = ") does not go on: it has performed no operation";
    told("blocking::programs::a_sleep_of_std_in_another_thread", place);
}

#[test]
fn a_sleep_of_std_is_told() {
    fails("blocking::programs::a_sleep_of_std", "misuse", OUTSIDE);
    fails("blocking::programs::a_sleep_of_std_in_another_thread", "misuse", OUTSIDE);
}
