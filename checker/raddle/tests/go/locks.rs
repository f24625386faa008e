//! `sync`: mutexes, reader-writer locks, conditions, onces, wait groups, and the smaller types.

use super::{both, failure, hangs, panics, results};
use raddle::Kind;
use raddle_shims::go::{
    self, Cond, Locker, Map, Mutex, Once, Pool, RWMutex, WaitGroup, atomic::Int64, atomic::Pointer,
    atomic::Value, chan, once_func, once_value, once_values,
};
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn a_mutex_excludes_and_may_be_unlocked_by_another() {
    both(|| {
        let (lock, inside, done) = (Arc::new(Mutex::new()), Arc::new(Int64::new(0)), chan(2));
        for _ in 0..2 {
            let (lock, inside, done) = (Arc::clone(&lock), Arc::clone(&inside), done.sender());
            go::go(move || {
                lock.lock();
                assert_eq!(inside.add(1), 1);
                inside.add(-1);
                lock.unlock();
                done.send(());
            });
        }
        done.recv();
        done.recv();
        assert!(lock.try_lock() && !lock.try_lock());
        let theirs = Arc::clone(&lock);
        go::go(move || theirs.unlock());
        lock.lock();
    });
}

#[test]
fn unlocking_what_is_not_locked() {
    panics("sync: unlock of unlocked mutex", || Mutex::new().unlock());
    panics("sync: Unlock of unlocked RWMutex", || RWMutex::new().unlock());
    panics("sync: RUnlock of unlocked RWMutex", || RWMutex::new().runlock());
}

#[test]
fn a_mutex_is_not_re_entrant() {
    hangs(|| {
        let lock = Mutex::new();
        lock.lock();
        lock.lock();
    });
}

/// The same on real threads, where no search finds the moment: somebody who comes while a writer waits gets in after it.
#[test]
fn a_writer_that_waits_keeps_new_readers_out_for_real() {
    let lock = Arc::new(RWMutex::new());
    let order = chan(2);
    lock.rlock();
    let (theirs, written) = (Arc::clone(&lock), order.sender());
    go::go(move || {
        theirs.lock();
        written.send("written");
        theirs.unlock();
    });
    while lock.try_rlock() {
        lock.runlock();
        std::thread::yield_now();
    }
    let (theirs, read) = (Arc::clone(&lock), order.sender());
    go::go(move || {
        theirs.rlock();
        read.send("read");
        theirs.runlock();
    });
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert!(
        order.try_recv().is_err(),
        "somebody came in although a writer waits and a reader is there"
    );
    lock.runlock();
    assert_eq!((order.recv(), order.recv()), (Some("written"), Some("read")));
}

#[test]
fn readers_share() {
    both(|| {
        let lock = Arc::new(RWMutex::new());
        let (theirs, there, back) = (Arc::clone(&lock), chan(0), chan(0));
        let (arrive, leave) = (there.sender(), back.receiver());
        lock.rlock();
        go::go(move || {
            theirs.rlock();
            arrive.send(());
            leave.recv();
            theirs.runlock();
        });
        there.recv();
        assert!(!lock.try_lock() && lock.try_rlock());
        lock.runlock();
        back.send(());
        lock.runlock();
        lock.lock();
        assert!(!lock.try_rlock());
        lock.unlock();
    });
}

/// Breaks if readers may overtake a writer that waits.
#[test]
fn a_writer_that_waits_keeps_new_readers_out() {
    let recursive = || {
        let lock = Arc::new(RWMutex::new());
        let theirs = Arc::clone(&lock);
        lock.rlock();
        go::go(move || {
            theirs.lock();
            theirs.unlock();
        });
        lock.rlock();
        lock.runlock();
        lock.runlock();
    };
    hangs(recursive);
    let found = super::returned(
        &Arc::new(|| {
            let lock = Arc::new(RWMutex::new());
            let theirs = Arc::clone(&lock);
            lock.rlock();
            go::go(move || {
                theirs.lock();
                theirs.unlock();
            });
            let second = lock.try_rlock();
            if second {
                lock.runlock();
            }
            lock.runlock();
            second
        }),
        &raddle::Builder::new(),
    );
    assert_eq!(found, BTreeSet::from([false, true]));
}

