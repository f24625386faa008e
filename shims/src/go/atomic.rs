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
use std::any::Any;
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

            /// Gives it a name for reports, which `raddle::label!` calls. Nothing happens outside of a model.
            pub fn label(&self, name: impl Into<String>) {
                #[cfg(feature = "model")]
                return self.0.label(name);
                #[cfg(not(feature = "model"))]
                let _: String = name.into();
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

/// What a [`Value`] holds: any value of one type.
pub type AnyValue = Arc<dyn Any + Send + Sync>;

/// As `atomic.Value`: nothing at first, then values of the type of the first one. Every operation is ordered relative to every
/// other, as under a lock.
///
/// ```
/// use raddle_shims::go::atomic::Value;
/// let settings = Value::new();
/// assert!(settings.load().is_none());
/// settings.store("fast");
/// assert_eq!(settings.load().unwrap().downcast_ref(), Some(&"fast"));
/// ```
#[derive(Default)]
pub struct Value(Mutex<Option<AnyValue>>);

impl Value {
    /// One that holds nothing.
    #[track_caller]
    pub const fn new() -> Value {
        Value(Mutex::new(None))
    }

    /// What was stored last, if anything was: `nil` in Go.
    #[track_caller]
    pub fn load(&self) -> Option<AnyValue> {
        super::lock(&self.0).clone()
    }

    /// Sets it.
    ///
    /// # Panics
    /// If it holds a value of another type: "sync/atomic: store of inconsistently typed value into Value".
    #[track_caller]
    pub fn store<T: Any + Send + Sync>(&self, value: T) {
        let replaced = self.replace(value);
        assert!(replaced.is_ok(), "sync/atomic: store of inconsistently typed value into Value");
    }

    /// Sets it; what it held.
    ///
    /// # Panics
    /// If it holds a value of another type: "sync/atomic: swap of inconsistently typed value into Value".
    #[track_caller]
    pub fn swap<T: Any + Send + Sync>(&self, value: T) -> Option<AnyValue> {
        let Ok(held) = self.replace(value) else {
            panic!("sync/atomic: swap of inconsistently typed value into Value")
        };
        held
    }

    /// Sets it to `new` if what it holds equals `old`, or it holds nothing and `old` is none; whether it did.
    ///
    /// # Panics
    /// If it holds a value of another type: "sync/atomic: compare and swap of inconsistently typed values into Value".
    /// That `old` and `new` are of one type, Go finds out when it runs.
    #[track_caller]
    pub fn compare_and_swap<T: Any + Send + Sync + PartialEq>(
        &self,
        old: Option<&T>,
        new: T,
    ) -> bool {
        let mut held = super::lock(&self.0);
        let same = match held.as_deref().map(<dyn Any + Send + Sync>::downcast_ref::<T>) {
            None => old.is_none(),
            Some(Some(is)) => old == Some(is),
            Some(None) => {
                drop(held);
                panic!("sync/atomic: compare and swap of inconsistently typed values into Value")
            }
        };
        if same {
            *held = Some(Arc::new(new));
        }
        same
    }

    /// What it held, or an error if that was of another type.
    #[track_caller]
    fn replace<T: Any + Send + Sync>(&self, value: T) -> Result<Option<AnyValue>, ()> {
        let mut held = super::lock(&self.0);
        match held.as_deref() {
            Some(is) if !is.is::<T>() => Err(()),
            _ => Ok(held.replace(Arc::new(value))),
        }
    }
}
