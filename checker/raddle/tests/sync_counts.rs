//! Blocking primitives: how many executions there are, under both models.

mod support;

use raddle::{Builder, Coverage, Kind, Outcome};
use raddle_engine::memory::Model;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::mpsc::{self, Receiver, Sender, SyncSender};
use raddle_shims::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock};
use raddle_shims::thread;
use std::fmt::Debug;
use std::time::Duration;
use support::{Seen, explore_under};

const SOON: Duration = Duration::from_millis(5);

/// Checks how many executions end and how many deadlock. None is set aside or begun for nothing.
#[track_caller]
fn count<T: Ord + Debug + 'static>(
    program: impl Fn() -> T + Clone + 'static,
    complete: u64,
    deadlocks: u64,
) -> Seen<T> {
    let [sc, rc20] = [Model::Sc, Model::Rc20].map(|model| {
        let seen = explore_under(model, program.clone());
        assert_eq!((seen.complete, seen.deadlocks), (complete, deadlocks), "{model:?} {seen:?}");
        assert_eq!((seen.set_aside, seen.redundant), (0, 0), "{model:?} {seen:?}");
        assert!(seen.failures.is_empty(), "{model:?} {seen:?}");
        seen
    });
    assert_eq!(sc.outcomes, rc20.outcomes);
    sc
}

/// Any number of threads.
fn crowd(threads: u32, body: impl Fn(u32) + Sync) {
    thread::scope(|s| {
        let body = &body;
        (0..threads).for_each(|i| _ = s.spawn(move || body(i)));
    });
}

/// The sender of a channel of either sort.
#[derive(Clone)]
enum End {
    Unbounded(Sender<u32>),
    Bounded(SyncSender<u32>),
}

impl End {
    fn send(&self, message: u32) {
        match self {
            End::Unbounded(sender) => sender.send(message).unwrap(),
            End::Bounded(sender) => sender.send(message).unwrap(),
        }
    }
}

fn channel(bound: Option<usize>) -> (End, Receiver<u32>) {
    match bound {
        None => {
            let (sender, receiver) = mpsc::channel();
            (End::Unbounded(sender), receiver)
        }
        Some(bound) => {
            let (sender, receiver) = mpsc::sync_channel(bound);
            (End::Bounded(sender), receiver)
        }
    }
}

/// `senders` threads send a message each; one takes so many.
fn fan_in(bound: Option<usize>, senders: u32, takes: usize) -> Vec<u32> {
    let (sender, receiver) = channel(bound);
    let handles: Vec<_> = (0..senders)
        .map(|i| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(i))
        })
        .collect();
    let found = receiver.iter().take(takes).collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    found
}

/// One message from each of n senders, and all are taken.
#[test]
fn senders_in_any_order() {
    for (senders, executions) in [(1, 1), (2, 2), (3, 6), (4, 24)] {
        for bound in [None, Some(0), Some(1), Some(2), Some(3)] {
            count(move || fan_in(bound, senders, senders as usize), executions, 0);
        }
    }
}

/// Two senders meet, and one of them is left.
#[test]
fn two_senders_for_one_receiver_without_room() {
    count(|| fan_in(Some(0), 2, 1), 0, 2);
}

/// Many messages from one sender, taken while they come or later.
#[test]
fn a_stream() {
    for bound in [None, Some(0), Some(1), Some(2), Some(3)] {
        let stream = move || {
            let (sender, receiver) = channel(bound);
            let other = thread::spawn(move || (0..5).for_each(|i| sender.send(i)));
            let found: Vec<u32> = receiver.iter().collect();
            other.join().unwrap();
            found
        };
        count(stream, 1, 0);
    }
}

/// Back and forth, with one channel each way.
#[test]
fn requests_and_replies() {
    for bound in [None, Some(0), Some(1)] {
        let program = move || {
            let ((ask, asked), (reply, replies)) = (channel(bound), channel(bound));
            let other = thread::spawn(move || asked.into_iter().for_each(|n| reply.send(n + 1)));
            let found: Vec<_> = (0..3)
                .map(|i| {
                    ask.send(i);
                    replies.recv().unwrap()
                })
                .collect();
            drop(ask);
            other.join().unwrap();
            found
        };
        count(program, 1, 0);
    }
}

/// Nobody can tell in which order senders are dropped.
#[test]
fn dropping_senders() {
    for bound in [None, Some(0), Some(1)] {
        let program = move || {
            let (sender, receiver) = channel(bound);
            let handles = [0; 4].map(|_| {
                let sender = sender.clone();
                thread::spawn(move || drop(sender.clone()))
            });
            drop(sender);
            let found = receiver.recv().ok();
            handles.into_iter().for_each(|handle| handle.join().unwrap());
            found
        };
        count(program, 1, 0);
    }
}

