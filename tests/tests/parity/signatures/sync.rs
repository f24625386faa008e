//! `sync` but for its modules.

#![allow(deprecated, reason = "what std still has is compared too")]
#![allow(clippy::type_complexity, reason = "a check says the whole type")]
#![allow(clippy::declare_interior_mutable_const, reason = "only their types matter")]

use super::root::sync::*;
use super::{check, check_const};
use std::time::Duration;

/// The paths of all items.
pub fn all() -> Vec<&'static str> {
    [
        lock::<u8>(),
        lock_unsized::<str>(),
        guards::<str>(),
        condvar::<u8, fn(&mut u8) -> bool>(),
        once::<fn(), fn(&OnceState)>(),
        once_lock::<u8, fn() -> u8>(),
        lazy_lock::<u8, fn() -> u8>(),
        barrier(),
    ]
    .concat()
}

/// The paths of what can be computed at compile time.
pub fn constant() -> Vec<&'static str> {
    check_const! {
        "sync::Barrier::new" => Barrier = Barrier::new(1);
        "sync::Condvar::new" => Condvar = Condvar::new();
        "sync::LazyLock::new" => LazyLock<String> = LazyLock::new(String::new);
        "sync::Mutex::new" => Mutex<String> = Mutex::new(String::new());
        "sync::Once::new" => Once = Once::new();
        "sync::OnceLock::new" => OnceLock<String> = OnceLock::new();
        "sync::RwLock::new" => RwLock<String> = RwLock::new(String::new());
    }
}

fn lock<T>() -> Vec<&'static str> {
    check! {
        "sync::Mutex::new" => fn(T) -> Mutex<T> = Mutex::new;
        "sync::Mutex::into_inner" => fn(Mutex<T>) -> LockResult<T> = Mutex::into_inner;
        "sync::RwLock::new" => fn(T) -> RwLock<T> = RwLock::new;
        "sync::RwLock::into_inner" => fn(RwLock<T>) -> LockResult<T> = RwLock::into_inner;
    }
}

fn lock_unsized<T: ?Sized>() -> Vec<&'static str> {
    check! {
        "sync::Mutex::lock" => fn(&Mutex<T>) -> LockResult<MutexGuard<'_, T>> = Mutex::lock;
        "sync::Mutex::try_lock" => fn(&Mutex<T>) -> TryLockResult<MutexGuard<'_, T>> = Mutex::try_lock;
        "sync::Mutex::is_poisoned" => fn(&Mutex<T>) -> bool = Mutex::is_poisoned;
        "sync::Mutex::clear_poison" => fn(&Mutex<T>) = Mutex::clear_poison;
        "sync::Mutex::get_mut" => fn(&mut Mutex<T>) -> LockResult<&mut T> = Mutex::get_mut;
        "sync::RwLock::read" => fn(&RwLock<T>) -> LockResult<RwLockReadGuard<'_, T>> = RwLock::read;
        "sync::RwLock::try_read" =>
            fn(&RwLock<T>) -> TryLockResult<RwLockReadGuard<'_, T>> = RwLock::try_read;
        "sync::RwLock::write" => fn(&RwLock<T>) -> LockResult<RwLockWriteGuard<'_, T>> = RwLock::write;
        "sync::RwLock::try_write" =>
            fn(&RwLock<T>) -> TryLockResult<RwLockWriteGuard<'_, T>> = RwLock::try_write;
        "sync::RwLock::is_poisoned" => fn(&RwLock<T>) -> bool = RwLock::is_poisoned;
        "sync::RwLock::clear_poison" => fn(&RwLock<T>) = RwLock::clear_poison;
        "sync::RwLock::get_mut" => fn(&mut RwLock<T>) -> LockResult<&mut T> = RwLock::get_mut;
    }
}

/// What guards lead to.
fn guards<'a, T: ?Sized + 'a>() -> Vec<&'static str> {
    use std::ops::{Deref, DerefMut};
    type Reader<'a, T> = RwLockReadGuard<'a, T>;
    type Writer<'a, T> = RwLockWriteGuard<'a, T>;
    check! {
        "sync::MutexGuard" => for<'b> fn(&'b MutexGuard<'a, T>) -> &'b T = Deref::deref;
        "sync::MutexGuard" => for<'b> fn(&'b mut MutexGuard<'a, T>) -> &'b mut T = DerefMut::deref_mut;
        "sync::RwLockReadGuard" => for<'b> fn(&'b Reader<'a, T>) -> &'b T = Deref::deref;
        "sync::RwLockWriteGuard" => for<'b> fn(&'b Writer<'a, T>) -> &'b T = Deref::deref;
        "sync::RwLockWriteGuard" => for<'b> fn(&'b mut Writer<'a, T>) -> &'b mut T = DerefMut::deref_mut;
    }
}

