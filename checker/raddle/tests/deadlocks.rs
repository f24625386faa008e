//! Threads that wait for ever: global and partial deadlocks and task leaks are told apart, what each thread waits for is
//! told, and nothing is called a deadlock that is none.

use raddle::{Builder, Kind, Outcome, Violation};
use raddle_shims::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, mpsc};
use raddle_shims::thread::{self, JoinHandle};
use std::time::Duration;

/// Enough for everything here that ends.
const EVENTS: u32 = 40;

fn builder() -> Builder {
    Builder::new().max_events(EVENTS)
}

#[track_caller]
fn found(builder: Builder, kind: Kind, program: impl Fn() + Send + Sync + 'static) -> Violation {
    let outcome = builder.name("deadlocks").explore(program);
    let Outcome::Violation(violation) = outcome else { panic!("{kind}: {outcome:?}") };
    assert_eq!(violation.kind, kind, "{}", violation.report);
    assert!(violation.token.is_some(), "{}", violation.report);
    *violation
}

/// The report, in which line breaks and numbers of lines do not matter, tells all of this.
#[track_caller]
fn tells(violation: &Violation, texts: &[&str]) {
    let words: Vec<&str> = violation.report.split_whitespace().collect();
    let report = words.join(" ");
    for text in texts {
        assert!(report.contains(text), "{text:?} is not in\n{}", violation.report);
    }
}

