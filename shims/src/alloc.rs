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

/// The allocations of one execution, by address.
type Allocations = RefCell<BTreeMap<usize, Allocation>>;

/// What is known of an address.
#[derive(Clone, Copy)]
enum Allocation {
    /// It is allocated, as this resource.
    Live(u64),
    /// It was, and has been freed there.
    Freed(Site),
}

static KEY: u8 = 1;

fn with_allocations<R>(model: &Model, f: impl FnOnce(&mut BTreeMap<usize, Allocation>) -> R) -> R {
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
        with_allocations(&model, |table| {
            table.insert(pointer as usize, Allocation::Live(resource))
        });
    }
}

fn forget(pointer: *mut u8, site: Site) {
    let Some(model) = inside() else { return };
    let freed = Allocation::Freed(site);
    // The address itself is not told, as it is another one in each run.
    let message = match with_allocations(&model, |table| table.insert(pointer as usize, freed)) {
        Some(Allocation::Live(resource)) => return model.release(resource),
        _ if model.is_draining() => return,
        Some(Allocation::Freed(before)) => format!("memory is freed that was freed at {before}"),
        None => {
            "memory is freed that raddle_shims::alloc has not allocated in this execution".into()
        }
    };
    model.misuse(message, Some(site));
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
    forget(pointer, Location::caller());
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
    forget(pointer, Location::caller());
    // SAFETY: the caller's duty is std's.
    let moved = unsafe { std::alloc::realloc(pointer, layout, new_size) };
    note(if moved.is_null() { pointer } else { moved }, Location::caller());
    moved
}
