//! What a report says so that whoever has only the report needs no second thought: who was at the other side of a channel,
//! what is held while somebody waits, what became of a notification, what plain memory held.

#[path = "sentences/channels.rs"]
mod channels;

use raddle::{Builder, Kind, Violation};
use raddle_shims::cell::{Access, GuardedCell, UnsafeCell};
use raddle_shims::go::{self, chan};
use raddle_shims::sync::atomic::{AtomicBool, Ordering::SeqCst};
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

#[track_caller]
fn found(kind: Kind, program: fn()) -> Violation {
    let outcome = Builder::new().explore(program);
    let violation = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}")).clone();
    assert_eq!(violation.kind, kind, "{}", violation.report);
    violation
}

/// The report, in which line breaks do not matter, says all of this and nothing of that.
#[track_caller]
fn says(violation: &Violation, texts: &[&str], not: &[&str]) {
    let report = violation.report_in(10_000);
    let words: Vec<&str> = report.split_whitespace().collect();
    let report = words.join(" ");
    for text in texts {
        assert!(report.contains(text), "{text:?} is not in\n{}", violation.report);
    }
    for text in not {
        assert!(!report.contains(text), "{text:?} is in\n{}", violation.report);
    }
}

/// The help of the report, in one line.
#[track_caller]
fn helps(violation: &Violation, text: &str) {
    let report = violation.report_in(10_000);
    let help = report.lines().find(|line| line.starts_with("help: ")).unwrap_or_default();
    assert!(help.contains(text), "{text:?} is not in {help:?}");
}

/// A lock that is held while its holder waits for what is no lock: on a condition variable, a wait group, the end of a thread.
#[test]
fn what_is_held_meanwhile() {
    let on_condvar = || {
        let shared = Arc::new((Mutex::new(()), Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let _outer = theirs.0.lock().unwrap();
            *theirs.1.lock().unwrap() = true;
            theirs.2.notify_one();
        });
        let outer = shared.0.lock().unwrap();
        let mut ready = shared.1.lock().unwrap();
        while !*ready {
            ready = shared.2.wait(ready).unwrap();
        }
        drop((ready, outer));
        other.join().unwrap();
    };
    let on_group = || {
        let (lock, group) = (Arc::new(Mutex::new(())), Arc::new(go::WaitGroup::new()));
        let (theirs, counts) = (Arc::clone(&lock), Arc::clone(&group));
        group.add(1);
        go::go(move || {
            drop(theirs.lock().unwrap());
            counts.done();
        });
        let _held = lock.lock().unwrap();
        group.wait();
    };
    let on_end = || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        let held = lock.lock().unwrap();
        thread::spawn(move || drop(theirs.lock().unwrap())).join().unwrap();
        drop(held);
    };
    for (program, waits) in [
        (on_condvar as fn(), "to be notified on `"),
        (on_group as fn(), "for the end of `group`"),
        (on_end as fn(), "for the end of t1"),
    ] {
        let violation = found(Kind::Deadlock, program);
        helps(&violation, "main holds `");
        helps(&violation, waits);
        says(&violation, &["give a lock up"], &["same order"]);
    }
}

/// Locks alone: there the order is what counts.
#[test]
fn orders_of_locks_are_told_where_they_are_the_cause() {
    let violation = found(Kind::Deadlock, || {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let theirs = Arc::clone(&locks);
        let other = thread::spawn(move || {
            let _one = theirs.1.lock().unwrap();
            let _two = theirs.0.lock().unwrap();
        });
        let one = locks.0.lock().unwrap();
        drop((locks.1.lock().unwrap(), one));
        other.join().unwrap();
    });
    helps(&violation, "lock in the same order everywhere");
}

/// Whoever panicked does no longer what others wait for.
#[test]
fn a_panic_that_leaves_others_waiting() {
    let violation = found(Kind::Deadlock, || {
        let results = chan(0);
        let sender = results.clone();
        let worker = thread::spawn(move || {
            sender.send(1);
            assert!(raddle::choose(2) == 0, "no work is left");
            sender.send(2);
        });
        results.recv();
        results.recv();
        worker.join().unwrap();
    });
    says(
        &violation,
        &[
            "main waits to receive from `results`, and nobody is left who could send or close it (t1 did, and has panicked); \
             t1 panicked: no work is left",
            "t1 sent to `results` here, and has panicked",
        ],
        &[],
    );
}

