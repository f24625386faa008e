//! The proofs of `differences.md`: what is explored here and not by loom, and the other way round.

mod support;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*, fence};
use loom::sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc};
use loom::thread;
use std::time::Duration;
use support::{failure, outcomes};

/// Threads that run these on two variables, and what they return.
fn two<A, B>(
    one: impl Fn(&AtomicUsize, &AtomicUsize) -> A + Clone + Send + Sync + 'static,
    two: impl Fn(&AtomicUsize, &AtomicUsize) -> B + Send + Sync + 'static,
) -> Vec<(A, B)>
where
    A: Ord + Clone + Send + 'static,
    B: Ord + Clone + Send + 'static,
{
    outcomes(move || {
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let (theirs, one) = (shared.clone(), one.clone());
        let other = thread::spawn(move || one(&theirs.0, &theirs.1));
        let mine = two(&shared.0, &shared.1);
        (other.join().unwrap(), mine)
    })
}

#[test]
fn l1_a_thread_that_begins_with_a_load_can_come_late() {
    let seen = two(
        |x, _| {
            let seen = x.load(Relaxed);
            x.store(1, Relaxed);
            seen
        },
        |x, _| x.load(Relaxed),
    );
    assert_eq!(seen, [(0, 0), (0, 1)]);
}

#[test]
fn l2_l3_what_was_published_after_a_look_can_be_read() {
    let seen = two(
        |flag, data| {
            if flag.load(Acquire) == 0 {
                data.store(7, Relaxed);
                flag.store(1, Release);
            }
        },
        |flag, data| (flag.load(Acquire), data.load(Relaxed)),
    );
    assert!(seen.contains(&((), (1, 7))) && !seen.contains(&((), (1, 0))), "{seen:?}");
}

#[test]
fn l4_l5_a_lock_that_is_held_refuses_a_try() {
    let seen = outcomes(|| {
        let shared = Arc::new((Mutex::new(()), RwLock::new(())));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            drop(theirs.0.lock().unwrap());
            drop(theirs.1.write().unwrap());
        });
        let mine = (shared.0.try_lock().is_ok(), shared.1.try_read().is_ok());
        other.join().unwrap();
        mine
    });
    assert!(seen.contains(&(false, true)) && seen.contains(&(true, false)), "{seen:?}");
}

#[test]
fn l6_two_tries_are_no_deadlock() {
    loom::model(|| {
        let lock = Arc::new(Mutex::new(()));
        let theirs = lock.clone();
        let other = thread::spawn(move || drop(theirs.try_lock()));
        let held = lock.try_lock();
        other.join().unwrap();
        drop(held);
    });
}

#[test]
fn l7_a_message_that_comes_late_can_be_there() {
    let seen = outcomes(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(1).is_ok());
        let mine = receiver.try_recv();
        other.join().unwrap();
        mine.ok()
    });
    assert_eq!(seen, [None, Some(1)]);
}

#[test]
fn l8_l9_both_sides_of_a_channel_hang_up() {
    let sent = outcomes(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || drop(receiver));
        let sent = sender.send(1).is_ok();
        other.join().unwrap();
        sent
    });
    assert_eq!(sent, [false, true]);
    loom::model(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = thread::spawn(move || drop(sender));
        assert_eq!(receiver.recv(), Err(mpsc::RecvError));
        other.join().unwrap();
    });
}

#[test]
fn l10_the_number_of_owners_changes() {
    let seen = outcomes(|| {
        let one = Arc::new(());
        let other = one.clone();
        let other = thread::spawn(move || drop(other));
        let count = Arc::strong_count(&one);
        other.join().unwrap();
        count
    });
    assert_eq!(seen, [1, 2]);
}

#[test]
fn l11_l12_seq_cst_accesses_are_sequentially_consistent() {
    let both = two(
        |x, y| {
            x.store(1, SeqCst);
            y.load(SeqCst)
        },
        |x, y| {
            y.store(1, SeqCst);
            x.load(SeqCst)
        },
    );
    assert_eq!(both, [(0, 1), (1, 0), (1, 1)]);
    let mixed = two(
        |x, y| {
            x.store(1, SeqCst);
            y.load(SeqCst)
        },
        |x, y| {
            y.store(1, Relaxed);
            fence(SeqCst);
            x.load(Relaxed)
        },
    );
    assert!(!mixed.contains(&(0, 0)), "{mixed:?}");
}

