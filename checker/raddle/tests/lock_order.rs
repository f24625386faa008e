//! Locks that threads take in different orders are told in searches that pass, and no others.

use raddle::{Builder, Warning};
use raddle_shims::sync::{Arc, Mutex, RwLock, mpsc};
use raddle_shims::thread;

/// The warnings about a program that passes, with line numbers left out.
#[track_caller]
fn warnings(builder: Builder, program: impl Fn() + Send + Sync + 'static) -> Vec<String> {
    let (outcome, warnings) = builder.explore_with_warnings(program);
    assert!(outcome.violation().is_none(), "{outcome:?}");
    let short = |text: &str| {
        text.split(' ').filter(|word| !word.contains(".rs:")).collect::<Vec<_>>().join(" ")
    };
    let chains = warnings.iter().map(|warning| {
        let Warning::LockOrder(chains) = warning else { panic!("{warning}") };
        for chain in chains {
            assert!(chain.held.at.contains("lock_order.rs:"), "{warning}");
            assert!(chain.taken.at.contains("lock_order.rs:"), "{warning}");
            assert!(warning.to_string().contains(&chain.taken.at), "{warning}");
        }
        let lines =
            chains.iter().map(|it| format!("{}: {}, {}", it.thread, it.held.lock, it.taken.lock));
        short(&lines.collect::<Vec<_>>().join("; "))
    });
    chains.collect()
}

#[track_caller]
fn exhaustive(program: impl Fn() + Send + Sync + 'static) -> Vec<String> {
    warnings(Builder::new(), program)
}

/// Two mutexes, and a channel that puts the sections of two threads one after the other.
fn kept_apart(
    one: impl FnOnce(&Mutex<u32>, &Mutex<u32>) + Send + 'static,
    other: impl FnOnce(&Mutex<u32>, &Mutex<u32>),
) {
    let a = Arc::new(Mutex::new(1));
    let b = Arc::new(Mutex::new(2));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let (done, wait) = mpsc::channel();
    let thread = thread::spawn(move || {
        one(&a2, &b2);
        done.send(()).unwrap();
    });
    wait.recv().unwrap();
    other(&a, &b);
    thread.join().unwrap();
}

fn nest(first: &Mutex<u32>, second: &Mutex<u32>) {
    let _first = first.lock().unwrap();
    let _second = second.lock().unwrap();
}

#[test]
fn two_orders_that_a_message_keeps_apart() {
    let found = exhaustive(|| kept_apart(nest, |a, b| nest(b, a)));
    assert_eq!(found, ["t1: a, b; main: b, a"]);
    assert_eq!(exhaustive(|| kept_apart(nest, nest)), [""; 0]);
}

#[test]
fn the_text_has_both_chains() {
    let (_, warnings) =
        Builder::new().explore_with_warnings(|| kept_apart(nest, |a, b| nest(b, a)));
    let text = warnings[0].to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "`a` and `b` are locked in different orders, which deadlocks if the threads meet:"
    );
    assert!(
        lines[1].starts_with("  t1 locks `a` at checker/raddle/tests/lock_order.rs:"),
        "{text}"
    );
    assert!(
        lines[2].starts_with("  main locks `b` at checker/raddle/tests/lock_order.rs:"),
        "{text}"
    );
    assert!(lines[2].contains(", then `a` at "), "{text}");
    assert_eq!(lines.len(), 3);
}

