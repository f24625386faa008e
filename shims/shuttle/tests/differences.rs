//! What is explored here and not by shuttle, and the other way round: a test for each row of `differences.md`.

mod support;

use shuttle::scheduler::RandomScheduler;
use shuttle::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Condvar, Mutex, RwLock, mpsc};
use shuttle::{Config, FailurePersistence, Runner, check_random_with_seed, thread};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize as Std;
use std::task::Poll;
use std::time::Duration;
use support::outcomes;

#[test]
fn a_condition_variable_wakes_up_for_no_reason() {
    let notified = outcomes(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_all();
        });
        let ready = pair.0.lock().unwrap();
        match *ready {
            true => true,
            false => *pair.1.wait(ready).unwrap(),
        }
    });
    assert_eq!(notified, [false, true]);
}

#[test]
fn timeouts_run_out() {
    let limit = Duration::from_secs(1);
    let received = outcomes(move || {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(1).is_ok());
        receiver.recv_timeout(limit).is_ok()
    });
    assert_eq!(received, [false, true]);
    let timed_out = outcomes(move || {
        let (lock, changed) = (Mutex::new(()), Condvar::new());
        let ended = changed.wait_timeout(lock.lock().unwrap(), limit).unwrap().1;
        thread::park_timeout(limit);
        ended.timed_out()
    });
    assert!(timed_out.contains(&true));
}

#[test]
fn a_weak_exchange_fails_for_no_reason() {
    let exchanged =
        outcomes(|| AtomicU32::new(0).compare_exchange_weak(0, 1, SeqCst, SeqCst).is_ok());
    assert_eq!(exchanged, [false, true]);
}

#[test]
fn a_future_is_polled_without_having_been_woken() {
    let polls = outcomes(|| {
        let (waker, taken) = mpsc::channel::<std::task::Waker>();
        thread::spawn(move || taken.recv().map(|waker| waker.wake()));
        let mut polls = 0;
        shuttle::future::block_on(poll_fn(|context| {
            polls += 1;
            if polls == 1 {
                waker.send(context.waker().clone()).unwrap();
                return Poll::Pending;
            }
            Poll::Ready(())
        }));
        polls
    });
    assert_eq!(polls, [2]);
    let spurious = outcomes(|| {
        let woken = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&woken);
        let (waker, taken) = mpsc::channel::<std::task::Waker>();
        thread::spawn(move || {
            let Ok(waker) = taken.recv() else { return };
            theirs.store(1, SeqCst);
            waker.wake();
        });
        let mut waker = Some(waker);
        let mut seen = Vec::new();
        shuttle::future::block_on(poll_fn(|context| match waker.take() {
            Some(waker) => {
                waker.send(context.waker().clone()).unwrap();
                Poll::Pending
            }
            None => {
                seen.push(woken.load(SeqCst));
                Poll::Ready(())
            }
        }));
        seen
    });
    assert_eq!(spurious, [[0], [1]]);
}

#[test]
fn yields_are_no_events() {
    // With shuttle, some execution stops the first thread between its two stores.
    let between = outcomes(|| {
        let value = Arc::new(Std::new(0));
        let theirs = Arc::clone(&value);
        let other = thread::spawn(move || {
            theirs.store(1, SeqCst);
            thread::yield_now();
            theirs.store(0, SeqCst);
        });
        let seen = value.load(SeqCst);
        other.join().unwrap();
        seen
    });
    assert_eq!(between, [0]);
    let through_shuttle = outcomes(|| {
        let value = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&value);
        let other = thread::spawn(move || {
            theirs.store(1, SeqCst);
            theirs.store(0, SeqCst);
        });
        let seen = value.load(SeqCst);
        other.join().unwrap();
        seen
    });
    assert_eq!(through_shuttle, [0, 1]);
}

