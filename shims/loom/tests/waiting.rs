//! What waits: futures, notifications, threads; and what a check can be told.

mod support;

use loom::future::{AtomicWaker, block_on};
use loom::model::Builder;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use loom::sync::{Arc, Notify};
use loom::thread;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use support::{failure, outcomes};

#[test]
fn a_task_is_woken() {
    let waits = |registers_first: bool| {
        move || {
            let shared = Arc::new((AtomicWaker::new(), AtomicBool::new(false)));
            let theirs = shared.clone();
            let other = thread::spawn(move || {
                theirs.1.store(true, Release);
                theirs.0.wake();
            });
            block_on(poll_fn(|context| {
                if registers_first {
                    shared.0.register_by_ref(context.waker());
                }
                if shared.1.load(Acquire) {
                    return Poll::Ready(());
                }
                shared.0.register_by_ref(context.waker());
                Poll::Pending
            }));
            other.join().unwrap();
        }
    };
    loom::model(waits(true));
    let message = failure(waits(false));
    assert!(message.contains("blocked") || message.contains("waits"), "{message}");
}

#[test]
fn a_future_may_be_polled_without_being_woken() {
    let seen = outcomes(|| {
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            let waker = context.waker().clone();
            if polls == 1 {
                thread::spawn(move || waker.wake());
                return Poll::Pending;
            }
            Poll::Ready(polls)
        }))
    });
    assert_eq!(seen, [2]);
    let spurious = outcomes(|| {
        let woken = Arc::new(AtomicBool::new(false));
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            if polls == 1 {
                let (woken, waker) = (woken.clone(), context.waker().clone());
                thread::spawn(move || {
                    woken.store(true, Release);
                    waker.wake();
                });
            }
            if woken.load(Acquire) { Poll::Ready(polls) } else { Poll::Pending }
        }))
    });
    assert!(spurious.contains(&3), "{spurious:?}");
}

#[test]
fn a_notification_is_kept_and_orders() {
    loom::model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            theirs.1.store(1, Relaxed);
            theirs.0.notify();
        });
        while shared.1.load(Relaxed) == 0 {
            shared.0.wait();
        }
        other.join().unwrap();
    });
    let message = failure(|| {
        let shared = Arc::new(Notify::new());
        for _ in 0..2 {
            let theirs = shared.clone();
            thread::spawn(move || theirs.wait());
        }
        shared.notify();
        shared.notify();
    });
    assert!(message.contains("only one thread may wait") || message.contains("wait"), "{message}");
}

#[test]
fn what_a_thread_holds_need_not_be_send() {
    loom::model(|| {
        let held = Rc::new(3);
        let theirs = held.clone();
        let other = thread::spawn(move || theirs);
        assert_eq!(*other.join().unwrap(), 3);
        assert_eq!(Rc::strong_count(&held), 1);
    });
}

#[test]
fn threads_have_names_and_park() {
    loom::model(|| {
        let main = thread::current();
        let other = thread::Builder::new().name("other".into()).stack_size(1 << 16);
        let other = other.spawn(move || {
            main.unpark();
            thread::current().name().map(String::from)
        });
        thread::park();
        assert_eq!(other.unwrap().join().unwrap().as_deref(), Some("other"));
    });
}

#[test]
fn what_loom_lacks_works() {
    loom::model(|| {
        let mut sums = [0; 2];
        thread::scope(|scope| {
            for (i, sum) in sums.iter_mut().enumerate() {
                scope.spawn(move || *sum = i + 1);
            }
        });
        assert_eq!(sums, [1, 2]);
        let one = Arc::new(1);
        let weak = Arc::downgrade(&one);
        drop(one);
        assert!(weak.upgrade().is_none());
    });
}

#[test]
fn a_builder_bounds_the_search() {
    let counted = |builder: Builder| {
        let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let theirs = count.clone();
        builder.check(move || {
            theirs.fetch_add(1, Relaxed);
            let value = Arc::new(AtomicUsize::new(0));
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let value = value.clone();
                    thread::spawn(move || value.fetch_add(1, Relaxed))
                })
                .collect();
            threads.into_iter().for_each(|thread| drop(thread.join()));
        });
        count.load(Relaxed)
    };
    let all = counted(Builder::new());
    assert!(all >= 6, "{all}");
    let mut few = Builder::default();
    few.max_permutations = Some(3);
    assert_eq!(counted(few), 3);
    let mut bounded = Builder::new();
    bounded.preemption_bound = Some(0);
    bounded.max_duration = Some(std::time::Duration::from_secs(60));
    bounded.max_branches = 1_000_000;
    assert!(counted(bounded) <= all);
}

#[test]
fn a_hint_that_was_wrong_panics() {
    // SAFETY: it panics.
    let message = failure(|| unsafe { loom::hint::unreachable_unchecked() });
    assert!(message.contains("unreachable_unchecked was reached"), "{message}");
}
