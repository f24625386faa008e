//! Tasks, their handles and semaphores; labels, moments and statics.

mod support;

use shuttle::current::{self, ChildLabelFn, TaskName};
use shuttle::future::batch_semaphore::{BatchSemaphore, Fairness, TryAcquireError};
use shuttle::future::{JoinError, block_on, spawn, spawn_local, yield_now};
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Mutex, mpsc};
use shuttle::{check_dfs, thread};
use std::future::{Future, pending};
use std::rc::Rc;
use std::task::{Context, Waker};
use support::{failure, outcomes};

#[test]
fn a_task_comes_to_its_value() {
    let values = outcomes(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let tasks = [(); 2].map(|()| {
            let counter = Arc::clone(&counter);
            spawn(async move {
                let seen = counter.load(SeqCst);
                yield_now().await;
                counter.store(seen + 1, SeqCst);
                seen
            })
        });
        block_on(async {
            let [first, second] = tasks;
            (first.await.unwrap(), second.await.unwrap(), counter.load(SeqCst))
        })
    });
    assert_eq!(values, [(0, 0, 1), (0, 1, 2), (1, 0, 2)]);
}

#[test]
fn a_task_need_not_be_send() {
    check_dfs(
        || {
            let shared = Rc::new(5);
            let task = spawn_local(async move { *shared });
            assert_eq!(block_on(task).unwrap(), 5);
        },
        None,
    );
}

#[test]
fn a_task_is_aborted_or_comes_to_its_end_before() {
    let ends = outcomes(|| {
        let task = spawn(yield_now());
        task.abort_handle().abort();
        matches!(block_on(task), Err(JoinError::Cancelled))
    });
    assert_eq!(ends, [false, true]);
    check_dfs(
        || {
            let task = spawn(pending::<()>());
            task.abort();
            assert_eq!(block_on(task).unwrap_err().to_string(), "task was cancelled");
        },
        None,
    );
}

#[test]
fn a_task_that_is_left_behind_is_no_deadlock_and_a_thread_is() {
    check_dfs(|| drop(spawn(pending::<()>())), None);
    let message = failure(|| {
        check_dfs(
            || {
                let (sender, receiver) = mpsc::channel::<()>();
                thread::spawn(move || receiver.recv());
                std::mem::forget(sender);
            },
            None,
        );
    });
    assert!(message.starts_with("deadlock! "), "{message}");
    // One whose handle is still there counts as well.
    let message = failure(|| check_dfs(|| std::mem::forget(spawn(pending::<()>())), None));
    assert!(message.starts_with("deadlock! "), "{message}");
}

#[test]
fn a_panic_of_a_task_is_the_failure() {
    let check = || check_dfs(|| drop(block_on(spawn(async { panic!("in a task") }))), None);
    assert_eq!(failure(check), "in a task");
}

