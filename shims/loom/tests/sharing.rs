//! What is counted and must be given back: shares, allocations, statics.

mod support;

use loom::alloc::{Layout, Track, alloc, dealloc};
use loom::sync::atomic::{AtomicUsize, Ordering::*};
use loom::sync::{Arc, Mutex, mpsc};
use loom::thread;
use support::{failure, outcomes};

#[test]
fn what_is_not_given_back_is_a_leak() {
    assert!(failure(|| std::mem::forget(Arc::new(1))).contains("an Arc created at"));
    assert!(failure(|| std::mem::forget(Track::new(1))).contains("a tracked value created at"));
    let layout = Layout::new::<u64>();
    // SAFETY: the size is not 0.
    let message = failure(move || assert!(!unsafe { alloc(layout) }.is_null()));
    assert!(message.contains("memory created at"), "{message}");
    loom::model(move || {
        assert_eq!(Track::new(1).into_inner(), 1);
        drop(Track::new(2));
        // SAFETY: the size is not 0, and it is freed once, as it was allocated.
        unsafe { dealloc(alloc(layout), layout) };
    });
}

#[test]
fn shares_go_through_pointers() {
    loom::model(|| {
        let one = Arc::new(AtomicUsize::new(1));
        let pointer = Arc::into_raw(one.clone());
        assert_eq!((pointer, Arc::strong_count(&one)), (Arc::as_ptr(&one), 2));
        // SAFETY: it comes from `into_raw`.
        unsafe { Arc::increment_strong_count(pointer) };
        assert_eq!(Arc::strong_count(&one), 3);
        // SAFETY: there is a share for each.
        let (two, three) = unsafe { (Arc::from_raw(pointer), Arc::from_raw(pointer)) };
        let other = thread::spawn(move || {
            two.fetch_add(1, Relaxed);
            // SAFETY: it stands for the share that is given up here.
            unsafe { Arc::decrement_strong_count(Arc::into_raw(two)) };
        });
        other.join().unwrap();
        assert_eq!((Arc::strong_count(&one), three.load(Relaxed)), (2, 2));
        assert!(Arc::ptr_eq(&one, &three));
        drop(one);
        assert_eq!(Arc::try_unwrap(three).unwrap().into_inner(), 2);
        assert!(Arc::try_unwrap(Arc::from_std(std::sync::Arc::new(1))) == Ok(1));
    });
}

#[test]
fn a_share_of_something_unsized() {
    loom::model(|| {
        let made: std::sync::Arc<dyn Fn() -> u32> = std::sync::Arc::new(|| 5);
        let one = Arc::from_std(made);
        let pointer = Arc::into_raw(one.clone());
        // SAFETY: it comes from `into_raw`.
        let two = unsafe { Arc::from_raw(pointer) };
        assert_eq!(one() + two(), 10);
    });
}

#[test]
fn who_is_last_drops_after_all_others() {
    struct Last(Arc<AtomicUsize>);
    impl Drop for Last {
        fn drop(&mut self) {
            // All that was done through it has happened.
            self.0.fetch_add(10 * self.0.load(Relaxed), Relaxed);
        }
    }
    let seen = outcomes(|| {
        let sum = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Last(sum.clone()));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    shared.0.fetch_add(1, Relaxed);
                    drop(shared);
                })
            })
            .collect();
        drop(shared);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        sum.load(Relaxed)
    });
    assert_eq!(seen, [22]);
}

loom::lazy_static! {
    /// Whatever is left in it is dropped.
    static ref LEFT: Mutex<Vec<Arc<u32>>> = Mutex::new(Vec::new());
    pub(crate) static ref COUNT: AtomicUsize = AtomicUsize::new(0);
}

#[test]
fn statics_are_new_in_each_execution_and_dropped_at_its_end() {
    let seen = outcomes(|| {
        let other = thread::spawn(|| {
            LEFT.lock().unwrap().push(Arc::new(1));
            COUNT.fetch_add(1, Relaxed)
        });
        LEFT.lock().unwrap().push(Arc::new(2));
        let mine = COUNT.fetch_add(1, Relaxed);
        (mine, other.join().unwrap(), LEFT.lock().unwrap().len())
    });
    assert_eq!(seen, [(0, 1, 2), (1, 0, 2)]);
}

#[test]
fn a_static_that_is_used_after_the_end_is_refused() {
    let message = failure(|| {
        thread::spawn(|| COUNT.load(Relaxed));
    });
    assert!(message.contains("used after the end of the main thread"), "{message}");
}

loom::thread_local! {
    static MINE: std::cell::Cell<u32> = std::cell::Cell::new(3);
    static GUARD: Arc<AtomicUsize> = Arc::new(AtomicUsize::new(1))
}

#[test]
fn thread_locals_belong_to_threads_of_the_model() {
    loom::model(|| {
        let other = thread::spawn(|| MINE.with(|mine| mine.replace(7)));
        assert_eq!(MINE.with(|mine| mine.get()), 3);
        assert_eq!(other.join().unwrap(), 3);
        assert_eq!(GUARD.try_with(|guard| guard.load(Relaxed)), Ok(1));
    });
}

#[test]
fn messages_that_nobody_takes_are_dropped_with_the_receiver() {
    loom::model(|| {
        let (sender, receiver) = mpsc::channel();
        sender.send(Arc::new(1)).unwrap();
        drop((sender, receiver));
    });
}
