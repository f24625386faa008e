//! Loops that lock to look at what a lock guards, until somebody else has changed it.

mod support;

use raddle::{Builder, Kind};
use raddle_engine::explore::{Exhaustive, Limits, Settings};
use raddle_engine::memory::Model;
use raddle_runtime::{Runtime, SectionFault};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::*};
use raddle_shims::sync::{Mutex, RwLock};
use raddle_shims::{hint, thread};
use std::cell::Cell;
use std::collections::BTreeSet;
use support::{Seen, explore_in, explore_under, random::numbers};

const LOOKS: [Look; 4] = [Look::Bare, Look::Yields, Look::Guard, Look::Reads];
const MODELS: [Model; 2] = [Model::Sc, Model::Rc20];

#[derive(Clone, Copy, Debug)]
enum Look {
    Bare,
    Yields,
    Guard,
    Reads,
}

fn wait(look: Look, lock: &Mutex<u32>, shared: &RwLock<u32>, least: u32) -> u32 {
    match look {
        Look::Bare => while *lock.lock().unwrap() < least {},
        Look::Yields => {
            while *lock.lock().unwrap() < least {
                thread::yield_now();
            }
        }
        Look::Guard => loop {
            let guard = lock.lock().unwrap();
            if *guard >= least {
                return *guard;
            }
            drop(guard);
            hint::spin_loop();
        },
        Look::Reads => while *shared.read().unwrap() < least {},
    }
    least
}

#[test]
fn a_flag_behind_a_lock() {
    for look in LOOKS {
        for model in MODELS {
            let seen: Seen<u32> = explore_under(model, move || {
                let (lock, shared) = (Mutex::new(0), RwLock::new(0));
                thread::scope(|s| {
                    s.spawn(|| {
                        *lock.lock().unwrap() += 1;
                        *shared.write().unwrap() += 1;
                    });
                    let waiter = s.spawn(|| wait(look, &lock, &shared, 1));
                    waiter.join().unwrap()
                })
            });
            assert!(seen.is_clean(), "{look:?} {model} {seen:?}");
            assert_eq!(seen.outcomes, BTreeSet::from([1]));
            // That it comes first, and turns, is begun and given up.
            let counts = (seen.complete, seen.set_aside, seen.redundant);
            assert_eq!(counts, (1, 1, 0), "{look:?} {model}");
        }
    }
}

