//! An execution that ends early leaves threads at every primitive; their destructors still run.

mod support;

use raddle_engine::explore::{Exhaustive, Limits, Settings};
use raddle_engine::memory::Model;
use raddle_shims::hint;
use raddle_shims::kernel::Failure;
use raddle_shims::sync::atomic::{AtomicBool as Atomic, AtomicUsize};
use raddle_shims::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use raddle_shims::thread;
use std::sync::atomic::{AtomicBool, Ordering::*};
use support::{explore, explore_in, explore_under};

type Shared = (Mutex<u32>, Condvar, RwLock<u32>, Barrier, Once, OnceLock<u32>);

/// Uses everything when it is dropped.
struct Uses(Arc<Shared>, mpsc::Sender<u32>);

impl Drop for Uses {
    fn drop(&mut self) {
        let (mutex, condvar, rwlock, _, once, cell) = &*self.0;
        *mutex.lock().unwrap() += 1;
        condvar.notify_all();
        condvar.notify_one();
        *rwlock.write().unwrap() += 1;
        drop(rwlock.read().unwrap());
        once.call_once(|| {});
        cell.get_or_init(|| 1);
        let _ = self.1.send(1);
    }
}

fn start(waits: impl FnOnce(&Shared) + Send + 'static, uses: Uses) -> thread::JoinHandle<()> {
    thread::spawn(move || waits(&uses.0))
}

/// A thread that waits in `waits` for ever, while the main thread does something wrong.
fn ends_early(waits: impl Fn(&Shared) + Clone + Send + 'static) {
    let seen = explore(move || {
        let shared: Arc<Shared> = Arc::new((
            Mutex::default(),
            Condvar::new(),
            RwLock::default(),
            Barrier::new(2),
            Once::new(),
            OnceLock::new(),
        ));
        let (sender, _receiver) = mpsc::channel();
        let uses = |shared: &Arc<Shared>| Uses(Arc::clone(shared), sender.clone());
        let mine = uses(&shared);
        let other = start(waits.clone(), uses(&shared));
        if shared.0.try_lock().is_ok() {
            panic!("on purpose");
        }
        drop(mine);
        other.join().unwrap();
    });
    assert!(!seen.failures.is_empty(), "{seen:?}");
    let on_purpose = |failure: &Failure| match failure {
        Failure::Assertion { message, .. } => message == "on purpose",
        _ => false,
    };
    assert!(seen.failures.iter().all(on_purpose), "{seen:?}");
}

#[test]
fn while_a_thread_holds_a_mutex() {
    ends_early(|shared| drop(shared.0.lock().unwrap()));
}

#[test]
fn while_a_thread_waits_for_a_notification() {
    ends_early(|shared| drop(shared.1.wait(shared.0.lock().unwrap())));
}

#[test]
fn while_a_thread_notifies() {
    ends_early(|shared| shared.1.notify_one());
}

#[test]
fn while_a_thread_reads() {
    ends_early(|shared| drop(shared.2.read().unwrap()));
}

#[test]
fn while_a_thread_writes() {
    ends_early(|shared| drop(shared.2.write().unwrap()));
}

#[test]
fn while_a_thread_waits_at_a_barrier() {
    ends_early(|shared| {
        shared.3.wait();
    });
}

#[test]
fn while_a_thread_initialises() {
    ends_early(|shared| shared.4.call_once(|| drop(shared.0.try_lock())));
    ends_early(|shared| {
        shared.5.get_or_init(|| shared.0.try_lock().map_or(1, |_| 2));
    });
}

#[test]
fn while_a_thread_waits_for_an_initialisation() {
    ends_early(|shared| shared.4.wait());
}

/// All threads wait for each other, and unwind.
#[test]
fn after_a_deadlock() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::sync_channel::<Arc<Mutex<u32>>>(1);
        let lock = Arc::new(Mutex::new(0));
        sender.send(Arc::clone(&lock)).unwrap();
        let held = lock.lock().unwrap();
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || {
            let _kept = receiver;
            *theirs.lock().unwrap() += 1;
        });
        sender.send(Arc::clone(&lock)).unwrap();
        drop(held);
        other.join().unwrap();
    });
    assert_eq!((seen.complete, seen.deadlocks), (0, 1), "{seen:?}");
}

