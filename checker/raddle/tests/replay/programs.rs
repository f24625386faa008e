//! Failing programs. They do nothing unless their process was started to run one; [`EDITED`] makes each of them
//! another program, as an edit of its source would.

use crate::{edited, is_child};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use raddle_shims::sync::{Arc, Barrier, Condvar, Mutex, mpsc};
use raddle_shims::thread;
use std::time::Duration;

#[raddle::test]
fn deadlock() {
    if !is_child() {
        return;
    }
    let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let other = thread::spawn(move || {
        let (first, second) = if edited() { (&a2, &b2) } else { (&b2, &a2) };
        let _first = first.lock().unwrap();
        let _second = second.lock().unwrap();
    });
    {
        let _first = a.lock().unwrap();
        let _second = b.lock().unwrap();
    }
    other.join().unwrap();
}

struct Data(UnsafeCell<u32>);

// SAFETY: all threads of a model run on one operating-system thread, one at a time.
unsafe impl Sync for Data {}

#[raddle::test]
fn race() {
    if !is_child() {
        return;
    }
    let shared = Arc::new((Data(UnsafeCell::new(0)), AtomicU32::new(0)));
    let theirs = Arc::clone(&shared);
    thread::spawn(move || {
        // SAFETY: the checker reports what is not ordered.
        theirs.0.0.with_mut(|data| unsafe { *data = 1 });
        theirs.1.store(1, if edited() { Release } else { Relaxed });
    });
    if shared.1.load(Acquire) == 1 {
        // SAFETY: as above.
        shared.0.0.with(|data| unsafe { *data });
    }
}

#[raddle::test]
fn stale() {
    if !is_child() {
        return;
    }
    let shared = Arc::new([AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)]);
    let theirs = Arc::clone(&shared);
    thread::spawn(move || {
        theirs[0].store(1, Relaxed);
        theirs[0].store(2, Relaxed);
        theirs[1].store(1, Relaxed);
        if edited() {
            theirs[1].store(2, Relaxed);
        }
    });
    if edited() {
        shared[2].load(Relaxed);
    }
    if shared[1].load(Relaxed) == 1 {
        assert_ne!(shared[0].load(Relaxed), 1, "an old value was read");
    }
}

#[raddle::test]
fn choice() {
    if !is_child() {
        return;
    }
    let alternatives = if edited() { 2 } else { 5 };
    let (a, b) = (raddle::choose(alternatives), raddle::choose(alternatives));
    let x = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&x);
    let other = thread::spawn(move || theirs.fetch_add(a as u32, Relaxed));
    let found = x.load(Relaxed) as usize;
    other.join().unwrap();
    assert!(a * b != 12 || found == 0, "{a} and {b} are too much");
}

#[raddle::test]
fn channel() {
    if !is_child() {
        return;
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let theirs = sender.clone();
    let other = thread::spawn(move || {
        theirs.send(1).unwrap();
        theirs.send(2).unwrap();
    });
    sender.send(3).unwrap();
    // One message too few is taken.
    let taken = if edited() { 3 } else { 1 };
    (0..taken).for_each(|_| _ = receiver.recv());
    other.join().unwrap();
}

/// What is explored at first takes the barrier for one of two threads.
#[raddle::test]
fn crowd() {
    if !is_child() {
        return;
    }
    let (barrier, come) = (Barrier::new(2), AtomicU32::new(0));
    let meet = |bit: u32| {
        come.fetch_add(bit, Relaxed);
        barrier.wait();
        come.load(Relaxed)
    };
    thread::scope(|s| {
        let meet = &meet;
        [2, 4, 8].into_iter().for_each(|bit| _ = s.spawn(move || meet(bit)));
        let found = meet(1);
        assert!(edited() || found != 9, "main meets the third");
    });
}

/// That somebody asks is learned in the first execution.
#[raddle::test]
fn finished() {
    if !is_child() {
        return;
    }
    let x = AtomicU32::new(0);
    thread::scope(|s| {
        let other = s.spawn(|| x.store(1, Relaxed));
        let unseen = other.is_finished() && x.load(Relaxed) == 0;
        assert!(edited() || !unseen, "it has finished and nothing is to be seen of it");
    });
}

/// A test without a failure, for tokens of others.
#[raddle::test]
fn right() {
    let x = AtomicU32::new(0);
    x.store(1, Relaxed);
}

#[raddle::test(max_events = 100)]
fn turns() {
    if !is_child() {
        return;
    }
    let x = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&x);
    thread::spawn(move || theirs.store(1, Relaxed));
    if x.load(Relaxed) == 1 {
        while !edited() {
            thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

/// How the test [`abrupt`] is to end in one of its executions.
pub const END: &str = "REPLAY_TEST_END";

/// Ends the process, or never ends, in the middle of an execution that is not the first.
#[raddle::test]
fn abrupt() {
    if !is_child() {
        return;
    }
    let x = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&x);
    let other = thread::spawn(move || theirs.fetch_add(1, SeqCst));
    let seen = x.fetch_add(2, SeqCst);
    other.join().unwrap();
    if seen == 1 {
        end(&std::env::var(END).unwrap_or_default());
    }
}

fn end(how: &str) {
    match how {
        "abort" => std::process::abort(),
        "overflow" => {
            fn deeper(depth: u64) -> u64 {
                let room = std::hint::black_box([depth; 64]);
                if depth == u64::MAX { 0 } else { deeper(depth + 1) + room[1] }
            }
            std::hint::black_box(deeper(0));
        }
        "spin" => {
            println!("here");
            loop {
                std::hint::spin_loop();
            }
        }
        _ => {}
    }
}

/// A loop of waits, each of which may be over at once.
#[raddle::test(max_events = 100)]
fn waits() {
    if is_child() {
        wait_for_a_message();
    }
}

/// The same where time passes only when nobody can go on: whether or not somebody runs it on purpose.
#[raddle::test(time = "virtual")]
fn waits_in_virtual_time() {
    wait_for_a_message();
}

fn wait_for_a_message() {
    let gate = (Mutex::new(Vec::new()), Condvar::new());
    thread::scope(|s| {
        s.spawn(|| {
            gate.0.lock().unwrap().push(1);
            gate.1.notify_one();
        });
        let mut messages = gate.0.lock().unwrap();
        while messages.pop().is_none() {
            let limit = Duration::from_millis(10);
            messages = gate.1.wait_timeout(messages, limit).unwrap().0;
        }
    });
}