#[test]
fn l13_independent_reads_of_independent_writes() {
    let seen = outcomes(|| {
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let run = |f: fn(&(AtomicUsize, AtomicUsize)) -> (usize, usize)| {
            let theirs = shared.clone();
            thread::spawn(move || f(&theirs))
        };
        let threads = [
            run(|shared| (shared.0.swap(1, SeqCst), 0)),
            run(|shared| (shared.1.swap(1, SeqCst), 0)),
            run(|shared| (shared.0.load(SeqCst), shared.1.load(SeqCst))),
            run(|shared| (shared.1.load(SeqCst), shared.0.load(SeqCst))),
        ];
        let read = threads.map(|thread| thread.join().unwrap());
        (read[2], read[3])
    });
    assert!(!seen.contains(&((1, 0), (1, 0))), "{seen:?}");
}

#[test]
fn l14_a_compare_exchange_that_fails_can_read_an_old_value() {
    let seen = two(
        |x, y| {
            x.store(1, Relaxed);
            y.store(1, Relaxed);
        },
        |x, y| (y.load(Relaxed), x.compare_exchange(5, 6, Relaxed, Relaxed)),
    );
    assert!(seen.contains(&((), (1, Err(0)))), "{seen:?}");
}

#[test]
fn l15_an_update_can_come_before_a_store_that_was_done() {
    let seen = two(
        |x, y| {
            x.store(1, Relaxed);
            y.store(1, Relaxed);
        },
        |x, y| (y.load(Relaxed), x.fetch_add(10, Relaxed)),
    );
    assert!(seen.contains(&((), (1, 0))), "{seen:?}");
}

#[test]
fn l17_old_values_are_never_forgotten() {
    let seen = two(
        |x, y| {
            (1..=9).for_each(|value| x.store(value, Relaxed));
            y.store(1, Relaxed);
        },
        |x, y| if y.load(Relaxed) == 1 { Some(x.load(Relaxed)) } else { None },
    );
    let read: Vec<usize> = seen.into_iter().filter_map(|outcome| outcome.1).collect();
    assert_eq!(read, (0..=9).collect::<Vec<_>>());
}

/// A cell that threads share, which its users answer for.
struct Shared<T>(UnsafeCell<T>);
// SAFETY: the tests are about whether its users do what is needed.
unsafe impl<T: Send> Sync for Shared<T> {}

#[test]
fn l20_a_seq_cst_fence_alone_does_not_publish() {
    let message = failure(|| {
        let shared = Arc::new((
            Shared(UnsafeCell::new(0)),
            [AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0)],
        ));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            let (data, [x, y, z]) = &*theirs;
            x.store(1, Relaxed);
            // SAFETY: none; the race is what is looked for.
            data.0.with_mut(|data| unsafe { *data = 1 });
            fence(SeqCst);
            if y.load(Relaxed) == 0 {
                z.store(1, Relaxed);
            }
        });
        let (data, [_, y, z]) = &*shared;
        y.store(1, Relaxed);
        fence(SeqCst);
        if z.load(Relaxed) == 1 {
            // SAFETY: as above.
            data.0.with(|data| unsafe { *data });
        }
        other.join().unwrap();
    });
    assert!(message.contains("race"), "{message}");
}

#[test]
fn l21_readers_of_a_lock_are_not_ordered() {
    let message = failure(|| {
        let shared =
            Arc::new((Shared(UnsafeCell::new(0)), RwLock::new(()), AtomicBool::new(false)));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            // SAFETY: none; the race is what is looked for.
            theirs.0.0.with_mut(|data| unsafe { *data = 1 });
            drop(theirs.1.read().unwrap());
            theirs.2.store(true, Relaxed);
        });
        if shared.2.load(Relaxed) {
            drop(shared.1.read().unwrap());
            // SAFETY: as above.
            shared.0.0.with(|data| unsafe { *data });
        }
        other.join().unwrap();
    });
    assert!(message.contains("race"), "{message}");
}

