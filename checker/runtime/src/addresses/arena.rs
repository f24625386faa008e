//! The memory of one thread of a program under test.
//!
//! Blocks come one behind the other, in multiples of 16 bytes, and within one execution nothing is given out a second
//! time but to the thread that has freed it. In the next execution it begins at the front again. What
//! is still allocated then (a static that was initialised, something that leaks) is passed over: a bit
//! for each 16 bytes says what is in use, wherever it is freed.

use super::reserve::REGION_SIZE;
use std::alloc::Layout;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering::*};

/// How much address space a thread has. The first part of it is the arena's own.
pub(super) const ARENA_SIZE: usize = 64 << 20;
const DATA: usize = 1 << 20;

const GRANULE: usize = 16;
const GRANULES: usize = ARENA_SIZE / GRANULE;

/// Up to this size each multiple of a granule is a size of its own, above it each power of two.
const SMALL_MAX: usize = 1 << 10;
const LARGE_MAX: usize = 32 << 20;
const SIZES: usize = SMALL_MAX / GRANULE + (LARGE_MAX / SMALL_MAX).ilog2() as usize;

/// Blocks that are aligned to more than the last of these are not given out again.
const ALIGNS: [usize; 3] = [GRANULE, 64, 128];
const ALIGN_MAX: usize = 4_096;

/// A block that has been freed.
struct Freed(Cell<*const Freed>);

/// The memory of one thread. Its fields are at the front of it, and all of them 0 at first.
///
/// It is used by the operating-system thread that runs the exploration. Others may free what has outlived it, at any
/// time, which only changes `in_use`.
#[repr(C)]
pub(super) struct Arena {
    /// The execution for which the rest was set.
    epoch: Cell<u64>,
    /// The first granule that was not given out in it.
    next: Cell<usize>,
    /// Where executions begin.
    first: Cell<usize>,
    /// What the thread has freed, by alignment and size.
    freed: [[Cell<*const Freed>; SIZES]; ALIGNS.len()],
    in_use: [AtomicU64; GRANULES / 64],
}

const _: () = assert!(size_of::<Arena>() <= DATA);

/// How much a block takes that is asked for, and the number of that size. None for what no arena has.
#[inline]
fn rounded(layout: Layout) -> Option<(usize, usize)> {
    if layout.align() > ALIGN_MAX {
        return None;
    }
    let size = layout.size().max(layout.align()).next_multiple_of(GRANULE);
    match size {
        0..=SMALL_MAX => Some((size, size / GRANULE - 1)),
        _ if size <= LARGE_MAX => {
            let size = size.next_power_of_two();
            Some((size, SMALL_MAX / GRANULE + (size / SMALL_MAX).ilog2() as usize - 1))
        }
        _ => None,
    }
}

/// Whether a block that was allocated with one layout is as large as one with the other.
pub(super) fn is_same_size(one: Layout, other: Layout) -> bool {
    rounded(one).is_some_and(|one| rounded(other) == Some(one))
}

/// The bits of so many granules, word by word.
#[inline]
fn bits(first: usize, count: usize) -> impl Iterator<Item = (usize, u64)> {
    let end = first + count;
    (first / 64..end.div_ceil(64)).map(move |word| {
        let from = first.max(word * 64) % 64;
        let to = (end - word * 64).min(64);
        (word, (!0 >> (64 - (to - from))) << from)
    })
}

impl Arena {
    /// The arena is used in that execution from here on.
    #[inline]
    pub fn enter(&self, epoch: u64) {
        if self.epoch.get() != epoch {
            self.begin(epoch);
        }
    }

    fn begin(&self, epoch: u64) {
        self.epoch.set(epoch);
        self.freed.as_flattened().iter().for_each(|list| list.set(ptr::null()));
        let mut first = self.first.get().max(DATA / GRANULE);
        // What is mostly in use for longer is not looked through again in every execution.
        while first < GRANULES && self.in_use[first / 64].load(Relaxed).count_ones() >= 32 {
            first += 64;
        }
        self.first.set(first);
        self.next.set(first);
    }