#[track_caller]
fn verified(program: impl Fn() + Send + Sync + 'static) {
    let outcome = builder().explore(program);
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// No deadlock, but a thread that does not end.
#[track_caller]
fn only_cut(builder: Builder, program: impl Fn() + Send + Sync + 'static) {
    let outcome = builder.explore(program);
    assert!(matches!(outcome, Outcome::Incomplete(..)), "{outcome:?}");
}

/// Two threads that lock two mutexes in different orders, or in the same.
fn two_orders(same: bool) -> [JoinHandle<()>; 2] {
    let a = Arc::new(Mutex::new(()));
    let b = Arc::new(Mutex::new(()));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let one = thread::spawn(move || {
        let _first = a.lock().unwrap();
        let _second = b.lock().unwrap();
    });
    let other = thread::spawn(move || {
        let (first, second) = if same { (&a2, &b2) } else { (&b2, &a2) };
        let _first = first.lock().unwrap();
        let _second = second.lock().unwrap();
    });
    [one, other]
}

/// Sends to itself for ever.
fn busy() {
    let (sender, receiver) = mpsc::sync_channel(1);
    loop {
        sender.send(()).unwrap();
        receiver.recv().unwrap();
    }
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn two_orders_of_locking_are_global_if_main_waits_for_them() {
    let program = |same| {
        let third = thread::spawn(|| ());
        join(two_orders(same));
        third.join().unwrap();
    };
    let violation = found(builder(), Kind::Deadlock, move || program(false));
    tells(
        &violation,
        &[
            "3 of 4 threads wait, and none can go on: t2 waits to lock `b`, held by t3, which waits \
             to lock `a`, held by t2",
            "main waits for the end of t2",
            "held by t3, at",
            "t3 locked it at",
            "t2 locked it at",
        ],
    );
    verified(move || program(true));
}

#[test]
fn they_are_a_leak_if_main_has_ended() {
    let violation = found(builder(), Kind::TaskLeak, || {
        two_orders(false);
        thread::spawn(|| ());
    });
    tells(
        &violation,
        &[
            "main has ended, and 2 threads wait for ever: t1 waits to lock `b`, held by t2",
            "main and t3 have ended",
        ],
    );
    verified(|| _ = two_orders(true));
}

#[test]
fn they_are_partial_while_a_third_goes_on() {
    let program = |same| {
        let threads = two_orders(same);
        let third = thread::spawn(busy);
        third.join().unwrap();
        join(threads);
    };
    let violation = found(builder(), Kind::PartialDeadlock, move || program(false));
    tells(
        &violation,
        &[
            "2 of 4 threads can never run again: t1 waits to lock `b`, held by t2, which waits to lock `a`, \
             held by t1",
            "t3 could go on",
            "main waits for the end of t3",
        ],
    );
    only_cut(builder(), move || program(true));
}

#[test]
fn who_joins_one_of_them_is_dead_as_well() {
    let violation = found(builder(), Kind::PartialDeadlock, || {
        thread::spawn(busy);
        join(two_orders(false));
    });
    tells(&violation, &["3 of 4 threads can never run again", "t1 could go on"]);
}

#[test]
fn they_are_partial_while_timers_go_on() {
    let program = |same| {
        let _threads = two_orders(same);
        let (sender, receiver) = mpsc::channel::<()>();
        let ticks = AtomicU32::new(0);
        loop {
            _ = receiver.recv_timeout(Duration::from_secs(1));
            // Who only waited again and again would be stuck as well.
            ticks.fetch_add(1, Relaxed);
            _ = &sender;
        }
    };
    for time in ["virtual", "nondeterministic"] {
        let settings = || builder().time(time);
        let violation = found(settings(), Kind::PartialDeadlock, move || program(false));
        tells(&violation, &["2 of 3 threads can never run again", "main could go on"]);
        only_cut(settings(), move || program(true));
    }
}

#[test]
fn the_token_of_a_partial_deadlock_repeats_it() {
    let program = || {
        let threads = two_orders(false);
        busy();
        join(threads);
    };
    let first = found(builder(), Kind::PartialDeadlock, program);
    let again = found(builder(), Kind::PartialDeadlock, program);
    assert_eq!(first, again);
}

#[test]
fn three_philosophers_are_a_cycle_of_three() {
    let program = |fixed: bool| {
        let forks: Vec<_> = (0..3).map(|_| Arc::new(Mutex::new(()))).collect();
        let dine = |i: usize| {
            let (mut left, mut right) = (i, (i + 1) % 3);
            if fixed && left > right {
                std::mem::swap(&mut left, &mut right);
            }
            let (left, right) = (Arc::clone(&forks[left]), Arc::clone(&forks[right]));
            thread::spawn(move || {
                let _left = left.lock().unwrap();
                let _right = right.lock().unwrap();
            })
        };
        join((0..3).map(dine).collect::<Vec<_>>());
    };
    let violation = found(builder(), Kind::Deadlock, move || program(false));
    tells(&violation, &["held by t2, which waits", "held by t3, which waits", "held by t1"]);
    verified(move || program(true));
}

#[test]
fn a_writer_between_two_reads_of_one_thread() {
    let program = |fixed: bool| {
        let map = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&map);
        let writer = thread::spawn(move || *theirs.write().unwrap() += 1);
        let first = map.read().unwrap();
        if fixed {
            drop(first);
            drop(map.read().unwrap());
        } else {
            drop(map.read().unwrap());
            drop(first);
        }
        writer.join().unwrap();
    };
    let violation = found(builder(), Kind::Deadlock, move || program(false));
    tells(
        &violation,
        &[
            "main waits to read `map`, behind t1, which waits to write `map`, held for reading by main",
            "t1 queued to write at",
            "main locked it for reading at",
        ],
    );
    verified(move || program(true));
}

#[test]
fn a_join_while_the_other_waits_for_a_message() {
    let program = |fixed: bool| {
        let (orders, theirs) = mpsc::channel::<u32>();
        let worker = thread::spawn(move || while theirs.recv().is_ok() {});
        if fixed {
            drop(orders);
            worker.join().unwrap();
        } else {
            worker.join().unwrap();
            drop(orders);
        }
    };
    let violation = found(builder(), Kind::Deadlock, move || program(false));
    tells(
        &violation,
        &[
            "main waits for the end of t1, which waits to receive from `theirs`, and nobody is left \
             who could send (nobody else has so far)",
            "it is empty, and 1 sender not dropped",
        ],
    );
    verified(move || program(true));
}

#[test]
fn a_lock_taken_twice() {
    let violation = found(builder(), Kind::Deadlock, || {
        let lock = Mutex::new(());
        let _first = lock.lock().unwrap();
        let _second = lock.lock().unwrap();
    });
    assert_eq!(violation.message, "main waits to lock `lock`, which it holds itself");
    tells(&violation, &["the thread itself locked it at"]);
}

#[test]
fn an_initialisation_that_needs_itself() {
    let violation = found(builder(), Kind::Deadlock, || {
        let once = Once::new();
        once.call_once(|| once.call_once(|| ()));
    });
    tells(&violation, &["main waits for the initialisation of `once`, which it runs itself"]);
    verified(|| {
        let (one, other) = (Once::new(), Once::new());
        one.call_once(|| other.call_once(|| ()));
    });
}

#[test]
fn a_notification_that_comes_before_the_wait_is_lost() {
    let program = |fixed: bool| {
        let ready = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&ready);
        let notifier = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let mut guard = ready.0.lock().unwrap();
        if fixed {
            while !*guard {
                guard = ready.1.wait(guard).unwrap();
            }
        } else {
            guard = ready.1.wait(guard).unwrap();
        }
        drop(guard);
        notifier.join().unwrap();
    };
    let violation = found(builder(), Kind::Deadlock, move || program(false));
    tells(&violation, &["(t1) notified it when nobody waited, so it woke nobody", "t1 has ended"]);
    // The step that it names is the one that notifies.
    let report = violation.report.split_whitespace().collect::<Vec<_>>().join(" ");
    let number = report.split("; step ").nth(1).and_then(|rest| rest.split(' ').next());
    let number = number.expect("the report names a step");
    let row = violation.report.lines().find(|line| line.contains("nobody waits"));
    let row = row.expect("the step is in the table");
    assert_eq!(row.trim_start_matches([' ', '*']).split(' ').next(), Some(number), "{row}");
    verified(move || program(true));
}