#[test]
fn l22_a_weak_compare_exchange_fails_for_no_reason() {
    let seen = outcomes(|| AtomicUsize::new(0).compare_exchange_weak(0, 1, Relaxed, Relaxed));
    assert_eq!(seen, [Ok(0), Err(0)]);
}

#[test]
fn l23_l24_any_waiter_wakes_also_for_no_reason() {
    let early = outcomes(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let mut ready = shared.0.lock().unwrap();
        if !*ready {
            ready = shared.1.wait(ready).unwrap();
        }
        let was_ready = *ready;
        drop(ready);
        other.join().unwrap();
        was_ready
    });
    assert_eq!(early, [false, true]);
}

#[test]
fn l25_time_runs_out() {
    loom::model(|| {
        let (lock, changed) = (Mutex::new(()), Condvar::new());
        let (held, timeout) =
            changed.wait_timeout(lock.lock().unwrap(), Duration::from_millis(1)).unwrap();
        let _ = (held, timeout.timed_out());
        let (_sender, receiver) = mpsc::channel::<u32>();
        let received = receiver.recv_timeout(Duration::from_millis(1));
        assert_eq!(received, Err(mpsc::RecvTimeoutError::Timeout));
        thread::park_timeout(Duration::from_millis(1));
    });
}

#[test]
fn l26_l28_a_token_is_for_parking_only() {
    loom::model(|| {
        let lock = Arc::new(Mutex::new(()));
        let (theirs, main) = (lock.clone(), thread::current());
        let other = thread::spawn(move || {
            main.unpark();
            drop(theirs.lock().unwrap());
        });
        other.thread().unpark();
        drop(lock.lock().unwrap());
        thread::park();
        other.join().unwrap();
    });
}

#[test]
fn l29_l30_a_panic_is_told_to_who_joins_and_poisons() {
    loom::model(|| {
        let lock = Arc::new(Mutex::new(()));
        let theirs = lock.clone();
        let other = thread::spawn(move || {
            let _held = theirs.lock().unwrap();
            panic!("on purpose");
        });
        assert!(other.join().is_err());
        assert!(lock.lock().is_err());
    });
}

#[test]
fn l31_l34_counters_and_threads_are_not_limited() {
    loom::model(|| {
        let counter = AtomicUsize::new(0);
        for _ in 0..70_000 {
            counter.fetch_add(1, Relaxed);
        }
        assert_eq!(counter.load(Relaxed), 70_000);
        let threads: Vec<_> = (0..64).map(|i| thread::spawn(move || i)).collect();
        let sum: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(sum, 63 * 64 / 2);
    });
}

#[test]
fn l32_a_loop_that_waits_ends_without_a_yield() {
    loom::model(|| {
        let ready = Arc::new(AtomicBool::new(false));
        let theirs = ready.clone();
        let other = thread::spawn(move || theirs.store(true, Release));
        while !ready.load(Acquire) {}
        other.join().unwrap();
    });
}

#[test]
fn barriers_work() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let theirs = barrier.clone();
        let other = thread::spawn(move || theirs.wait().is_leader());
        let mine = barrier.wait().is_leader();
        assert!(mine != other.join().unwrap());
    });
}

#[test]
fn windows_of_exploration_are_ignored() {
    let seen = outcomes(|| {
        let x = Arc::new(AtomicUsize::new(0));
        let theirs = x.clone();
        loom::stop_exploring();
        let other = thread::spawn(move || theirs.store(1, Relaxed));
        let seen = x.load(Relaxed);
        loom::explore();
        other.join().unwrap();
        loom::skip_branch();
        seen
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn a_loop_that_waits_for_real_time_comes_to_the_limit() {
    let message = failure(|| {
        let (x, start) = (AtomicUsize::new(0), std::time::Instant::now());
        while x.load(Relaxed) == 0 && start.elapsed() < Duration::from_secs(3_600) {
            thread::yield_now();
        }
    });
    assert!(message.contains("performed 100000 operations"), "{message}");
}
