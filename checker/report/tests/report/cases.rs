//! Traces as a checker would make them, of small programs whose source is here too.

use raddle_report::trace::{
    Contrast, Interleaving, Kind, Object, Part, Search, Site, Step, Thread, ThreadState, Trace,
    Verdict,
};
use raddle_report::wording::deadlock::{self as wording, Link, Need, Obstacle, Role};

use crate::unusual;
pub use crate::unusual::*;

pub const BANK: &str = "bank/src/lib.rs";
const BANK_SOURCE: &str = "\
pub fn transfer(from: &Mutex<u64>, to: &Mutex<u64>) {
    let mut x = from.lock().unwrap();
    let mut y = to.lock().unwrap();
    *x -= 1;
    *y += 1;
}

#[raddle::test]
fn transfer_both_ways() {
    let a = Arc::new(Mutex::new(100));
    let b = Arc::new(Mutex::new(100));
    let other = thread::spawn({ let (a, b) = (a.clone(), b.clone()); move || transfer(&b, &a) });
    transfer(&a, &b);
    other.join().unwrap();
    assert_eq!(*a.lock().unwrap() + *b.lock().unwrap(), 200);
}
";

pub const FLAG: &str = "src/flag.rs";
const FLAG_SOURCE: &str = "\
struct Message {
    ready: AtomicBool,
    text: UnsafeCell<u64>,
}

fn send(message: &Message) {
    message.text.with_mut(|text| *text = 42);
    message.ready.store(true, Relaxed);
}

fn receive(message: &Message) -> Option<u64> {
    if message.ready.load(Acquire) {
        return Some(message.text.with(|text| *text));
    }
    None
}
";

/// The source of a file.
pub fn source(file: &str) -> Option<String> {
    match file {
        BANK => Some(BANK_SOURCE.to_owned()),
        FLAG => Some(FLAG_SOURCE.to_owned()),
        _ => unusual::source(file),
    }
}

/// The first place of a file that reads so.
pub fn site(file: &str, text: &str) -> Site {
    let source = source(file).unwrap_or_default();
    for (i, line) in source.lines().enumerate() {
        if let Some(at) = line.find(text) {
            return Site::new(file, i as u32 + 1, line[..at].chars().count() as u32 + 1);
        }
    }
    panic!("{file} has no {text}");
}

pub fn part(thread: u32, text: &str, site: Site) -> Part {
    Part { thread: Some(thread), text: text.to_owned(), site: Some(site), object: None }
}

pub fn thread(id: u32, state: ThreadState) -> Thread {
    Thread { id, name: None, spawned: None, state }
}

pub fn spawned(id: u32, name: Option<&str>, site: &Site, state: ThreadState) -> Thread {
    Thread { id, name: name.map(str::to_owned), spawned: Some(site.clone()), state }
}

pub fn waiting(what: &str, object: Option<u32>, site: Site) -> ThreadState {
    ThreadState::Waiting { what: what.to_owned(), object, site: Some(site), why: Vec::new() }
}

pub fn object(id: u32, kind: &str, name: Option<&str>, created: Site, holders: &[u32]) -> Object {
    let (name, holders) = (name.map(str::to_owned), holders.to_vec());
    Object { name, created: Some(created), holders, ..Object::new(id, kind) }
}

pub fn step(thread: u32, text: &str, site: &Site) -> Step {
    Step { site: Some(site.clone()), ..Step::new(thread, text) }
}

pub fn preempt(step: Step) -> Step {
    Step { preemption: true, ..step }
}

pub fn exhaustive(execution: u64) -> Search {
    let (strategy, model) = ("exhaustive".to_owned(), "rc20".to_owned());
    Search { strategy, seed: None, execution, complete: false, model, fails_one_of: None }
}

pub fn sampled(strategy: &str, seed: u64, execution: u64) -> Search {
    Search {
        strategy: strategy.to_owned(),
        seed: Some(seed),
        fails_one_of: Some(execution),
        ..exhaustive(execution)
    }
}

/// A trace of a kind.
pub fn trace(kind: Kind, test: &str, message: &str, site: Option<Site>, search: Search) -> Trace {
    let verdict = Verdict { site, ..Verdict::new(kind, message) };
    Trace { token: Some("rd1-54m9h-hnjp2-3d1fk".to_owned()), ..Trace::new(test, verdict, search) }
}

/// One trace of each kind, in the order of [`Kind::ALL`].
pub fn kinds() -> Vec<Trace> {
    vec![
        panic(),
        deadlock(),
        partial_deadlock(),
        task_leak(),
        livelock(),
        live_leak(),
        data_race(),
        misuse(),
        leak(),
        step_limit(),
        nondeterminism(),
        aborted(),
        passed(),
    ]
}