#[test]
fn nobody_notifies() {
    let violation = found(builder(), Kind::Deadlock, || {
        let (lock, ready) = (Mutex::new(()), Condvar::new());
        let _guard = ready.wait(lock.lock().unwrap());
    });
    tells(&violation, &["nobody has notified it; nobody is left who could notify it"]);
}

#[test]
fn a_barrier_at_which_one_is_missing() {
    let program = |threads: usize| {
        let meeting = Arc::new(Barrier::new(threads));
        let theirs = Arc::clone(&meeting);
        let other = thread::spawn(move || _ = theirs.wait());
        meeting.wait();
        other.join().unwrap();
    };
    let violation = found(builder(), Kind::Deadlock, move || program(3));
    tells(&violation, &["1 thread still to arrive", "nobody is left who could arrive"]);
    verified(move || program(2));
}

#[test]
fn a_channel_whose_last_sender_waits() {
    let program = |fixed: bool| {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        let (results, receiver) = mpsc::channel();
        let worker = thread::spawn(move || {
            results.send(1).unwrap();
            let _guard = theirs.lock().unwrap();
            results.send(2).unwrap();
        });
        let guard = lock.lock().unwrap();
        if fixed {
            drop(guard);
            while receiver.recv().is_ok() {}
        } else {
            while receiver.recv().is_ok() {}
            drop(guard);
        }
        worker.join().unwrap();
    };
    let violation = found(builder(), Kind::Deadlock, move || program(false));
    tells(
        &violation,
        &[
            "t1 sent to `receiver` at",
            "and waits as well",
            "it is empty, and 1 sender not dropped",
            "main locked it at",
        ],
    );
    verified(move || program(true));
}

#[test]
fn a_thread_that_is_not_unparked() {
    let program = |fixed: bool| {
        let sleeper = thread::spawn(thread::park);
        if fixed {
            sleeper.thread().unpark();
        }
        sleeper.join().unwrap();
    };
    let violation = found(builder(), Kind::Deadlock, move || program(false));
    tells(&violation, &["nobody is left who could unpark it"]);
    verified(move || program(true));
}