/// A value of which it is noticed if it is dropped twice.
struct Noticed(&'static AtomicBool);

impl Drop for Noticed {
    fn drop(&mut self) {
        if self.0.swap(true, Relaxed) {
            TWICE.store(true, Relaxed);
        }
    }
}

static TWICE: AtomicBool = AtomicBool::new(false);

/// A thread that has taken a value out spins, and puts it back after that, while the main thread does something wrong.
fn is_given_up_while_it_spins(is_released: bool) {
    let seen = explore(move || {
        let (ready, started) = (Arc::new(Atomic::new(false)), Arc::new(Atomic::new(false)));
        let (theirs, begins) = (Arc::clone(&ready), Arc::clone(&started));
        thread::spawn(move || {
            let mut value = Noticed(Box::leak(Box::new(AtomicBool::new(false))));
            // SAFETY: it is put back before anybody sees it, as no load unwinds.
            unsafe {
                let taken = std::ptr::read(&raw const value);
                begins.store(true, Relaxed);
                while !theirs.load(Relaxed) {}
                std::ptr::write(&raw mut value, taken);
            }
        });
        if is_released {
            thread::spawn(move || ready.store(true, Relaxed));
        }
        assert!(!started.load(Relaxed), "on purpose");
    });
    assert!(!seen.failures.is_empty(), "{seen:?}");
    assert!(!TWICE.load(Relaxed), "a value was dropped while it was taken out");
}

#[test]
fn a_loop_that_never_ends_is_not_unwound() {
    is_given_up_while_it_spins(false);
}

#[test]
fn a_loop_that_ends_goes_on() {
    is_given_up_while_it_spins(true);
}

/// A thread puts a node on a stack, which another one reads plainly; then it goes on behind the end of the execution.
/// Whether it has, and whether the node then lies on itself.
fn push_in_a_race(pushed: &'static AtomicBool, on_itself: &'static AtomicBool) {
    let top = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&top);
    thread::spawn(move || {
        let node = 1;
        let below = loop {
            let old = theirs.load(Relaxed);
            if theirs.compare_exchange(old, node, Relaxed, Relaxed).is_ok() {
                break old;
            }
        };
        pushed.store(true, Relaxed);
        on_itself.fetch_or(below == node, Relaxed);
    });
    top.read_plainly();
    thread::park();
}

/// An operation that ends the execution is performed once more by its thread, when that is let go on; what it did
/// before must not be seen, or the node is put on the stack twice and lies on top of itself.
#[test]
fn the_operation_that_ends_it_has_not_been_performed() {
    static ON_ITSELF: AtomicBool = AtomicBool::new(false);
    static PUSHED: AtomicBool = AtomicBool::new(false);
    let seen = explore(|| push_in_a_race(&PUSHED, &ON_ITSELF));
    let race = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
    assert!(!seen.failures.is_empty() && seen.failures.iter().all(race), "{seen:?}");
    assert!(PUSHED.load(Relaxed), "the thread went on");
    assert!(!ON_ITSELF.load(Relaxed), "the node lies on itself");
}

/// The same where accesses are no events.
#[test]
fn the_operation_that_ends_a_sampled_one_has_not_been_performed() {
    static ON_ITSELF: AtomicBool = AtomicBool::new(false);
    static PUSHED: AtomicBool = AtomicBool::new(false);
    for seed in 0..20 {
        let check = raddle::Builder::new().strategy("random").model("sc").seed(seed);
        let outcome = check.iterations(10).explore(|| push_in_a_race(&PUSHED, &ON_ITSELF));
        assert!(outcome.violation().is_some(), "every execution has a race");
    }
    assert!(PUSHED.load(Relaxed), "the thread went on");
    assert!(!ON_ITSELF.load(Relaxed), "the node lies on itself");
}

