//! Package `sync/atomic`: every operation is sequentially consistent (Go memory model, "Atomic Values").
//!
//! ```
//! use raddle_shims::go::atomic::Int64;
//! let hits = Int64::new(0);
//! assert_eq!(hits.add(2), 2);
//! assert!(hits.compare_and_swap(2, 5));
//! assert_eq!(hits.load(), 5);
//! ```

use crate::sync::Mutex;
use crate::sync::atomic::{self, Ordering::SeqCst};
use std::sync::Arc;

macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident, $real:ident, $value:ty) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub struct $name(atomic::$real);

        impl $name {
            /// One with that value.
            #[track_caller]
            pub const fn new(value: $value) -> $name {
                $name(atomic::$real::new(value))
            }

            /// Its value.
            #[track_caller]
            pub fn load(&self) -> $value {
                self.0.load(SeqCst)
            }

            /// Sets it.
            #[track_caller]
            pub fn store(&self, value: $value) {
                self.0.store(value, SeqCst);
            }

            /// Sets it; the value that it had.
            #[track_caller]
            pub fn swap(&self, value: $value) -> $value {
                self.0.swap(value, SeqCst)
            }

            /// Sets it to `new` if it is `old`; whether it was.
            #[track_caller]
            pub fn compare_and_swap(&self, old: $value, new: $value) -> bool {
                self.0.compare_exchange(old, new, SeqCst, SeqCst).is_ok()
            }
        }
    };
}

macro_rules! integer {
    ($(#[$doc:meta])* $name:ident, $real:ident, $value:ty) => {
        atomic!($(#[$doc])* $name, $real, $value);

        impl $name {
            /// Adds, wrapping around; the new value.
            #[track_caller]
            pub fn add(&self, delta: $value) -> $value {
                self.0.fetch_add(delta, SeqCst).wrapping_add(delta)
            }

            /// Keeps the bits of `mask`; the old value.
            #[track_caller]
            pub fn and(&self, mask: $value) -> $value {
                self.0.fetch_and(mask, SeqCst)
            }

            /// Sets the bits of `mask`; the old value.
            #[track_caller]
            pub fn or(&self, mask: $value) -> $value {
                self.0.fetch_or(mask, SeqCst)
            }
        }
    };
}

integer!(
    /// As `atomic.Int32`.
    Int32, AtomicI32, i32
);
integer!(
    /// As `atomic.Int64`.
    Int64, AtomicI64, i64
);
integer!(
    /// As `atomic.Uint32`.
    Uint32, AtomicU32, u32
);
integer!(
    /// As `atomic.Uint64`.
    Uint64, AtomicU64, u64
);
atomic!(
    /// As `atomic.Bool`.
    Bool, AtomicBool, bool
);

/// As `atomic.Pointer[T]`: a shared value, or nil. Every operation is ordered relative to every other, as under a lock.
#[derive(Default)]
pub struct Pointer<T>(Mutex<Option<Arc<T>>>);

impl<T> Pointer<T> {
    /// One that is nil.
    #[track_caller]
    pub const fn nil() -> Pointer<T> {
        Pointer(Mutex::new(None))
    }

    /// What it points to.
    #[track_caller]
    pub fn load(&self) -> Option<Arc<T>> {
        super::lock(&self.0).clone()
    }

    /// Sets it.
    #[track_caller]
    pub fn store(&self, value: Option<Arc<T>>) {
        self.swap(value);
    }

    /// Sets it; what it pointed to.
    #[track_caller]
    pub fn swap(&self, value: Option<Arc<T>>) -> Option<Arc<T>> {
        std::mem::replace(&mut *super::lock(&self.0), value)
    }

    /// Sets it to `new` if it points to the same value as `old`, or both are nil; whether it did.
    #[track_caller]
    pub fn compare_and_swap(&self, old: Option<&Arc<T>>, new: Option<Arc<T>>) -> bool {
        let mut value = super::lock(&self.0);
        let same = match (value.as_ref(), old) {
            (Some(is), Some(old)) => Arc::ptr_eq(is, old),
            (None, None) => true,
            _ => false,
        };
        if same {
            *value = new;
        }
        same
    }
}