fn bank(kind: Kind, message: &str, site: Site, search: Search) -> Trace {
    trace(kind, "bank::transfer_both_ways", message, Some(site), search)
}

fn panic() -> Trace {
    let (assertion, spawn) = (site(BANK, "assert_eq!"), site(BANK, "thread::spawn"));
    let (x, y) = (site(BANK, "from.lock"), site(BANK, "to.lock"));
    let message = "assertion `left == right` failed\n  left: 199\n right: 200";
    let mut trace = bank(Kind::Panic, message, assertion, sampled("random", 7, 1234));
    trace.threads = vec![
        thread(0, ThreadState::Panicked(message.to_owned())),
        spawned(1, None, &spawn, ThreadState::Ended),
    ];
    trace.steps = vec![
        step(0, "spawn t1", &spawn),
        step(0, "lock a", &x),
        preempt(step(1, "lock b", &x)),
        step(1, "unlock b", &y),
        step(0, "lock b", &y),
    ];
    trace.contrast = Some(Contrast { step: 2, instead: "main goes on".to_owned() });
    trace
}

pub fn deadlock() -> Trace {
    let spawn = site(BANK, "thread::spawn");
    let (x, y) = (site(BANK, "from.lock"), site(BANK, "to.lock"));
    let (x, y) = (Site { column: x.column + 5, ..x }, Site { column: y.column + 3, ..y });
    let message = wording::message(Kind::Deadlock, 2, 2, &both_ways("main", "t1"), &[]);
    let mut trace = bank(Kind::Deadlock, &message, y.clone(), exhaustive(3));
    trace.verdict.parts = vec![
        part(0, "main locked `a` (step 2)", x.clone()),
        part(1, "t1 locked `b` (step 3)", x.clone()),
        part(0, "main waits for `b`, held by t1", y.clone()),
        part(1, "t1 waits for `a`, held by main", y.clone()),
    ];
    trace.threads = vec![
        thread(0, waiting_since("to lock", Some(1), &y, holds("t1", &x))),
        spawned(1, None, &spawn, waiting_since("to lock", Some(0), &y, holds("main", &x))),
    ];
    trace.objects = vec![
        object(0, "mutex", Some("a"), site(BANK, "Mutex::new"), &[0]),
        object(1, "mutex", Some("b"), Site { line: 11, ..site(BANK, "Mutex::new") }, &[1]),
    ];
    trace.steps = vec![
        step(0, "spawn t1", &spawn),
        step(0, "lock a -> acquired", &x),
        preempt(step(1, "lock b -> acquired", &x)),
        step(1, "lock a -> waits (main)", &y),
        step(0, "lock b -> waits (t1)", &y),
    ];
    trace
}

/// The cycle of two threads of which each holds the lock that the other wants.
fn both_ways(one: &str, other: &str) -> [Link; 2] {
    [(one, "b", other), (other, "a", one)].map(|(thread, lock, holder)| Link {
        thread: thread.to_owned(),
        what: format!("to lock `{lock}`"),
        object: lock.to_owned(),
        obstacle: Obstacle::Other(Role::Holds, holder.to_owned()),
    })
}

fn holds(thread: &str, site: &Site) -> Vec<String> {
    wording::since(Role::Holds, Some(thread), site).into_iter().collect()
}

fn waiting_since(what: &str, object: Option<u32>, site: &Site, why: Vec<String>) -> ThreadState {
    ThreadState::Waiting { what: what.to_owned(), object, site: Some(site.clone()), why }
}

/// The same while a third thread goes on, and a fourth may be woken by it.
pub fn partial_deadlock() -> Trace {
    let mut trace = deadlock();
    let (x, y, spawn) =
        (site(BANK, "from.lock"), site(BANK, "to.lock"), site(BANK, "thread::spawn"));
    trace.verdict.kind = Kind::PartialDeadlock;
    trace.verdict.message =
        wording::message(Kind::PartialDeadlock, 2, 4, &both_ways("t1", "t2"), &[]);
    trace.verdict.parts = vec![
        part(1, "t1 locked `a`", x.clone()),
        part(2, "t2 locked `b`", x.clone()),
        part(1, "t1 waits to lock `b`, held by t2", y.clone()),
        part(2, "t2 waits to lock `a`, held by t1", y.clone()),
    ];
    let may = wording::perhaps(Need::Message(1), &["main".to_owned()]);
    trace.threads = vec![
        thread(0, ThreadState::Runnable),
        spawned(1, None, &spawn, waiting_since("to lock", Some(1), &y, holds("t2", &x))),
        spawned(2, None, &spawn, waiting_since("to lock", Some(0), &y, holds("t1", &x))),
        spawned(3, None, &spawn, waiting_since("to receive from", Some(2), &y, vec![may])),
    ];
    trace.objects[0].holders = vec![1];
    trace.objects[1].holders = vec![2];
    trace.objects.push(object(2, "channel", Some("jobs"), site(BANK, "Mutex::new"), &[]));
    trace
}