/// An execution that differs from the one that it repeats is over before all of that has come again. What threads find
/// afterwards is of this execution: the numbers of another one, which may be addresses, are not to be seen.
#[test]
fn what_was_not_repeated_has_not_happened() {
    static RUN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    static OF_ANOTHER: AtomicBool = AtomicBool::new(false);
    let outcome = raddle::Builder::new().explore(|| {
        let run = 1 + RUN.fetch_add(1, Relaxed);
        let shared = Arc::new([(); 3].map(|()| AtomicUsize::new(0)));
        let (reads, writes) = (Arc::clone(&shared), Arc::clone(&shared));
        let reader = thread::spawn(move || {
            let first = reads[0].load(Relaxed);
            match run % 3 {
                0 => _ = reads[1].load(Relaxed),
                1 => _ = reads[1].fetch_max(0, Relaxed),
                _ => _ = reads[1].fetch_add(0, Relaxed),
            }
            let second = reads[0].load(Relaxed);
            let foreign = [first, second].iter().any(|seen| ![0, run].contains(seen));
            OF_ANOTHER.fetch_or(foreign, Relaxed);
        });
        // It comes later, and has not begun when the reader does not do the same again.
        let writer = thread::spawn(move || {
            writes[2].load(Relaxed);
            writes[0].store(run, Relaxed);
        });
        reader.join().unwrap();
        writer.join().unwrap();
    });
    let raddle::Outcome::Violation(violation) = outcome else { panic!("{outcome:?}") };
    assert_eq!(violation.kind, raddle::Kind::Nondeterminism, "{}", violation.report);
    assert!(!OF_ANOTHER.load(Relaxed), "a number of another execution was seen");
}

static UNWOUND: AtomicBool = AtomicBool::new(false);

/// As code has it that ends the process if one of its threads panics.
struct MustNotUnwind;

impl Drop for MustNotUnwind {
    fn drop(&mut self) {
        UNWOUND.fetch_or(std::thread::panicking(), Relaxed);
    }
}

/// A node that others know until it takes itself out, for which it needs a lock: if that unwound, they would find what is not
/// there any more.
struct Listed<'a>(&'a Mutex<Vec<usize>>, usize);

static OUTLIVED: AtomicBool = AtomicBool::new(false);

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let _gone = Gone(self.0, self.1);
        self.0.lock().unwrap().retain(|node| *node != self.1);
    }
}

struct Gone<'a>(&'a Mutex<Vec<usize>>, usize);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        if let Ok(list) = self.0.lock() {
            OUTLIVED.fetch_or(list.contains(&self.1), Relaxed);
        }
    }
}

/// The others go on to their ends, as if nothing had happened, and so do those that had not begun.
#[test]
fn threads_that_can_go_on_are_not_unwound() {
    static ENDED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let seen = explore(|| {
        let list = Arc::new(Mutex::new(Vec::new()));
        let (sender, receiver) = mpsc::sync_channel(1);
        let theirs = Arc::clone(&list);
        let receives = thread::spawn(move || {
            let _guard = MustNotUnwind;
            theirs.lock().unwrap().push(1);
            let _listed = Listed(&theirs, 1);
            receiver.recv().unwrap();
        });
        let theirs = Arc::clone(&list);
        thread::spawn(move || {
            let _guard = MustNotUnwind;
            theirs.lock().unwrap().push(2);
            drop(Listed(&theirs, 2));
            let later = thread::spawn(move || sender.send(()).unwrap());
            later.join().unwrap();
            receives.join().unwrap();
            ENDED.fetch_add(1, Relaxed);
        });
        let list = list.lock().unwrap();
        assert!(list.len() < 2, "on purpose");
    });
    assert!(!seen.failures.is_empty(), "{seen:?}");
    assert!(ENDED.load(Relaxed) > seen.complete as usize, "some go on behind the end");
    assert!(!UNWOUND.load(Relaxed), "a thread was unwound");
    assert!(!OUTLIVED.load(Relaxed), "a node was left in the list");
}

/// Takes a lock when it is dropped.
struct Locks<'a>(&'a Mutex<u32>);

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

