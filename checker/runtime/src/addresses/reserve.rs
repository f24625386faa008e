//! Address space that is set aside, once in a process, for the memory of threads under test.
//!
//! Each exploration has a region, with an arena for each of its threads. Memory is taken only where something is
//! written. Nothing is ever given back, as what was allocated in an execution may outlive it; the next
//! exploration that gets the region leaves alone what is still there.

use super::arena::{ARENA_SIZE, Arena};
use memmap2::MmapOptions;
use std::cell::Cell;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*};
use std::sync::{Mutex, PoisonError};

/// How many threads have an arena, in each region.
const ARENAS: usize = 256;
pub(super) const REGION_SIZE: usize = ARENAS * ARENA_SIZE;

/// How many explorations may go on at the same time: as many of these as the system lets us set aside.
const REGIONS: [usize; 4] = [256, 32, 4, 1];

/// Where it begins; its provenance is exposed.
static BASE: AtomicUsize = AtomicUsize::new(0);
static SIZE: AtomicUsize = AtomicUsize::new(0);
static TAKEN: [AtomicBool; REGIONS[0]] = [const { AtomicBool::new(false) }; REGIONS[0]];
/// A number for each region that was ever taken.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Whether a block is from an arena.
#[inline(always)]
pub(super) fn contains(block: *mut u8) -> bool {
    // Whoever has a block of an arena has got it after these were set.
    (block as usize).wrapping_sub(BASE.load(Relaxed)) < SIZE.load(Relaxed)
}

fn reserve() {
    static ONCE: Mutex<bool> = Mutex::new(false);
    let mut is_done = ONCE.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::replace(&mut *is_done, true) {
        return;
    }
    for regions in REGIONS {
        let Some(size) = regions.checked_mul(REGION_SIZE) else { continue };
        // A region more, so that they can begin at a multiple of their size.
        let mapped = MmapOptions::new().len(size + REGION_SIZE).no_reserve_swap().map_anon();
        let Ok(mut map) = mapped else { continue };
        // A thread that allocates little is not to take a page of 2 MiB. Where there are none, nothing is lost.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::NoHugePage);
        let start = map.as_mut_ptr().expose_provenance();
        std::mem::forget(map);
        BASE.store(start.next_multiple_of(REGION_SIZE), Relaxed);
        SIZE.store(size, Release);
        return;
    }
}

/// The memory of the threads of one exploration.
pub(crate) struct Region {
    number: usize,
    start: usize,
    /// The running execution: no other of this process has the same.
    epoch: Cell<u64>,
    /// How many threads have asked for theirs.
    threads: Cell<usize>,
}

impl Region {
    /// One that nobody uses; none if there is none left, or [`DeterministicAlloc`](super::DeterministicAlloc) is not the
    /// allocator.
    pub fn take() -> Option<Region> {
        if !super::is_installed() {
            return None;
        }
        reserve();
        let regions = SIZE.load(Acquire) / REGION_SIZE;
        let number = (0..regions).find(|number| !TAKEN[*number].swap(true, AcqRel))?;
        let start = BASE.load(Relaxed) + number * REGION_SIZE;
        let epoch = Cell::new((COUNT.fetch_add(1, Relaxed) + 1) << 40);
        Some(Region { number, start, epoch, threads: Cell::new(0) })
    }

    /// An execution begins.
    pub fn begin(&self) {
        self.epoch.set(self.epoch.get() + 1);
    }

    /// What its threads have allocated in the running execution, and not freed.
    pub fn allocated(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let threads = self.threads.get();
        let arenas = (0..threads)
            .map(|thread| ptr::with_exposed_provenance::<Arena>(self.start + thread * ARENA_SIZE));
        // SAFETY: as in `arena`.
        arenas.flat_map(|arena| unsafe { (*arena).allocated(self.epoch.get()) })
    }

    /// The memory of a thread in the running execution, by its number; null for those that have none.
    #[inline]
    pub fn arena(&self, thread: usize) -> *const () {
        if thread >= ARENAS {
            return ptr::null();
        }
        self.threads.set(self.threads.get().max(thread + 1));
        let arena = ptr::with_exposed_provenance::<Arena>(self.start + thread * ARENA_SIZE);
        // SAFETY: the region is mapped for good, large enough for all of its arenas and aligned; all bytes 0 are an
        // arena of which nothing is allocated. It is used by this thread alone, but for what `Arena` allows.
        unsafe { (*arena).enter(self.epoch.get()) };
        arena.cast()
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        TAKEN[self.number].store(false, Release);
    }
}
