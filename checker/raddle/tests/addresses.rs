//! Addresses are a function of what threads do and read, so comparing them is deterministic.
//!
//! The oracle is the same program with numbers in place of addresses, which a naive allocator of numbers gives out: each thread
//! has a range of its own, and gets again, the latest first, what it has freed.

mod support;

use raddle::{DeterministicAlloc, Kind, Outcome};
use raddle_engine::explore::{Ending, Exhaustive, Explorer, Outcome as Explored, Settings};
use raddle_runtime::{Options, Runtime, install_hook};
use raddle_shims::model::{heap, use_heap};
use raddle_shims::sync::atomic::{AtomicPtr, AtomicU64, Ordering::*};
use raddle_shims::thread;
use std::alloc::{GlobalAlloc, Layout, alloc_zeroed, dealloc, realloc};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ptr::{null, null_mut};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use support::random::numbers;

thread_local! {
    /// The planted fault: all threads of a program have the memory of its main thread.
    static SHARES: Cell<bool> = const { Cell::new(false) };
    static SHARED: Cell<*const ()> = const { Cell::new(null()) };
}

/// The allocator, with a fault where it is planted.
struct Faulty;

fn memory() -> *const () {
    let mine = heap();
    if !SHARES.get() || mine.is_null() {
        return mine;
    }
    if SHARED.get().is_null() {
        SHARED.set(mine);
    }
    SHARED.get()
}

