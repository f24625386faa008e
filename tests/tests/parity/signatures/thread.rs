//! `thread` and `thread_local!`.

#![allow(deprecated, reason = "what std still has is compared too")]
#![allow(
    clippy::missing_const_for_thread_local,
    reason = "every form of a declaration is compared"
)]

use super::check;
use super::root::thread::*;
use super::root::thread_local;
use std::cell::{Cell, RefCell};
use std::io;
use std::num::NonZero;
use std::time::Duration;

/// The paths of all items.
pub fn all() -> Vec<&'static str> {
    declarations();
    [
        free(),
        started::<fn() -> u8, u8>(),
        scoped(),
        handles::<u8>(),
        local::<u8, u8, fn(&u8) -> u8, fn(&mut u8) -> u8>(),
        vec!["thread_local"],
    ]
    .concat()
}

thread_local! {
    /// With an attribute.
    #[allow(dead_code, reason = "a declaration of every form")]
    pub static PUBLIC: u8 = 1;
    static CONSTANT: Cell<u8> = const { Cell::new(1) };
    pub(super) static LAST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) }
}
thread_local!(static LONE: Cell<Option<u8>> = Cell::new(None));
thread_local!(static LONE_CONSTANT: u8 = const { 1 });
thread_local! {}

fn declarations() {
    thread_local!(static INNER: Cell<u8> = const {
        let first = 1;
        Cell::new(first)
    });
    INNER.set(CONSTANT.get() + LONE_CONSTANT.with(|it| *it));
    LAST.with_borrow_mut(|all| all.push(PUBLIC.with(|it| *it)));
    LONE.set(Some(INNER.take()));
}

fn free() -> Vec<&'static str> {
    check! {
        "thread::available_parallelism" => fn() -> io::Result<NonZero<usize>> = available_parallelism;
        "thread::current" => fn() -> Thread = current;
        "thread::panicking" => fn() -> bool = panicking;
        "thread::park" => fn() = park;
        "thread::park_timeout" => fn(Duration) = park_timeout;
        "thread::park_timeout_ms" => fn(u32) = park_timeout_ms;
        "thread::sleep" => fn(Duration) = sleep;
        "thread::sleep_ms" => fn(u32) = sleep_ms;
        "thread::yield_now" => fn() = yield_now;
        "thread::Thread::id" => fn(&Thread) -> ThreadId = Thread::id;
        "thread::Thread::name" => fn(&Thread) -> Option<&str> = Thread::name;
        "thread::Thread::unpark" => fn(&Thread) = Thread::unpark;
        "thread::Builder::name" => fn(Builder, String) -> Builder = Builder::name;
        "thread::Builder::new" => fn() -> Builder = Builder::new;
        "thread::Builder::stack_size" => fn(Builder, usize) -> Builder = Builder::stack_size;
    }
}

fn started<F, T>() -> Vec<&'static str>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    check! {
        "thread::spawn" => fn(F) -> JoinHandle<T> = spawn::<F, T>;
        "thread::Builder::spawn" =>
            fn(Builder, F) -> io::Result<JoinHandle<T>> = Builder::spawn::<F, T>;
        "thread::Builder::spawn_unchecked" =>
            unsafe fn(Builder, F) -> io::Result<JoinHandle<T>> = Builder::spawn_unchecked::<F, T>;
    }
}

/// Without `'static`, which a thread that is not checked need not be.
#[allow(dead_code, reason = "that it compiles is the test")]
fn unchecked<F: FnOnce() -> T + Send, T: Send>(f: F) -> io::Result<JoinHandle<T>> {
    // SAFETY: nobody calls this.
    unsafe { Builder::new().spawn_unchecked(f) }
}