/// A message comes in time or not.
#[test]
fn a_receiver_with_a_time_limit() {
    for bound in [None, Some(1)] {
        let program = move |times: u32| {
            let (sender, receiver) = channel(bound.map(|bound: usize| bound * times as usize));
            let other = thread::spawn(move || {
                (0..times).for_each(|i| sender.send(i));
                sender
            });
            let found: Vec<_> = (0..times).map(|_| receiver.recv_timeout(SOON).ok()).collect();
            drop(other.join().unwrap());
            found
        };
        count(move || program(1), 2, 0);
        count(move || program(2), 4, 0);
    }
}

/// The same without room. The sender may also be the one who finds nobody.
#[test]
fn a_time_limit_without_room() {
    let send = || {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || sender.send(1).is_ok());
        let found = receiver.recv_timeout(SOON).ok();
        drop(receiver);
        (found, other.join().unwrap())
    };
    // Without a message, the sender comes before or after the receiver is dropped.
    let seen = count(send, 3, 0);
    assert_eq!(seen.outcomes, [(None, false), (Some(1), true)].into());
    let try_send = || {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || (sender.try_send(1).is_ok(), sender));
        let found = receiver.recv_timeout(SOON).ok();
        (found, other.join().unwrap().0)
    };
    let seen = count(try_send, 3, 0);
    assert_eq!(seen.outcomes, [(None, false), (Some(1), true)].into());
}

/// Whoever asks who leads is told, and nobody else.
#[test]
fn a_barrier() {
    for n in 2..=5 {
        let wait = move || {
            let barrier = Barrier::new(n as usize);
            crowd(n, |_| _ = barrier.wait());
        };
        count(wait, 1, 0);
        let updates = move || {
            let (barrier, x) = (Barrier::new(n as usize), AtomicU32::new(0));
            crowd(n, |_| {
                x.fetch_add(1, Relaxed);
                barrier.wait();
                assert_eq!(x.load(Relaxed), n);
            });
        };
        count(updates, (1..=u64::from(n)).product(), 0);
        let leads = move || {
            let barrier = Barrier::new(n as usize);
            let leaders = thread::scope(|s| {
                let threads: Vec<_> = (0..n).map(|_| s.spawn(|| barrier.wait())).collect();
                let waited = threads.into_iter().map(|thread| thread.join().unwrap());
                waited.map(|waited| u32::from(waited.is_leader())).collect::<Vec<_>>()
            });
            assert_eq!(leaders.iter().sum::<u32>(), 1);
            leaders
        };
        let seen = count(leads, n.into(), 0);
        assert_eq!(seen.outcomes.len(), n as usize, "{seen:?}");
    }
}

#[test]
fn a_barrier_with_rounds() {
    let program = || {
        let barrier = Barrier::new(3);
        crowd(3, |_| (0..3).for_each(|_| _ = barrier.wait()));
    };
    count(program, 1, 0);
}

#[test]
fn parking() {
    let park = |times: u32, tokens: u32| {
        let other = thread::spawn(move || (0..times).for_each(|_| thread::park_timeout(SOON)));
        (0..tokens).for_each(|_| other.thread().unpark());
        other.join().unwrap();
    };
    count(move || park(1, 1), 2, 0);
    count(move || park(2, 2), 6, 0);
}

/// Any number of tokens are one, whoever puts them there.
#[test]
fn unparking() {
    for n in 1..=4 {
        let program = move || {
            let main = thread::current();
            let handles: Vec<_> = (0..n)
                .map(|_| {
                    let main = main.clone();
                    thread::spawn(move || main.unpark())
                })
                .collect();
            handles.into_iter().for_each(|handle| handle.join().unwrap());
            thread::park();
        };
        // Once for the token, and once for no reason.
        count(program, 2, 0);
    }
}

/// Three threads at a barrier for two: one of them is left, whichever.
#[test]
fn a_crowd_that_does_not_come_out_even() {
    let program = || {
        let barrier = Barrier::new(2);
        crowd(3, |_| _ = barrier.wait());
    };
    count(program, 0, 6);
}

