//! Loops that note what they read in memory that is not on their stack: a turn that notes something is not nothing.

mod support;

use raddle_engine::explore::{Exhaustive, Settings};
use raddle_engine::memory::Model;
use raddle_runtime::{Runtime, SectionFault};
use raddle_shims::sync::Mutex;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*, fence};
use raddle_shims::{hint, thread};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use support::{Seen, explore_in};

/// What is on the heap is seen with it.
#[global_allocator]
static ALLOCATOR: raddle::DeterministicAlloc = raddle::DeterministicAlloc;

/// What ends a loop.
const LAST: usize = 3;

/// Where it notes what it has seen.
trait Note {
    fn note(&mut self, value: usize);
    fn seen(&self) -> BTreeSet<usize>;
}

impl Note for [bool; LAST] {
    fn note(&mut self, value: usize) {
        self[value] = true;
    }

    fn seen(&self) -> BTreeSet<usize> {
        (0..LAST).filter(|value| self[*value]).collect()
    }
}

impl<N: Note> Note for Box<N> {
    fn note(&mut self, value: usize) {
        (**self).note(value);
    }

    fn seen(&self) -> BTreeSet<usize> {
        (**self).seen()
    }
}

impl<N: Note> Note for &mut N {
    fn note(&mut self, value: usize) {
        (**self).note(value);
    }

    fn seen(&self) -> BTreeSet<usize> {
        (**self).seen()
    }
}

impl Note for Vec<bool> {
    fn note(&mut self, value: usize) {
        self[value] = true;
    }

    fn seen(&self) -> BTreeSet<usize> {
        (0..LAST).filter(|value| self[*value]).collect()
    }
}

impl Note for Rc<Cell<u32>> {
    fn note(&mut self, value: usize) {
        self.set(self.get() | 1 << value);
    }

    fn seen(&self) -> BTreeSet<usize> {
        (0..LAST).filter(|value| self.get() >> value & 1 == 1).collect()
    }
}

impl Note for Rc<RefCell<BTreeSet<usize>>> {
    fn note(&mut self, value: usize) {
        self.borrow_mut().insert(value);
    }

    fn seen(&self) -> BTreeSet<usize> {
        self.borrow().clone()
    }
}

impl Note for Rc<RefCell<Vec<Box<Cell<bool>>>>> {
    fn note(&mut self, value: usize) {
        self.borrow()[value].set(true);
    }

    fn seen(&self) -> BTreeSet<usize> {
        (0..LAST).filter(|value| self.borrow()[*value].get()).collect()
    }
}

/// What is called to note something.
struct Told(Box<dyn FnMut(usize)>, Rc<Cell<u32>>);

impl Note for Told {
    fn note(&mut self, value: usize) {
        (self.0)(value);
    }

    fn seen(&self) -> BTreeSet<usize> {
        self.1.seen()
    }
}

fn told() -> Told {
    let seen = Rc::new(Cell::new(0));
    let theirs = Rc::clone(&seen);
    Told(Box::new(move |value| theirs.set(theirs.get() | 1 << value)), seen)
}

/// What a loop reads, and what else its turns do.
#[derive(Clone, Copy, Debug)]
enum Look {
    Load,
    Hints,
    Yields,
    Fences,
    Exchange,
    /// After another variable.
    Second,
    /// Before another one.
    First,
    /// Locks to look.
    Locks,
}

const LOOKS: [Look; 8] = [
    Look::Load,
    Look::Hints,
    Look::Yields,
    Look::Fences,
    Look::Exchange,
    Look::Second,
    Look::First,
    Look::Locks,
];

#[derive(Default)]
struct Shared {
    number: AtomicUsize,
    other: AtomicUsize,
    locked: Mutex<usize>,
}

