//! Addresses that are the same whenever a thread does the same: an allocator for programs under test.
//!
//! A program can compare addresses: a compare-exchange of a pointer does, and so does who takes two locks in the
//! order of their places. With an allocator that all threads share, which block is given out again to whom
//! depends on the order in which threads happen to run, which is more than the execution graph says. So
//! each thread of the program has memory of its own (`arena.rs`), in address space that is set aside once
//! (`reserve.rs`), and what a thread frees is given out again to that thread alone, the latest first, within
//! one execution. Then an address is a function of what its thread has done and read.

mod arena;
mod reserve;

pub(crate) use reserve::Region;

use arena::Arena;
use raddle_shims::model::{heap, use_heap};
use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// An allocator that gives every thread of a program under test the same addresses whenever it does the same.
///
/// It is the system's outside of a model. Inside, each thread allocates from memory of its own. What a
/// thread frees it gets again, the latest first, when it asks for the same size, as from an allocator with caches for
/// threads; nobody else gets it before the execution is over. So whether two addresses are equal, and which is
/// lower, depends on what threads do and not on the order in which they happen to run. A failure that takes a block which one
/// thread frees and another gets (an ABA of that kind) is not found.
///
/// Users name it `raddle::DeterministicAlloc`; a process has one allocator, so it is the program that installs it, and the faces of
/// loom and shuttle do.
///
/// A block of more than 32 MiB, or whose alignment is above 4,096 bytes, the memory of threads with
/// numbers above 255, and what is beyond 62 MiB for one thread, come from the system.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: raddle_runtime::DeterministicAlloc = raddle_runtime::DeterministicAlloc;
/// # assert_eq!(*Box::new(5), 5);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct DeterministicAlloc;

impl DeterministicAlloc {
    /// Whether it is the allocator of this process.
    ///
    /// ```
    /// assert!(!raddle_runtime::DeterministicAlloc::is_installed());
    /// ```
    pub fn is_installed() -> bool {
        is_installed()
    }
}

/// What the memory of a thread is while [`is_installed`] looks whether anybody asks for it.
static ASKED: u8 = 0;

/// Somebody has.
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether [`DeterministicAlloc`] is the allocator of this process.
pub(crate) fn is_installed() -> bool {
    let _before = use_heap((&raw const ASKED).cast());
    drop(std::hint::black_box(Box::new(0_u64)));
    IS_INSTALLED.load(Relaxed)
}

/// Whether what lies there is allocated, if it lies in the memory of a thread.
pub(crate) fn is_allocated(at: usize) -> bool {
    let block = ptr::without_provenance_mut(at);
    // SAFETY: what is from an arena lies in one.
    !reserve::contains(block) || unsafe { Arena::has(block) }
}

/// The memory of the running thread of a program, if it is the program that runs.
#[inline(always)]
fn mine() -> Option<&'static Arena> {
    let heap = heap();
    if heap.is_null() {
        return None;
    }
    if heap == (&raw const ASKED).cast() {
        IS_INSTALLED.store(true, Relaxed);
        return None;
    }
    // SAFETY: what is not null there is an arena of a `Region`, by `Shared::heap`, and the address space of
    // arenas is never given back.
    Some(unsafe { &*heap.cast::<Arena>() })
}

// SAFETY: blocks come from `System` or from an arena, which gives out memory that nobody else has, of the size and
// alignment that is asked for; which of the two it is, is told by the address. Nothing here unwinds.
unsafe impl GlobalAlloc for DeterministicAlloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(arena) = mine() {
            let block = arena.allocate(layout);
            if !block.is_null() {
                return block;
            }
        }
        // SAFETY: the caller's duty is the same.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match reserve::contains(block) {
            // SAFETY: it is not from an arena, so `System` has allocated it.
            false => unsafe { System.dealloc(block, layout) },
            // SAFETY: it is from an arena, and the caller says that it is allocated, with this layout.
            true => unsafe { Arena::free(block, layout, mine()) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if let Some(arena) = mine() {
            let block = arena.allocate(layout);
            if !block.is_null() {
                // SAFETY: the block has that many bytes.
                unsafe { ptr::write_bytes(block, 0, layout.size()) };
                return block;
            }
        }
        // SAFETY: the caller's duty is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let is_ours = reserve::contains(block);
        if !is_ours && mine().is_none() {
            // SAFETY: it is not from an arena, so `System` has allocated it.
            return unsafe { System.realloc(block, layout, new_size) };
        }
        // SAFETY: the caller says that the new size, rounded up to the alignment, does not overflow.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if is_ours && arena::is_same_size(layout, new_layout) {
            return block;
        }
        // SAFETY: the new size is not 0, as the caller says.
        let moved = unsafe { self.alloc(new_layout) };
        if !moved.is_null() {
            // SAFETY: both blocks have that many bytes, and one of them is new.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size)) };
            // SAFETY: the caller says that it is allocated, with this layout.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}