fn scoped() -> Vec<&'static str> {
    fn spawn<'scope, 'env, F, T>(
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let _ = Builder::spawn_scoped::<F, T>;
        Scope::spawn::<F, T>(scope, f)
    }
    fn build<'scope, 'env, F, T>(
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(scope, f)
    }
    fn open<'env, F, T>(f: F) -> T
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
    {
        scope::<'env, F, T>(f)
    }
    // Threads that share what the function owns, borrow it mutably, and start others.
    let (mut changed, shared) = (String::new(), vec![1]);
    let sum = open(|scope| {
        let other = spawn(scope, || changed.push('a'));
        let nested = spawn(scope, || spawn(scope, || shared.len()).join().expect("it ends"));
        let built = build(scope, || shared[0]).expect("it starts");
        other.join().expect("it ends");
        nested.join().expect("it ends") + built.join().expect("it ends")
    });
    assert_eq!((sum, &*changed), (2, "a"));
    vec!["thread::scope", "thread::Scope::spawn", "thread::Builder::spawn_scoped"]
}

fn handles<'a, T: 'a>() -> Vec<&'static str> {
    check! {
        "thread::JoinHandle::is_finished" => fn(&JoinHandle<T>) -> bool = JoinHandle::is_finished;
        "thread::JoinHandle::join" => fn(JoinHandle<T>) -> Result<T> = JoinHandle::join;
        "thread::JoinHandle::thread" => fn(&JoinHandle<T>) -> &Thread = JoinHandle::thread;
        "thread::ScopedJoinHandle::is_finished" =>
            fn(&ScopedJoinHandle<'a, T>) -> bool = ScopedJoinHandle::is_finished;
        "thread::ScopedJoinHandle::join" =>
            fn(ScopedJoinHandle<'a, T>) -> Result<T> = ScopedJoinHandle::join;
        "thread::ScopedJoinHandle::thread" =>
            for<'b> fn(&'b ScopedJoinHandle<'a, T>) -> &'b Thread = ScopedJoinHandle::thread;
    }
}

fn local<T, R, F, M>() -> Vec<&'static str>
where
    T: Copy + Default + 'static,
    F: FnOnce(&T) -> R,
    M: FnOnce(&mut T) -> R,
{
    check! {
        "thread::LocalKey::with" => fn(&'static LocalKey<T>, F) -> R = LocalKey::with::<F, R>;
        "thread::LocalKey::try_with" =>
            fn(&'static LocalKey<T>, F) -> std::result::Result<R, AccessError> =
            LocalKey::try_with::<F, R>;
        "thread::LocalKey<Cell<T>>::get" =>
            fn(&'static LocalKey<Cell<T>>) -> T = LocalKey::<Cell<T>>::get;
        "thread::LocalKey<Cell<T>>::replace" =>
            fn(&'static LocalKey<Cell<T>>, T) -> T = LocalKey::<Cell<T>>::replace;
        "thread::LocalKey<Cell<T>>::set" =>
            fn(&'static LocalKey<Cell<T>>, T) = LocalKey::<Cell<T>>::set;
        "thread::LocalKey<Cell<T>>::take" =>
            fn(&'static LocalKey<Cell<T>>) -> T = LocalKey::<Cell<T>>::take;
        "thread::LocalKey<RefCell<T>>::replace" =>
            fn(&'static LocalKey<RefCell<T>>, T) -> T = LocalKey::<RefCell<T>>::replace;
        "thread::LocalKey<RefCell<T>>::set" =>
            fn(&'static LocalKey<RefCell<T>>, T) = LocalKey::<RefCell<T>>::set;
        "thread::LocalKey<RefCell<T>>::take" =>
            fn(&'static LocalKey<RefCell<T>>) -> T = LocalKey::<RefCell<T>>::take;
        "thread::LocalKey<RefCell<T>>::with_borrow" =>
            fn(&'static LocalKey<RefCell<T>>, F) -> R = LocalKey::<RefCell<T>>::with_borrow::<F, R>;
        "thread::LocalKey<RefCell<T>>::with_borrow_mut" =>
            fn(&'static LocalKey<RefCell<T>>, M) -> R =
            LocalKey::<RefCell<T>>::with_borrow_mut::<M, R>;
    }
}
