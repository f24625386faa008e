//! Without the feature `model` every type is std's own, and every function is std's.
//!
//! Builds of the whole workspace switch the feature on, so this has to be built for itself:
//! `cargo test -p raddle-shims`.

#![cfg(not(feature = "model"))]
#![allow(clippy::disallowed_methods, reason = "functions are compared, not called")]

use raddle_shims::cell::Access;

/// Fails to compile unless both names are of one type; says the name and the size of it.
macro_rules! is_std {
    ($($first:ident $(:: $then:ident)* $(<$($of:tt),*>)?;)*) => {
        $({
            type Ours = raddle_shims::$first$(::$then)*$(<$($of),*>)?;
            type Std = std::$first$(::$then)*$(<$($of),*>)?;
            let same: fn(Std) -> Ours = |it| it;
            let _ = same;
            assert_eq!(std::any::TypeId::of::<Ours>(), std::any::TypeId::of::<Std>());
            assert_eq!(std::any::type_name::<Ours>(), std::any::type_name::<Std>());
            assert_eq!(size_of::<Ours>(), size_of::<Std>());
        })*
    };
}

#[test]
fn types_are_those_of_std() {
    is_std! {
        cell::BorrowError;
        cell::BorrowMutError;
        cell::Cell<u8>;
        cell::LazyCell<u8>;
        cell::OnceCell<u8>;
        cell::Ref<'static, u8>;
        cell::RefCell<u8>;
        cell::RefMut<'static, u8>;
        cell::UnsafeCell<u8>;
        sync::Arc<u8>;
        sync::Barrier;
        sync::BarrierWaitResult;
        sync::Condvar;
        sync::LazyLock<u8>;
        sync::LockResult<u8>;
        sync::Mutex<u8>;
        sync::MutexGuard<'static, u8>;
        sync::Once;
        sync::OnceLock<u8>;
        sync::OnceState;
        sync::PoisonError<u8>;
        sync::RwLock<u8>;
        sync::RwLockReadGuard<'static, u8>;
        sync::RwLockWriteGuard<'static, u8>;
        sync::TryLockError<u8>;
        sync::TryLockResult<u8>;
        sync::WaitTimeoutResult;
        sync::Weak<u8>;
        sync::atomic::AtomicBool;
        sync::atomic::AtomicI16;
        sync::atomic::AtomicI32;
        sync::atomic::AtomicI64;
        sync::atomic::AtomicI8;
        sync::atomic::AtomicIsize;
        sync::atomic::AtomicPtr<u8>;
        sync::atomic::AtomicU16;
        sync::atomic::AtomicU32;
        sync::atomic::AtomicU64;
        sync::atomic::AtomicU8;
        sync::atomic::AtomicUsize;
        sync::atomic::Ordering;
        sync::mpsc::IntoIter<u8>;
        sync::mpsc::Iter<'static, u8>;
        sync::mpsc::Receiver<u8>;
        sync::mpsc::RecvError;
        sync::mpsc::RecvTimeoutError;
        sync::mpsc::SendError<u8>;
        sync::mpsc::Sender<u8>;
        sync::mpsc::SyncSender<u8>;
        sync::mpsc::TryIter<'static, u8>;
        sync::mpsc::TryRecvError;
        sync::mpsc::TrySendError<u8>;
        thread::AccessError;
        thread::Builder;
        thread::JoinHandle<u8>;
        thread::LocalKey<u8>;
        thread::Result<u8>;
        thread::Scope<'static, 'static>;
        thread::ScopedJoinHandle<'static, u8>;
        thread::Thread;
        thread::ThreadId;
        time::Duration;
        time::Instant;
        time::SystemTime;
        time::SystemTimeError;
        time::TryFromFloatSecsError;
    }
}

/// The item that a name stands for.
fn item<T>(_: T) -> &'static str {
    std::any::type_name::<T>()
}

#[test]
fn functions_are_those_of_std() {
    use raddle_shims::{hint, sync, thread};
    assert_eq!(item(thread::spawn::<fn(), ()>), item(std::thread::spawn::<fn(), ()>));
    assert_eq!(
        item(thread::scope::<fn(&thread::Scope) -> u8, u8>),
        item(std::thread::scope::<fn(&std::thread::Scope) -> u8, u8>)
    );
    assert_eq!(item(thread::current), item(std::thread::current));
    assert_eq!(item(thread::park), item(std::thread::park));
    assert_eq!(item(thread::park_timeout), item(std::thread::park_timeout));
    assert_eq!(item(thread::panicking), item(std::thread::panicking));
    assert_eq!(item(thread::sleep), item(std::thread::sleep));
    assert_eq!(item(thread::yield_now), item(std::thread::yield_now));
    assert_eq!(item(hint::spin_loop), item(std::hint::spin_loop));
    assert_eq!(item(sync::atomic::fence), item(std::sync::atomic::fence));
    assert_eq!(item(sync::atomic::compiler_fence), item(std::sync::atomic::compiler_fence));
    assert_eq!(item(sync::mpsc::channel::<u8>), item(std::sync::mpsc::channel::<u8>));
    assert_eq!(item(sync::mpsc::sync_channel::<u8>), item(std::sync::mpsc::sync_channel::<u8>));
}

raddle_shims::thread_local!(static AT_THE_ROOT: std::cell::Cell<u8> = const { std::cell::Cell::new(1) });
raddle_shims::thread::thread_local!(static IN_ITS_MODULE: u8 = const { 1 });

#[test]
fn thread_locals_are_those_of_std() {
    let key: &'static std::thread::LocalKey<std::cell::Cell<u8>> = &AT_THE_ROOT;
    assert_eq!(key.get(), 1);
    let key: &'static std::thread::LocalKey<u8> = &IN_ITS_MODULE;
    assert_eq!(key.with(|it| *it), 1);
}

#[test]
fn accesses_lead_to_the_contents() {
    let cell = raddle_shims::cell::UnsafeCell::new(1);
    assert_eq!(cell.with(|value| value), cell.get().cast_const());
    assert_eq!(cell.with_mut(|value| value), cell.get());
}
