//! What values print as, and what is said when something panics.

use super::root::cell::UnsafeCell;
use super::root::sync::atomic::{Ordering::*, *};
use super::root::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, mpsc};
use super::root::thread::{self, Builder};
use super::root::thread_local;
use super::root::time::Instant;
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Texts with their names.
type Texts = Vec<(&'static str, String)>;

/// All of them. Digits of addresses and identities are replaced.
pub fn all() -> Texts {
    [locks(), once(), atomics(), signals(), channels(), threads(), locals(), panics()].concat()
}

/// The text of a panic.
fn said<T>(run: impl FnOnce() -> T) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(run)) else { return "nothing".to_owned() };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().map_or("no text", |text| text).to_owned(),
    }
}

/// Without the quotes that std puts around `<locked>` in some versions.
fn print(value: impl Debug) -> String {
    format!("{value:?} {value:#?}").replace("\"<locked>\"", "<locked>")
}

fn without_numbers(value: impl Debug) -> String {
    print(value).chars().filter(|c| !c.is_ascii_digit()).collect()
}

fn locks() -> Texts {
    let (mutex, lock) = (Mutex::new(1), RwLock::new("a"));
    let mut texts = vec![("Mutex", print(&mutex)), ("RwLock", print(&lock))];
    {
        let guard = mutex.lock().expect("nobody panicked");
        texts.push(("locked Mutex", print(&mutex)));
        texts.push(("MutexGuard", format!("{guard:?} {guard}")));
        let guard = lock.read().expect("nobody panicked");
        texts.push(("RwLock with a reader", print(&lock)));
        texts.push(("RwLockReadGuard", format!("{guard:?} {guard}")));
    }
    {
        let guard = lock.write().expect("nobody panicked");
        texts.push(("RwLock with a writer", print(&lock)));
        texts.push(("RwLockWriteGuard", format!("{guard:?} {guard}")));
    }
    said(|| {
        let _held = (mutex.lock(), lock.write());
        panic!("with locks held");
    });
    texts.push(("poisoned Mutex", print(&mutex)));
    texts.push(("poisoned RwLock", print(&lock)));
    texts.push(("error of Mutex", format!("{:?}", mutex.lock())));
    texts.push(("error of try_lock", format!("{:?}", mutex.try_lock())));
    texts.push(("error of read", format!("{:?}", lock.read())));
    texts.push(("error of write", format!("{:?}", lock.write())));
    texts.push(("unwrapped Mutex", said(|| drop(mutex.lock().unwrap()))));
    texts
}

fn once() -> Texts {
    let (once, cell) = (Once::new(), OnceLock::new());
    let lazy = LazyLock::new(|| 1);
    let mut texts =
        vec![("Once", print(&once)), ("OnceLock", print(&cell)), ("LazyLock", print(&lazy))];
    said(|| once.call_once(|| panic!("within a once")));
    texts.push(("poisoned Once", print(&once)));
    texts.push(("call of a poisoned Once", said(|| once.call_once(|| ()))));
    texts.push(("wait for a poisoned Once", said(|| once.wait())));
    once.call_once_force(|state| texts.push(("OnceState", print(state))));
    said(|| cell.get_or_init(|| panic!("within a cell")));
    texts.push(("OnceLock after a panic", print(&cell)));
    texts.push(("set", format!("{:?} {:?}", cell.set(1), cell.set(2))));
    texts.push(("full OnceLock", print((&cell, cell.clone()))));
    texts.push(("full LazyLock", print((*lazy, &lazy))));
    let lazy = LazyLock::<u8>::new(|| panic!("within a lazy value"));
    texts.push(("first panic of LazyLock", said(|| *lazy)));
    texts.push(("second panic of LazyLock", said(|| *lazy)));
    texts.push(("poisoned LazyLock", said(|| print(&lazy))));
    texts
}

fn atomics() -> Texts {
    let pointer = AtomicPtr::<u8>::default();
    let x = AtomicI8::new(-1);
    // The compiler refuses what is refused here if it can see it.
    let [relaxed, acquire, release, both] =
        std::hint::black_box([Relaxed, Acquire, Release, AcqRel]);
    vec![
        ("AtomicBool", print(AtomicBool::new(true))),
        ("AtomicI8", format!("{:?} {:#?} {:02x?}", x, x, x)),
        ("AtomicU64", print(AtomicU64::new(u64::MAX))),
        ("AtomicIsize", print(AtomicIsize::new(isize::MIN))),
        ("AtomicPtr", format!("{pointer:?} {pointer:p}")),
        ("load Release", said(|| x.load(release))),
        ("load AcqRel", said(|| x.load(both))),
        ("store Acquire", said(|| x.store(1, acquire))),
        ("store AcqRel", said(|| x.store(1, both))),
        ("failure Release", said(|| x.compare_exchange(1, 2, both, release))),
        ("failure AcqRel", said(|| x.compare_exchange_weak(1, 2, both, both))),
        ("update Release", said(|| x.fetch_update(both, release, Some))),
        ("update store", said(|| x.fetch_update(acquire, acquire, Some))),
        ("fence Relaxed", said(|| fence(relaxed))),
        ("compiler fence Relaxed", said(|| compiler_fence(relaxed))),
        ("after refusals", print(&x)),
    ]
}

