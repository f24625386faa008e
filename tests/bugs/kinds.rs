//! A program for each kind of failure, whose report says on its first screen what it is about: the objects, both places,
//! and every thread that takes part.

use example_support::FirstScreen;
use raddle::{Builder, Kind, Outcome};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use raddle_shims::sync::{Arc, Mutex, mpsc};
use raddle_shims::track::Tracked;
use raddle_shims::{alloc, go, thread};
use std::time::Duration;

/// What is shown of a kind.
struct Shown {
    kind: Kind,
    names: &'static [&'static str],
    sites: &'static [(&'static str, &'static str)],
    program: fn(),
}

/// All but the step limit, which only `check` takes for a failure.
const SHOWN: [Shown; 10] = [
    Shown {
        kind: Kind::Panic,
        names: &["paid", "main", "t1"],
        sites: &[("fn panic(", "paid.store"), ("fn panic(", "assert!")],
        program: panic,
    },
    Shown {
        kind: Kind::Deadlock,
        names: &["accounts", "log", "main", "t1"],
        sites: &[
            ("fn log_first(", "log.lock"),
            ("fn log_first(", "accounts.lock"),
            ("fn accounts_first(", "accounts.lock"),
            ("fn accounts_first(", "log.lock"),
        ],
        program: deadlock,
    },
    Shown {
        kind: Kind::PartialDeadlock,
        names: &["accounts", "log", "main", "t1", "t2"],
        sites: &[
            ("fn log_first(", "log.lock"),
            ("fn log_first(", "accounts.lock"),
            ("fn accounts_first(", "accounts.lock"),
            ("fn accounts_first(", "log.lock"),
        ],
        program: partial_deadlock,
    },
    Shown {
        kind: Kind::TaskLeak,
        names: &["channel", "main", "t1"],
        sites: &[("fn task_leak(", "jobs.recv"), ("fn task_leak(", "thread::spawn")],
        program: task_leak,
    },
    Shown {
        kind: Kind::Livelock,
        names: &["ready", "main", "t1"],
        sites: &[("fn livelock(", "ready.load"), ("fn livelock(", "theirs.store(false")],
        program: livelock,
    },
    Shown {
        kind: Kind::LiveLeak,
        names: &["main", "t1"],
        sites: &[("fn live_leak(", "go::sleep"), ("fn live_leak(", "thread::spawn")],
        program: live_leak,
    },
    Shown {
        kind: Kind::DataRace,
        names: &["total", "main", "t1"],
        sites: &[("fn data_race(", "*total = 1"), ("fn data_race(", "*total }")],
        program: data_race,
    },
    Shown {
        kind: Kind::Leak,
        names: &["connection", "main", "t1"],
        sites: &[("fn leak(", "Tracked::new"), ("fn leak(", "*connection")],
        program: leak,
    },
    Shown {
        kind: Kind::Misuse,
        names: &["memory", "main", "t1"],
        sites: &[("fn misuse(", "move || unsafe"), ("fn misuse(", "dealloc(mine")],
        program: misuse,
    },
    Shown {
        kind: Kind::Nondeterminism,
        names: &["flag", "main", "t1"],
        sites: &[("fn nondeterminism(", "flag.load"), ("fn nondeterminism(", "flag.store")],
        program: nondeterminism,
    },
];

fn panic() {
    let paid = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&paid);
    let other = thread::spawn(move || theirs.load(Acquire));
    let paid_late = other.join().unwrap();
    paid.store(true, Release);
    assert!(paid_late, "the goods were sent before they were paid");
}

type Locks = Arc<(Mutex<u32>, Mutex<u32>)>;

fn log_first(accounts: &Mutex<u32>, log: &Mutex<u32>) {
    let _log = log.lock().unwrap();
    let _accounts = accounts.lock().unwrap();
}

fn accounts_first(accounts: &Mutex<u32>, log: &Mutex<u32>) {
    let _accounts = accounts.lock().unwrap();
    let _log = log.lock().unwrap();
}

fn locks() -> Locks {
    let accounts = Mutex::new(0);
    let log = Mutex::new(0);
    Arc::new((accounts, log))
}

fn deadlock() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    let other = thread::spawn(move || log_first(&theirs.0, &theirs.1));
    accounts_first(&locks.0, &locks.1);
    other.join().unwrap();
}

fn partial_deadlock() {
    let locks = locks();
    let [one, two] = [Arc::clone(&locks), Arc::clone(&locks)];
    let _one = thread::spawn(move || log_first(&one.0, &one.1));
    let _two = thread::spawn(move || accounts_first(&two.0, &two.1));
    let beat = AtomicU32::new(0);
    loop {
        beat.fetch_add(1, Relaxed);
    }
}

fn task_leak() {
    let (sender, jobs) = mpsc::channel::<u32>();
    thread::spawn(move || while jobs.recv().is_ok() {});
    sender.send(1).unwrap();
    std::mem::forget(sender);
}

fn livelock() {
    let ready = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&ready);
    let other = thread::spawn(move || {
        theirs.store(true, Release);
        theirs.store(false, Release);
    });
    while !ready.load(Acquire) {
        thread::yield_now();
    }
    other.join().unwrap();
}

fn live_leak() {
    thread::spawn(|| {
        loop {
            go::sleep(Duration::from_secs(1));
        }
    });
}

struct Total(UnsafeCell<u32>);

// SAFETY: it is not; that is the failure which is shown.
unsafe impl Sync for Total {}

fn data_race() {
    let total = Arc::new(Total(UnsafeCell::new(0)));
    let theirs = Arc::clone(&total);
    // SAFETY: as above.
    let other = thread::spawn(move || theirs.0.with_mut(|total| unsafe { *total = 1 }));
    // SAFETY: as above.
    let seen = total.0.with(|total| unsafe { *total });
    other.join().unwrap();
    assert!(seen < 2);
}

fn leak() {
    let connection = Tracked::new("connection", 7);
    let other = thread::spawn(move || {
        assert_eq!(*connection, 7);
        std::mem::forget(connection);
    });
    other.join().unwrap();
}

fn misuse() {
    let layout = alloc::Layout::new::<u64>();
    // SAFETY: the layout has a size.
    let mine = unsafe { alloc::alloc(layout) };
    let theirs = mine as usize;
    // SAFETY: it is not; that is the failure which is shown.
    let other = thread::spawn(move || unsafe { alloc::dealloc(theirs as *mut u8, layout) });
    other.join().unwrap();
    // SAFETY: as above.
    unsafe { alloc::dealloc(mine, layout) };
}

/// How often it has run, which raddle does not know of.
static RUNS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

fn nondeterminism() {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&flag);
    let other = thread::spawn(move || theirs.store(true, Relaxed));
    if RUNS.fetch_add(1, Relaxed).is_multiple_of(2) {
        flag.load(Relaxed);
    } else {
        flag.store(false, Relaxed);
    }
    other.join().unwrap();
}

#[test]
fn first_screens_tell_what_it_is_about() {
    let kinds = Kind::ALL.into_iter().filter(|(kind, _)| *kind != Kind::StepLimit);
    for (shown, (kind, name)) in SHOWN.iter().zip(kinds) {
        assert_eq!(shown.kind, kind, "there is one for each kind, in their order");
        let outcome = Builder::new().name(name).max_events(60).explore(shown.program);
        let Outcome::Violation(violation) = outcome else { panic!("{name}: {outcome:?}") };
        assert_eq!(violation.kind, kind, "{}", violation.report);
        let source = ("kinds.rs", include_str!("kinds.rs"));
        FirstScreen { names: shown.names, source, sites: shown.sites }.assert(&violation);
    }
}