/// In a sample another thread can go on at a yield and at a sleep, as with shuttle, and does so again when it is replayed.
#[test]
fn yields_and_sleeps_are_steps_of_a_sample() {
    let pauses: [fn(); 2] = [thread::yield_now, || thread::sleep(Duration::from_millis(1))];
    for pause in pauses {
        let program = move || {
            let value = Arc::new(Std::new(0));
            let theirs = Arc::clone(&value);
            let other = thread::spawn(move || {
                theirs.store(1, SeqCst);
                pause();
                theirs.store(0, SeqCst);
            });
            pause();
            assert_eq!(value.load(SeqCst), 0, "between");
            other.join().unwrap();
        };
        let folder = std::env::temp_dir().join(format!("shuttle-steps-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut config = Config::new();
        config.failure_persistence = FailurePersistence::File(Some(folder.clone()));
        let run = |runner: Box<dyn Fn() -> usize>| {
            let failed = catch_unwind(AssertUnwindSafe(runner)).expect_err("it is found");
            assert!(failed.downcast_ref::<String>().unwrap().contains("between"));
        };
        run(Box::new(move || {
            Runner::new(RandomScheduler::new_from_seed(1, 200), config.clone()).run(program)
        }));
        let token = std::fs::read_to_string(folder.join("schedule000.txt")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        run(Box::new(move || {
            shuttle::replay(program, &token);
            0
        }));
    }
}

#[test]
fn a_sleep_is_of_any_length() {
    // In a sample, a thread that sleeps lets others go first; a search tries every order all the same.
    let orders = outcomes(|| {
        let value = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&value);
        thread::spawn(move || {
            for _ in 0..5 {
                thread::sleep(Duration::from_millis(1));
            }
            *theirs.lock().unwrap() = 1;
        });
        *value.lock().unwrap()
    });
    assert_eq!(orders, [0, 1]);
}

#[test]
fn a_thread_may_read_twice() {
    let read = outcomes(|| {
        let lock = RwLock::new(3);
        let first = lock.read().unwrap();
        *first + *lock.read().unwrap()
    });
    assert_eq!(read, [6]);
}

/// The values that the executions of a sample see, one after the other.
fn seen(run: impl FnOnce(Box<dyn Fn() + Send + Sync>)) -> Vec<usize> {
    let all = Arc::new(std::sync::Mutex::new(Vec::new()));
    let theirs = Arc::clone(&all);
    run(Box::new(move || {
        let value = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&value);
        let other = thread::spawn(move || other.store(1, SeqCst));
        let seen = value.load(SeqCst);
        other.join().unwrap();
        theirs.lock().unwrap().push(seen);
    }));
    let all = all.lock().unwrap();
    all.clone()
}

#[test]
fn a_sample_is_the_same_every_time() {
    let run = |f| drop(vec![Runner::new(RandomScheduler::new(64), Config::new()).run(f)]);
    assert_eq!(seen(run), seen(run));
    // Two seeds give the same 64 executions with a probability of about 2^-64.
    assert_ne!(seen(run), seen(|f| check_random_with_seed(f, 7, 64)));
}

/// The count of std's `Arc` orders the last owner behind the others; nothing that is checked does.
#[test]
fn what_the_last_owner_does_is_no_race() {
    static DROPPED: Std = Std::new(0);
    struct Queue(AtomicUsize, AtomicUsize);
    impl Drop for Queue {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, SeqCst);
            assert_eq!(*self.0.get_mut(), 2, "both have been here");
        }
    }
    fn program() {
        let queue = Arc::new(Queue(AtomicUsize::new(0), AtomicUsize::new(0)));
        let theirs = Arc::clone(&queue);
        thread::spawn(move || {
            theirs.0.fetch_add(1, SeqCst);
            theirs.1.load(SeqCst);
        });
        queue.0.fetch_add(1, SeqCst);
        queue.1.load(SeqCst);
    }
    check_random_with_seed(program, 3, 100);
    assert!(DROPPED.load(SeqCst) >= 100);
    shuttle::check_dfs(program, None);
}
