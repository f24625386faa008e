//! `AtomicPtr`.
//!
//! In a model a pointer is its address, with exposed provenance: what it points to is the business of the
//! program, as with std.

use super::cell::{Cell, Exchange, Real, when_it_fails};
use crate::kernel::{RmwKind, Value, Width};
use crate::model::{entered, inside, running};
use std::fmt;
use std::sync::atomic as real;
use std::sync::atomic::Ordering;

/// As [`std::sync::atomic::AtomicPtr`].
pub struct AtomicPtr<T>(Cell<real::AtomicPtr<T>>);

impl<T> Real for real::AtomicPtr<T> {
    type Plain = *mut T;
    const WIDTH: Width = Width { bits: usize::BITS as u8, signed: false };

    fn get(&self) -> *mut T {
        self.load(Ordering::Relaxed)
    }

    fn set(&mut self, value: *mut T) {
        *self.get_mut() = value;
    }

    #[inline(always)]
    fn bits(value: *mut T) -> Value {
        Value(value.expose_provenance() as u64)
    }

    #[inline(always)]
    fn plain(bits: Value) -> *mut T {
        std::ptr::with_exposed_provenance_mut(bits.0 as usize)
    }
}

impl<T> AtomicPtr<T> {
    /// A new variable.
    #[inline(always)]
    #[track_caller]
    pub const fn new(pointer: *mut T) -> Self {
        AtomicPtr(Cell::new(real::AtomicPtr::new(pointer)))
    }

    /// The pointer, for a caller that has the variable for itself.
    ///
    /// Inside a model this is checked like a plain write: accesses of other threads must have happened
    /// before.
    #[inline(always)]
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut *mut T {
        self.0.get_mut().get_mut()
    }

    /// The pointer. Checked as [`get_mut`](Self::get_mut) is.
    #[inline(always)]
    #[track_caller]
    pub fn into_inner(mut self) -> *mut T {
        *self.get_mut()
    }

    /// A pointer to the pointer that the variable holds outside of a model. What is done through it is
    /// not seen by the checker.
    #[inline(always)]
    pub const fn as_ptr(&self) -> *mut *mut T {
        self.0.real.as_ptr()
    }

    /// As std's.
    ///
    /// # Panics
    /// If `order` is `Release` or `AcqRel`.
    #[inline(always)]
    #[track_caller]
    pub fn load(&self, order: Ordering) -> *mut T {
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
    pub fn store(&self, pointer: *mut T, order: Ordering) {
        match running() {
            None => self.0.outside().store(pointer, order),
            Some(model) => self.0.store(model, pointer, order),
        }
    }

    /// As std's.
    #[inline(always)]
    #[track_caller]
    pub fn swap(&self, pointer: *mut T, order: Ordering) -> *mut T {
        match entered() {
            None => self.0.outside().swap(pointer, order),
            Some(model) => self.0.rmw(model.noted(), RmwKind::Swap, pointer, order),
        }
    }

    /// As std's: the old pointer, whether or not it was replaced.
    #[deprecated(note = "replaced by `compare_exchange` or `compare_exchange_weak`")]
    #[inline(always)]
    #[track_caller]
    pub fn compare_and_swap(&self, current: *mut T, new: *mut T, order: Ordering) -> *mut T {
        match self.compare_exchange(current, new, order, when_it_fails(order)) {
            Ok(old) | Err(old) => old,
        }
    }

    /// As std's.
    ///
    /// # Errors
    /// The pointer found, if it is not `current`.
    ///
    /// # Panics
    /// If `failure` is `Release` or `AcqRel`.
    #[inline(always)]
    #[track_caller]
    pub fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        let exchange = Exchange { success, failure, weak: false };
        match entered() {
            None => self.0.outside().compare_exchange(current, new, success, failure),
            Some(model) => self.0.compare_exchange(model.noted(), (current, new), exchange),
        }
    }

    /// As std's. Inside a model it may fail spuriously, once in a thread and execution.
    ///
    /// # Errors
    /// The pointer found, which may be `current`.
    ///
    /// # Panics
    /// If `failure` is `Release` or `AcqRel`.
    #[inline(always)]
    #[track_caller]
    pub fn compare_exchange_weak(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        let exchange = Exchange { success, failure, weak: true };
        match entered() {
            None => self.0.outside().compare_exchange_weak(current, new, success, failure),
            Some(model) => self.0.compare_exchange(model.noted(), (current, new), exchange),
        }
    }

    /// As std's.
    ///
    /// # Errors
    /// The pointer for which `f` gave nothing.
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
    ) -> Result<*mut T, *mut T>
    where
        F: FnMut(*mut T) -> Option<*mut T>,
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
        pass: &mut dyn FnMut(*mut T) -> bool,
    ) -> *mut T {
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
    pub fn read_plainly(&self) -> *mut T {
        self.0.read_plainly()
    }

    /// Gives the variable a name for reports; outside of a model it does nothing.
    pub fn label(&self, name: impl Into<String>) {
        if let Some(model) = inside() {
            self.0.label(&model, name.into());
        }
    }
}

impl<T> Default for AtomicPtr<T> {
    #[inline(always)]
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

impl<T> From<*mut T> for AtomicPtr<T> {
    #[inline(always)]
    #[track_caller]
    fn from(pointer: *mut T) -> Self {
        Self::new(pointer)
    }
}

impl<T> fmt::Debug for AtomicPtr<T> {
    #[track_caller]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    #[track_caller]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
    }
}