#[test]
fn permits_are_acquired_in_turn() {
    let acquired = outcomes(|| {
        let semaphore = Arc::new(BatchSemaphore::new(1, Fairness::StrictlyFair));
        semaphore.try_acquire(1).unwrap();
        let theirs = Arc::clone(&semaphore);
        let waiting = spawn(async move { theirs.acquire(2).await.is_ok() });
        semaphore.release(1);
        // As long as somebody waits for two, one cannot be had.
        let stolen = semaphore.try_acquire(1);
        if stolen.is_ok() {
            semaphore.release(1);
        }
        semaphore.release(1);
        assert!(block_on(waiting).unwrap());
        stolen.is_ok()
    });
    assert_eq!(acquired, [false, true]);
    let unfair = outcomes(|| {
        let semaphore = Arc::new(BatchSemaphore::new(1, Fairness::Unfair));
        let threads = [(); 2].map(|()| {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || {
                semaphore.acquire_blocking(1).unwrap();
                semaphore.release(1);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        semaphore.available_permits()
    });
    assert_eq!(unfair, [1]);
}

#[test]
fn a_closed_semaphore_has_nothing_for_anybody() {
    check_dfs(
        || {
            let semaphore = Arc::new(BatchSemaphore::const_new(0, Fairness::StrictlyFair));
            let theirs = Arc::clone(&semaphore);
            let waiting = spawn(async move { theirs.acquire(1).await.is_err() });
            assert_eq!(semaphore.try_acquire(1), Err(TryAcquireError::NoPermits));
            semaphore.close();
            assert!(block_on(waiting).unwrap());
            assert_eq!(semaphore.try_acquire(1), Err(TryAcquireError::Closed));
            assert!(semaphore.is_closed());
        },
        None,
    );
}

#[test]
fn permits_are_given_up_with_the_future() {
    check_dfs(
        || {
            let semaphore = BatchSemaphore::new(1, Fairness::StrictlyFair);
            semaphore.try_acquire(1).unwrap();
            let mut first = Box::pin(semaphore.acquire(1));
            let waker = std::task::Waker::noop();
            let mut context = std::task::Context::from_waker(waker);
            assert!(first.as_mut().poll(&mut context).is_pending());
            let more = semaphore.upgrade(1, 2);
            // What was granted to it, and it has not taken.
            drop(first);
            assert_eq!(semaphore.available_permits(), 1);
            drop(more);
            assert_eq!(semaphore.try_acquire(1), Ok(()));
        },
        None,
    );
}

#[test]
fn labels_are_inherited() {
    check_dfs(
        || {
            current::set_name_for_task(current::me(), "parent");
            current::set_label_for_task(current::me(), 7_u8);
            let name = ChildLabelFn(Arc::new(|_, labels| {
                labels.insert(TaskName::from("child"));
            }));
            current::set_label_for_task(current::me(), name);
            let child = thread::spawn(|| {
                let me = current::me();
                assert_eq!(current::get_label_for_task::<u8>(me), Some(7));
                assert!(format!("{me:?}").starts_with("child("));
                me
            });
            assert_eq!(child.join().unwrap(), 1.into());
            assert_eq!(current::get_name_for_task(0.into()), Some("parent".into()));
            let named = thread::Builder::new().name("named".to_string());
            current::remove_label_for_task::<ChildLabelFn>(current::me());
            let name = || current::get_name_for_task(current::me());
            assert_eq!(named.spawn(name).unwrap().join().unwrap(), Some("named".into()));
        },
        None,
    );
}

#[test]
fn moments_are_in_one_order() {
    let orders = outcomes(|| {
        let other = thread::spawn(|| [(); 2].map(|()| current::context_switches()));
        let mine = [(); 2].map(|()| current::context_switches());
        let theirs = other.join().unwrap();
        assert!(mine[0] < mine[1] && theirs[0] < theirs[1]);
        (mine[0] < theirs[0], mine[1] < theirs[1])
    });
    assert_eq!(orders, [(false, false), (false, true), (true, false), (true, true)]);
}

#[test]
fn statics_are_dropped_when_nobody_is_left_to_use_them() {
    use std::sync::atomic::AtomicUsize as Std;
    static DROPPED: Std = Std::new(0);
    struct Counts(Mutex<u32>);
    impl Drop for Counts {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, SeqCst);
        }
    }
    shuttle::lazy_static! {
        static ref COUNTS: Counts = Counts(Mutex::new(0));
    }
    shuttle::thread_local! {
        static MINE: std::cell::Cell<u32> = std::cell::Cell::new(0);
    }
    let use_them = || {
        MINE.with(|mine| mine.set(mine.get() + 1));
        *COUNTS.0.lock().unwrap() += 1;
        MINE.with(|mine| mine.get())
    };
    check_dfs(
        move || {
            shuttle::lazy_static::initialize(&COUNTS);
            let other = thread::spawn(use_them);
            assert_eq!((use_them(), other.join().unwrap()), (1, 1));
            assert_eq!(*COUNTS.0.lock().unwrap(), 2);
        },
        None,
    );
    assert_eq!(DROPPED.load(SeqCst), 2);
    // A thread that is left uses it after main has ended.
    check_dfs(move || drop(thread::spawn(use_them)), None);
    assert_eq!(DROPPED.load(SeqCst), 2);
}

#[test]
fn permits_pass_to_an_acquire_whose_task_has_ended() {
    check_dfs(
        || {
            let semaphore: &'static BatchSemaphore =
                Box::leak(Box::new(BatchSemaphore::new(0, Fairness::StrictlyFair)));
            let waits = spawn(async move {
                let mut acquire = Box::pin(semaphore.acquire(1));
                let mut context = Context::from_waker(Waker::noop());
                assert!(acquire.as_mut().poll(&mut context).is_pending());
                Some(acquire)
            });
            let acquire = block_on(waits).unwrap();
            semaphore.release(1);
            assert_eq!(semaphore.available_permits(), 0);
            drop(acquire);
            assert_eq!(semaphore.available_permits(), 1);
        },
        None,
    );
}
