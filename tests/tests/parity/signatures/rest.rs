//! `cell`, `hint` and `time`.

#![allow(clippy::declare_interior_mutable_const, reason = "only their types matter")]

use super::root::cell::UnsafeCell;
use super::root::hint::*;
use super::root::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use super::{check, check_const};

/// The paths of all items.
pub fn all() -> Vec<&'static str> {
    [cell::<u8>(), cell_unsized::<str>(), hint::<u8>(), time()].concat()
}

/// The paths of what can be computed at compile time.
pub fn constant() -> Vec<&'static str> {
    check_const! {
        "cell::UnsafeCell::new" => UnsafeCell<u8> = UnsafeCell::new(1);
        "cell::UnsafeCell::raw_get" => fn(*const UnsafeCell<u8>) -> *mut u8 = {
            const fn raw_get(this: *const UnsafeCell<u8>) -> *mut u8 {
                UnsafeCell::raw_get(this)
            }
            raw_get
        };
        "hint::assert_unchecked" => unsafe fn(bool) = {
            const unsafe fn assert(holds: bool) {
                // SAFETY: the caller answers for it.
                unsafe { assert_unchecked(holds) }
            }
            assert
        };
        "hint::unreachable_unchecked" => unsafe fn() -> ! = {
            const unsafe fn unreachable() -> ! {
                // SAFETY: the caller answers for it.
                unsafe { unreachable_unchecked() }
            }
            unreachable
        };
        "hint::black_box" => u8 = black_box(1);
    }
}

fn cell<T>() -> Vec<&'static str> {
    check! {
        "cell::UnsafeCell::new" => fn(T) -> UnsafeCell<T> = UnsafeCell::new;
        "cell::UnsafeCell::into_inner" => fn(UnsafeCell<T>) -> T = UnsafeCell::into_inner;
    }
}

fn cell_unsized<T: ?Sized>() -> Vec<&'static str> {
    check! {
        "cell::UnsafeCell::get" => fn(&UnsafeCell<T>) -> *mut T = UnsafeCell::get;
        "cell::UnsafeCell::get_mut" => fn(&mut UnsafeCell<T>) -> &mut T = UnsafeCell::get_mut;
        "cell::UnsafeCell::raw_get" => fn(*const UnsafeCell<T>) -> *mut T = UnsafeCell::raw_get;
    }
}

fn hint<T>() -> Vec<&'static str> {
    check! {
        "hint::assert_unchecked" => unsafe fn(bool) = assert_unchecked;
        "hint::black_box" => fn(T) -> T = black_box::<T>;
        "hint::select_unpredictable" => fn(bool, T, T) -> T = select_unpredictable::<T>;
        "hint::spin_loop" => fn() = spin_loop;
        "hint::unreachable_unchecked" => unsafe fn() -> ! = unreachable_unchecked;
    }
}

fn time() -> Vec<&'static str> {
    check! {
        "time::UNIX_EPOCH" => SystemTime = UNIX_EPOCH;
        "time::Instant::checked_add" =>
            fn(&Instant, Duration) -> Option<Instant> = Instant::checked_add;
        "time::Instant::checked_duration_since" =>
            fn(&Instant, Instant) -> Option<Duration> = Instant::checked_duration_since;
        "time::Instant::checked_sub" =>
            fn(&Instant, Duration) -> Option<Instant> = Instant::checked_sub;
        "time::Instant::duration_since" =>
            fn(&Instant, Instant) -> Duration = Instant::duration_since;
        "time::Instant::elapsed" => fn(&Instant) -> Duration = Instant::elapsed;
        "time::Instant::now" => fn() -> Instant = Instant::now;
        "time::Instant::saturating_duration_since" =>
            fn(&Instant, Instant) -> Duration = Instant::saturating_duration_since;
        "time::Instant" => fn(Instant, Duration) -> Instant = std::ops::Add::add;
        "time::Instant" => fn(Instant, Duration) -> Instant = std::ops::Sub::sub;
        "time::Instant" => fn(Instant, Instant) -> Duration = std::ops::Sub::sub;
    }
}