/// Four threads at a barrier for two: any two of them meet first.
#[test]
fn a_crowd_of_pairs() {
    let wait = || {
        let barrier = Barrier::new(2);
        crowd(4, |_| _ = barrier.wait());
    };
    count(wait, 24, 0);
    let program = || {
        let (barrier, come) = (Barrier::new(2), AtomicU32::new(0));
        thread::scope(|s| {
            let threads = [1, 2, 4, 8].map(|bit| {
                let (barrier, come) = (&barrier, &come);
                s.spawn(move || {
                    come.fetch_add(bit, Relaxed);
                    barrier.wait();
                    come.load(Relaxed)
                })
            });
            let seen = threads.map(|thread| thread.join().unwrap());
            assert!(seen.iter().all(|seen| seen.count_ones() > 1));
            seen.into_iter().filter(|seen| seen.count_ones() == 2).min()
        })
    };
    for model in [Model::Sc, Model::Rc20] {
        let seen = explore_under(model, program);
        assert!(seen.is_clean() && seen.set_aside + seen.redundant == 0, "{seen:?}");
        let pairs = [None, Some(3), Some(5), Some(6), Some(9), Some(10), Some(12)];
        assert_eq!(seen.outcomes, pairs.into(), "{model:?}");
    }
}

#[test]
fn critical_sections_are_permutations() {
    let sections = |threads, times| {
        move || {
            let lock = Mutex::new(0);
            crowd(threads, |_| (0..times).for_each(|_| *lock.lock().unwrap() += 1));
        }
    };
    for (threads, executions) in [(2, 2), (3, 6), (4, 24), (5, 120)] {
        count(sections(threads, 1), executions, 0);
    }
    count(sections(2, 2), 6, 0);
    count(sections(3, 2), 90, 0);
}

#[test]
fn threads_that_lock_in_a_circle_deadlock_once() {
    for (threads, executions) in [(2, 2), (3, 6)] {
        let dine = move || {
            let forks: Vec<_> = (0..threads).map(|_| Mutex::new(())).collect();
            crowd(threads, |i| {
                let _left = forks[i as usize].lock().unwrap();
                let _right = forks[((i + 1) % threads) as usize].lock().unwrap();
            });
        };
        count(dine, executions, 1);
    }
}

#[test]
fn attempts_to_lock() {
    let tries = |threads| {
        move || {
            let lock = Mutex::new(());
            crowd(threads, |_| drop(lock.try_lock()));
        }
    };
    for (threads, executions) in [(2, 4), (3, 21), (4, 148)] {
        count(tries(threads), executions, 0);
    }
}

#[test]
fn readers_do_not_depend_on_each_other() {
    for (readers, writers, executions) in
        [(4, 0, 1), (1, 1, 2), (2, 1, 4), (3, 1, 8), (4, 1, 16), (2, 2, 18), (3, 2, 54)]
    {
        let share = move || {
            let lock = RwLock::new(0);
            crowd(readers + writers, |i| match i < readers {
                true => drop(lock.read().unwrap()),
                false => *lock.write().unwrap() += 1,
            });
        };
        count(share, executions, 0);
    }
}

#[test]
fn a_wait_is_lost_or_notified() {
    let seen = count(
        || {
            let (lock, changed) = (Mutex::new(()), Condvar::new());
            thread::scope(|s| {
                s.spawn(|| {
                    let guard = lock.lock().unwrap();
                    changed.notify_one();
                    drop(guard);
                });
                let timed_out = changed.wait_timeout(lock.lock().unwrap(), SOON).unwrap().1;
                timed_out.timed_out()
            })
        },
        // Notified; timed out before the notification, with the lock taken again before it or after it, or
        // when it had been lost; woken up for no reason, three times as well.
        7,
        0,
    );
    assert_eq!(seen.outcomes.into_iter().collect::<Vec<_>>(), [false, true]);
}

#[test]
fn whoever_comes_first_initialises() {
    for threads in 2..=5 {
        let start = move || {
            let once = Once::new();
            crowd(threads, |_| once.call_once(|| {}));
        };
        count(start, threads.into(), 0);
    }
}

/// A loop of nothing but looks and waits with a time limit is a wait without one: a wait that gave up has done nothing.
#[test]
fn loops_with_a_time_limit() {
    let receives: fn() = || {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(1).unwrap());
        while receiver.recv_timeout(Duration::ZERO).is_err() {}
        other.join().unwrap();
    };
    let parks: fn() = || {
        let main = thread::current();
        let flag = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || {
            theirs.store(1, Relaxed);
            main.unpark();
        });
        while flag.load(Relaxed) == 0 {
            thread::park_timeout(Duration::ZERO);
        }
        other.join().unwrap();
    };
    for (model, program) in [Model::Sc, Model::Rc20]
        .into_iter()
        .flat_map(|model| [receives, parks].map(|it| (model, it)))
    {
        let seen = explore_under(model, program);
        // What calls have left on the stack makes a first turn look different, see ARCHITECTURE.md.
        assert!((1..=4).contains(&seen.complete), "{model} {seen:?}");
        assert!(seen.is_clean() && seen.cut == 0, "{model} {seen:?}");
    }
}