impl Shared {
    fn look(&self, look: Look) -> usize {
        match look {
            Look::Load => self.number.load(Relaxed),
            Look::Hints => {
                hint::spin_loop();
                self.number.load(Relaxed)
            }
            Look::Yields => {
                thread::yield_now();
                self.number.load(Relaxed)
            }
            Look::Fences => {
                let number = self.number.load(Relaxed);
                fence(Acquire);
                number
            }
            Look::Exchange => match self.number.compare_exchange(LAST, 9, Acquire, Relaxed) {
                Ok(number) | Err(number) => number,
            },
            Look::Second => {
                let _other = self.other.load(Relaxed);
                self.number.load(Relaxed)
            }
            Look::First => {
                let number = self.number.load(Relaxed);
                let _other = self.other.load(Relaxed);
                number
            }
            Look::Locks => *self.locked.lock().unwrap(),
        }
    }

    fn count(&self, look: Look) {
        for number in 1..=LAST {
            match look {
                Look::Locks => *self.locked.lock().unwrap() = number,
                _ => self.number.store(number, Relaxed),
            }
        }
    }
}

#[inline(never)]
fn wait(shared: &Shared, look: Look, mut notes: impl Note) -> BTreeSet<usize> {
    loop {
        let number = shared.look(look);
        if number == LAST {
            return notes.seen();
        }
        notes.note(number);
    }
}

/// Everything that can be seen of a number that goes up to the last.
fn everything() -> BTreeSet<BTreeSet<usize>> {
    let subsets =
        (0..1 << LAST).map(|set: usize| (0..LAST).filter(|it| set >> it & 1 == 1).collect());
    subsets.collect()
}

type Outcome = BTreeSet<usize>;

fn explore(
    model: Model,
    fault: Option<SectionFault>,
    program: impl Fn() -> Outcome + 'static,
) -> Seen<Outcome> {
    let prepare = move |runtime: Runtime| runtime.with_section_fault(fault);
    explore_in(prepare, Exhaustive::new, Settings { model, ..Settings::default() }, program)
}

/// One that waits and notes, in a place that `notes` makes, beside one that counts.
fn beside<N: Note>(look: Look, notes: impl Fn() -> N + Copy + Send + Sync) -> Outcome {
    let shared = Shared::default();
    thread::scope(|s| {
        s.spawn(|| shared.count(look));
        s.spawn(|| wait(&shared, look, notes())).join().unwrap()
    })
}

