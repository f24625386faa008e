//! `std::alloc`, with allocations that must be freed.
//!
//! Inside a model what is allocated here and not freed before the execution ends is a leak, and freeing
//! what was not allocated here, or was freed already, is misuse. What boxes and collections allocate is not
//! tracked.

pub use std::alloc::{GlobalAlloc, Layout, LayoutError, System, handle_alloc_error};

use crate::model::{Found, Model, Site, inside};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::Location;

/// The allocations of one execution: the resource that each address is.
type Allocations = RefCell<BTreeMap<usize, u64>>;

static KEY: u8 = 1;

fn with_allocations<R>(model: &Model, f: impl FnOnce(&mut BTreeMap<usize, u64>) -> R) -> R {
    let key = std::ptr::from_ref(&KEY) as usize;
    let found = model.execution_slots().borrow().get::<Allocations>(key);
    let allocations = match found {
        Found::Value(address) => address.cast::<Allocations>(),
        _ => {
            let mut slots = model.execution_slots().borrow_mut();
            slots.put(key, Allocations::default()).cast::<Allocations>()
        }
    };
    // SAFETY: the slot keeps the table at one address until the execution ends.
    f(&mut unsafe { &*allocations }.borrow_mut())
}

fn note(pointer: *mut u8, site: Site) {
    if let Some(model) = inside()
        && !pointer.is_null()
    {
        let resource = model.acquire("memory", site);
        with_allocations(&model, |table| table.insert(pointer as usize, resource));
    }
}

fn forget(pointer: *mut u8) {
    let Some(model) = inside() else { return };
    match with_allocations(&model, |table| table.remove(&(pointer as usize))) {
        Some(resource) => model.release(resource),
        None if model.is_draining() => {}
        None => model.misuse(format!(
            "memory is freed that was not allocated by raddle_shims::alloc in this execution, or was freed \
             before (address {pointer:?})"
        )),
    }
}

/// As [`std::alloc::alloc`].
///
/// # Safety
/// As std's.
#[must_use]
#[track_caller]
pub unsafe fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's duty is std's.
    let pointer = unsafe { std::alloc::alloc(layout) };
    note(pointer, Location::caller());
    pointer
}

/// As [`std::alloc::alloc_zeroed`].
///
/// # Safety
/// As std's.
#[must_use]
#[track_caller]
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's duty is std's.
    let pointer = unsafe { std::alloc::alloc_zeroed(layout) };
    note(pointer, Location::caller());
    pointer
}

/// As [`std::alloc::dealloc`].
///
/// # Safety
/// As std's.
#[track_caller]
pub unsafe fn dealloc(pointer: *mut u8, layout: Layout) {
    forget(pointer);
    // SAFETY: the caller's duty is std's.
    unsafe { std::alloc::dealloc(pointer, layout) }
}

/// As [`std::alloc::realloc`].
///
/// # Safety
/// As std's.
#[must_use]
#[track_caller]
pub unsafe fn realloc(pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    forget(pointer);
    // SAFETY: the caller's duty is std's.
    let moved = unsafe { std::alloc::realloc(pointer, layout, new_size) };
    note(if moved.is_null() { pointer } else { moved }, Location::caller());
    moved
}
