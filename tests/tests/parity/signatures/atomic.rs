//! `sync::atomic`.

#![allow(deprecated, reason = "what std still has is compared too")]
#![allow(clippy::declare_interior_mutable_const, reason = "only their types matter")]
#![allow(clippy::borrow_interior_mutable_const, reason = "only their types matter")]

use super::root::sync::atomic::*;
use super::{check, check_const};

macro_rules! path {
    ($name:ident::$method:ident) => {
        concat!("sync::atomic::", stringify!($name), "::", stringify!($method))
    };
}

/// What all atomic types have.
macro_rules! common {
    ($name:ident, $plain:ty) => {
        check! {
            path!($name::new) => fn($plain) -> $name = $name::new;
            path!($name::get_mut) => fn(&mut $name) -> &mut $plain = $name::get_mut;
            path!($name::into_inner) => fn($name) -> $plain = $name::into_inner;
            path!($name::as_ptr) => fn(&$name) -> *mut $plain = $name::as_ptr;
            path!($name::load) => fn(&$name, Ordering) -> $plain = $name::load;
            path!($name::store) => fn(&$name, $plain, Ordering) = $name::store;
            path!($name::swap) => fn(&$name, $plain, Ordering) -> $plain = $name::swap;
            path!($name::compare_and_swap) =>
                fn(&$name, $plain, $plain, Ordering) -> $plain = $name::compare_and_swap;
            path!($name::compare_exchange) =>
                fn(&$name, $plain, $plain, Ordering, Ordering) -> Result<$plain, $plain> =
                $name::compare_exchange;
            path!($name::compare_exchange_weak) =>
                fn(&$name, $plain, $plain, Ordering, Ordering) -> Result<$plain, $plain> =
                $name::compare_exchange_weak;
            path!($name::fetch_update) =>
                fn(&$name, Ordering, Ordering, Box<dyn FnMut($plain) -> Option<$plain>>)
                    -> Result<$plain, $plain> = $name::fetch_update::<Box<_>>;
        }
    };
}

macro_rules! fetch {
    ($name:ident, $plain:ty, $($method:ident)*) => {
        check! {
            $(path!($name::$method) => fn(&$name, $plain, Ordering) -> $plain = $name::$method;)*
        }
    };
}

macro_rules! integers {
    ($($name:ident $plain:ident)*) => {
        vec![$(
            common!($name, $plain),
            fetch!($name, $plain, fetch_add fetch_sub fetch_and fetch_nand fetch_or fetch_xor
                fetch_max fetch_min),
        )*]
        .concat()
    };
}

macro_rules! constant {
    ($($name:ident $zero:expr, $plain:ty;)*) => {
        vec![$(
            check_const! {
                path!($name::new) => $name = $name::new($zero);
                path!($name::as_ptr) => fn(&$name) -> *mut $plain = {
                    const fn pointer(atomic: &$name) -> *mut $plain {
                        atomic.as_ptr()
                    }
                    pointer
                };
            },
        )*]
        .concat()
    };
}

fn pointer_to_byte() -> Vec<&'static str> {
    type AtomicPtr = super::root::sync::atomic::AtomicPtr<u8>;
    common!(AtomicPtr, *mut u8)
}

fn pointer<T>() -> Vec<&'static str> {
    check! {
        "sync::atomic::AtomicPtr::new" => fn(*mut T) -> AtomicPtr<T> = AtomicPtr::new;
        "sync::atomic::AtomicPtr::get_mut" =>
            fn(&mut AtomicPtr<T>) -> &mut *mut T = AtomicPtr::get_mut;
        "sync::atomic::AtomicPtr::into_inner" => fn(AtomicPtr<T>) -> *mut T = AtomicPtr::into_inner;
        "sync::atomic::AtomicPtr::load" => fn(&AtomicPtr<T>, Ordering) -> *mut T = AtomicPtr::load;
        "sync::atomic::AtomicPtr::swap" =>
            fn(&AtomicPtr<T>, *mut T, Ordering) -> *mut T = AtomicPtr::swap;
    }
}

/// The paths of all items.
pub fn all() -> Vec<&'static str> {
    let free = check! {
        "sync::atomic::ATOMIC_BOOL_INIT" => AtomicBool = ATOMIC_BOOL_INIT;
        "sync::atomic::ATOMIC_ISIZE_INIT" => AtomicIsize = ATOMIC_ISIZE_INIT;
        "sync::atomic::ATOMIC_USIZE_INIT" => AtomicUsize = ATOMIC_USIZE_INIT;
        "sync::atomic::compiler_fence" => fn(Ordering) = compiler_fence;
        "sync::atomic::fence" => fn(Ordering) = fence;
        "sync::atomic::spin_loop_hint" => fn() = spin_loop_hint;
        "sync::atomic::AtomicBool::fetch_not" =>
            fn(&AtomicBool, Ordering) -> bool = AtomicBool::fetch_not;
    };
    let integers = integers! {
        AtomicI8 i8 AtomicI16 i16 AtomicI32 i32 AtomicI64 i64 AtomicIsize isize
        AtomicU8 u8 AtomicU16 u16 AtomicU32 u32 AtomicU64 u64 AtomicUsize usize
    };
    let bool = common!(AtomicBool, bool);
    let fetch = fetch!(AtomicBool, bool, fetch_and fetch_nand fetch_or fetch_xor);
    [free, integers, bool, fetch, pointer_to_byte(), pointer::<u8>()].concat()
}

/// The paths of what can be computed at compile time.
pub fn constant() -> Vec<&'static str> {
    constant! {
        AtomicI8 0, i8;
        AtomicI16 0, i16;
        AtomicI32 0, i32;
        AtomicI64 0, i64;
        AtomicIsize 0, isize;
        AtomicU8 0, u8;
        AtomicU16 0, u16;
        AtomicU32 0, u32;
        AtomicU64 0, u64;
        AtomicUsize 0, usize;
        AtomicBool false, bool;
    }
    .into_iter()
    .chain(check_const! {
        "sync::atomic::AtomicPtr::new" => AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
        "sync::atomic::AtomicPtr::as_ptr" => fn(&AtomicPtr<u8>) -> *mut *mut u8 = {
            const fn pointer(atomic: &AtomicPtr<u8>) -> *mut *mut u8 {
                atomic.as_ptr()
            }
            pointer
        };
    })
    .collect()
}