#[test]
fn signals_wake_in_the_order_of_waiting() {
    both(|| {
        let shared = Arc::new((Mutex::new(), Cond::new(), Int64::new(0)));
        let (order, here) = (chan(2), chan(2));
        for _ in 0..2 {
            let (shared, order, here) = (Arc::clone(&shared), order.sender(), here.sender());
            go::go(move || {
                let (lock, turn, waiting) = &*shared;
                lock.lock();
                let number = waiting.add(1);
                here.send(());
                turn.wait(lock);
                order.send(number);
                lock.unlock();
            });
        }
        let (lock, turn, _) = &*shared;
        here.recv();
        here.recv();
        for number in 1..=2 {
            lock.lock();
            turn.signal();
            lock.unlock();
            assert_eq!(order.recv(), Some(number));
        }
    });
}

#[test]
fn a_broadcast_wakes_everybody_and_a_lost_signal_nobody() {
    let program = |locked: bool| {
        move || {
            let shared = Arc::new((Mutex::new(), Cond::new(), Int64::new(0)));
            let group = Arc::new(WaitGroup::new());
            for _ in 0..2 {
                let shared = Arc::clone(&shared);
                group.go(move || {
                    let (lock, changed, ready) = &*shared;
                    lock.lock();
                    while ready.load() == 0 {
                        changed.wait(lock);
                    }
                    lock.unlock();
                });
            }
            let (lock, changed, ready) = &*shared;
            if locked {
                lock.lock();
            }
            ready.store(1);
            if locked {
                lock.unlock();
            }
            changed.broadcast();
            group.wait();
        }
    };
    both(program(true));
    // Between the test and the wait the signal is lost.
    hangs(program(false));
}

#[test]
fn a_once_is_done_when_anybody_returns() {
    both(|| {
        let (once, times) = (Arc::new(Once::new()), Arc::new(Int64::new(0)));
        let group = Arc::new(WaitGroup::new());
        for _ in 0..2 {
            let (once, times) = (Arc::clone(&once), Arc::clone(&times));
            group.go(move || {
                once.do_once(|| {
                    times.add(1);
                });
                assert_eq!(times.load(), 1);
            });
        }
        group.wait();
    });
}

#[test]
fn a_once_that_calls_itself_waits_for_ever() {
    hangs(|| {
        let once = Once::new();
        once.do_once(|| once.do_once(|| {}));
    });
}

#[test]
fn a_once_that_panics_counts_as_done() {
    both(|| {
        let once = Once::new();
        let quiet = std::panic::AssertUnwindSafe(|| {
            once.do_once(|| std::panic::resume_unwind(Box::new("gone")));
        });
        assert!(std::panic::catch_unwind(quiet).is_err());
        once.do_once(|| unreachable!());
    });
}

#[test]
fn functions_of_a_once() {
    both(|| {
        let times = Arc::new(Int64::new(0));
        let theirs = Arc::clone(&times);
        let value = once_value(move || theirs.add(1));
        let (again, group) = (value.clone(), Arc::new(WaitGroup::new()));
        group.go(move || assert_eq!(again(), 1));
        assert_eq!(value(), 1);
        group.wait();
        let theirs = Arc::clone(&times);
        let call = once_func(move || {
            theirs.add(1);
        });
        call();
        call();
        assert_eq!(times.load(), 2);
    });
}

#[test]
fn a_wait_group_waits_for_all() {
    both(|| {
        let (group, sum) = (Arc::new(WaitGroup::new()), Arc::new(Int64::new(0)));
        for i in 1..=3 {
            let sum = Arc::clone(&sum);
            group.go(move || sum.add(i));
        }
        group.wait();
        assert_eq!(sum.load(), 6);
    });
}