/// It was of use when it came; what it told of was undone afterwards.
#[test]
fn a_notification_that_was_undone() {
    let violation = found(Kind::Deadlock, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let sets = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_all();
        });
        sets.join().unwrap();
        let theirs = Arc::clone(&shared);
        let resets = thread::spawn(move || *theirs.0.lock().unwrap() = false);
        resets.join().unwrap();
        let mut ready = shared.0.lock().unwrap();
        while !*ready {
            ready = shared.1.wait(ready).unwrap();
        }
    });
    says(
        &violation,
        &[
            "before main came to look at what it waits for",
            "after that and before main looked, and did not notify",
        ],
        &["too early for it", "so it woke nobody"],
    );
    helps(&violation, "was undone, or used up by others");
}

/// Two sections of somebody else between the wait and its end.
#[test]
fn a_wait_that_ends_after_more_than_one_change() {
    let violation = found(Kind::Panic, || {
        let shared = Arc::new((Mutex::new((0, false)), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let waits = thread::spawn(move || {
            let mut state = theirs.0.lock().unwrap();
            let mut waited = false;
            while state.0 == 0 {
                state = theirs.1.wait(state).unwrap();
                waited = true;
            }
            assert!(!waited || !state.1, "it is woken before the end");
        });
        shared.0.lock().unwrap().0 = 1;
        shared.1.notify_one();
        shared.0.lock().unwrap().1 = true;
        waits.join().unwrap();
    });
    says(
        &violation,
        &[
            "t1 waited on `shared.1` here, until step",
            "main notified `shared.1` here, at step",
            "but t1 had `shared.0` again only at step",
            "both at once",
        ],
        &[],
    );
}

/// Programs that do something else every other time; which of the two is done to what kind of variable.
mod every_other_time {
    use super::*;
    use raddle_shims::sync::atomic::{AtomicPtr, Ordering::Relaxed};
    use std::sync::atomic::AtomicU32;

    /// How often programs have run, which raddle does not know of.
    static RUNS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

    fn is_even(which: usize) -> bool {
        RUNS[which].fetch_add(1, Relaxed).is_multiple_of(2)
    }

    pub fn with_a_flag() {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, Relaxed));
        match is_even(0) {
            true => _ = flag.load(Relaxed),
            false => flag.store(false, Relaxed),
        }
        other.join().unwrap();
    }

    pub fn with_a_pointer() {
        let head = Arc::new(AtomicPtr::new(std::ptr::null_mut::<u8>()));
        let theirs = Arc::clone(&head);
        let other = thread::spawn(move || theirs.store(std::ptr::null_mut(), Relaxed));
        match is_even(1) {
            true => _ = head.load(Relaxed),
            false => head.store(std::ptr::null_mut(), Relaxed),
        }
        other.join().unwrap();
    }
}

#[test]
fn the_allocator_is_among_what_may_make_a_program_differ() {
    let general = found(Kind::Nondeterminism, every_other_time::with_a_flag);
    helps(
        &general,
        "time or random numbers from outside, the order of a std hash map, addresses that are compared",
    );
    helps(&general, "unless `raddle::DeterministicAlloc` is the `#[global_allocator]`");
    let pointer = found(Kind::Nondeterminism, every_other_time::with_a_pointer);
    helps(&pointer, "an address has to do with what differs");
    helps(&pointer, "`static ALLOCATOR: raddle::DeterministicAlloc = raddle::DeterministicAlloc`");
    helps(&pointer, "other causes are time or random numbers");
}

/// The other side of an assertion is whoever wrote what was read.
#[test]
fn what_was_read_before_a_panic_was_written_by_somebody() {
    let violation = found(Kind::Panic, || {
        let shared = Arc::new((AtomicBool::new(false), Mutex::new(())));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || theirs.0.store(true, SeqCst));
        other.join().unwrap();
        let _guard = shared.1.lock().unwrap();
        assert!(!shared.0.load(SeqCst), "it was closed");
    });
    says(
        &violation,
        &["t1 had written `shared.0` = 1 here, which main read last before it panicked"],
        &[],
    );
    let violation = found(Kind::Panic, || {
        let flag = AtomicBool::new(true);
        flag.store(false, SeqCst);
        assert!(flag.load(SeqCst), "it was reset");
    });
    says(&violation, &[], &["read last before it panicked"]);
}