fn signals() -> Texts {
    let barrier = Barrier::new(1);
    let (mutex, condvar) = (Mutex::new(0), Condvar::new());
    let timed =
        condvar
            .wait_timeout_while(mutex.lock().expect("nobody panicked"), Duration::ZERO, |_| true);
    vec![
        ("Barrier", print(&barrier)),
        ("BarrierWaitResult", print(barrier.wait())),
        ("Barrier of nobody", print(Barrier::new(0).wait())),
        ("Condvar", print(&condvar)),
        ("WaitTimeoutResult", print(timed.expect("nobody panicked").1)),
        ("UnsafeCell", print(UnsafeCell::new(1))),
    ]
}

fn channels() -> Texts {
    let (sender, receiver) = mpsc::channel::<u8>();
    let (bounded, other) = mpsc::sync_channel::<u8>(1);
    let mut texts = vec![
        ("Sender", print(&sender)),
        ("SyncSender", print(&bounded)),
        ("Receiver", print(&receiver)),
        ("Iter", print((receiver.iter(), receiver.try_iter()))),
        ("try_recv", print(receiver.try_recv())),
        ("recv_timeout", print(receiver.recv_timeout(Duration::ZERO))),
        ("try_send", print((bounded.try_send(1), bounded.try_send(2)))),
    ];
    drop(sender);
    texts.push(("recv", print((receiver.recv(), receiver.try_recv()))));
    texts.push(("IntoIter", print(receiver.into_iter())));
    drop(other);
    texts.push(("send", print((bounded.send(3), bounded.try_send(4)))));
    texts
}

fn threads() -> Texts {
    let builder = Builder::new().name("b".to_owned());
    let handle = builder.spawn(|| panic!("within a thread")).expect("it starts");
    let mut texts = vec![
        ("JoinHandle", print(&handle)),
        ("Thread", without_numbers(handle.thread())),
        ("ThreadId", without_numbers(handle.thread().id())),
    ];
    texts.push(("join", said(|| std::panic::resume_unwind(handle.join().expect_err("it panics")))));
    thread::scope(|scope| {
        let handle = scope.spawn(|| ());
        texts.push(("ScopedJoinHandle", print(&handle)));
    });
    let scoped = || thread::scope(|scope| drop(scope.spawn(|| panic!("within a scoped thread"))));
    texts.push(("scope", said(scoped)));
    let own = || thread::scope(|_| panic!("within a scope"));
    texts.push(("scope itself", said(own)));
    let bad = Builder::new().name("a\0b".to_owned());
    texts.push(("name", said(|| drop(bad.spawn(|| ())))));
    texts
}

thread_local! {
    static NUMBER: Cell<u8> = const { Cell::new(1) };
    static WORD: RefCell<String> = RefCell::new("a".to_owned());
}

/// Says what happens when a thread-local is used that has been dropped.
struct Late(mpsc::Sender<(&'static str, String)>);

impl Drop for Late {
    fn drop(&mut self) {
        let error = EARLY.try_with(|_| ()).expect_err("it has been dropped");
        let sent = [
            self.0.send(("AccessError", format!("{error:?} {error}"))),
            self.0.send(("with", said(|| EARLY.with(|_| ())))),
            self.0.send(("without a destructor", format!("{:?}", NUMBER.try_with(Cell::get)))),
        ];
        assert!(sent.iter().all(|sent| sent.is_ok()), "the receiver waits");
    }
}

/// Has something to drop, so that it counts as dropped.
struct Early;

impl Drop for Early {
    fn drop(&mut self) {}
}

thread_local! {
    static EARLY: Early = const { Early };
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

fn locals() -> Texts {
    let mut texts = vec![("LocalKey", print(&NUMBER))];
    let borrowed = || WORD.with_borrow(|_| WORD.with_borrow_mut(String::clear));
    texts.push(("borrow", said(borrowed)));
    let borrowed = || WORD.with_borrow_mut(|_| WORD.take());
    texts.push(("take", said(borrowed)));
    let (sender, receiver) = mpsc::channel();
    // What is used last is dropped first.
    let thread = thread::spawn(move || {
        LATE.set(Some(Late(sender)));
        EARLY.with(|_| ());
        NUMBER.set(2);
    });
    texts.extend(receiver.iter());
    thread.join().expect("it ends");
    texts
}

fn panics() -> Texts {
    let now = Instant::now();
    let (sender, receiver) = mpsc::channel::<u8>();
    drop(sender);
    vec![
        ("Instant + Duration", said(|| now + Duration::MAX)),
        ("Instant - Duration", said(|| now - Duration::MAX)),
        ("unwrapped recv", said(|| receiver.recv().unwrap())),
        ("the same", format!("{:?}", now.duration_since(now))),
    ]
}
