//! Pointers that stand for a share in an [`Arc`].

use super::{Arc, Counts, Share};
use crate::model::Handling;
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::pin::Pin;
use std::sync as real;
use std::sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed};

/// The counts of those contents to which there are raw pointers, by address. What is dropped is taken out, so an
/// address means the latest that lived there.
static EXPOSED: Mutex<BTreeMap<usize, real::Arc<Counts>>> = Mutex::new(BTreeMap::new());

fn exposed() -> MutexGuard<'static, BTreeMap<usize, real::Arc<Counts>>> {
    EXPOSED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The contents at that address are about to be dropped, or taken out.
pub(super) fn forget(counts: &Counts, address: usize) {
    if counts.exposed.load(Relaxed) {
        // Dropped without the lock.
        let _counts = exposed().remove(&address);
    }
}

impl<T> Arc<T> {
    /// As std's.
    #[track_caller]
    pub fn pin(value: T) -> Pin<Arc<T>> {
        // SAFETY: the contents have an allocation of their own and move only out of the last share, which
        // asks for `T` by value, as std's.
        unsafe { Pin::new_unchecked(Arc::new(value)) }
    }
}

impl<T: ?Sized> Arc<T> {
    /// The same as `From`, under the name that loom has for it.
    ///
    /// # Panics
    /// If there is another owner.
    #[doc(hidden)]
    #[track_caller]
    pub fn from_std(mut value: real::Arc<T>) -> Arc<T> {
        assert!(real::Arc::get_mut(&mut value).is_some(), "the Arc has another owner");
        Arc::from(value)
    }

    /// The address of the contents, without what an unsized type adds.
    fn address(&self) -> usize {
        real::Arc::as_ptr(&self.value).cast::<u8>() as usize
    }

    /// As std's.
    pub fn as_ptr(this: &Arc<T>) -> *const T {
        if !this.counts.exposed.swap(true, Relaxed) {
            exposed().insert(this.address(), real::Arc::clone(&this.counts));
        }
        real::Arc::as_ptr(&this.value)
    }

    /// As std's.
    #[must_use = "losing the pointer will leak memory"]
    pub fn into_raw(this: Arc<T>) -> *const T {
        let this = ManuallyDrop::new(this);
        let pointer = Arc::as_ptr(&this);
        this.counts.resource.handle(Handling::Exposed(this.share.number));
        // SAFETY: each is taken once, and `this` is not used any more.
        let (counts, value) = unsafe {
            (std::ptr::read(&raw const this.counts), std::ptr::read(&raw const *this.value))
        };
        drop(counts);
        let _ = real::Arc::into_raw(value);
        pointer
    }

    /// As std's.
    ///
    /// # Safety
    /// As std's: the pointer comes from [`Arc::into_raw`], and stands for a share that is taken back here.
    ///
    /// # Panics
    /// If no share was ever made a pointer to that address.
    #[track_caller]
    pub unsafe fn from_raw(pointer: *const T) -> Arc<T> {
        let address = pointer.cast::<u8>() as usize;
        let counts = exposed().get(&address).map(real::Arc::clone);
        let Some(counts) = counts else {
            panic!("Arc::from_raw is given {address:#x}, which no Arc::into_raw has given out")
        };
        // SAFETY: the caller's duty is std's.
        let value = ManuallyDrop::new(unsafe { real::Arc::from_raw(pointer) });
        let made = Location::caller();
        let share = Share { made, number: counts.resource.handle(Handling::Retaken(made)) };
        Arc { counts, value, share }
    }

    /// As std's.
    ///
    /// # Safety
    /// As std's: the pointer comes from [`Arc::into_raw`], and there is a share meanwhile.
    #[track_caller]
    pub unsafe fn increment_strong_count(pointer: *const T) {
        // SAFETY: the caller's duty is std's. The share is not given up, also if the next line unwinds.
        let there = ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
        let more = Arc::clone(&there);
        let _ = Arc::into_raw(ManuallyDrop::into_inner(there));
        let _ = Arc::into_raw(more);
    }

    /// As std's.
    ///
    /// # Safety
    /// As std's: the pointer comes from [`Arc::into_raw`], and there is a share that goes away here.
    #[track_caller]
    pub unsafe fn decrement_strong_count(pointer: *const T) {
        // SAFETY: the caller's duty is std's.
        drop(unsafe { Arc::from_raw(pointer) });
    }
}