/// Where a loop is entered with something else on the stack than it turns with, what it repeats first is from an unlocking to the next: that is no
/// section, and who waits in the middle of it would keep the lock.
#[test]
fn a_turn_does_not_begin_where_the_lock_is_held() {
    let pure = |lock: &Mutex<u32>| loop {
        if *lock.lock().unwrap() > 0 {
            break;
        }
    };
    let heap = |lock: &Mutex<u32>| {
        let mut looked = Box::new(false);
        while *lock.lock().unwrap() == 0 {
            *looked = true;
        }
    };
    for wait in [pure, heap as fn(&Mutex<u32>)] {
        let outcome = Builder::new().explore(move || {
            let lock = Mutex::new(0);
            thread::scope(|s| {
                s.spawn(|| *lock.lock().unwrap() += 1);
                wait(&lock);
            });
        });
        assert!(outcome.is_verified(), "{outcome:?}");
    }
    // The same with the loop in the closure itself.
    let outcome = Builder::new().explore(|| {
        let lock = Mutex::new(0);
        thread::scope(|s| {
            s.spawn(|| *lock.lock().unwrap() += 1);
            loop {
                if *lock.lock().unwrap() > 0 {
                    break;
                }
            }
        });
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

#[test]
fn a_flag_that_nobody_sets_is_a_livelock() {
    for look in LOOKS {
        let outcome = Builder::new().explore(move || {
            let (lock, shared) = (Mutex::new(0), RwLock::new(0));
            thread::scope(|s| {
                s.spawn(|| {
                    *lock.lock().unwrap() += 1;
                    *shared.write().unwrap() += 1;
                });
                s.spawn(|| wait(look, &lock, &shared, 2));
            });
        });
        let violation = outcome.violation();
        let kind = violation.map(|violation| violation.kind);
        assert_eq!(kind, Some(Kind::Livelock), "{look:?}: {outcome:?}");
        let report = &violation.unwrap().report;
        assert!(report.contains("waits for the end of t2"), "{report}");
        assert!(report.contains("lock"), "{report}");
    }
}

/// One of the threads of a random program.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Adds to what the lock of that number guards.
    Add(usize),
    /// Looks until that is as much, as a reader if it is said so.
    Wait(usize, u32, bool),
    Store(u32),
    Load,
}

/// An execution that is not compared.
struct GaveUp;

struct World {
    locks: [Mutex<u32>; 2],
    shared: RwLock<u32>,
    x: AtomicU32,
}

/// Does it until there is something, or as often as allowed.
fn repeat(most: Option<u32>, mut look: impl FnMut() -> Option<u32>) -> Result<u32, GaveUp> {
    if let Some(most) = most {
        return (0..most).find_map(|_| look()).ok_or(GaveUp);
    }
    loop {
        if let Some(seen) = look() {
            return Ok(seen);
        }
    }
}

fn run(steps: &[Step], world: &World, most: Option<u32>) -> Result<Vec<u32>, GaveUp> {
    let mut seen = Vec::new();
    for step in steps {
        thread::yield_now();
        match *step {
            Step::Add(which) => {
                *world.locks[which].lock().unwrap() += 1;
                if which == 0 {
                    *world.shared.write().unwrap() += 1;
                }
            }
            Step::Wait(_, least, true) => seen.push(repeat(most, || {
                let guard = world.shared.read().unwrap();
                (*guard >= least).then_some(*guard)
            })?),
            Step::Wait(which, least, false) => seen.push(repeat(most, || {
                let guard = world.locks[which].lock().unwrap();
                (*guard >= least).then_some(*guard)
            })?),
            Step::Store(value) => world.x.store(value, Release),
            Step::Load => seen.push(world.x.load(Acquire)),
        }
    }
    Ok(seen)
}

type Outcome = Option<Vec<Vec<u32>>>;

fn execute(threads: &[Vec<Step>], most: Option<u32>) -> Outcome {
    let locks = [Mutex::new(0), Mutex::new(0)];
    let world = &World { locks, shared: RwLock::new(0), x: AtomicU32::new(0) };
    let results: Vec<_> = thread::scope(|s| {
        let spawned: Vec<_> =
            threads.iter().map(|steps| s.spawn(move || run(steps, world, most))).collect();
        spawned.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    results.into_iter().map(Result::ok).collect()
}

fn random(seed: u64) -> Vec<Vec<Step>> {
    let mut below = numbers(seed);
    let threads = 2 + below(2);
    let most = if threads == 2 { 3 } else { 2 };
    let mut step = move |_| match below(8) {
        0..=2 => Step::Add(below(2) as usize),
        3 | 4 => Step::Wait(below(2) as usize, 1 + below(2) as u32, false),
        5 => Step::Wait(0, 1, true),
        6 => Step::Store(1 + below(2) as u32),
        _ => Step::Load,
    };
    (0..threads).map(|thread| (0..1 + (seed >> thread) % most).map(&mut step).collect()).collect()
}

/// How loops differ from turns that are counted, which are events; none if they do not.
fn difference(seed: u64, model: Model) -> Option<String> {
    let threads = random(seed);
    let explored = |most| {
        let threads = threads.clone();
        explore_under(model, move || execute(&threads, most))
    };
    let loops: Seen<Outcome> = explored(None);
    let mut turns: Seen<Outcome> = explored(Some(3));
    let gave_up = turns.outcomes.remove(&None);
    let differs = loops.outcomes != turns.outcomes
        || loops.deadlocks > 0 && !gave_up
        || loops.redundant > 0
        || !loops.failures.is_empty();
    differs.then(|| format!("{seed} {model} {threads:?}: {loops:?} instead of {turns:?}"))
}

#[test]
fn turns_that_are_counted_lead_to_the_same() {
    for (seed, model) in (0..120).flat_map(|seed| MODELS.map(|model| (seed, model))) {
        assert_eq!(difference(seed, model), None);
    }
}

/// What is seen, and how many executions came to a limit.
fn cut<T: Ord + std::fmt::Debug + 'static>(
    model: Model,
    fault: Option<SectionFault>,
    program: impl Fn() -> T + 'static,
) -> (BTreeSet<T>, u64) {
    let limits = Limits { events_per_thread: 20, ..Limits::default() };
    let prepare = move |runtime: Runtime| runtime.with_section_fault(fault);
    let settings = Settings { model, limits, ..Settings::default() };
    let seen = explore_in(prepare, Exhaustive::new, settings, program);
    assert!(fault.is_some() || seen.is_clean(), "{model}: {seen:?}");
    (seen.outcomes, seen.cut)
}

/// Somebody who tries the lock can tell that it is held by a thread that only looks; then every turn is an event.
#[test]
fn who_tries_the_lock_sees_it_held() {
    let program = || {
        let lock = Mutex::new(0);
        thread::scope(|s| {
            s.spawn(|| while *lock.lock().unwrap() == 0 {});
            let held = lock.try_lock().is_err();
            *lock.lock().unwrap() += 1;
            held
        })
    };
    for model in MODELS {
        let (seen, cut_off) = cut(model, None, program);
        assert_eq!(seen, BTreeSet::from([false, true]), "{model}");
        assert!(cut_off > 0, "{model}");
        let overlooked = cut(model, Some(SectionFault::IgnoresTries), program);
        assert_ne!(overlooked.0, seen, "{model}: the fault changed nothing");
    }
}

/// What these leave on the stack is gone by the next turn, so that does not tell turns apart.
#[inline(never)]
fn add(turns: &Cell<u32>) {
    turns.set(turns.get() + 1);
}

#[inline(never)]
fn add_mutably(turns: &mut Cell<u32>) {
    add(turns);
}

/// A loop whose turns change what the lock guards has no end of executions; to overlook that leaves few.
#[test]
fn turns_that_write_are_events() {
    struct Guarded {
        ready: bool,
        turns: Cell<u32>,
    }
    let program = |mutably: bool| {
        move || {
            // Not on the stack of who turns, where the change would be seen.
            let lock = Box::new(Mutex::new(Guarded { ready: false, turns: Cell::new(0) }));
            thread::scope(|s| {
                s.spawn(|| lock.lock().unwrap().ready = true);
                loop {
                    let mut guarded = lock.lock().unwrap();
                    if guarded.ready {
                        return guarded.turns.get() % 4;
                    }
                    if mutably {
                        add_mutably(&mut guarded.turns);
                    } else {
                        add(&guarded.turns);
                    }
                }
            })
        }
    };
    for (mutably, fault) in
        [(true, SectionFault::IgnoresWrites), (false, SectionFault::IgnoresBytes)]
    {
        for model in MODELS {
            let (seen, cut_off) = cut(model, None, program(mutably));
            assert_eq!(seen, (0..4).collect(), "{model} {fault:?}");
            assert!(cut_off > 0, "{model} {fault:?}");
            let overlooked = cut(model, Some(fault), program(mutably));
            assert_ne!(overlooked.0, seen, "{model} {fault:?}: the fault changed nothing");
        }
    }
}

/// Whoever counts under the lock makes progress, with a mutable reference or without.
#[test]
fn loops_that_count_under_the_lock_end() {
    fn counts(lock: &Mutex<Cell<u32>>, mutably: bool) -> u32 {
        loop {
            let mut guard = lock.lock().unwrap();
            if guard.get() >= 9 {
                return guard.get();
            }
            if mutably {
                *guard.get_mut() += 1;
            } else {
                guard.set(guard.get() + 1);
            }
        }
    }
    for (mutably, model) in [true, false].into_iter().flat_map(|it| MODELS.map(|model| (it, model)))
    {
        let seen = explore_under(model, move || {
            let lock = Mutex::new(Cell::new(0));
            thread::scope(|s| {
                let other = s.spawn(|| {
                    let guard = lock.lock().unwrap();
                    guard.set(guard.get() + 2);
                });
                let seen = counts(&lock, mutably);
                other.join().unwrap();
                (seen, lock.lock().unwrap().get())
            })
        });
        // The other one comes before one that adds, before the last, which only looks, or behind it.
        assert!(seen.is_clean(), "{mutably} {model}: {seen:?}");
        assert_eq!(seen.outcomes, BTreeSet::from([(9, 9), (9, 11), (10, 10), (11, 11)]));
    }
}