/// A thread that waits while it unwinds is left there, and for std a panic goes on from then on. Threads of later executions
/// do not unwind all the same, and come to their limits.
#[test]
fn a_thread_that_is_left_in_an_unwinding_stays_alone() {
    static TURNS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let limits = Limits { events_per_thread: 50, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let program = || {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        if raddle::choose(2) == 0 {
            let held = lock.lock().unwrap();
            let waits = thread::spawn(move || {
                let _locks = Locks(&theirs);
                thread::park();
                thread::park();
            });
            waits.join().unwrap();
            drop(held);
        } else {
            let begun = Arc::new(Atomic::new(false));
            let begins = Arc::clone(&begun);
            thread::spawn(move || {
                begins.store(true, Relaxed);
                // Which is no loop that only looks, as it could write.
                while std::hint::black_box(&mut *theirs.lock().unwrap()) == &0 {
                    TURNS.fetch_add(1, Relaxed);
                }
            });
            while !begun.load(Relaxed) {}
            panic!("on purpose");
        }
    };
    let seen = explore_in(|runtime| runtime, Exhaustive::new, settings, program);
    assert!(seen.deadlocks > 0 && !seen.failures.is_empty(), "{seen:?}");
    let turns = TURNS.load(Relaxed);
    assert!((100..20_000).contains(&turns), "{turns} turns behind the end");
}

/// What a thread waits for comes behind the end as well, whatever it is.
#[test]
fn who_waits_behind_the_end_is_told() {
    static LEFT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    struct Leaves;
    impl Drop for Leaves {
        fn drop(&mut self) {
            LEFT.fetch_add(usize::from(std::thread::panicking()), Relaxed);
        }
    }
    type Both = Arc<(Mutex<bool>, Condvar, Barrier)>;
    type Wait = fn(&Both);
    type Wake = fn(&Both, &thread::Thread);
    let pairs: [(Wait, Wake); 4] = [
        (
            |both| {
                let mut ready = both.0.lock().unwrap();
                while !*ready {
                    ready = both.1.wait(ready).unwrap();
                }
            },
            |both, _| {
                *both.0.lock().unwrap() = true;
                both.1.notify_one();
            },
        ),
        (|both| _ = both.2.wait(), |both, _| _ = both.2.wait()),
        (|_| thread::park(), |_, waiting| waiting.unpark()),
        (
            |both| {
                let ready = both.0.lock().unwrap();
                drop(both.1.wait_while(ready, |ready| !*ready).unwrap());
            },
            |both, _| {
                *both.0.lock().unwrap() = true;
                both.1.notify_all();
            },
        ),
    ];
    for (waits, tells) in pairs {
        let seen = explore(move || {
            let both: Both = Arc::new((Mutex::new(false), Condvar::new(), Barrier::new(2)));
            let flag = Arc::new(Atomic::new(false));
            let (theirs, sets) = (Arc::clone(&both), Arc::clone(&flag));
            let waiting = thread::spawn(move || {
                let _leaves = Leaves;
                sets.store(true, Relaxed);
                waits(&theirs);
            });
            let name = waiting.thread().clone();
            thread::spawn(move || {
                let _leaves = Leaves;
                tells(&both, &name);
            });
            assert!(!flag.load(Relaxed), "on purpose");
        });
        assert!(!seen.failures.is_empty(), "{seen:?}");
        assert_eq!(LEFT.load(Relaxed), 0, "a thread was unwound");
    }
}

/// Threads are tried with values that their loops could read, and one that leaves its loop with such a value believes what is not so: that
/// the other one has come to the barrier. It does not go on when the execution has ended, as others do, or it would write what the
/// other one is about to read.
#[test]
fn who_believes_what_is_not_so_does_not_go_on() {
    static MIXED: AtomicBool = AtomicBool::new(false);
    struct Meeting(AtomicUsize, AtomicUsize, [Atomic; 2]);
    fn meet(Meeting(count, generation, _): &Meeting) {
        let before = generation.load(Acquire);
        if count.fetch_add(1, AcqRel) == 1 {
            count.store(0, Relaxed);
            generation.store(before + 1, Release);
        } else {
            while generation.load(Acquire) == before {
                hint::spin_loop();
            }
        }
    }
    fn talk(meeting: &Meeting, me: usize) {
        meet(meeting);
        if meeting.2[1 - me].load(Relaxed) {
            MIXED.store(true, Relaxed);
        }
        meet(meeting);
        meeting.2[me].store(true, Relaxed);
    }
    let seen = explore_under(Model::Sc, || {
        let (count, generation) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let meeting = &Meeting(count, generation, [const { Atomic::new(false) }; 2]);
        thread::scope(|s| {
            for me in 0..2 {
                s.spawn(move || talk(meeting, me));
            }
        });
    });
    assert_eq!(seen.failures.len(), 0, "{:?}", seen.failures);
    assert!(!MIXED.load(Relaxed));
}
