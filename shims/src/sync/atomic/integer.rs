//! Atomic integers and `AtomicBool`.

use super::cell::{Cell, Exchange, Interleaved, Real, when_it_fails};
use crate::kernel::{RmwKind, Value, Width};
use crate::model::{Model, entered, inside, running, scrub};
use std::fmt;
use std::sync::atomic as real;
use std::sync::atomic::Ordering;

/// The operations that all atomic types have.
macro_rules! common {
    ($atomic:ident, $plain:ty) => {
        impl $atomic {
            /// A new variable.
            #[inline(always)]
            #[track_caller]
            pub const fn new(value: $plain) -> Self {
                $atomic(Cell::new(real::$atomic::new(value)))
            }

            /// The value, for a caller that has the variable for itself.
            ///
            /// Inside a model this is checked like a plain write: accesses of other threads must have
            /// happened before.
            #[inline(always)]
            #[track_caller]
            pub fn get_mut(&mut self) -> &mut $plain {
                self.0.get_mut().get_mut()
            }

            /// The value. Checked as [`get_mut`](Self::get_mut) is.
            #[inline(always)]
            #[track_caller]
            pub fn into_inner(mut self) -> $plain {
                *self.get_mut()
            }

            /// A pointer to the value that the variable has outside of a model. What is done through
            /// it is not seen by the checker.
            #[inline(always)]
            pub const fn as_ptr(&self) -> *mut $plain {
                self.0.real.as_ptr()
            }

            /// As std's.
            ///
            /// # Panics
            /// If `order` is `Release` or `AcqRel`.
            #[inline(always)]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $plain {
                match entered() {
                    None => self.0.real.load(order),
                    Some(model) => self.0.load(model.noted(), order),
                }
            }

            /// As std's.
            ///
            /// # Panics
            /// If `order` is `Acquire` or `AcqRel`.
            #[inline(always)]
            #[track_caller]
            pub fn store(&self, value: $plain, order: Ordering) {
                match running() {
                    None => self.0.outside().store(value, order),
                    Some(model) => self.0.store(model, value, order),
                }
            }

            /// As std's.
            #[inline(always)]
            #[track_caller]
            pub fn swap(&self, value: $plain, order: Ordering) -> $plain {
                match entered() {
                    None => self.0.outside().swap(value, order),
                    Some(model) => self.0.rmw(model.noted(), RmwKind::Swap, value, order),
                }
            }

            /// As std's: the old value, whether or not it was replaced.
            #[deprecated(note = "replaced by `compare_exchange` or `compare_exchange_weak`")]
            #[inline(always)]
            #[track_caller]
            pub fn compare_and_swap(
                &self,
                current: $plain,
                new: $plain,
                order: Ordering,
            ) -> $plain {
                match self.compare_exchange(current, new, order, when_it_fails(order)) {
                    Ok(old) | Err(old) => old,
                }
            }

            /// As std's.
            ///
            /// # Errors
            /// The value found, if it is not `current`.
            ///
            /// # Panics
            /// If `failure` is `Release` or `AcqRel`.
            #[inline(always)]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $plain,
                new: $plain,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$plain, $plain> {
                let exchange = Exchange { success, failure, weak: false };
                match entered() {
                    None => self.0.outside().compare_exchange(current, new, success, failure),
                    Some(model) => self.0.compare_exchange(model.noted(), (current, new), exchange),
                }
            }

            /// As std's. Inside a model it may fail spuriously, once in a thread and execution.
            ///
            /// # Errors
            /// The value found, which may be `current`.
            ///
            /// # Panics
            /// If `failure` is `Release` or `AcqRel`.
            #[inline(always)]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $plain,
                new: $plain,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$plain, $plain> {
                let exchange = Exchange { success, failure, weak: true };
                match entered() {
                    None => self.0.outside().compare_exchange_weak(current, new, success, failure),
                    Some(model) => self.0.compare_exchange(model.noted(), (current, new), exchange),
                }
            }

            /// As std's.
            ///
            /// # Errors
            /// The value for which `f` gave nothing.
            ///
            /// # Panics
            /// If `fetch_order` is `Release` or `AcqRel`.
            #[inline(always)]
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
                match inside() {
                    None => self.0.outside().fetch_update(set_order, fetch_order, f),
                    Some(model) => self.0.fetch_update(&model, (set_order, fetch_order), f),
                }
            }

            /// For [`crate::hint::AwaitUntil`].
            #[track_caller]
            pub(crate) fn await_inside(
                &self,
                model: &crate::model::Model,
                order: Ordering,
                pass: &mut dyn FnMut($plain) -> bool,
            ) -> $plain {
                self.0.await_until(model, order, pass)
            }

            /// Tells that the value was written plainly just now, by a caller that has the variable for
            /// itself and has not used it otherwise. For stand-ins of other crates, whose variables are not
            /// initialised by constants.
            #[doc(hidden)]
            #[track_caller]
            pub fn note_written(&self) {
                self.0.note_written();
            }

            /// The value, read plainly: other threads' writes must have happened before.
            #[doc(hidden)]
            #[track_caller]
            pub fn read_plainly(&self) -> $plain {
                self.0.read_plainly()
            }

            /// Its location in an execution, for operations that std does not have.
            #[doc(hidden)]
            pub fn location(&self, model: &crate::model::Model) -> crate::kernel::LocationId {
                self.0.at(model)
            }

            /// Gives the variable a name for reports; outside of a model it does nothing.
            pub fn label(&self, name: impl Into<String>) {
                if let Some(model) = inside() {
                    self.0.label(&model, name.into());
                }
            }
        }

        impl Default for $atomic {
            #[inline(always)]
            #[track_caller]
            fn default() -> Self {
                Self::new(<$plain>::default())
            }
        }

        impl From<$plain> for $atomic {
            #[inline(always)]
            #[track_caller]
            fn from(value: $plain) -> Self {
                Self::new(value)
            }
        }

        impl fmt::Debug for $atomic {
            #[track_caller]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
            }
        }
    };
}

