//! Programs whose bug is an order of accesses to variables that nothing protects.

use super::Var;
use raddle_shims::sync::atomic::{AtomicI64, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// Setters write one variable and then another; a checker that looks in between, before any setter is done, sees
/// half of it.
pub fn reorder(setters: usize) {
    let shared = Arc::new((Var::new(0), Var::new(0)));
    let mut threads = Vec::new();
    for _ in 0..setters {
        let shared = Arc::clone(&shared);
        threads.push(thread::spawn(move || {
            shared.0.set(1);
            shared.1.set(-1);
        }));
    }
    let theirs = Arc::clone(&shared);
    threads.push(thread::spawn(move || {
        let (a, b) = &*theirs;
        let (unset, set) = (|| a.get() == 0 && b.get() == 0, || a.get() == 1 && b.get() == -1);
        assert!(unset() || set(), "half of it is set");
    }));
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A driver looks whether it shall stop, and only then notes that it is in use; it is stopped in between.
pub fn bluetooth() {
    struct Device {
        users: AtomicI64,
        stopping: Var,
        idle: Var,
        stopped: Var,
    }
    impl Device {
        fn leave(&self) {
            if self.users.fetch_sub(1, Relaxed) == 1 {
                self.idle.set(1);
            }
        }

        fn enter(&self) -> bool {
            if self.stopping.get() == 1 {
                return false;
            }
            self.users.fetch_add(1, Relaxed);
            true
        }
    }
    let device = Arc::new(Device {
        users: AtomicI64::new(1),
        stopping: Var::new(0),
        idle: Var::new(0),
        stopped: Var::new(0),
    });
    let theirs = Arc::clone(&device);
    let stopper = thread::spawn(move || {
        theirs.stopping.set(1);
        theirs.leave();
        if theirs.idle.get() == 1 {
            theirs.stopped.set(1);
        }
    });
    if device.enter() {
        assert!(device.stopped.get() == 0, "used after it was stopped");
    }
    device.leave();
    stopper.join().unwrap();
}

/// Three tasks copy from one another, each in one step but in any order; a fourth expects the order of the ring.
pub fn token_ring() {
    struct Ring {
        step: Mutex<()>,
        values: [Var; 3],
        done: [Var; 3],
    }
    let done = [Var::new(0), Var::new(0), Var::new(0)];
    let values = [Var::new(1), Var::new(2), Var::new(1)];
    let ring = Arc::new(Ring { step: Mutex::new(()), values, done });
    for task in 0..3 {
        let ring = Arc::clone(&ring);
        thread::spawn(move || {
            let _guard = ring.step.lock().unwrap();
            let [x1, x2, x3] = &ring.values;
            match task {
                0 => x1.set((x3.get() + 1) % 4),
                1 => x2.set(x1.get()),
                _ => x3.set(x2.get()),
            }
            ring.done[task].set(1);
        });
    }
    thread::spawn(move || {
        let _guard = ring.step.lock().unwrap();
        if ring.done.iter().all(|done| done.get() == 1) {
            let [x1, x2, x3] = &ring.values;
            assert!(x1.get() == x2.get() && x2.get() == x3.get(), "out of order");
        }
    });
}
