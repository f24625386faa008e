//! Loops that try until they succeed do what an operation does that waits: the same executions, each once.
//!
//! The oracle is the same program with operations that wait (which the naive oracles check), and, where nothing
//! waits for several objects at once, the program whose loops end after some turns, since turns that are
//! counted are events.

mod support;

use raddle::Kind;
use raddle_engine::explore::{Exhaustive, Fault};
use raddle_engine::memory::Model;
use raddle_shims::sync::atomic::{AtomicU64, Ordering::*};
use raddle_shims::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel,
};
use raddle_shims::sync::{Mutex, MutexGuard, RwLock};
use raddle_shims::thread;
use raddle_shims::time::Instant;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use support::{Seen, explore_by, random::numbers};

const SOON: Duration = Duration::from_millis(1);
const MODELS: [Model; 2] = [Model::Sc, Model::Rc20];

/// What a thread does that has to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Waits {
    /// It asks for it.
    Asks,
    /// It tries in a loop.
    Polls,
    /// It tries in a loop, and waits for a while in each try to receive.
    Limited,
    /// It tries so often at most; then the execution is not one of those that are compared.
    Tries(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// A section of a lock that adds to its number; with another section of the other lock inside.
    Section(usize, bool),
    Send(u64),
    Receive,
    Store(u64),
    Load,
    /// A section of the first of the locks that is free; never by asking.
    Either,
}

struct World {
    locks: [Mutex<u64>; 2],
    sender: SyncSender<u64>,
    x: AtomicU64,
}

/// An execution that is not compared.
struct GaveUp;

fn repeat<T>(waits: Waits, mut attempt: impl FnMut() -> Option<T>) -> Result<T, GaveUp> {
    if let Waits::Tries(most) = waits {
        return (0..most).find_map(|_| attempt()).ok_or(GaveUp);
    }
    loop {
        if let Some(done) = attempt() {
            return Ok(done);
        }
    }
}

fn lock<'a>(lock: &'a Mutex<u64>, waits: Waits) -> Result<MutexGuard<'a, u64>, GaveUp> {
    match waits {
        Waits::Asks => Ok(lock.lock().unwrap()),
        _ => repeat(waits, || lock.try_lock().ok()),
    }
}

fn receive(receiver: &Receiver<u64>, waits: Waits) -> Result<u64, GaveUp> {
    match waits {
        Waits::Asks => Ok(receiver.recv().unwrap_or(99)),
        Waits::Limited => repeat(waits, || match receiver.recv_timeout(SOON) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Disconnected) => Some(99),
            Err(RecvTimeoutError::Timeout) => None,
        }),
        _ => repeat(waits, || match receiver.try_recv() {
            Ok(message) => Some(message),
            Err(TryRecvError::Disconnected) => Some(99),
            Err(TryRecvError::Empty) => None,
        }),
    }
}

fn send(sender: &SyncSender<u64>, message: u64, waits: Waits) -> Result<u64, GaveUp> {
    match waits {
        Waits::Asks => Ok(u64::from(sender.send(message).is_ok())),
        _ => repeat(waits, || match sender.try_send(message) {
            Ok(()) => Some(1),
            Err(TrySendError::Disconnected(_)) => Some(0),
            Err(TrySendError::Full(_)) => None,
        }),
    }
}

fn run(
    steps: &[Step],
    world: &World,
    receiver: Option<&Receiver<u64>>,
    waits: Waits,
) -> Result<Vec<u64>, GaveUp> {
    let mut seen = Vec::new();
    for step in steps {
        // What calls have left on the stack makes a first turn look different, see ARCHITECTURE.md.
        thread::yield_now();
        match *step {
            Step::Section(which, nested) => {
                let mut outer = lock(&world.locks[which], waits)?;
                *outer += 1;
                seen.push(*outer);
                if nested {
                    thread::yield_now();
                    let mut inner = lock(&world.locks[1 - which], waits)?;
                    *inner += 1;
                    seen.push(*inner);
                }
            }
            Step::Send(message) => seen.push(send(&world.sender, message, waits)?),
            Step::Receive => match receiver {
                Some(receiver) => seen.push(receive(receiver, waits)?),
                None => seen.push(world.x.load(Acquire)),
            },
            Step::Either => {
                let either = || {
                    world.locks.iter().position(|lock| match lock.try_lock() {
                        Ok(mut number) => {
                            *number += 10;
                            true
                        }
                        Err(_) => false,
                    })
                };
                seen.push(repeat(waits, either)? as u64);
            }
            Step::Store(value) => world.x.store(value, Release),
            Step::Load => seen.push(world.x.load(Relaxed)),
        }
    }
    Ok(seen)
}

