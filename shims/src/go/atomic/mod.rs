//! Package `sync/atomic`.
//!
//! "The APIs in the sync/atomic package are collectively 'atomic operations' that can be used to synchronize the execution of different
//! goroutines. If the effect of an atomic operation A is observed by atomic operation B, then A is synchronized before B. All the atomic operations
//! executed in a program behave as though executed in some sequentially consistent order." (Go memory model, "Atomic Values".) In a model that
//! order is also the one of what is done to channels and locks, under every memory model.
//!
//! ```
//! use raddle_shims::go::atomic::Int64;
//! let hits = Int64::new(0);
//! assert_eq!(hits.add(2), 2);
//! assert!(hits.compare_and_swap(2, 5));
//! assert_eq!(hits.load(), 5);
//! ```

mod held;
mod value;

pub use self::value::{AnyValue, Pointer, Value};

#[cfg(feature = "model")]
use crate::kernel::RmwKind;
use crate::sync::atomic::{self, Ordering::SeqCst};
use std::fmt;

/// The first expression inside a model, the second outside.
macro_rules! either {
    ($model:ident => $inside:expr, else $outside:expr) => {{
        #[cfg(feature = "model")]
        match crate::model::inside() {
            None => $outside,
            Some($model) => $inside,
        }
        #[cfg(not(feature = "model"))]
        $outside
    }};
}

macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident, $real:ident, $value:ty) => {
        $(#[$doc])*
        #[derive(Default)]
        pub struct $name(atomic::$real);

        impl $name {
            /// One with that value.
            #[track_caller]
            pub const fn new(value: $value) -> $name {
                $name(atomic::$real::new(value))
            }

            /// Its value.
            #[inline(always)]
            #[track_caller]
            pub fn load(&self) -> $value {
                either!(model => self.0.interleaved(&model).load(), else self.0.load(SeqCst))
            }

            /// Sets it.
            #[inline(always)]
            #[track_caller]
            pub fn store(&self, value: $value) {
                either!(model => self.0.interleaved(&model).store(value), else self.0.store(value, SeqCst))
            }

            /// Sets it; the value that it had.
            #[inline(always)]
            #[track_caller]
            pub fn swap(&self, value: $value) -> $value {
                either!(model => self.0.interleaved(&model).rmw(RmwKind::Swap, value), else self.0.swap(value, SeqCst))
            }

            /// Sets it to `new` if it is `old`; whether it was.
            #[inline(always)]
            #[track_caller]
            pub fn compare_and_swap(&self, old: $value, new: $value) -> bool {
                either!(model => self.0.interleaved(&model).compare_exchange(old, new), else self.0.compare_exchange(old, new, SeqCst, SeqCst).is_ok())
            }

            /// Gives it a name for reports, which `raddle::label!` calls. Nothing happens outside of a model.
            pub fn label(&self, name: impl Into<String>) {
                #[cfg(feature = "model")]
                return self.0.label(name);
                #[cfg(not(feature = "model"))]
                let _: String = name.into();
            }
        }

        impl fmt::Debug for $name {
            #[track_caller]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.load().fmt(f)
            }
        }
    };
}

macro_rules! integer {
    ($(#[$doc:meta])* $name:ident, $real:ident, $value:ty) => {
        atomic!($(#[$doc])* $name, $real, $value);

        impl $name {
            /// Adds, wrapping around; the new value.
            #[inline(always)]
            #[track_caller]
            pub fn add(&self, delta: $value) -> $value {
                let old = either!(
                    model => self.0.interleaved(&model).rmw(RmwKind::Add, delta),
                    else self.0.fetch_add(delta, SeqCst)
                );
                old.wrapping_add(delta)
            }

            /// Keeps the bits of `mask`; the old value.
            #[inline(always)]
            #[track_caller]
            pub fn and(&self, mask: $value) -> $value {
                either!(model => self.0.interleaved(&model).rmw(RmwKind::And, mask), else self.0.fetch_and(mask, SeqCst))
            }

            /// Sets the bits of `mask`; the old value.
            #[inline(always)]
            #[track_caller]
            pub fn or(&self, mask: $value) -> $value {
                either!(model => self.0.interleaved(&model).rmw(RmwKind::Or, mask), else self.0.fetch_or(mask, SeqCst))
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
