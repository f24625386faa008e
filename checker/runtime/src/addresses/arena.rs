//! The memory of one thread of a program under test.
//!
//! Blocks come one behind the other, in multiples of 16 bytes, and within one execution nothing is given out a second
//! time but to the thread that has freed it. In the next execution it begins at the front again. What
//! is still allocated then (a static that was initialised, something that leaks) is passed over: a bit
//! for each 16 bytes says what is in use, wherever it is freed.

use super::reserve::REGION_SIZE;
use std::alloc::Layout;
use std::cell::Cell;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering::*};

/// How much address space a thread has. The first part of it is the arena's own.
pub(super) const ARENA_SIZE: usize = 64 << 20;
const DATA: usize = 2 << 20;

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
    /// By size, where no block of that size begins, as far as is known: from a granule up to another. What is still in use from
    /// earlier executions leaves holes that are too small, which would be looked at again in every execution.
    passed: [Cell<(usize, usize)>; SIZES],
    in_use: [AtomicU64; GRANULES / 64],
    /// What was given out in that execution: what is left from earlier ones others may still use.
    given: [Cell<u64>; GRANULES / 64],
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

/// No block of that size begins in `start..at`: kept together with what was known, if they touch, or else the longer of the two.
#[inline]
fn note_passed(passed: &Cell<(usize, usize)>, start: usize, at: usize) {
    if start == at {
        return;
    }
    let (from, to) = passed.get();
    if start <= to && from <= at {
        passed.set((start.min(from), at.max(to)));
    } else if at - start > to - from {
        passed.set((start, at));
    }
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
        let (first, end) = (self.first.get() / 64, self.next.get().div_ceil(64));
        self.given[first.min(end)..end].iter().for_each(|word| word.set(0));
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
            return self.allocate_new((size, number), layout.align());
        };
        let block = list.get();
        if block.is_null() {
            return self.allocate_new((size, number), self.aligned(layout.align()));
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

    fn allocate_new(&self, (size, number): (usize, usize), align: usize) -> *mut u8 {
        let count = size / GRANULE;
        let align = (align / GRANULE).max(1);
        let passed = &self.passed[number];
        let at = self.room(count, align, passed).or_else(|| {
            // What was in use may have been freed since.
            passed.set((0, 0));
            self.room(count, align, passed)
        });
        let Some(at) = at else { return ptr::null_mut() };
        self.next.set(at + count);
        self.note_used(at, count);
        bits(at, count)
            .for_each(|(word, mask)| self.given[word].set(self.given[word].get() | mask));
        ptr::with_exposed_provenance_mut(ptr::from_ref(self) as usize + at * GRANULE)
    }

    /// Where so many granules are free, behind what was given out in this execution.
    #[inline]
    fn room(&self, count: usize, align: usize, passed: &Cell<(usize, usize)>) -> Option<usize> {
        let start = self.next.get().next_multiple_of(align);
        let mut at = start;
        while at + count <= GRANULES {
            let (from, to) = passed.get();
            if (from..to).contains(&at) {
                at = to.next_multiple_of(align);
                continue;
            }
            let Some(used) = self.last_used(at, count) else {
                note_passed(passed, start, at);
                return Some(at);
            };
            at = (used + 1).next_multiple_of(align);
        }
        None
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

    /// What is allocated of what was given out in that execution.
    pub fn allocated(&self, epoch: u64) -> impl Iterator<Item = Range<usize>> + '_ {
        let end = if self.epoch.get() == epoch { self.next.get().div_ceil(64) } else { 0 };
        (DATA / GRANULE / 64..end).flat_map(move |word| {
            let mut left = self.in_use[word].load(Relaxed) & self.given[word].get();
            let place =
                move |at: u32| ptr::from_ref(self) as usize + (word * 64 + at as usize) * GRANULE;
            std::iter::from_fn(move || {
                let start = left.trailing_zeros();
                let count = left.checked_shr(start)?.trailing_ones();
                left &= u64::MAX.checked_shl(start + count).unwrap_or(0);
                Some(place(start)..place(start + count))
            })
        })
    }

    /// Whether what lies there is allocated.
    ///
    /// # Safety
    /// It must lie in an arena.
    pub unsafe fn has(block: *mut u8) -> bool {
        let (arena, at) = Arena::of(block);
        // SAFETY: an arena is there for good.
        let arena = unsafe { &*arena };
        arena.in_use[at / 64].load(Relaxed) >> (at % 64) & 1 == 1
    }

    /// Whether both are of one region.
    #[inline]
    fn is_beside(&self, other: &Arena) -> bool {
        let address = |arena| ptr::from_ref::<Arena>(arena) as usize / REGION_SIZE;
        address(self) == address(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::{GlobalAlloc, System};

    const SMALL: Layout = Layout::new::<[u64; 2]>();
    const LARGE: Layout = Layout::new::<[u64; 16]>();

    fn arena() -> &'static Arena {
        let layout = Layout::from_size_align(ARENA_SIZE, ARENA_SIZE).expect("a power of two");
        // SAFETY: the size is not 0.
        let memory = unsafe { System.alloc_zeroed(layout) };
        assert!(!memory.is_null());
        memory.expose_provenance();
        // SAFETY: all bytes 0 are an arena, as large and aligned as this; it is never freed.
        unsafe { &*memory.cast::<Arena>() }
    }

    #[test]
    fn holes_that_are_too_small_are_looked_at_once() {
        let arena = arena();
        arena.enter(1);
        let first = arena.allocate(LARGE);
        let left: Vec<_> = (0..100).map(|_| arena.allocate(SMALL)).collect();
        // SAFETY: they are allocated, and nobody uses them; as after the execution, each leaves a hole behind the one that stays.
        unsafe {
            Arena::free(first, LARGE, None);
            left.iter().step_by(2).for_each(|block| Arena::free(*block, SMALL, None));
        }
        let number = rounded(LARGE).expect("an arena has it").1;
        for execution in 2..5 {
            arena.enter(execution);
            assert_eq!(arena.allocate(LARGE), first);
            assert_eq!(arena.allocate(SMALL), left[0]);
            let behind = arena.allocate(LARGE);
            assert!(behind > left[99]);
            let (from, to) = arena.passed[number].get();
            assert_eq!((from, to), (Arena::of(left[1]).1, Arena::of(behind).1), "{execution}");
            // SAFETY: they are allocated, and nobody uses them.
            unsafe {
                Arena::free(first, LARGE, None);
                Arena::free(left[0], SMALL, None);
                Arena::free(behind, LARGE, None);
            }
        }
    }

    #[test]
    fn what_is_free_again_is_found_where_nothing_else_is() {
        let arena = arena();
        arena.enter(1);
        let number = rounded(LARGE).expect("an arena has it").1;
        let first = arena.allocate(LARGE);
        arena.passed[number].set((0, GRANULES));
        arena.enter(2);
        // SAFETY: it is allocated, and nobody uses it.
        unsafe { Arena::free(first, LARGE, None) };
        assert_eq!(arena.allocate(LARGE), first);
    }
}