#[test]
fn a_loop_that_waits_for_a_value() {
    let violation = found(builder(), Kind::Livelock, || {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        thread::spawn(move || while !theirs.load(Relaxed) {});
    });
    tells(&violation, &["nobody is left who could change it"]);
}

#[test]
fn a_loop_that_tries_a_lock_whose_holder_waits_for_it() {
    let violation = found(builder(), Kind::Livelock, || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        let _guard = lock.lock().unwrap();
        let other = thread::spawn(move || while theirs.try_lock().is_err() {});
        other.join().unwrap();
    });
    tells(&violation, &["t1, which waits to lock `lock`, held by main"]);
}

/// A guard that is never dropped is held for ever by a thread that has ended.
#[test]
fn a_lock_that_an_ended_thread_holds() {
    let violation = found(builder(), Kind::PartialDeadlock, || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        thread::spawn(move || std::mem::forget(theirs.lock().unwrap())).join().unwrap();
        thread::spawn(move || drop(lock.lock().unwrap()));
        busy();
    });
    tells(&violation, &["t2 waits to lock `lock`, held by t1, which has ended"]);
}

#[test]
fn what_others_may_still_do_is_no_deadlock() {
    // A holder that does not let go in what is explored.
    only_cut(builder(), || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        let _guard = lock.lock().unwrap();
        thread::spawn(move || drop(theirs.lock().unwrap()));
        busy();
    });
    // A sender that is not used.
    only_cut(builder(), || {
        let (_sender, receiver) = mpsc::channel::<()>();
        thread::spawn(move || receiver.recv());
        busy();
    });
    // Attempts that do more in between, and time limits, do not wait for ever.
    only_cut(builder(), || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        let _guard = lock.lock().unwrap();
        let tries = AtomicU32::new(0);
        let other = thread::spawn(move || {
            while theirs.try_lock().is_err() {
                tries.fetch_add(1, Relaxed);
            }
        });
        other.join().unwrap();
    });
    only_cut(builder().time("virtual"), || {
        let (_sender, receiver) = mpsc::channel::<()>();
        let other =
            thread::spawn(move || while receiver.recv_timeout(Duration::from_secs(1)).is_err() {});
        other.join().unwrap();
    });
}

/// Beside a partial deadlock, a thread that may still be woken is told apart.
#[test]
fn threads_that_may_still_be_woken_are_not_dead() {
    let violation = found(builder(), Kind::PartialDeadlock, || {
        let _threads = two_orders(false);
        let (_sender, receiver) = mpsc::channel::<()>();
        thread::spawn(move || receiver.recv());
        busy();
    });
    tells(&violation, &["2 of 4 threads can never run again", "main may still send"]);
}

#[test]
fn what_is_allowed_to_leak_does_not_hide_a_deadlock() {
    let settings = || builder().check_task_leaks(false);
    let outcome = settings().explore(|| _ = two_orders(false));
    assert!(outcome.is_verified(), "{outcome:?}");
    assert_eq!(outcome.coverage().deadlocks, 1);
    found(settings(), Kind::Deadlock, || join(two_orders(false)));
    found(settings(), Kind::PartialDeadlock, || {
        let _threads = two_orders(false);
        busy();
    });
}

/// The deadlock is found before those who go on come to the limit of events.
#[test]
fn a_long_execution_is_looked_at_before_its_end() {
    let program = || {
        let threads = two_orders(false);
        thread::spawn(busy).join().unwrap();
        join(threads);
    };
    for strategy in ["exhaustive", "random"] {
        let settings = Builder::new().strategy(strategy).max_events(6_000);
        let violation = found(settings, Kind::PartialDeadlock, program);
        tells(&violation, &["2 of 4 threads can never run again", "t3 could go on"]);
        let steps = violation.report.split("note: test `deadlocks`, ").nth(1).unwrap();
        let steps: usize = steps.split(' ').next().unwrap().parse().unwrap();
        assert!(steps < 3_000, "{}", violation.report);
    }
}