/// Who waits at a condition variable has been in its queue, so such a loop has no end, but it lets the others go on.
#[test]
fn loops_with_a_time_limit_at_a_condition_variable() {
    for model in ["sc", "rc20"] {
        let outcome = Builder::new().model(model).iterations(50).max_events(400).explore(|| {
            let shared = Arc::new((Mutex::new(false), Condvar::new()));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || *theirs.0.lock().unwrap() = true);
            let mut ready = shared.0.lock().unwrap();
            while !*ready {
                ready = shared.1.wait_timeout(ready, Duration::ZERO).unwrap().0;
            }
            drop(ready);
            other.join().unwrap();
        });
        let Outcome::Incomplete(coverage, _) = outcome else { panic!("{model}: {outcome:?}") };
        let Coverage { executions, cut, set_aside, redundant, .. } = coverage;
        assert_eq!((executions, cut, set_aside, redundant), (50, 0, 0, 0), "{model}");
    }
}

/// A loop of tries is a wait for the first that succeeds.
#[test]
fn a_loop_of_tries() {
    for model in ["sc", "rc20"] {
        let outcome = Builder::new().model(model).explore(|| {
            let (sender, receiver) = mpsc::sync_channel(0);
            let other = thread::spawn(move || while sender.try_send(1).is_err() {});
            receiver.recv().unwrap();
            other.join().unwrap();
        });
        let Outcome::Verified(coverage) = outcome else { panic!("{model}: {outcome:?}") };
        assert_eq!((coverage.executions, coverage.cut), (1, 0), "{model}");
    }
}

/// The report of a crowd comes from an exploration that was started again.
#[test]
fn a_crowd_is_reported() {
    let program = || {
        let barrier = Barrier::new(2);
        let leads = |barrier: &Barrier| assert!(!barrier.wait().is_leader(), "it leads");
        thread::scope(|s| {
            s.spawn(|| barrier.wait());
            s.spawn(|| barrier.wait());
            s.spawn(|| barrier.wait());
            leads(&barrier);
        });
    };
    let violation = |outcome: Outcome| match outcome {
        Outcome::Violation(violation) => violation,
        other => panic!("{other:?}"),
    };
    let found = violation(Builder::new().explore(program));
    assert_eq!((found.kind, found.message.as_str()), (Kind::Panic, "it leads"));
    assert!(found.report.contains("ask to lead barrier -> yes"), "{}", found.report);
    let three = || {
        let barrier = Barrier::new(2);
        crowd(3, |_| _ = barrier.wait());
    };
    let found = violation(Builder::new().explore(three));
    assert_eq!(found.kind, Kind::Deadlock);
    assert!(found.report.contains("waits for others to arrive at `barrier`"), "{}", found.report);
}

/// With virtual time whoever comes first by the clock comes first.
#[test]
fn time_limits_by_the_clock() {
    fn expect(executions: u64, program: impl Fn() + Send + Sync + Copy + 'static) {
        for model in ["sc", "rc20"] {
            let outcome = Builder::new().model(model).time("virtual").explore(program);
            let Outcome::Verified(coverage) = outcome else { panic!("{model}: {outcome:?}") };
            assert_eq!((coverage.executions, coverage.redundant), (executions, 0), "{model}");
        }
    }
    let nanos = Duration::from_nanos;
    for (bound, limit) in [(None, 3), (None, 9), (Some(0), 3), (Some(0), 9), (Some(1), 3)] {
        // What could have given up depends on the sender being dropped, which comes before or after it; without
        // room it comes after it.
        let executions = if limit > 5 && bound.is_none() { 2 } else { 1 };
        expect(executions, move || {
            let (sender, receiver) = channel(bound);
            let other = thread::spawn(move || {
                thread::sleep(nanos(5));
                sender.send(1);
            });
            let found = receiver.recv_timeout(nanos(limit)).ok();
            assert_eq!(found, (limit > 5).then_some(1));
            assert!(found.is_some() || receiver.recv() == Ok(1));
            other.join().unwrap();
        });
    }
    // Even a wait of no time takes some, so a loop of them comes to where the others are: there the two go on
    // in either order, and the sender is dropped before or after what it sent is taken.
    expect(3, move || {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || {
            thread::sleep(nanos(5));
            sender.send(1).unwrap();
        });
        while receiver.recv_timeout(Duration::ZERO).is_err() {
            thread::park_timeout(Duration::ZERO);
        }
        other.join().unwrap();
    });
}