    /// A block of that layout, or null if there is no room for it here.
    #[inline]
    pub fn allocate(&self, layout: Layout) -> *mut u8 {
        let Some((size, number)) = rounded(layout) else { return ptr::null_mut() };
        let Some(list) = self.list(layout.align(), number) else {
            return self.allocate_new(size, layout.align());
        };
        let block = list.get();
        if block.is_null() {
            return self.allocate_new(size, self.aligned(layout.align()));
        }
        // SAFETY: what is in the list is allocated to nobody, and lies in an arena of this region.
        list.set(unsafe { (*block).0.get() });
        let block = block.cast::<u8>().cast_mut();
        let (arena, at) = Arena::of(block);
        // SAFETY: as above.
        unsafe { &*arena }.note_used(at, size / GRANULE);
        block
    }

    /// To what a block is aligned of which this alignment is asked for.
    #[inline]
    fn aligned(&self, align: usize) -> usize {
        ALIGNS.into_iter().find(|most| align <= *most).unwrap_or(align)
    }

    #[inline]
    fn list(&self, align: usize, size: usize) -> Option<&Cell<*const Freed>> {
        let align = ALIGNS.iter().position(|most| align <= *most)?;
        Some(&self.freed[align][size])
    }

    fn allocate_new(&self, size: usize, align: usize) -> *mut u8 {
        let count = size / GRANULE;
        let align = (align / GRANULE).max(1);
        let mut at = self.next.get().next_multiple_of(align);
        loop {
            if at + count > GRANULES {
                return ptr::null_mut();
            }
            match self.last_used(at, count) {
                Some(used) => at = (used + 1).next_multiple_of(align),
                None => break,
            }
        }
        self.next.set(at + count);
        self.note_used(at, count);
        ptr::with_exposed_provenance_mut(ptr::from_ref(self) as usize + at * GRANULE)
    }

    /// The last of these granules that is in use.
    #[inline]
    fn last_used(&self, at: usize, count: usize) -> Option<usize> {
        let used = bits(at, count).filter_map(|(word, mask)| {
            // Who has freed it in another thread is done with it.
            let used = self.in_use[word].load(Acquire) & mask;
            (used != 0).then(|| word * 64 + used.ilog2() as usize)
        });
        used.last()
    }

    #[inline]
    fn note_used(&self, at: usize, count: usize) {
        // A bit that another thread takes away meanwhile may come back; then those 16 bytes are not used again.
        bits(at, count).for_each(|(word, mask)| {
            self.in_use[word].store(self.in_use[word].load(Relaxed) | mask, Relaxed)
        });
    }

    /// The arena in which a block lies, and the number of its first granule.
    #[inline]
    fn of(block: *mut u8) -> (*const Arena, usize) {
        let offset = block as usize % ARENA_SIZE;
        (ptr::with_exposed_provenance(block as usize - offset), offset / GRANULE)
    }

    /// Frees a block, on behalf of the thread that has the arena `mine`, or of nobody that is under test.
    ///
    /// # Safety
    /// The block is allocated, in an arena and with that layout.
    #[inline]
    pub unsafe fn free(block: *mut u8, layout: Layout, mine: Option<&Arena>) {
        let Some((size, number)) = rounded(layout) else { return };
        let (arena, at) = Arena::of(block);
        // SAFETY: a block that is from an arena lies in one, which is there for good.
        let arena = unsafe { &*arena };
        let Some(mine) = mine.filter(|mine| mine.is_beside(arena)) else {
            bits(at, size / GRANULE).for_each(|(word, mask)| {
                arena.in_use[word].fetch_and(!mask, Release);
            });
            return;
        };
        bits(at, size / GRANULE).for_each(|(word, mask)| {
            arena.in_use[word].store(arena.in_use[word].load(Relaxed) & !mask, Relaxed);
        });
        // What an earlier execution has left may be given out anew in this one, where the arena has not come to it yet.
        let is_passed = arena.epoch.get() == mine.epoch.get() && at < arena.next.get();
        if let Some(list) = mine.list(layout.align(), number).filter(|_| is_passed) {
            let freed = block.cast::<Freed>();
            // SAFETY: the block is no longer its owner's, has at least 16 bytes, and is aligned to as many.
            unsafe { freed.write(Freed(Cell::new(list.get()))) };
            list.set(freed);
        }
    }

    /// Whether both are of one region.
    #[inline]
    fn is_beside(&self, other: &Arena) -> bool {
        let address = |arena| ptr::from_ref::<Arena>(arena) as usize / REGION_SIZE;
        address(self) == address(other)
    }
}