/// A thread that waits on a condition variable whose notification came too early.
pub fn task_leak() -> Trace {
    let (x, y, spawn) =
        (site(BANK, "from.lock"), site(BANK, "to.lock"), site(BANK, "thread::spawn"));
    let link = Link {
        thread: "t1".to_owned(),
        what: "to be notified on `ready`".to_owned(),
        object: "ready".to_owned(),
        obstacle: Obstacle::Nobody(Need::Notification, None),
    };
    let message = wording::message(Kind::TaskLeak, 1, 2, &[link], &[]);
    let mut trace = bank(Kind::TaskLeak, &message, y.clone(), exhaustive(2));
    trace.verdict.parts = vec![part(1, "t1 waits to be notified on `ready`", y.clone())];
    let why = vec![wording::lost(2, "main"), wording::nobody(Need::Notification)];
    trace.threads = vec![
        thread(0, ThreadState::Ended),
        spawned(1, None, &spawn, waiting_since("to be notified on", Some(0), &y, why)),
    ];
    trace.objects = vec![object(0, "condvar", Some("ready"), site(BANK, "Mutex::new"), &[])];
    trace.steps = vec![
        step(0, "spawn t1", &spawn),
        step(0, "notify ready -> nobody waits", &x),
        step(1, "wait on ready -> waits", &y),
    ];
    trace
}

fn livelock() -> Trace {
    let (load, spawn) = (site(FLAG, "load"), site(FLAG, "fn receive"));
    let link = Link {
        thread: "t1".to_owned(),
        what: "in a loop for a change of `ready`".to_owned(),
        object: "ready".to_owned(),
        obstacle: Obstacle::Nobody(Need::Value, None),
    };
    let message = wording::message(Kind::Livelock, 1, 2, &[link], &[]);
    let mut trace =
        trace(Kind::Livelock, "flag::wait", &message, Some(load.clone()), exhaustive(2));
    trace.verdict.parts = vec![part(1, "t1 waits in a loop for a change of `ready`", load.clone())];
    let why = vec![wording::nobody(Need::Value)];
    trace.threads = vec![
        thread(0, waiting("for the end of t1", None, spawn.clone())),
        spawned(1, None, &spawn, waiting_since("in a loop for a change of", Some(0), &load, why)),
    ];
    trace.objects = vec![object(0, "atomic", Some("ready"), spawn.clone(), &[])];
    trace.steps =
        vec![step(0, "spawn t1", &spawn), step(1, "load ready (acquire) -> false", &load)];
    trace
}

fn live_leak() -> Trace {
    let (load, spawn) = (site(FLAG, "load"), site(FLAG, "fn receive"));
    let message = wording::lives_on(&[("t1".to_owned(), 4998), ("t2".to_owned(), 1)]);
    let mut trace =
        trace(Kind::LiveLeak, "flag::poll", &message, Some(load.clone()), exhaustive(1));
    trace.verdict.parts = vec![part(1, &wording::goes_on("t1"), load.clone())];
    trace.threads = vec![
        thread(0, ThreadState::Ended),
        spawned(1, None, &spawn, ThreadState::Runnable),
        spawned(2, None, &spawn, ThreadState::Runnable),
    ];
    trace.objects = vec![object(0, "atomic", Some("ready"), spawn.clone(), &[])];
    trace.steps = vec![step(0, "spawn t1", &spawn), step(0, "spawn t2", &spawn)];
    let poll = step(1, "load ready (acquire) -> false", &load);
    trace.steps.extend(std::iter::repeat_n(poll, 4998));
    trace
}