/// A sample can miss the deadlock, and does with this seed: one execution in which the threads do not meet.
#[test]
fn a_sample_that_misses_the_deadlock_warns_of_it() {
    let program = || {
        let a = Arc::new(Mutex::new(1));
        let b = Arc::new(Mutex::new(2));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let thread = thread::spawn(move || nest(&a2, &b2));
        nest(&b, &a);
        thread.join().unwrap();
    };
    let sample = |seed| Builder::new().strategy("random").seed(seed).iterations(1);
    let seed = (0..64).find(|seed| sample(*seed).explore(program).violation().is_none());
    let found = warnings(sample(seed.expect("not every schedule deadlocks")), program);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_lock_around_both_guards_them() {
    let guarded = |read: bool| {
        let locks = Arc::new((RwLock::new(()), Mutex::new(1), Mutex::new(2)));
        let theirs = Arc::clone(&locks);
        let (done, wait) = mpsc::channel();
        let thread = thread::spawn(move || {
            let (gate, a, b) = &*theirs;
            if read {
                let _gate = gate.read().unwrap();
                nest(a, b);
            } else {
                let _gate = gate.write().unwrap();
                nest(a, b);
            }
            done.send(()).unwrap();
        });
        wait.recv().unwrap();
        let (gate, a, b) = &*locks;
        let reads = gate.read().unwrap();
        nest(b, a);
        drop(reads);
        thread.join().unwrap();
    };
    assert_eq!(exhaustive(move || guarded(false)), [""; 0]);
    // Two readers do not keep each other out.
    assert_eq!(exhaustive(move || guarded(true)).len(), 1);
}

#[test]
fn what_a_start_or_a_join_orders_is_not_told() {
    let program = |join_first: bool| {
        let a = Arc::new(Mutex::new(1));
        let b = Arc::new(Mutex::new(2));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        if join_first {
            thread::spawn(move || nest(&a2, &b2)).join().unwrap();
            nest(&b, &a);
        } else {
            nest(&b, &a);
            thread::spawn(move || nest(&a2, &b2)).join().unwrap();
        }
    };
    assert_eq!(exhaustive(move || program(true)), [""; 0]);
    assert_eq!(exhaustive(move || program(false)), [""; 0]);
    // One thread cannot meet itself.
    assert_eq!(
        exhaustive(|| {
            let (a, b) = (Mutex::new(1), Mutex::new(2));
            nest(&a, &b);
            nest(&b, &a);
            thread::spawn(|| ()).join().unwrap();
        }),
        [""; 0]
    );
}

/// The child holds nothing when its parent, which holds the other lock, starts it.
#[test]
fn a_thread_that_is_started_with_a_lock_held_is_not_ordered() {
    let found = exhaustive(|| {
        let a = Arc::new(Mutex::new(1));
        let b = Arc::new(Mutex::new(2));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let (done, wait) = mpsc::channel();
        let first = b.lock().unwrap();
        let thread = thread::spawn(move || {
            wait.recv().unwrap();
            nest(&a2, &b2);
        });
        let second = a.lock().unwrap();
        drop((first, second));
        done.send(()).unwrap();
        thread.join().unwrap();
    });
    assert_eq!(found, ["main: b, a; t1: a, b"]);
}

#[test]
fn attempts_do_not_wait_but_what_they_take_is_held() {
    let attempt = |a: &Mutex<u32>, b: &Mutex<u32>| {
        let _b = b.lock().unwrap();
        let _a = a.try_lock();
    };
    assert_eq!(exhaustive(move || kept_apart(nest, attempt)), [""; 0]);
    let holds = |a: &Mutex<u32>, b: &Mutex<u32>| {
        let _b = b.try_lock().unwrap();
        let _a = a.lock().unwrap();
    };
    assert_eq!(exhaustive(move || kept_apart(nest, holds)).len(), 1);
}

#[test]
fn two_reads_do_not_count() {
    let program = |writes: bool| {
        let locks = Arc::new((Mutex::new(1), RwLock::new(2)));
        let theirs = Arc::clone(&locks);
        let (done, wait) = mpsc::channel();
        let thread = thread::spawn(move || {
            let _first = theirs.0.lock().unwrap();
            if writes {
                drop(theirs.1.write().unwrap());
            } else {
                drop(theirs.1.read().unwrap());
            }
            done.send(()).unwrap();
        });
        wait.recv().unwrap();
        let second = locks.1.read().unwrap();
        drop(locks.0.lock().unwrap());
        drop(second);
        thread.join().unwrap();
    };
    assert_eq!(exhaustive(move || program(false)), [""; 0]);
    assert_eq!(exhaustive(move || program(true)).len(), 1);
}

/// Locks that are created at one place are told apart, also where executions touch them in different orders.
#[test]
fn locks_of_one_place_are_told_apart() {
    let dine = |fixed: bool| {
        let forks: Vec<_> = (0..3).map(|_| Arc::new(Mutex::new(0))).collect();
        let (done, wait) = mpsc::channel::<()>();
        let (done, wait) = (done, Arc::new(Mutex::new(wait)));
        _ = (&done, &wait);
        let mut before: Option<thread::JoinHandle<()>> = None;
        for i in 0..3 {
            let (mut left, mut right) = (i, (i + 1) % 3);
            if fixed && left > right {
                std::mem::swap(&mut left, &mut right);
            }
            let (left, right) = (Arc::clone(&forks[left]), Arc::clone(&forks[right]));
            let turn = before.take();
            before = Some(thread::spawn(move || {
                if let (Some(turn), false) = (turn, fixed) {
                    turn.join().unwrap();
                }
                nest(&left, &right);
            }));
        }
        before.unwrap().join().unwrap();
    };
    // Joins order the three; without them the fixed ones may meet.
    assert_eq!(exhaustive(move || dine(false)), [""; 0]);
    assert_eq!(exhaustive(move || dine(true)), [""; 0]);
}

#[test]
fn three_threads_make_one_inversion() {
    let found = exhaustive(|| {
        let (x, y, z) = (Mutex::new(0), Mutex::new(0), Mutex::new(0));
        let locks = Arc::new((x, y, z));
        let (done, wait) = mpsc::channel();
        let start = |n: usize, done: mpsc::Sender<()>, turn: Option<mpsc::Receiver<()>>| {
            let locks = Arc::clone(&locks);
            thread::spawn(move || {
                if let Some(turn) = turn {
                    turn.recv().unwrap();
                }
                let (x, y, z) = &*locks;
                match n {
                    0 => nest(x, y),
                    1 => nest(y, z),
                    _ => nest(z, x),
                }
                done.send(()).unwrap();
            })
        };
        let (to_second, second) = mpsc::channel();
        let (to_third, third) = mpsc::channel();
        let threads = [
            start(0, to_second, None),
            start(1, to_third, Some(second)),
            start(2, done, Some(third)),
        ];
        wait.recv().unwrap();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].matches(';').count(), 2, "{found:?}");
}

#[test]
fn a_failing_search_has_no_warnings() {
    let (outcome, warnings) = Builder::new().explore_with_warnings(|| {
        kept_apart(nest, |a, b| nest(b, a));
        panic!("on purpose");
    });
    assert!(outcome.violation().is_some());
    assert_eq!(warnings, []);
}