/// What was seen under a lock may have changed when somebody else had it.
#[test]
fn a_look_under_a_lock_that_others_had_since() {
    let violation = found(Kind::Panic, || {
        let shared = Arc::new((Mutex::new(None), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = Some(1);
            theirs.1.store(true, SeqCst);
        });
        let message = *shared.0.lock().unwrap();
        if message.is_none() && shared.1.load(SeqCst) {
            panic!("the message is lost");
        }
        other.join().unwrap();
    });
    says(
        &violation,
        &[
            "main goes on with what it saw under `shared.0` at step",
            "and t1 has had that since, at step",
        ],
        &[],
    );
}

/// An exchange that may fail for no reason.
#[test]
fn a_weak_exchange_that_fails_for_no_reason() {
    let violation = found(Kind::Panic, || {
        let state = AtomicBool::new(false);
        state.compare_exchange_weak(false, true, SeqCst, SeqCst).unwrap();
    });
    says(
        &violation,
        &[
            "main's compare_exchange_weak of `state` at step 1 failed although it found what it expected",
        ],
        &[],
    );
}

/// Plain memory that threads share without synchronisation where the program says so.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: it is not; that is what is shown.
unsafe impl<T> Sync for Shared<T> {}

/// Numbers are shown as they were found and left, also what the access found that ends the execution.
#[test]
fn what_plain_memory_held() {
    let violation = found(Kind::DataRace, || {
        let total = Arc::new(Shared(UnsafeCell::new(7_u32)));
        let theirs = Arc::clone(&total);
        // SAFETY: as above.
        let other = thread::spawn(move || theirs.0.with(|total| unsafe { *total }));
        // SAFETY: as above.
        total.0.with_mut(|total| unsafe { *total += 1 });
        assert!(other.join().unwrap() < 10);
    });
    says(
        &violation,
        &[
            "cell of u32 `total`",
            "plain write of `total` by main, which leaves 8",
            "write total: 7 -> 8",
        ],
        &[],
    );
    // The page steps through them.
    let page = violation.page();
    for text in ["cell of u32 `total`", r#""initial":"7""#, r#""v":"8""#] {
        assert!(page.contains(text), "{text} is not in the page");
    }
    let violation = found(Kind::Panic, || {
        let names = Arc::new((
            Mutex::new(()),
            Shared(UnsafeCell::new(vec![1])),
            Shared(UnsafeCell::new(true)),
        ));
        let theirs = Arc::clone(&names);
        let other = thread::spawn(move || {
            let _guard = theirs.0.lock().unwrap();
            // SAFETY: the lock is held.
            theirs.2.0.with_mut(|is_open| unsafe { *is_open = false });
            // SAFETY: as above.
            theirs.1.0.with_mut(|names| unsafe { (*names).clear() });
        });
        other.join().unwrap();
        let _guard = names.0.lock().unwrap();
        // SAFETY: the lock is held.
        assert!(names.2.0.with(|is_open| unsafe { *is_open }), "it was closed");
    });
    says(&violation, &[": true -> false", "-> false"], &[]);
}

/// Cells whose accesses have an end.
#[test]
fn what_a_guarded_cell_held() {
    let violation = found(Kind::Panic, || {
        let slot = GuardedCell::new(-1_i64);
        // SAFETY: nobody else uses the cell.
        slot.with_mut(|slot| unsafe { *slot = 5 });
        // SAFETY: as above.
        assert_eq!(slot.with(|slot| unsafe { *slot }), 4);
    });
    says(&violation, &["read slot -> 5"], &[]);
}

#[test]
fn whom_a_notification_wakes() {
    let violation = found(Kind::Deadlock, || {
        let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let put = |number| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (queue, changed) = &*shared;
                let mut queue = queue.lock().unwrap();
                while !queue.is_empty() {
                    queue = changed.wait(queue).unwrap();
                }
                queue.push(number);
                changed.notify_one();
            })
        };
        let take = |shared: &(Mutex<Vec<u32>>, Condvar)| {
            let mut queue = shared.0.lock().unwrap();
            while queue.pop().is_none() {
                queue = shared.1.wait(queue).unwrap();
            }
            // Wrong: both who puts and who takes waits there, and one of them is woken.
            shared.1.notify_one();
        };
        let theirs = Arc::clone(&shared);
        let others = [put(1), put(2), thread::spawn(move || take(&theirs))];
        take(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    says(
        &violation,
        &[
            "notify shared.1 -> wakes t3",
            "notify shared.1 -> wakes main",
            "note: passes if at step 11 who has waited longest is woken instead",
            "note: t3 notified one of those who wait on `shared.1` at step 18: main was woken, and waits again; t2, which waits there \
             at another place, was not. notify_all wakes all of them",
        ],
        &[],
    );
}