// SAFETY: the calls are passed on.
unsafe impl GlobalAlloc for Faulty {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _memory = use_heap(memory());
        // SAFETY: the caller's duty is the same.
        unsafe { DeterministicAlloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let _memory = use_heap(memory());
        // SAFETY: the caller's duty is the same.
        unsafe { DeterministicAlloc.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let _memory = use_heap(memory());
        // SAFETY: the caller's duty is the same.
        unsafe { DeterministicAlloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let _memory = use_heap(memory());
        // SAFETY: the caller's duty is the same.
        unsafe { DeterministicAlloc.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Faulty = Faulty;

/// What nobody else allocates.
type Block = [u64; 30];

fn block() -> *mut Block {
    Box::into_raw(Box::new([0; 30]))
}

fn free(block: *mut Block) {
    if !block.is_null() {
        // SAFETY: the callers have taken it out of where they found it, so it is theirs.
        drop(unsafe { Box::from_raw(block) });
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Puts a new block there and frees what was there.
    Put(usize),
    /// Frees what is there.
    Take(usize),
    /// Looks what is there.
    Look(usize),
    /// Puts a new block there if what was seen last is there still, and frees what is not there.
    Try(usize),
}

/// Two places for blocks, and who gives them out.
trait Blocks: Sync {
    fn swap(&self, place: usize, new: u64) -> u64;
    fn look(&self, place: usize) -> u64;
    fn exchange(&self, place: usize, seen: u64, new: u64) -> bool;
    fn get(&self, thread: usize) -> u64;
    fn give_back(&self, thread: usize, block: u64);
}

/// Blocks in memory.
#[derive(Default)]
struct Real([AtomicPtr<Block>; 2]);

fn pointer(address: u64) -> *mut Block {
    std::ptr::with_exposed_provenance_mut(address as usize)
}

impl Blocks for Real {
    fn swap(&self, place: usize, new: u64) -> u64 {
        self.0[place].swap(pointer(new), AcqRel).expose_provenance() as u64
    }
    fn look(&self, place: usize) -> u64 {
        self.0[place].load(Acquire).expose_provenance() as u64
    }
    fn exchange(&self, place: usize, seen: u64, new: u64) -> bool {
        self.0[place].compare_exchange(pointer(seen), pointer(new), AcqRel, Acquire).is_ok()
    }
    fn get(&self, _: usize) -> u64 {
        block().expose_provenance() as u64
    }
    fn give_back(&self, _: usize, block: u64) {
        free(pointer(block));
    }
}

/// Numbers. What a thread has freed, and how many it has got, is its own.
struct Numbers {
    places: [AtomicU64; 2],
    freed: [Mutex<(Vec<u64>, u64)>; 4],
}

impl Default for Numbers {
    fn default() -> Self {
        // Addresses that are not small: the checker tries those in loops.
        let freed = |thread: u64| Mutex::new((Vec::new(), (thread + 1) * 1_000_000));
        let freed = [freed(0), freed(1), freed(2), freed(3)];
        Numbers { places: [AtomicU64::new(0), AtomicU64::new(0)], freed }
    }
}

impl Blocks for Numbers {
    fn swap(&self, place: usize, new: u64) -> u64 {
        self.places[place].swap(new, AcqRel)
    }
    fn look(&self, place: usize) -> u64 {
        self.places[place].load(Acquire)
    }
    fn exchange(&self, place: usize, seen: u64, new: u64) -> bool {
        self.places[place].compare_exchange(seen, new, AcqRel, Acquire).is_ok()
    }
    fn get(&self, thread: usize) -> u64 {
        let (freed, new) = &mut *self.freed[thread].lock().unwrap();
        *new += 1;
        freed.pop().unwrap_or(*new)
    }
    fn give_back(&self, thread: usize, block: u64) {
        if block != 0 {
            self.freed[thread].lock().unwrap().0.push(block);
        }
    }
}

/// What a thread can tell: what was exchanged, and how new blocks compare with what it has seen.
fn act(blocks: &impl Blocks, thread: usize, acts: &[Act]) -> Vec<u64> {
    let (mut told, mut seen) = (Vec::new(), 0);
    for act in acts {
        match *act {
            Act::Put(place) => {
                let new = blocks.get(thread);
                told.push(u64::from(new == seen) + 2 * u64::from(new < seen));
                blocks.give_back(thread, blocks.swap(place, new));
            }
            Act::Take(place) => blocks.give_back(thread, blocks.swap(place, 0)),
            Act::Look(place) => seen = blocks.look(place),
            Act::Try(place) => {
                let new = blocks.get(thread);
                let exchanged = blocks.exchange(place, seen, new);
                told.push(4 + u64::from(exchanged));
                blocks.give_back(thread, if exchanged { seen } else { new });
            }
        }
    }
    told
}

fn run<B: Blocks + Default>(threads: &[Vec<Act>]) -> Vec<Vec<u64>> {
    let blocks = &B::default();
    for place in 0..2 {
        blocks.swap(place, blocks.get(0));
    }
    let told = thread::scope(|s| {
        let spawned: Vec<_> = threads
            .iter()
            .enumerate()
            .map(|(thread, acts)| s.spawn(move || act(blocks, thread + 1, acts)))
            .collect();
        spawned.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for place in 0..2 {
        blocks.give_back(0, blocks.swap(place, 0));
    }
    told
}

/// What was told in every execution, and their number; none if the program does not repeat itself.
fn explore<B: Blocks + Default>(threads: &[Vec<Act>]) -> Option<(BTreeSet<Vec<Vec<u64>>>, u64)> {
    install_hook();
    let threads = threads.to_vec();
    let last = Rc::new(RefCell::new(None));
    let told = Rc::clone(&last);
    let program = move || *told.borrow_mut() = Some(run::<B>(&threads));
    let mut runtime = Runtime::new(Options::default(), program);
    loop {
        let mut explorer = Explorer::new(Exhaustive::new(), Settings::default());
        let mut all = BTreeSet::new();
        // An execution that is given up may be run to its end, with what is then in memory.
        let mut observe = |_: &_, ending, _: &_| {
            all.extend(last.borrow_mut().take().filter(|_| ending == Ending::Complete));
        };
        let outcome = runtime.within(|runtime| explorer.explore(runtime, &mut observe)).ok()?;
        if !runtime.takes_back() {
            assert!(matches!(outcome, Explored::Verified(_)), "{outcome:?}");
            return Some((all, outcome.coverage().executions));
        }
    }
}

fn random(seed: u64) -> Vec<Vec<Act>> {
    let mut below = numbers(seed);
    let threads = 2 + below(2);
    (0..threads)
        .map(|_| {
            let acts = 1 + below(if threads == 2 { 4 } else { 2 });
            let act =
                |place| [Act::Put(place), Act::Take(place), Act::Look(place), Act::Try(place)];
            (0..acts).map(|_| act(below(2) as usize)[below(4) as usize]).collect()
        })
        .collect()
}

#[test]
fn addresses_are_as_numbers_that_each_thread_has_of_its_own() {
    let mut reused = 0;
    for seed in 0..300 {
        let threads = random(seed);
        let addresses = explore::<Real>(&threads);
        assert_eq!(addresses, explore::<Numbers>(&threads), "{seed}: {threads:?}");
        let (told, _) = addresses.expect("it repeats itself");
        reused += u32::from(told.iter().flatten().flatten().any(|told| *told == 1));
    }
    assert!(reused > 3, "in some a block comes again that was seen before: {reused}");
}

#[test]
fn a_memory_that_threads_share_is_noticed() {
    SHARES.set(true);
    let differ = (0..300).filter(|seed| {
        let threads = random(*seed);
        explore::<Real>(&threads) != explore::<Numbers>(&threads)
    });
    let differ = differ.count();
    SHARES.set(false);
    assert!(differ > 3, "{differ}");
}

/// One thread takes the block away, frees it, and puts a new one there: which is at the same place. Whoever has
/// looked before takes it for the old one.
fn reuses_an_address() {
    let place = Arc::new(AtomicPtr::new(block()));
    let theirs = Arc::clone(&place);
    let other = thread::spawn(move || {
        free(theirs.swap(null_mut(), AcqRel));
        theirs.store(block(), Release);
    });
    let seen = place.load(Acquire);
    let changed = place.load(Acquire) != seen;
    let exchanged = place.compare_exchange(seen, null_mut(), AcqRel, Acquire).is_ok();
    assert!(!(changed && exchanged), "what was seen first is there again");
    other.join().unwrap();
    free(if exchanged { seen } else { null_mut() });
    free(place.swap(null_mut(), AcqRel));
}

#[test]
fn an_address_that_comes_again_is_found_and_replayed() {
    let Outcome::Violation(violation) = raddle::explore(reuses_an_address) else {
        panic!("the address comes again")
    };
    assert_eq!(violation.kind, Kind::Panic);
    assert_eq!(violation.message, "what was seen first is there again");
    let token = violation.token.expect("it can be replayed");
    let again = raddle::Builder::new().replay(&token, reuses_an_address);
    let again = again.expect("the token is right").expect("it fails again");
    assert_eq!(again.message, violation.message);
}

/// What outlives an execution is not given out again, wherever it is freed.
#[test]
fn what_is_kept_from_one_execution_to_the_next_stays_as_it_is() {
    type Kept = Mutex<Vec<Vec<u64>>>;
    let kept = Arc::new(Kept::default());
    let all = Arc::clone(&kept);
    let outcome = raddle::Builder::new().explore(move || {
        let place = AtomicU64::new(0);
        thread::scope(|s| {
            for thread in 1..4 {
                let (place, all) = (&place, &all);
                s.spawn(move || {
                    let before = place.swap(thread, Relaxed);
                    let mut all = all.lock().unwrap();
                    // Some of what earlier executions have left goes, here and in other threads.
                    if all.len() > 50 {
                        let gone = all.swap_remove(7 * before as usize);
                        assert!(gone.iter().all(|number| *number == gone.len() as u64));
                    }
                    let size = 1 + (all.len() % 90) as u64;
                    all.push(vec![size; size as usize]);
                });
            }
        });
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    let kept = kept.lock().unwrap();
    assert!(kept.len() > 10);
    assert!(kept.iter().flatten().count() > 0);
    for numbers in &*kept {
        assert!(numbers.iter().all(|number| *number == numbers.len() as u64), "{numbers:?}");
    }
}

/// A block and what its bytes all are.
struct Filled {
    block: *mut u8,
    layout: Layout,
    with: u8,
}

impl Filled {
    fn new(layout: Layout, with: u8) -> Filled {
        // SAFETY: no layout here has the size 0.
        let block = unsafe { alloc_zeroed(layout) };
        assert_eq!(block as usize % layout.align(), 0, "{layout:?}");
        let filled = Filled { block, layout, with: 0 };
        filled.check();
        // SAFETY: the block has that size.
        unsafe { block.write_bytes(with, layout.size()) };
        Filled { with, ..filled }
    }

    fn check(&self) {
        // SAFETY: the block has that size, and all of it has been written.
        let bytes = unsafe { std::slice::from_raw_parts(self.block, self.layout.size()) };
        assert!(
            bytes.iter().all(|byte| *byte == self.with),
            "{:?} is somebody else's, too",
            self.layout
        );
    }

    fn resize(&mut self, size: usize) {
        self.check();
        let before = self.layout.size();
        // SAFETY: it was allocated with that layout, and the size is not 0.
        self.block = unsafe { realloc(self.block, self.layout, size) };
        self.layout = Layout::from_size_align(size, self.layout.align()).unwrap();
        if size > before {
            // SAFETY: these bytes are the block's.
            unsafe { self.block.add(before).write_bytes(self.with, size - before) };
        }
        self.check();
    }

    fn free(self) {
        self.check();
        // SAFETY: it was allocated with that layout, and is gone.
        unsafe { dealloc(self.block, self.layout) };
    }
}

#[test]
fn blocks_are_apart_aligned_and_zeroed() {
    let kept = Rc::new(RefCell::new(Vec::<Filled>::new()));
    let all = Rc::clone(&kept);
    let mut below = numbers(1);
    let random = Rc::new(RefCell::new(move |bound: usize| below(bound as u64) as usize));
    let program = move || {
        let mut below = random.borrow_mut();
        for _ in 0..1_000 {
            let mut all = all.borrow_mut();
            let at = below(all.len() + 1);
            match below(5) {
                0 | 1 => {
                    let most = [16, 300, 5_000, 300_000][below(4)];
                    let size = 1 + below(most);
                    let align = 1 << below(13);
                    let layout = Layout::from_size_align(size, align).unwrap();
                    all.push(Filled::new(layout, 1 + below(255) as u8));
                }
                2 if at < all.len() => all[at].resize(1 + below(6_000)),
                _ if at < all.len() => all.swap_remove(at).free(),
                _ => {}
            }
        }
    };
    install_hook();
    let mut runtime = Runtime::new(Options::default(), program);
    // Some of it outlives each execution, and goes in a later one, or between two.
    for _ in 0..8 {
        let mut explorer = Explorer::new(Exhaustive::new(), Settings::default());
        let outcome =
            runtime.within(|runtime| explorer.explore(runtime, &mut |_: &_, _, _: &_| {}));
        assert!(matches!(outcome, Ok(Explored::Verified(_))), "{outcome:?}");
        let mut all = kept.borrow_mut();
        let half = all.len() / 2;
        all.drain(half..).for_each(Filled::free);
    }
    kept.borrow_mut().drain(..).for_each(Filled::free);
}
