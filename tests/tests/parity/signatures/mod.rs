//! Uses of every item, each under its path in `data/std-api.txt`. That they compile is the test.
//!
//! An item is given the type that std documents, with all of its generic arguments written out. Where a
//! function is generic without bounds, so is the check: a bound too many would not compile.

mod atomic;
mod mpsc;
mod rest;
mod sync;
mod thread;

use super::root;

/// The paths of items, after each has been given its type.
macro_rules! check {
    ($($path:expr => $of:ty = $item:expr;)*) => {{
        $(let _: $of = $item;)*
        vec![$($path),*]
    }};
}

/// The same for what std can compute at compile time.
macro_rules! check_const {
    ($($path:expr => $of:ty = $item:expr;)*) => {{
        $(const _: $of = $item;)*
        vec![$($path),*]
    }};
}

use {check, check_const};

/// The paths of all items that have been checked.
pub fn all() -> Vec<&'static str> {
    [atomic::all(), mpsc::all(), rest::all(), sync::all(), thread::all()].concat()
}

/// The paths of all functions that have been called at compile time.
pub fn constant() -> Vec<&'static str> {
    [atomic::constant(), rest::constant(), sync::constant()].concat()
}