fn condvar<T, F: FnMut(&mut T) -> bool>() -> Vec<&'static str> {
    type Guard<'a, T> = MutexGuard<'a, T>;
    type Timed<'a, T> = LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>;
    check! {
        "sync::Condvar::new" => fn() -> Condvar = Condvar::new;
        "sync::Condvar::notify_one" => fn(&Condvar) = Condvar::notify_one;
        "sync::Condvar::notify_all" => fn(&Condvar) = Condvar::notify_all;
        "sync::Condvar::wait" =>
            for<'a> fn(&Condvar, Guard<'a, T>) -> LockResult<Guard<'a, T>> = Condvar::wait::<T>;
        "sync::Condvar::wait_while" =>
            for<'a> fn(&Condvar, Guard<'a, T>, F) -> LockResult<Guard<'a, T>> =
            Condvar::wait_while::<T, F>;
        "sync::Condvar::wait_timeout" =>
            for<'a> fn(&Condvar, Guard<'a, T>, Duration) -> Timed<'a, T> =
            Condvar::wait_timeout::<T>;
        "sync::Condvar::wait_timeout_ms" =>
            for<'a> fn(&Condvar, Guard<'a, T>, u32) -> LockResult<(Guard<'a, T>, bool)> =
            Condvar::wait_timeout_ms::<T>;
        "sync::Condvar::wait_timeout_while" =>
            for<'a> fn(&Condvar, Guard<'a, T>, Duration, F) -> Timed<'a, T> =
            Condvar::wait_timeout_while::<T, F>;
        "sync::WaitTimeoutResult::timed_out" =>
            fn(&WaitTimeoutResult) -> bool = WaitTimeoutResult::timed_out;
    }
}

fn once<F: FnOnce(), G: FnOnce(&OnceState)>() -> Vec<&'static str> {
    check! {
        "sync::ONCE_INIT" => Once = ONCE_INIT;
        "sync::Once::new" => fn() -> Once = Once::new;
        "sync::Once::call_once" => fn(&Once, F) = Once::call_once::<F>;
        "sync::Once::call_once_force" => fn(&Once, G) = Once::call_once_force::<G>;
        "sync::Once::is_completed" => fn(&Once) -> bool = Once::is_completed;
        "sync::Once::wait" => fn(&Once) = Once::wait;
        "sync::Once::wait_force" => fn(&Once) = Once::wait_force;
        "sync::OnceState::is_poisoned" => fn(&OnceState) -> bool = OnceState::is_poisoned;
    }
}

fn once_lock<T, F: FnOnce() -> T>() -> Vec<&'static str> {
    check! {
        "sync::OnceLock::new" => fn() -> OnceLock<T> = OnceLock::new;
        "sync::OnceLock::get" => fn(&OnceLock<T>) -> Option<&T> = OnceLock::get;
        "sync::OnceLock::get_mut" => fn(&mut OnceLock<T>) -> Option<&mut T> = OnceLock::get_mut;
        "sync::OnceLock::get_or_init" => fn(&OnceLock<T>, F) -> &T = OnceLock::get_or_init::<F>;
        "sync::OnceLock::into_inner" => fn(OnceLock<T>) -> Option<T> = OnceLock::into_inner;
        "sync::OnceLock::set" => fn(&OnceLock<T>, T) -> Result<(), T> = OnceLock::set;
        "sync::OnceLock::take" => fn(&mut OnceLock<T>) -> Option<T> = OnceLock::take;
        "sync::OnceLock::wait" => fn(&OnceLock<T>) -> &T = OnceLock::wait;
    }
}

fn lazy_lock<T, F: FnOnce() -> T>() -> Vec<&'static str> {
    check! {
        "sync::LazyLock::new" => fn(F) -> LazyLock<T, F> = LazyLock::new;
        "sync::LazyLock::force" => fn(&LazyLock<T, F>) -> &T = LazyLock::force;
        "sync::LazyLock" => fn(&LazyLock<T, F>) -> &T = std::ops::Deref::deref;
    }
}

fn barrier() -> Vec<&'static str> {
    check! {
        "sync::Barrier::new" => fn(usize) -> Barrier = Barrier::new;
        "sync::Barrier::wait" => fn(&Barrier) -> BarrierWaitResult = Barrier::wait;
        "sync::BarrierWaitResult::is_leader" =>
            fn(&BarrierWaitResult) -> bool = BarrierWaitResult::is_leader;
    }
}
