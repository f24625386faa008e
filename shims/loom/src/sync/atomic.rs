//! `loom::sync::atomic`: variables whose creation is a write, which must have happened before they are used.

use raddle_shims::sync::atomic as shim;
pub use raddle_shims::sync::atomic::{Ordering, compiler_fence, fence};
use std::fmt;

/// As [`std::hint::spin_loop`].
#[track_caller]
pub fn spin_loop_hint() {
    raddle_shims::hint::spin_loop();
}

/// The methods that hand on to the shim as they are.
macro_rules! handed_on {
    ($plain:ty; $($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => { $(
        #[doc = concat!("As std's `", stringify!($name), "`.")]
        #[inline(always)]
        #[track_caller]
        pub fn $name(&self, $($argument: $type),*) $(-> $result)? {
            self.0.$name($($argument),*)
        }
    )* };
}

/// The methods of every atomic variable.
macro_rules! common {
    ([$($generic:ident)?] $atomic:ident, $plain:ty) => {
        impl$(<$generic>)? $atomic$(<$generic>)? {
            /// A new variable. Creating it is a write: who uses it must know of that, by what orders them.
            #[track_caller]
            pub fn new(value: $plain) -> Self {
                let new = shim::$atomic::new(value);
                new.note_written();
                $atomic(new)
            }

            /// Lends the value to a closure, as std's `get_mut`. It is a write.
            #[track_caller]
            pub fn with_mut<R>(&mut self, f: impl FnOnce(&mut $plain) -> R) -> R {
                let result = f(self.0.get_mut());
                self.0.note_written();
                result
            }

            /// As std's `get_mut`; loom has `with_mut` instead.
            #[track_caller]
            pub fn get_mut(&mut self) -> &mut $plain {
                self.0.get_mut()
            }

            /// The value, read plainly: writes of other threads must have happened before.
            ///
            /// # Safety
            /// As for a plain read of what others may write. What is wrong with it is found and reported.
            #[track_caller]
            pub unsafe fn unsync_load(&self) -> $plain {
                self.0.read_plainly()
            }

            /// The value.
            #[track_caller]
            pub fn into_inner(self) -> $plain {
                self.0.into_inner()
            }

            handed_on! { $plain;
                load(order: Ordering) -> $plain;
                store(value: $plain, order: Ordering);
                swap(value: $plain, order: Ordering) -> $plain;
                compare_exchange(
                    current: $plain, new: $plain, success: Ordering, failure: Ordering
                ) -> Result<$plain, $plain>;
                compare_exchange_weak(
                    current: $plain, new: $plain, success: Ordering, failure: Ordering
                ) -> Result<$plain, $plain>;
            }

            /// As std's `compare_and_swap`: the old value, whether or not it was replaced.
            #[allow(deprecated, reason = "loom has it")]
            #[track_caller]
            pub fn compare_and_swap(
                &self,
                current: $plain,
                new: $plain,
                order: Ordering,
            ) -> $plain {
                self.0.compare_and_swap(current, new, order)
            }

            /// As std's `fetch_update`.
            ///
            /// # Errors
            /// The value for which `f` gave nothing.
            #[track_caller]
            pub fn fetch_update<F>(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                f: F,
            ) -> Result<$plain, $plain>
            where
                F: FnMut($plain) -> Option<$plain>,
            {
                self.0.fetch_update(set_order, fetch_order, f)
            }

            /// As std's `try_update`.
            ///
            /// # Errors
            /// The value for which `f` gave nothing.
            #[track_caller]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                f: impl FnMut($plain) -> Option<$plain>,
            ) -> Result<$plain, $plain> {
                self.0.fetch_update(set_order, fetch_order, f)
            }

            /// As std's `update`.
            #[track_caller]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($plain) -> $plain,
            ) -> $plain {
                match self.0.fetch_update(set_order, fetch_order, |value| Some(f(value))) {
                    Ok(old) | Err(old) => old,
                }
            }
        }

        impl$(<$generic>)? From<$plain> for $atomic$(<$generic>)? {
            #[track_caller]
            fn from(value: $plain) -> Self {
                Self::new(value)
            }
        }

        impl$(<$generic>)? fmt::Debug for $atomic$(<$generic>)? {
            #[track_caller]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! integers {
    ($($atomic:ident $plain:ident;)*) => { $(
        #[doc = concat!("As [`std::sync::atomic::", stringify!($atomic), "`].")]
        pub struct $atomic(shim::$atomic);

        common!([] $atomic, $plain);

        impl $atomic {
            handed_on! { $plain;
                fetch_add(value: $plain, order: Ordering) -> $plain;
                fetch_sub(value: $plain, order: Ordering) -> $plain;
                fetch_and(value: $plain, order: Ordering) -> $plain;
                fetch_nand(value: $plain, order: Ordering) -> $plain;
                fetch_or(value: $plain, order: Ordering) -> $plain;
                fetch_xor(value: $plain, order: Ordering) -> $plain;
                fetch_max(value: $plain, order: Ordering) -> $plain;
                fetch_min(value: $plain, order: Ordering) -> $plain;
            }
        }

        impl Default for $atomic {
            #[track_caller]
            fn default() -> Self {
                Self::new($plain::default())
            }
        }
    )* };
}

integers! {
    AtomicI8 i8;
    AtomicI16 i16;
    AtomicI32 i32;
    AtomicI64 i64;
    AtomicIsize isize;
    AtomicU8 u8;
    AtomicU16 u16;
    AtomicU32 u32;
    AtomicU64 u64;
    AtomicUsize usize;
}

/// As [`std::sync::atomic::AtomicBool`].
pub struct AtomicBool(shim::AtomicBool);

common!([] AtomicBool, bool);

impl AtomicBool {
    handed_on! { bool;
        fetch_and(value: bool, order: Ordering) -> bool;
        fetch_nand(value: bool, order: Ordering) -> bool;
        fetch_or(value: bool, order: Ordering) -> bool;
        fetch_xor(value: bool, order: Ordering) -> bool;
        fetch_not(order: Ordering) -> bool;
    }
}

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}

/// As [`std::sync::atomic::AtomicPtr`].
pub struct AtomicPtr<T>(shim::AtomicPtr<T>);

common!([T] AtomicPtr, *mut T);

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    #[track_caller]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.0, f)
    }
}
