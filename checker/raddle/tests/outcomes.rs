//! One program for each way in which a check can end.
use raddle::{Builder, Kind, Outcome};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::*, fence};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

#[test]
fn store_buffering() {
    let outcome = raddle::explore(|| {
        let x = Arc::new(AtomicU32::new(0));
        let y = Arc::new(AtomicU32::new(0));
        let (x2, y2) = (x.clone(), y.clone());
        let t = thread::spawn(move || {
            x2.store(1, Relaxed);
            y2.load(Relaxed)
        });
        y.store(1, Relaxed);
        let _r = x.load(Relaxed);
        let _ = t.join().unwrap();
    });
    assert!(matches!(&outcome, Outcome::Verified(c) if c.executions == 4), "{outcome:?}");
}

#[test]
fn lost_update() {
    let outcome = raddle::explore(|| {
        let x = Arc::new(AtomicU32::new(0));
        let x2 = x.clone();
        let t = thread::spawn(move || {
            let v = x2.load(Relaxed);
            x2.store(v + 1, Relaxed);
        });
        let v = x.load(Relaxed);
        x.store(v + 1, Relaxed);
        t.join().unwrap();
        assert_eq!(x.load(Relaxed), 2);
    });
    let v = outcome.violation().unwrap();
    assert_eq!(v.kind, Kind::Panic);
}

#[test]
fn abba() {
    let outcome = raddle::explore(|| {
        let a = Arc::new(Mutex::new(0));
        let b = Arc::new(Mutex::new(0));
        let (a2, b2) = (a.clone(), b.clone());
        let t = thread::spawn(move || {
            let _x = b2.lock().unwrap();
            let _y = a2.lock().unwrap();
        });
        let _x = a.lock().unwrap();
        let _y = b.lock().unwrap();
        drop(_x);
        drop(_y);
        t.join().unwrap();
    });
    let v = outcome.violation().unwrap();
    assert_eq!(v.kind, Kind::Deadlock);
}

struct S(UnsafeCell<u32>);
// SAFETY: what is tested is that its accesses race.
unsafe impl Sync for S {}

#[test]
fn race() {
    let outcome = raddle::explore(|| {
        let a = Arc::new(S(UnsafeCell::new(0)));
        let a2 = a.clone();
        let t = thread::spawn(move || {
            let a = a2;
            // SAFETY: the race is found before both accesses are made.
            unsafe { *a.0.get() = 1 }
        });
        // SAFETY: as above.
        a.0.with(|p| unsafe { *p });
        t.join().unwrap();
    });
    let v = outcome.violation().unwrap();
    assert_eq!(v.kind, Kind::DataRace);
}

#[test]
fn spin() {
    let outcome = raddle::explore(|| {
        let a = Arc::new(AtomicU32::new(0));
        let a2 = a.clone();
        let t = thread::spawn(move || a2.store(1, Release));
        while a.load(Acquire) == 0 {}
        t.join().unwrap();
    });
    assert!(outcome.is_verified());
}
#[test]
fn overflow() {
    fn f(n: u64) -> u64 {
        if n == 0 { 0 } else { std::hint::black_box(f(n + 1)) + 1 }
    }
    let outcome = raddle::explore(|| {
        let t = thread::spawn(|| {
            f(1);
        });
        t.join().unwrap();
    });
    let v = outcome.violation().unwrap();
    assert_eq!(v.kind, Kind::Misuse);
}
#[test]
fn threads() {
    let outcome = Builder::new().backend("threads").explore(|| {
        let a = Arc::new(AtomicU32::new(0));
        let a2 = a.clone();
        let t = thread::spawn(move || a2.store(1, Release));
        while a.load(Acquire) == 0 {}
        t.join().unwrap();
    });
    assert!(outcome.is_verified());
}

/// A schedule that differs from the default policy in thousands of places has a token in a file, and that
/// is what a replay takes.
#[test]
fn a_long_token_is_a_file() {
    let outcome = Builder::new().strategy("random").iterations(1).seed(3).explore(|| {
        let x = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let x = Arc::clone(&x);
                thread::spawn(move || {
                    for _ in 0..400 {
                        x.fetch_add(raddle::choose(5) as u32, Relaxed);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        panic!("at the end");
    });
    // A sample of that length is told by its seed, which is short.
    let token = outcome.violation().unwrap().token.clone().unwrap();
    assert!(token.starts_with("rd1-") && token.len() < 60, "{token}");
}

/// No atomic operation of std unwinds, and sound code may rely on that: threads that stand at one when the
/// execution is over go on to where they may be unwound.
#[test]
fn threads_are_not_unwound_out_of_atomic_operations() {
    use std::sync::atomic::{AtomicBool, AtomicU32 as Counter};
    static OVER: AtomicBool = AtomicBool::new(false);
    static TORN: Counter = Counter::new(0);
    static WENT_ON: Counter = Counter::new(0);
    struct Half<'a>(&'a std::cell::Cell<bool>);
    impl Drop for Half<'_> {
        fn drop(&mut self) {
            TORN.fetch_add(u32::from(self.0.get()), Relaxed);
        }
    }
    // Each operation of the other thread is one at which it may stand when the main thread panics.
    let operations: [fn(&AtomicU32); 5] = [
        |x| _ = x.load(Relaxed),
        |x| x.store(7, Relaxed),
        |x| _ = x.fetch_add(1, Relaxed),
        |x| _ = x.compare_exchange(0, 1, Relaxed, Relaxed),
        |_| fence(SeqCst),
    ];
    for (number, operation) in operations.into_iter().enumerate() {
        WENT_ON.store(0, Relaxed);
        let outcome = raddle::explore(move || {
            OVER.store(false, Relaxed);
            let x = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&x);
            thread::spawn(move || {
                let half = std::cell::Cell::new(true);
                let _dropped = Half(&half);
                operation(&theirs);
                WENT_ON.fetch_add(u32::from(OVER.load(Relaxed)), Relaxed);
                half.set(false);
            });
            x.store(3, Relaxed);
            OVER.store(true, Relaxed);
            panic!("while the other thread is in the middle");
        });
        assert_eq!(outcome.violation().unwrap().kind, Kind::Panic);
        assert_eq!(TORN.load(Relaxed), 0, "operation {number}: dropped in the middle");
        assert_ne!(WENT_ON.load(Relaxed), 0, "operation {number}: the thread did not stand there");
    }
}

/// A thread that waits in a loop for what does not come any more is unwound in the end.
#[test]
fn the_end_of_an_execution_ends() {
    let outcome = raddle::explore(|| {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        thread::spawn(move || while theirs.load(Acquire) == 0 {});
        assert_eq!(x.load(Relaxed), 1);
    });
    assert_eq!(outcome.violation().unwrap().kind, Kind::Panic);
}