pub fn data_race() -> Trace {
    let (write, read) = (site(FLAG, "with_mut"), site(FLAG, "with("));
    let message = "a read and a write of `text` are not ordered";
    let search = Search { complete: true, ..exhaustive(2) };
    let mut trace = trace(Kind::DataRace, "flag::pass", message, Some(read.clone()), search);
    let of_text = |part| Part { object: Some(0), ..part };
    trace.verdict.parts = vec![
        of_text(part(1, "plain write by t1 `sender`", write.clone())),
        of_text(part(0, "plain read by main", read.clone())),
    ];
    let spawn = Site::new("tests/flag.rs", 31, 18);
    trace.threads = vec![
        thread(0, ThreadState::Runnable),
        spawned(1, Some("sender"), &spawn, ThreadState::Ended),
    ];
    trace.objects = vec![object(0, "cell", Some("text"), Site::new("tests/flag.rs", 30, 9), &[])];
    trace.steps = vec![
        step(0, "spawn t1", &spawn),
        step(1, "write text", &write),
        step(1, "store ready = true (relaxed)", &site(FLAG, "store")),
        step(0, "load ready -> true (acquire)", &site(FLAG, "load")),
        step(0, "read text", &read),
    ];
    trace.objects.push(object(1, "atomic", Some("ready"), Site::new("tests/flag.rs", 30, 9), &[]));
    trace.interleaving = Some(Interleaving::This);
    trace.notes = vec![
        "the store of `ready` is relaxed, so the load that reads it does not synchronise with it"
            .into(),
        "the same schedule has no data race under the model sc if `ready` is stored with release"
            .into(),
    ];
    trace
}

/// A passing execution, shown for its own sake.
fn passed() -> Trace {
    let message = "the execution under the default schedule";
    let mut trace = trace(Kind::Passed, "flag::pass", message, None, exhaustive(1));
    trace.threads = data_race().threads;
    trace.steps = data_race().steps;
    trace.steps[3].after = vec![2];
    trace.steps[2].state = Some("1".to_owned());
    trace
}

fn misuse() -> Trace {
    let store = site(FLAG, "store");
    let message = "a store cannot have the ordering Acquire; use Relaxed, Release or SeqCst";
    let mut trace = trace(Kind::Misuse, "flag::pass", message, Some(store), exhaustive(1));
    trace.threads = vec![thread(0, ThreadState::Runnable)];
    trace
}

fn leak() -> Trace {
    let created = site(BANK, "Arc::new");
    let message = "1 tracked `Arc` was never dropped";
    let mut trace = bank(Kind::Leak, message, created.clone(), exhaustive(1));
    let cloned = Part { thread: Some(0), ..part(0, "cloned by main", site(BANK, "a.clone")) };
    trace.verdict.parts = vec![part(0, "created by main", created.clone()), cloned];
    let spawn = site(BANK, "thread::spawn");
    trace.threads =
        vec![thread(0, ThreadState::Ended), spawned(1, None, &spawn, ThreadState::Ended)];
    trace.steps = vec![step(0, "create arc #0", &created), step(0, "clone arc #0 -> 2", &spawn)];
    trace
}

pub fn step_limit() -> Trace {
    let load = site(FLAG, "load");
    let message = "the execution took 5000 steps and had not ended";
    let mut trace =
        trace(Kind::StepLimit, "flag::wait", message, Some(load.clone()), exhaustive(1));
    let spawn = Site::new("tests/flag.rs", 31, 18);
    trace.threads = vec![
        thread(0, ThreadState::Runnable),
        spawned(1, Some("sender"), &spawn, ThreadState::Runnable),
    ];
    trace.steps = vec![step(0, "spawn t1", &spawn)];
    let spin = step(0, "load ready -> false (acquire)", &load);
    trace.steps.extend(std::iter::repeat_n(spin, 4999));
    trace
}

fn nondeterminism() -> Trace {
    let lock = site(BANK, "from.lock");
    let message = "step 3 was `lock a` by main, and is `lock b` by main when it is repeated";
    let mut trace = bank(Kind::Nondeterminism, message, lock.clone(), exhaustive(17));
    trace.verdict.parts = vec![
        part(0, "expected: main locks `a`", lock.clone()),
        part(0, "found: main locks `b`", site(BANK, "to.lock")),
    ];
    trace.threads = vec![thread(0, ThreadState::Runnable)];
    trace.steps = vec![step(0, "lock c", &lock), step(0, "unlock c", &lock)];
    trace
}

fn aborted() -> Trace {
    let message = "the process was ended by signal 6 (SIGABRT)";
    let search = sampled("pct", u64::MAX, 99);
    let mut trace = trace(Kind::Aborted, "bank::transfer_both_ways", message, None, search);
    trace.replay = "cargo raddle replay target/raddle/bank-transfer_both_ways.json".to_owned();
    trace.notes = vec!["the token was written before the execution began".to_owned()];
    trace
}
