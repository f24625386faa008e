//! Whether a type implements a trait, as a value.

use std::marker::PhantomData;

/// What a type is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The path of the type in `data/std-api.txt`.
    pub path: &'static str,
    /// The type with its arguments.
    pub of: &'static str,
    /// The trait, without arguments.
    pub is: &'static str,
    /// Whether it implements it.
    pub holds: bool,
}

/// Implements nothing.
pub struct Bare;

/// May be shared with other threads but not sent to them.
pub struct SyncAlone(#[allow(dead_code, reason = "only its traits matter")] *mut u8);

// SAFETY: there is no way to use the pointer.
unsafe impl std::marker::Sync for SyncAlone {}

/// Whose values can be subtracted from each other.
pub trait SubtractsItself: Sized + std::ops::Sub<Self> {}
impl<T: std::ops::Sub<T>> SubtractsItself for T {}

/// For each trait a type with a constant `HOLDS`: an inherent one, which is true, where the trait is
/// implemented, and else, because inherent ones go first, that of [`Otherwise`], which is false.
macro_rules! probes {
    ($($name:ident: $bound:path;)*) => { $(
        pub struct $name<T: ?Sized, U>(PhantomData<T>, PhantomData<U>);
        impl<T: ?Sized, U> Otherwise for $name<T, U> {}
        #[allow(dead_code, reason = "not every trait is implemented by a type that is asked")]
        impl<T: ?Sized + $bound, U> $name<T, U> {
            pub const HOLDS: bool = true;
        }
    )* };
}

/// The answer where the trait is not implemented.
pub trait Otherwise {
    /// Whether it is.
    const HOLDS: bool = false;
}

probes! {
    Send: std::marker::Send;
    Sync: std::marker::Sync;
    Unpin: std::marker::Unpin;
    UnwindSafe: std::panic::UnwindSafe;
    RefUnwindSafe: std::panic::RefUnwindSafe;
    Debug: std::fmt::Debug;
    Display: std::fmt::Display;
    Pointer: std::fmt::Pointer;
    Error: std::error::Error;
    Default: std::default::Default;
    Clone: std::clone::Clone;
    Copy: std::marker::Copy;
    PartialEq: std::cmp::PartialEq;
    Eq: std::cmp::Eq;
    PartialOrd: std::cmp::PartialOrd;
    Ord: std::cmp::Ord;
    Hash: std::hash::Hash;
    Deref: std::ops::Deref;
    DerefMut: std::ops::DerefMut;
    Iterator: std::iter::Iterator;
    IntoIterator: std::iter::IntoIterator;
    From: std::convert::From<U>;
    Add: std::ops::Add<U>;
    AddAssign: std::ops::AddAssign<U>;
    Sub: std::ops::Sub<U>;
    SubAssign: std::ops::SubAssign<U>;
    SubSelf: SubtractsItself;
    Fn: std::ops::Fn();
}

/// What a type is, by every probe. `Drop` is whether dropping it does anything, as the trait is no bound.
macro_rules! ask {
    ($path:literal: $of:ty) => {
        ask!($path: $of, u8)
    };
    ($path:literal: $of:ty, $other:ty) => {
        ask!($path: $of, $other; Send Sync Unpin UnwindSafe RefUnwindSafe Debug Display Pointer Error Default
            Clone Copy PartialEq Eq PartialOrd Ord Hash Deref DerefMut Iterator IntoIterator From Add
            AddAssign Sub SubAssign SubSelf Fn)
    };
    ($path:literal: $of:ty, $other:ty; $($is:ident)*) => {{
        #[allow(unused_imports, reason = "a type may implement every trait it is asked for")]
        use $crate::probes::Otherwise as _;
        let (path, of) = ($path, stringify!($of));
        vec![
            $($crate::probes::Fact {
                path,
                of,
                is: stringify!($is),
                holds: $crate::probes::$is::<$of, $other>::HOLDS,
            }),*
        ]
    }};
}

/// The same for a generic type, with arguments that differ in the traits that they implement.
macro_rules! ask_generic {
    ($path:literal: $name:ident $($before:lifetime)?) => {
        [
            ask!($path: $name<$($before,)? u8>, u8),
            ask!($path: $name<$($before,)? Bare>, Bare),
            ask!($path: $name<$($before,)? std::rc::Rc<u8>>, std::rc::Rc<u8>),
            ask!($path: $name<$($before,)? std::cell::Cell<u8>>, std::cell::Cell<u8>),
            ask!($path: $name<$($before,)? SyncAlone>, SyncAlone),
            ask!($path: $name<$($before,)? &'static mut u8>, &'static mut u8),
            ask!($path: $name<$($before,)? std::marker::PhantomPinned>, std::marker::PhantomPinned),
            ask!($path: $name<$($before,)? String>, String),
        ]
        .concat()
    };
}

/// The same for arguments that have no size.
macro_rules! ask_unsized {
    ($path:literal: $name:ident $($before:lifetime)?) => {
        [
            ask!($path: $name<$($before,)? str>),
            ask!($path: $name<$($before,)? [Bare]>),
            ask!($path: $name<$($before,)? dyn std::fmt::Debug>),
            ask!($path: $name<$($before,)? dyn std::any::Any + std::marker::Send>),
        ]
        .concat()
    };
}

pub(crate) use {ask, ask_generic, ask_unsized};
