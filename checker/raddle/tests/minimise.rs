//! Failures of long sampled executions are reported as short ones.

use raddle::{Builder, Kind, Outcome, Violation};
use raddle_shims::sync::atomic::{AtomicU32, AtomicUsize, Ordering::*};
use raddle_shims::sync::{Arc, Condvar, Mutex, mpsc};
use raddle_shims::thread;

/// The longest token that a small bug may have, which is about 20 characters.
const TOKEN_MAX: usize = 25;

/// How many steps the failing execution has at least, as it is found.
const STEPS_MIN: usize = 800;

/// Samples a program until it fails; the violation with and without minimisation.
#[track_caller]
fn found(name: &str, kind: Kind, program: fn()) -> Violation {
    let sample = || Builder::new().name(name).strategy("random").seed(7).minimize("20s");
    let Outcome::Violation(long) = sample().minimize("0s").explore(program) else {
        panic!("{name} does not fail")
    };
    let Outcome::Violation(short) = sample().explore(program) else {
        panic!("{name} does not fail")
    };
    assert_eq!((long.kind, short.kind), (kind, kind), "{}", short.report);
    let steps = |violation: &Violation| {
        let start = format!("note: test `{name}`, ");
        let lines = violation.report.lines();
        let mut counts = lines.filter_map(|line| line.strip_prefix(&start)?.split(' ').next());
        counts.next().and_then(|count| count.parse::<usize>().ok()).expect("a number of steps")
    };
    let (long, token) = (steps(&long), short.token.as_deref().expect("it can be replayed"));
    println!("{name}: {long} to {} steps, {token}", steps(&short));
    assert!(long >= STEPS_MIN, "{name}: {long} steps are few");
    assert!(token.len() <= TOKEN_MAX, "{name}: {token}\n{}", short.report);
    let again = Builder::new().name(name).replay(token, program);
    let again = again.expect("the token is one of this test").expect("it fails again");
    assert_eq!(again.kind, kind);
    *short
}

/// Much that has nothing to do with the bug.
fn noise(counter: &AtomicUsize, times: usize) {
    for _ in 0..times {
        counter.fetch_add(1, Relaxed);
    }
}

fn lost_update() {
    lost_update_among(150);
}

fn lost_update_among_thousands() {
    lost_update_among(600);
}

fn lost_update_among(others: usize) {
    let hits = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let threads = (0..4).map(|_| {
        let hits = Arc::clone(&hits);
        thread::spawn(move || {
            noise(&hits[1], others);
            let seen = hits[0].load(SeqCst);
            hits[0].store(seen + 1, SeqCst);
            noise(&hits[1], others);
        })
    });
    let threads: Vec<_> = threads.collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(hits[0].load(SeqCst), 4);
}

#[test]
fn an_update_is_lost() {
    let found = found("lost_update", Kind::Panic, lost_update);
    assert!(found.report.contains("1 preemption"), "{}", found.report);
    assert!(!found.report.contains("stale"), "{}", found.report);
}

/// A token has as many characters as there are decisions left, however long the execution is.
#[test]
fn an_update_is_lost_among_thousands_of_steps() {
    let found = found("lost_update_among_thousands", Kind::Panic, lost_update_among_thousands);
    let token = found.token.expect("it can be replayed");
    assert!(found.report.contains(", 4817 steps"), "the others' steps are left: {}", found.report);
    assert!(token.len() <= TOKEN_MAX, "{token}");
}

fn lock_order() {
    let shared = Arc::new((Mutex::new(0), Mutex::new(0), AtomicUsize::new(0)));
    let threads = (0..3).map(|i| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            for round in 0..60 {
                noise(&shared.2, 6);
                let backwards = i == 2 && round == 30;
                let (one, other) =
                    if backwards { (&shared.1, &shared.0) } else { (&shared.0, &shared.1) };
                let _one = one.lock().unwrap();
                let _other = other.lock().unwrap();
            }
        })
    });
    let threads: Vec<_> = threads.collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn locks_are_taken_in_two_orders() {
    let found = found("lock_order", Kind::Deadlock, lock_order);
    assert!(found.report.contains("1 preemption"), "{}", found.report);
}

/// The flag is published without its data.
fn publication() {
    let shared = Arc::new([const { AtomicU32::new(0) }; 3]);
    let counter = Arc::new(AtomicUsize::new(0));
    let (theirs, count) = (Arc::clone(&shared), Arc::clone(&counter));
    let writer = thread::spawn(move || {
        noise(&count, 300);
        theirs[0].store(1, Relaxed);
        theirs[1].store(1, Relaxed);
        noise(&count, 300);
    });
    let readers = (0..2).map(|_| {
        let (theirs, count) = (Arc::clone(&shared), Arc::clone(&counter));
        thread::spawn(move || {
            for _ in 0..160 {
                noise(&count, 2);
                if theirs[1].load(Relaxed) == 1 {
                    assert_eq!(theirs[0].load(Relaxed), 1, "the data has not come");
                }
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    writer.join().unwrap();
}

#[test]
fn data_that_has_not_come() {
    let found = found("publication", Kind::Panic, publication);
    assert!(found.report.contains("1 stale read"), "{}", found.report);
}

/// The notification comes before the wait.
fn lost_wakeup() {
    let shared = Arc::new((Mutex::new(false), Condvar::new(), AtomicUsize::new(0)));
    let theirs = Arc::clone(&shared);
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || {
        for i in 0..400 {
            sender.send(i).unwrap();
        }
        noise(&theirs.2, 300);
        theirs.1.notify_one();
        noise(&theirs.2, 300);
    });
    while receiver.recv().is_ok() {
        noise(&shared.2, 1);
    }
    let guard = shared.0.lock().unwrap();
    drop(shared.1.wait(guard).unwrap());
    worker.join().unwrap();
}

#[test]
fn a_wakeup_is_lost() {
    found("lost_wakeup", Kind::Deadlock, lost_wakeup);
}