/// The read-modify-writes.
macro_rules! fetch {
    ($atomic:ident, $plain:ty, $($name:ident $kind:ident),*) => {
        impl $atomic {
            $(
                /// As std's.
                #[inline(always)]
                #[track_caller]
                pub fn $name(&self, value: $plain, order: Ordering) -> $plain {
                    match entered() {
                        None => self.0.outside().$name(value, order),
                        Some(model) => self.0.rmw(model.noted(), RmwKind::$kind, value, order),
                    }
                }
            )*
        }
    };
}

/// What those have that `go::atomic` is made of.
macro_rules! interleaved {
    ($($atomic:ident),*) => { $(
        impl $atomic {
            /// Its operations as Go orders them.
            #[inline(always)]
            pub(crate) fn interleaved<'a>(&'a self, model: &'a Model) -> Interleaved<'a, real::$atomic> {
                let operations = Interleaved::of(&self.0, model);
                // Below lies what finding the variable has left, which would look like a difference between turns.
                scrub();
                operations
            }
        }
    )* };
}

interleaved!(AtomicI32, AtomicI64, AtomicU32, AtomicU64, AtomicBool);

macro_rules! integer {
    ($($atomic:ident $plain:ident $unsigned:ident $signed:literal;)*) => { $(
        #[doc = concat!("As [`std::sync::atomic::", stringify!($atomic), "`].")]
        pub struct $atomic(Cell<real::$atomic>);

        impl Real for real::$atomic {
            type Plain = $plain;
            const WIDTH: Width = Width { bits: $plain::BITS as u8, signed: $signed };

            fn get(&self) -> $plain {
                self.load(Ordering::Relaxed)
            }

            fn set(&mut self, value: $plain) {
                *self.get_mut() = value;
            }

            #[inline(always)]
            fn bits(value: $plain) -> Value {
                Value(value as $unsigned as u64)
            }

            #[inline(always)]
            fn plain(bits: Value) -> $plain {
                bits.0 as $plain
            }
        }

        common!($atomic, $plain);
        fetch!(
            $atomic, $plain, fetch_add Add, fetch_sub Sub, fetch_and And, fetch_nand Nand,
            fetch_or Or, fetch_xor Xor, fetch_max Max, fetch_min Min
        );
    )* };
}

integer! {
    AtomicI8 i8 u8 true;
    AtomicI16 i16 u16 true;
    AtomicI32 i32 u32 true;
    AtomicI64 i64 u64 true;
    AtomicIsize isize usize true;
    AtomicU8 u8 u8 false;
    AtomicU16 u16 u16 false;
    AtomicU32 u32 u32 false;
    AtomicU64 u64 u64 false;
    AtomicUsize usize usize false;
}

/// As [`std::sync::atomic::AtomicBool`].
pub struct AtomicBool(Cell<real::AtomicBool>);

impl Real for real::AtomicBool {
    type Plain = bool;
    const WIDTH: Width = Width { bits: 1, signed: false };

    fn get(&self) -> bool {
        self.load(Ordering::Relaxed)
    }

    fn set(&mut self, value: bool) {
        *self.get_mut() = value;
    }

    #[inline(always)]
    fn bits(value: bool) -> Value {
        Value(value.into())
    }

    #[inline(always)]
    fn plain(bits: Value) -> bool {
        bits.0 != 0
    }
}

common!(AtomicBool, bool);
fetch!(AtomicBool, bool, fetch_and And, fetch_nand Nand, fetch_or Or, fetch_xor Xor);

impl AtomicBool {
    /// As std's.
    #[inline(always)]
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}