#[test]
fn workers_that_are_done_are_one_execution() {
    let outcome = raddle::explore(|| {
        let group = Arc::new(WaitGroup::new());
        group.add(4);
        for _ in 0..4 {
            let group = Arc::clone(&group);
            go::go(move || group.done());
        }
        group.wait();
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    assert_eq!(outcome.coverage().executions, 1);
}

#[test]
fn wait_groups_that_are_miscounted() {
    panics("sync: negative WaitGroup counter", || WaitGroup::new().done());
    // One done too few.
    hangs(|| {
        let group = WaitGroup::new();
        group.add(2);
        group.done();
        group.wait();
    });
    // An addition by the goroutine itself may come after the wait.
    let outcome = raddle::explore(|| {
        let (group, seen) = (Arc::new(WaitGroup::new()), Arc::new(Int64::new(0)));
        let (theirs, work) = (Arc::clone(&group), Arc::clone(&seen));
        go::go(move || {
            theirs.add(1);
            work.add(1);
            theirs.done();
        });
        group.wait();
        assert_eq!(seen.load(), 1, "the wait returned early");
    });
    let (kind, text) = failure(&outcome);
    assert_eq!(kind, Kind::Panic);
    assert!(text.contains("the wait returned early"), "{text}");
    // A done that may come before the addition it belongs to.
    let outcome = raddle::explore(|| {
        let group = Arc::new(WaitGroup::new());
        let theirs = Arc::clone(&group);
        go::go(move || theirs.done());
        group.add(1);
    });
    assert!(failure(&outcome).1.contains("sync: negative WaitGroup counter"));
}

/// Everything that programs panic with in one of their executions.
fn all_panics(program: impl Fn() + Send + Sync + Copy + 'static) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let sample = raddle::Builder::new().strategy("random").iterations(1).seed(seed);
        let outcome = sample.minimize("0s").explore(program);
        found.extend(outcome.violation().map(|violation| violation.message.clone()));
    }
    found.into_iter().collect()
}

/// A group is used again while somebody who waited for it has not returned: whoever notices panics. That nobody does in one of
/// 200 samples has a probability below 10⁻⁶.
#[test]
fn a_wait_group_that_is_used_again_too_early() {
    let found = all_panics(|| {
        let group = Arc::new(WaitGroup::new());
        group.add(1);
        let theirs = Arc::clone(&group);
        go::go(move || theirs.wait());
        group.done();
        group.add(1);
        group.done();
    });
    let expected = [
        "sync: WaitGroup is reused before previous Wait has returned",
        "sync: WaitGroup misuse: Add called concurrently with Wait",
    ];
    assert_eq!(found, expected);
    // It may be used again when all have returned, and added to while it is not empty.
    both(|| {
        let group = Arc::new(WaitGroup::new());
        for _ in 0..2 {
            group.add(1);
            let theirs = Arc::clone(&group);
            go::go(move || {
                theirs.add(1);
                theirs.done();
                theirs.done();
            });
            group.wait();
        }
    });
}

#[test]
fn maps_and_pools() {
    let found = results(|| {
        let (map, group) = (Arc::new(Map::new()), Arc::new(WaitGroup::new()));
        let theirs = Arc::clone(&map);
        group.go(move || theirs.load_or_store("key", 1));
        let mine = map.load_or_store("key", 2);
        group.wait();
        assert_eq!(map.load(&"key"), Some(mine.0));
        mine
    });
    assert_eq!(found, BTreeSet::from([(1, true), (2, false)]));
    let found = super::returned(
        &Arc::new(|| {
            let pool = Pool::new(|| 0);
            pool.put(7);
            pool.get()
        }),
        &raddle::Builder::new(),
    );
    assert_eq!(found, BTreeSet::from([0, 7]));
}

#[test]
fn pointers_and_maps_are_compared_and_changed_in_one_step() {
    both(|| {
        let (pointer, old) = (Arc::new(Pointer::nil()), Arc::new(1));
        assert!(pointer.compare_and_swap(None, Some(Arc::clone(&old))));
        // Another one that is equal is not the same.
        assert!(!pointer.compare_and_swap(Some(&Arc::new(1)), None));
        assert!(!pointer.compare_and_swap(None, None));
        let (won, group) = (Arc::new(Int64::new(0)), Arc::new(WaitGroup::new()));
        let map = Arc::new(Map::new());
        map.store("a", 1);
        for _ in 0..2 {
            let (pointer, old, won) = (Arc::clone(&pointer), Arc::clone(&old), Arc::clone(&won));
            let map = Arc::clone(&map);
            group.go(move || {
                won.add(i64::from(pointer.compare_and_swap(Some(&old), Some(Arc::new(2)))));
                won.add(10 * i64::from(map.compare_and_swap(&"a", &1, 2)));
            });
        }
        group.wait();
        assert_eq!(won.load(), 11);
        assert!(!map.compare_and_delete(&"a", &1) && map.compare_and_delete(&"a", &2));
        assert!(!map.compare_and_swap(&"a", &2, 3));
        map.store("b", 1);
        map.delete(&"b");
        map.store("c", 1);
        map.clear();
        assert_eq!((map.load(&"b"), map.load(&"c")), (None, None));
    });
}

/// A panic of a goroutine ends the program, whoever waits.
#[test]
fn a_goroutine_that_panics_fails_the_run() {
    let outcome = raddle::explore(|| {
        go::go(|| panic!("this goroutine is broken"));
    });
    let (kind, text) = failure(&outcome);
    assert_eq!(kind, Kind::Panic);
    assert!(text.contains("this goroutine is broken"), "{text}");
    let report = &outcome.violation().unwrap().report;
    assert!(report.contains("locks.rs"), "{report}");
}

/// `atomic.Value`: changed in one step, one type for ever, Go's texts.
#[test]
fn values_are_of_one_type() {
    both(|| {
        let value = Arc::new(Value::new());
        assert!(value.load().is_none());
        let (theirs, group) = (Arc::clone(&value), Arc::new(WaitGroup::new()));
        group.go(move || theirs.compare_and_swap(None, 1));
        let mine = value.compare_and_swap(None, 2);
        group.wait();
        let held = *value.load().unwrap().downcast::<i32>().unwrap();
        assert_eq!(held, if mine { 2 } else { 1 });
        assert_eq!(value.swap(3).unwrap().downcast_ref(), Some(&held));
        assert!(!value.compare_and_swap(Some(&4), 5) && value.compare_and_swap(Some(&3), 5));
        assert!(!value.compare_and_swap(None, 6));
        value.store(7);
        assert_eq!(value.load().unwrap().downcast_ref(), Some(&7));
    });
    let of = |message: &str, change: fn(&Value)| {
        panics(message, move || {
            let value = Value::new();
            value.store(1);
            change(&value);
        });
    };
    of("sync/atomic: store of inconsistently typed value into Value", |value| value.store("one"));
    of("sync/atomic: swap of inconsistently typed value into Value", |value| _ = value.swap("one"));
    of("sync/atomic: compare and swap of inconsistently typed values into Value", |value| {
        _ = value.compare_and_swap(Some(&"one"), "two");
    });
}

/// A condition waits with any locker: here with the reading side, which several have at once.
#[test]
fn conditions_take_any_locker() {
    both(|| {
        let (lock, ready) = (Arc::new(RWMutex::new()), Arc::new(Cond::new()));
        let (set, group) = (Arc::new(Int64::new(0)), Arc::new(WaitGroup::new()));
        for _ in 0..2 {
            let (lock, ready, set) = (Arc::clone(&lock), Arc::clone(&ready), Arc::clone(&set));
            group.go(move || {
                let readers: &dyn Locker = &lock.rlocker();
                readers.lock();
                while set.load() == 0 {
                    ready.wait(readers);
                }
                readers.unlock();
            });
        }
        lock.lock();
        set.store(1);
        ready.broadcast();
        lock.unlock();
        group.wait();
    });
    panics("sync: RUnlock of unlocked RWMutex", || RWMutex::new().rlocker().unlock());
}

#[test]
fn functions_of_a_once_with_two_results() {
    both(|| {
        let times = Arc::new(Int64::new(0));
        let theirs = Arc::clone(&times);
        let both = once_values(move || (theirs.add(1), "loaded"));
        let (again, group) = (both.clone(), Arc::new(WaitGroup::new()));
        group.go(move || assert_eq!(again(), (1, "loaded")));
        assert_eq!(both(), (1, "loaded"));
        group.wait();
        assert_eq!(times.load(), 1);
    });
}