/// What the threads have seen; nothing if one gave up. The first thread has the receiver.
fn execute(threads: &[Vec<Step>], waits: Waits) -> Option<Vec<Vec<u64>>> {
    let (sender, receiver) = sync_channel(1);
    let world = World { locks: [Mutex::new(0), Mutex::new(0)], sender, x: AtomicU64::new(0) };
    let world = &world;
    let results: Vec<_> = thread::scope(|s| {
        let mut receiver = Some(receiver);
        let spawned: Vec<_> = threads
            .iter()
            .map(|steps| {
                let mine = receiver.take();
                s.spawn(move || run(steps, world, mine.as_ref(), waits))
            })
            .collect();
        spawned.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    results.into_iter().map(Result::ok).collect()
}

/// The random threads of a seed; with loops that try either lock in place of loads, if asked for.
fn random(seed: u64, either: bool) -> Vec<Vec<Step>> {
    let mut below = numbers(seed);
    let threads = 2 + below(2) as usize;
    let count = if threads == 2 { 3 } else { 2 };
    (0..threads)
        .map(|_| {
            (0..1 + below(count))
                .map(|_| match below(7) {
                    0 | 1 => Step::Section(below(2) as usize, below(3) == 0),
                    2 => Step::Send(1 + below(3)),
                    3 | 4 => Step::Receive,
                    5 => Step::Store(1 + below(2)),
                    _ if either => Step::Either,
                    _ => Step::Load,
                })
                .collect()
        })
        .collect()
}

type Outcome = Option<Vec<Vec<u64>>>;

fn explore(
    model: Model,
    threads: &[Vec<Step>],
    waits: Waits,
    fault: Option<Fault>,
) -> Seen<Outcome> {
    let threads = Arc::new(threads.to_vec());
    let strategy = || fault.map_or_else(Exhaustive::new, |it| Exhaustive::new().with_fault(it));
    explore_by(strategy, model, move || execute(&threads, waits))
}

#[test]
fn loops_that_try_have_the_executions_of_operations_that_wait() {
    for seed in 0..150 {
        let threads = random(seed, false);
        for (model, waits) in
            MODELS.into_iter().flat_map(|model| [(model, Waits::Polls), (model, Waits::Limited)])
        {
            let asks = explore(model, &threads, Waits::Asks, None);
            let polls = explore(model, &threads, waits, None);
            let counts = |seen: &Seen<Outcome>| (seen.complete, seen.deadlocks, seen.redundant);
            assert_eq!(polls.outcomes, asks.outcomes, "{seed} {model} {threads:?}");
            assert_eq!(counts(&polls), counts(&asks), "{seed} {model} {threads:?}");
            assert_eq!(polls.set_aside, 0, "{seed} {model} {threads:?}");
            assert!(polls.failures.is_empty() && asks.failures.is_empty());
        }
    }
}

/// How loops differ from turns that are counted; none if they do not.
fn difference(threads: &[Vec<Step>], model: Model, fault: Option<Fault>) -> Option<String> {
    let polls = explore(model, threads, Waits::Polls, fault);
    let mut tries = explore(model, threads, Waits::Tries(3), None);
    // With so few steps, three tries are enough to come to where one succeeds.
    let gave_up = tries.outcomes.remove(&None);
    let differs =
        polls.outcomes != tries.outcomes || polls.deadlocks > 0 && !gave_up || polls.redundant > 0;
    differs.then(|| format!("{model} {threads:?}: {polls:?} instead of {tries:?}"))
}

#[test]
fn turns_that_are_counted_lead_to_the_same() {
    for (seed, either) in (0..40).flat_map(|seed| [(seed, false), (seed, true)]) {
        let threads = random(seed, either);
        for model in MODELS {
            assert_eq!(difference(&threads, model, None), None, "{seed}");
        }
    }
}

/// What two threads see of a channel without room, and of a lock for readers and writers: one asks, the other polls.
fn meets(waits: Waits, sends: bool) -> Outcome {
    let (sender, receiver) = sync_channel(0);
    let shared = RwLock::new(0);
    let (sent, received) = thread::scope(|s| {
        let shared = &shared;
        let sent = s.spawn(move || {
            let waits = if sends { waits } else { Waits::Asks };
            *repeat(waits, || shared.try_write().ok())? += 1;
            Ok::<_, GaveUp>(vec![send(&sender, 7, waits)?, send(&sender, 8, waits)?])
        });
        let received = s.spawn(move || {
            let waits = if sends { Waits::Asks } else { waits };
            let before = *repeat(waits, || shared.try_read().ok())?;
            Ok::<_, GaveUp>(vec![before, receive(&receiver, waits)?, receive(&receiver, waits)?])
        });
        (sent.join().unwrap(), received.join().unwrap())
    });
    Some(vec![sent.ok()?, received.ok()?])
}

#[test]
fn threads_that_poll_meet_threads_that_ask() {
    for (model, sends) in MODELS.into_iter().flat_map(|model| [(model, false), (model, true)]) {
        let polls = explore_by(Exhaustive::new, model, move || meets(Waits::Polls, sends));
        let mut tries = explore_by(Exhaustive::new, model, move || meets(Waits::Tries(4), sends));
        assert!(tries.outcomes.remove(&None), "{model}: four tries are not always enough");
        assert_eq!(polls.outcomes, tries.outcomes, "{model}");
        assert_eq!((polls.deadlocks, polls.redundant, polls.failures.len()), (0, 0, 0), "{model}");
    }
}

#[test]
fn a_loop_that_is_not_tried_earlier_is_noticed() {
    let caught = (0..60).any(|seed| {
        let threads = random(seed, true);
        difference(&threads, Model::Sc, Some(Fault::ForgetsWaiting)).is_some()
    });
    assert!(caught, "the fault changed nothing");
}

/// Loops that end by themselves are not taken for ones that wait.
#[test]
fn tries_that_are_counted_are_events() {
    let seen = explore_by(Exhaustive::new, Model::Sc, || {
        let lock = Mutex::new(());
        thread::scope(|s| {
            s.spawn(|| drop(lock.lock().unwrap()));
            (0..3).filter(|_| lock.try_lock().is_err()).count()
        })
    });
    // Of three tries the section of the other thread overlaps none, or some in a row: it begins and ends before or after
    // each of them.
    assert_eq!(seen.outcomes, BTreeSet::from([0, 1, 2, 3]));
    assert_eq!((seen.complete, seen.set_aside), (10, 0));
}

/// One loop in two threads, of which only one is patient: what the loop does for one is not what it does for the other.
#[test]
fn who_is_not_patient_gives_up() {
    fn attempt(lock: &Mutex<()>, patient: &bool) -> bool {
        loop {
            if lock.try_lock().is_ok() {
                return true;
            }
            if !*patient {
                return false;
            }
        }
    }
    for model in MODELS {
        let seen = explore_by(Exhaustive::new, model, || {
            let (lock, patient) = (Mutex::new(()), [true, false].map(Box::new));
            thread::scope(|s| {
                s.spawn(|| drop(lock.lock().unwrap()));
                let other = s.spawn(|| attempt(&lock, &patient[0]));
                let mine = attempt(&lock, &patient[1]);
                (other.join().unwrap(), mine)
            })
        });
        assert_eq!(seen.outcomes, BTreeSet::from([(true, false), (true, true)]), "{model}");
    }
}

fn kind_of(program: impl Fn() + Send + Sync + 'static) -> Option<Kind> {
    raddle::explore(program).violation().map(|violation| violation.kind)
}

#[test]
fn loops_that_try_for_ever_are_livelocks() {
    let held = || {
        let lock = raddle_shims::sync::Arc::new(Mutex::new(()));
        let theirs = raddle_shims::sync::Arc::clone(&lock);
        thread::spawn(move || {
            std::mem::forget(theirs.lock().unwrap());
        });
        while lock.try_lock().is_err() {}
    };
    assert_eq!(kind_of(held), Some(Kind::Livelock));
    let left = || {
        let lock = raddle_shims::sync::Arc::new(Mutex::new(()));
        std::mem::forget(lock.lock().unwrap());
        let theirs = raddle_shims::sync::Arc::clone(&lock);
        thread::spawn(move || while theirs.try_lock().is_err() {});
    };
    assert_eq!(kind_of(left), Some(Kind::Livelock));
    let empty = || {
        let (_sender, receiver) = sync_channel::<u64>(1);
        while receiver.try_recv() == Err(TryRecvError::Empty) {
            thread::yield_now();
        }
    };
    assert_eq!(kind_of(empty), Some(Kind::Livelock));
}

/// A lock that is lost keeps who polls it for ever, as who asks for it, also while others go on.
#[test]
fn who_polls_a_lost_lock_is_stuck() {
    fn lost(wait: fn(&Mutex<()>)) -> Option<Kind> {
        let outcome = raddle::Builder::new().max_events(500).explore(move || {
            let lock = raddle_shims::sync::Arc::new(Mutex::new(()));
            let theirs = raddle_shims::sync::Arc::clone(&lock);
            let holder = thread::spawn(move || std::mem::forget(lock.lock().unwrap()));
            holder.join().unwrap();
            thread::spawn(move || wait(&theirs));
            let x = AtomicU64::new(0);
            loop {
                x.fetch_add(1, Relaxed);
            }
        });
        outcome.violation().map(|violation| violation.kind)
    }
    let asks = lost(|lock| drop(lock.lock().unwrap()));
    assert!(asks.is_some());
    assert_eq!(lost(|lock| while lock.try_lock().is_err() {}), asks);
}

/// A loop around Go's select with a default case.
#[test]
fn selects_with_a_default_case_wait_in_loops() {
    use raddle_shims::go::{chan, go, select};
    for capacity in [0, 1] {
        let seen = explore_by(Exhaustive::new, Model::Sc, move || {
            let (values, done) = (chan::<u64>(capacity), chan::<()>(1));
            let theirs = (values.clone(), done.clone());
            go(move || {
                theirs.0.send(7);
                theirs.1.send(());
            });
            let got = loop {
                select! {
                    recv(values) -> value => break value,
                    default => thread::yield_now(),
                }
            };
            done.recv();
            got
        });
        assert_eq!(seen.outcomes, BTreeSet::from([Some(7)]), "{capacity}");
        assert_eq!((seen.deadlocks, seen.redundant), (0, 0), "{capacity}");
        // Without optimisation a first turn may look different from the second, and be explored.
        assert!(seen.complete <= 2, "{capacity}: {seen:?}");
    }
}

/// A thread that looks at a flag while it waits for something with a limit, or sleeps; nobody ends the wait but the limit.
fn looks_again(pause: impl Fn() + Send + Sync, sets: bool) {
    let flag = AtomicU64::new(0);
    thread::scope(|s| {
        let (flag, pause) = (&flag, &pause);
        s.spawn(move || {
            while flag.load(Acquire) == 0 {
                pause();
            }
        });
        if sets {
            flag.store(1, Release);
        }
    });
}

#[test]
fn loops_that_sleep_or_park_for_a_while_between_two_looks_wait() {
    let pauses: [fn(); 3] =
        [|| thread::sleep(SOON), || thread::park_timeout(SOON), thread::yield_now];
    for (model, pause) in MODELS.into_iter().flat_map(|model| pauses.map(|it| (model, it))) {
        let seen = explore_by(Exhaustive::new, model, move || looks_again(pause, true));
        assert_eq!((seen.complete, seen.failures.len()), (1, 0), "{model}");
        let outcome = raddle::explore(move || looks_again(pause, false));
        assert_eq!(outcome.violation().map(|it| it.kind), Some(Kind::Livelock), "{model}");
    }
}

#[test]
fn who_waits_with_a_limit_again_and_again_for_what_never_comes_is_stuck() {
    let outcome = raddle::explore(|| {
        let (sender, receiver) = sync_channel::<u64>(1);
        while receiver.recv_timeout(SOON) == Err(RecvTimeoutError::Timeout) {}
        drop(sender);
    });
    assert_eq!(outcome.violation().map(|it| it.kind), Some(Kind::Livelock));
}

/// Who looks at the clock sees how long the loop has slept, so its turns differ; the deadline ends them.
#[test]
fn loops_that_sleep_until_a_deadline_end_there() {
    for model in MODELS {
        let seen = explore_by(Exhaustive::new, model, || {
            let flag = AtomicU64::new(0);
            thread::scope(|s| {
                s.spawn(|| flag.store(1, Release));
                let start = Instant::now();
                while flag.load(Acquire) == 0 && start.elapsed() < 3 * SOON {
                    thread::sleep(SOON);
                }
                start.elapsed() / 1_000_000
            })
        });
        let all = (0..=3).map(Duration::from_nanos).collect();
        assert_eq!(seen.outcomes, all, "{model}");
        // With three sleeps the flag may have been set or not.
        assert_eq!(seen.complete, 5, "{model}");
    }
}