fn all_of(look: Look, fault: Option<SectionFault>) -> [(&'static str, Seen<Outcome>); 9] {
    let sc = Model::Sc;
    [
        ("its stack", explore(sc, fault, move || beside(look, || [false; LAST]))),
        ("a box", explore(sc, fault, move || beside(look, || Box::new([false; LAST])))),
        ("a vector", explore(sc, fault, move || beside(look, || vec![false; LAST]))),
        ("a shared cell", explore(sc, fault, move || beside(look, || Rc::new(Cell::new(0))))),
        (
            "a set",
            explore(sc, fault, move || beside(look, || Rc::new(RefCell::new(BTreeSet::new())))),
        ),
        (
            "deep",
            explore(sc, fault, move || {
                beside(look, || {
                    Rc::new(RefCell::new(
                        (0..LAST).map(|_| Box::new(Cell::new(false))).collect::<Vec<_>>(),
                    ))
                })
            }),
        ),
        ("what is called", explore(sc, fault, move || beside(look, told))),
        (
            "another stack",
            explore(sc, fault, move || {
                let (shared, mut notes) = (Shared::default(), [false; LAST]);
                let theirs = &mut notes;
                thread::scope(|s| {
                    s.spawn(|| shared.count(look));
                    s.spawn(|| wait(&shared, look, theirs));
                });
                notes.seen()
            }),
        ),
        (
            "a box of another",
            explore(sc, fault, move || {
                let (shared, mut notes) = (Shared::default(), Box::new([false; LAST]));
                thread::scope(|s| {
                    s.spawn(|| shared.count(look));
                    s.spawn(|| wait(&shared, look, &mut notes));
                });
                notes.seen()
            }),
        ),
    ]
}

/// Nothing is missed, whatever is read and wherever it is noted.
#[test]
fn whatever_a_loop_notes_is_found() {
    for look in LOOKS {
        for (place, seen) in all_of(look, None) {
            assert!(seen.is_clean() && seen.cut == 0, "{look:?}, {place}: {seen:?}");
            assert_eq!(seen.outcomes, everything(), "{look:?}, {place}");
        }
    }
}

/// Breaks if only stacks are compared. Without optimisation the first turn of many loops is found to be another than the second anyhow.
#[test]
fn notes_that_are_not_seen_are_missed() {
    let fault = Some(SectionFault::IgnoresMemory);
    let missed = LOOKS.into_iter().flat_map(|look| all_of(look, fault));
    let missed = missed.filter(|(_, seen)| seen.outcomes != everything());
    let missed: Vec<_> = missed.map(|(place, _)| place).collect();
    assert!(!missed.is_empty() && !missed.contains(&"its stack"), "{missed:?}");
}

/// Under the memory model of Rust as well.
#[test]
fn old_values_are_noted_too() {
    for look in [Look::Load, Look::Exchange, Look::Second] {
        let stack = explore(Model::Rc20, None, move || beside(look, || [false; LAST]));
        let heap = explore(Model::Rc20, None, move || beside(look, || Box::new([false; LAST])));
        assert_eq!((stack.outcomes, stack.cut), (heap.outcomes, heap.cut), "{look:?}");
    }
}

/// What is noted behind the lock itself without a mutable reference.
#[test]
fn a_cell_behind_the_lock_is_seen() {
    #[derive(Default)]
    struct Inside {
        number: usize,
        seen: Box<Cell<u32>>,
    }
    let noted = || {
        explore(Model::Sc, None, || {
            let lock = Mutex::new(Inside::default());
            thread::scope(|s| {
                s.spawn(|| (1..=LAST).for_each(|number| lock.lock().unwrap().number = number));
                loop {
                    let inside = lock.lock().unwrap();
                    if inside.number == LAST {
                        break;
                    }
                    inside.seen.set(inside.seen.get() | 1 << inside.number);
                }
            });
            let seen = lock.into_inner().unwrap().seen.get();
            (0..LAST).filter(|number| seen >> number & 1 == 1).collect()
        })
    };
    let seen = noted();
    assert!(seen.is_clean() && seen.cut == 0, "{seen:?}");
    assert_eq!(seen.outcomes, everything());
}

/// One that counts on the heap ends by its count, however far it counts.
#[test]
fn a_count_on_the_heap_ends_the_loop() {
    for last in [5, 300] {
        let seen = explore(Model::Sc, None, move || {
            let flag = AtomicUsize::new(0);
            thread::scope(|s| {
                s.spawn(|| flag.store(1, Relaxed));
                let count = Box::new(Cell::new(0));
                while flag.load(Relaxed) == 0 && count.get() < last {
                    count.set(count.get() + 1);
                }
                BTreeSet::from([count.get()])
            })
        });
        let counts = (0..=last).map(|count| BTreeSet::from([count]));
        assert!(seen.is_clean() && seen.cut == 0, "{last}: {seen:?}");
        assert_eq!(seen.outcomes, counts.collect(), "{last}");
    }
}

/// What is allocated in a turn and freed again is no note.
#[test]
fn a_turn_may_allocate() {
    let seen = explore(Model::Sc, None, || {
        let flag = AtomicUsize::new(0);
        thread::scope(|s| {
            s.spawn(|| flag.store(1, Relaxed));
            let mut longest = 0;
            loop {
                let text = format!("{:>40}", flag.load(Relaxed));
                longest = longest.max(text.len());
                if text.ends_with('1') {
                    return BTreeSet::from([longest]);
                }
            }
        })
    });
    assert!(seen.is_clean() && seen.cut == 0, "{seen:?}");
    assert!(seen.complete <= 3, "{seen:?}");
}

/// Adds to a number, and notes what it has found there, also where it was too late.
#[inline(never)]
fn add(number: &AtomicUsize, mut notes: impl Note) -> BTreeSet<usize> {
    loop {
        let old = number.load(Relaxed);
        notes.note(old);
        if number.compare_exchange(old, old + 10, Relaxed, Relaxed).is_ok() {
            return notes.seen();
        }
    }
}

fn add_beside<N: Note>(notes: impl Fn() -> N + Copy + Send + Sync) -> Outcome {
    let number = AtomicUsize::new(0);
    thread::scope(|s| {
        s.spawn(|| (1..LAST).for_each(|_| _ = number.fetch_add(1, Relaxed)));
        s.spawn(|| add(&number, notes())).join().unwrap()
    })
}

/// What a look notes that an exchange then confirms, or does not.
#[test]
fn what_is_noted_before_an_exchange_is_found() {
    let stack = explore(Model::Sc, None, || add_beside(|| [false; LAST]));
    let heap = explore(Model::Sc, None, || add_beside(|| Box::new([false; LAST])));
    assert!(stack.is_clean() && heap.is_clean(), "{stack:?}, {heap:?}");
    assert_eq!(stack.outcomes, everything().into_iter().skip(1).collect());
    assert_eq!(heap.outcomes, stack.outcomes);
}

/// What is noted in front of a block that is too large to be looked at, and beside it.
#[test]
fn a_note_in_front_of_a_large_block_is_seen() {
    let seen = explore(Model::Sc, None, || {
        let (shared, mut notes) = (Shared::default(), Box::new([false; LAST]));
        let large = hint::black_box(vec![1_u8; 8 << 20]);
        thread::scope(|s| {
            s.spawn(|| shared.count(Look::Load));
            s.spawn(|| wait(&shared, Look::Load, &mut notes));
        });
        drop(large);
        notes.seen()
    });
    assert!(seen.is_clean() && seen.cut == 0, "{seen:?}");
    assert_eq!(seen.outcomes, everything());
}

/// What is noted behind memory that was freed.
#[test]
fn a_note_behind_holes_is_seen() {
    let seen = explore(Model::Sc, None, || {
        let shared = Shared::default();
        let mut all: Vec<_> = (0..40).map(|_| Some(Box::new([false; LAST]))).collect();
        all.iter_mut().step_by(2).for_each(|it| drop(it.take()));
        let notes = all.iter_mut().rev().flatten().next().unwrap();
        thread::scope(|s| {
            s.spawn(|| shared.count(Look::Load));
            s.spawn(|| wait(&shared, Look::Load, &mut *notes));
        });
        notes.seen()
    });
    assert!(seen.is_clean() && seen.cut == 0, "{seen:?}");
    assert_eq!(seen.outcomes, everything());
}

/// One that waits for a number and notes what it sees on the way, from some number on.
#[inline(never)]
fn wait_for(number: &AtomicUsize, last: usize, from: usize, seen: &mut bool) {
    loop {
        let number = number.load(Relaxed);
        if number == last {
            break;
        }
        if number >= from {
            *seen = true;
        }
    }
}

/// Notes that a loop makes seldom, of what it has read, or of what it does, are found as well.
#[test]
fn what_is_noted_seldom_is_found() {
    for first in [0, 100] {
        let seen = explore(Model::Sc, None, move || {
            let number = AtomicUsize::new(first);
            thread::scope(|s| {
                s.spawn(|| (1..7).for_each(|it| number.store(first + it, Relaxed)));
                let mut seen = Box::new(false);
                wait_for(&number, first + 6, first + 5, &mut seen);
                BTreeSet::from([usize::from(*seen)])
            })
        });
        assert!(seen.is_clean() && seen.cut == 0, "{first}: {seen:?}");
        assert_eq!(seen.outcomes, (0..2).map(|it| BTreeSet::from([it])).collect(), "{first}");
    }
    let seen = explore(Model::Sc, None, || {
        let flags: [AtomicUsize; 12] = Default::default();
        thread::scope(|s| {
            s.spawn(|| flags.iter().for_each(|flag| flag.store(1, Relaxed)));
            let mut seen = Box::new(false);
            for flag in &flags[..11] {
                wait_for(flag, 1, 1, &mut seen);
            }
            wait_for(&flags[11], 1, 0, &mut seen);
            BTreeSet::from([usize::from(*seen)])
        })
    });
    assert!(seen.is_clean() && seen.cut == 0, "{seen:?}");
    assert_eq!(seen.outcomes, (0..2).map(|it| BTreeSet::from([it])).collect());
}
