//! Loops that wait: they end, with a hint for the scheduler and without.

use crate::{MODELS, Memory, crowd, exact, explore, explore_loops, factorial, two};
use raddle::{Builder, Kind, Limit, Outcome};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::hint;
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;
use raddle_shims::thread_local;
use raddle_shims::time::{Duration, Instant};
use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};

/// What a loop does between two looks.
#[derive(Clone, Copy, Debug)]
enum Hint {
    Nothing,
    Yield,
    SpinLoop,
    Both,
}

const HINTS: [Hint; 4] = [Hint::Nothing, Hint::Yield, Hint::SpinLoop, Hint::Both];

impl Hint {
    fn give(self) {
        if matches!(self, Hint::Yield | Hint::Both) {
            thread::yield_now();
        }
        if matches!(self, Hint::SpinLoop | Hint::Both) {
            hint::spin_loop();
        }
    }
}

/// L32: `while x.a == 0 {} || x = 1.r` ends, and orders what was written before.
#[test]
fn a_loop_that_waits_for_a_store_ends() {
    for hint in HINTS {
        for model in MODELS {
            let program = move || {
                let first = move |m: &Memory| {
                    while m.x.load(Acquire) == 0 {
                        hint.give();
                    }
                    m.y.load(Relaxed)
                };
                let second = |m: &Memory| {
                    m.y.store(7, Relaxed);
                    m.x.store(1, Release);
                };
                two(first, second).0
            };
            let found = explore_loops(model, program, (1, 0));
            assert_eq!(found.results, BTreeSet::from([7]), "{model} {hint:?}");
        }
    }
}

/// A loop that nobody ends is a livelock, and not a search that never ends.
#[test]
fn a_loop_that_nobody_ends_is_a_livelock() {
    for hint in HINTS {
        for model in MODELS {
            let outcome = Builder::new().model(model).explore(move || {
                let first = move |m: &Memory| {
                    while m.x.load(Acquire) != 2 {
                        hint.give();
                    }
                };
                two(first, |m| m.x.store(1, Release));
            });
            let kind = outcome.violation().map(|it| it.kind);
            assert_eq!(kind, Some(Kind::Livelock), "{model} {hint:?}: {outcome:?}");
        }
    }
}

/// A loop that writes in every turn has executions without an end, one for each number of turns. Where it yields, others
/// go first, so that the search has something to go on with and does not follow it to the limit of operations at once.
#[test]
fn a_loop_that_writes_and_yields_lets_others_go_first() {
    for hint in [Hint::Yield, Hint::SpinLoop, Hint::Both] {
        for model in MODELS {
            for max_preemptions in [None, Some(1)] {
                let check = Builder::new().model(model).iterations(200);
                let check = match max_preemptions {
                    Some(most) => check.max_preemptions(most),
                    None => check,
                };
                let outcome = check.explore(move || {
                    let takes = move |m: &Memory| {
                        while m.x.swap(0, AcqRel) == 0 {
                            m.y.fetch_add(1, Relaxed);
                            hint.give();
                        }
                    };
                    two(takes, |m| m.x.store(1, Release));
                });
                let Outcome::Incomplete(coverage, Limit::Executions(200)) = outcome else {
                    panic!("{model} {hint:?} {max_preemptions:?}: {outcome:?}");
                };
                assert_eq!(coverage.cut, 0, "{model} {hint:?} {max_preemptions:?}");
            }
        }
    }
}

/// Where it does not yield, others go once it has gone long.
#[test]
fn a_loop_that_writes_lets_others_go_in_the_end() {
    for model in MODELS {
        for max_preemptions in [None, Some(1)] {
            let check = Builder::new().model(model).iterations(50);
            let check = match max_preemptions {
                Some(most) => check.max_preemptions(most),
                None => check,
            };
            let outcome = check.explore(|| {
                let queue = Arc::new(Mutex::new(VecDeque::new()));
                let theirs = Arc::clone(&queue);
                let other = thread::spawn(move || theirs.lock().unwrap().push_back(7));
                let got = loop {
                    if let Some(got) = queue.lock().unwrap().pop_front() {
                        break got;
                    }
                };
                other.join().unwrap();
                assert_eq!(got, 7);
            });
            let Outcome::Incomplete(coverage, Limit::Executions(50)) = outcome else {
                panic!("{model} {max_preemptions:?}: {outcome:?}");
            };
            assert_eq!(coverage.cut, 0, "{model} {max_preemptions:?}");
        }
    }
}

/// L32b: `x = 1; y = 1 || r = x; yield; f = y; s = x`: the yield hides nothing.
#[test]
fn a_yield_hides_nothing() {
    for hint in HINTS {
        let program = move || {
            let first = |m: &Memory| {
                m.x.store(1, Relaxed);
                m.y.store(1, Relaxed);
            };
            let second = move |m: &Memory| {
                let r = m.x.load(Relaxed);
                hint.give();
                (r, m.y.load(Relaxed), m.x.load(Relaxed))
            };
            two(first, second).1
        };
        let sc = [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)];
        let weak = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)];
        exact(program, (5, &sc), (6, &weak));
    }
}

/// The order in which `n` threads pass a lock, taken and given back by functions of its state. The order
/// is told by a counter that is loaded and stored apart, so overlapping sections lose a number.
fn sections(
    n: u32,
    take: impl Fn(&AtomicU32) + Sync,
    give: impl Fn(&AtomicU32) + Sync,
) -> Vec<u32> {
    let (lock, turn) = (AtomicU32::new(0), AtomicU32::new(0));
    crowd(n, |_| {
        take(&lock);
        let mine = turn.load(Relaxed);
        turn.store(mine + 1, Relaxed);
        give(&lock);
        mine
    })
}

fn free(lock: &AtomicU32) {
    lock.store(0, Release);
}

/// Every order of the threads, and nothing else.
fn all_orders(n: u32, found: &BTreeSet<Vec<u32>>) {
    assert_eq!(found.len() as u64, factorial(n), "{found:?}");
    for order in found {
        let numbers: BTreeSet<_> = order.iter().copied().collect();
        assert_eq!(numbers, (0..n).collect(), "{order:?}");
    }
}

/// L32 for a spin lock that is a compare-exchange in a loop.
#[test]
fn a_lock_that_tries_and_tries_is_verified() {
    for hint in HINTS {
        let take = move |lock: &AtomicU32| {
            while lock.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                hint.give();
            }
        };
        for model in MODELS {
            let found = explore_loops(model, move || sections(2, take, free), (2, 0));
            all_orders(2, &found.results);
        }
    }
}

/// L32 for a spin lock that looks before it tries.
#[test]
fn a_lock_that_looks_and_tries_is_verified() {
    for hint in HINTS {
        let take = move |lock: &AtomicU32| {
            loop {
                while lock.load(Relaxed) == 1 {
                    hint.give();
                }
                if lock.compare_exchange(0, 1, Acquire, Relaxed).is_ok() {
                    return;
                }
            }
        };
        for model in MODELS {
            let found = explore_loops(model, move || sections(2, take, free), (2, 0));
            all_orders(2, &found.results);
        }
    }
}

/// A weak exchange that fails for no reason on the value it expects is not a loop that waits for another
/// value: its next try succeeds.
#[test]
fn a_weak_exchange_in_a_loop_succeeds() {
    for hint in HINTS {
        for model in MODELS {
            let found = explore(model, move || {
                let x = AtomicU32::new(0);
                crowd(2, |_| {
                    let mut old = x.load(Relaxed);
                    while let Err(other) = x.compare_exchange_weak(old, old + 1, Relaxed, Relaxed) {
                        old = other;
                        hint.give();
                    }
                });
                x.load(Relaxed)
            });
            assert_eq!(found.results, BTreeSet::from([2]), "{model} {hint:?}");
        }
    }
}

/// A loop that sleeps may end by the clock.
#[test]
fn a_loop_with_a_deadline_ends() {
    let found = explore("rc20", || {
        let first = |m: &Memory| {
            let start = Instant::now();
            while m.x.load(Relaxed) == 0 {
                if start.elapsed() >= Duration::from_millis(5) {
                    return None;
                }
                thread::sleep(Duration::from_millis(1));
            }
            Some(start.elapsed())
        };
        two(first, |m| m.x.store(1, Relaxed)).0
    });
    let expected = (0..=5).map(|turns| Some(Duration::from_millis(turns))).chain([None]);
    assert_eq!(found.results, expected.collect());
    assert_eq!(found.coverage.executions, 7);
}

/// A spin lock given back by a relaxed store does not order what it protects.
#[test]
fn a_lock_without_release_is_found_out() {
    let take = |lock: &AtomicU32| {
        while lock.compare_exchange(0, 1, Acquire, Relaxed).is_err() {}
    };
    let give = |lock: &AtomicU32| lock.store(0, Relaxed);
    let found = explore_loops("sc", move || sections(2, take, give), (2, 0));
    all_orders(2, &found.results);
    let found = explore_loops("rc20", move || sections(2, take, give), (6, 0));
    assert_eq!(found.results, BTreeSet::from([vec![0, 0], vec![0, 1], vec![1, 0]]));
}

/// A ticket lock.
#[test]
fn a_ticket_lock_is_verified() {
    let program = || {
        let (next, serving) = (AtomicU32::new(0), AtomicU32::new(0));
        let turn = AtomicU32::new(0);
        crowd(3, |_| {
            let ticket = next.fetch_add(1, Relaxed);
            while serving.load(Acquire) != ticket {}
            let mine = turn.load(Relaxed);
            turn.store(mine + 1, Relaxed);
            serving.store(ticket + 1, Release);
            mine
        })
    };
    for model in MODELS {
        all_orders(3, &explore_loops(model, program, (6, 0)).results);
    }
}

/// A barrier that is used twice, by functions that have called others before: who comes first waits, whatever those have left where the loop has
/// its variables.
#[test]
fn a_barrier_with_generations_is_verified() {
    struct Meeting {
        count: AtomicU32,
        generation: AtomicU32,
        told: [UnsafeCell<u32>; 2],
    }
    // SAFETY: each thread writes its own before the first meeting, and after the second.
    unsafe impl Sync for Meeting {}
    let meet = |m: &Meeting| {
        let generation = m.generation.load(Acquire);
        if m.count.fetch_add(1, AcqRel) == 1 {
            m.count.store(0, Relaxed);
            m.generation.store(generation + 1, Release);
        } else {
            while m.generation.load(Acquire) == generation {
                hint::spin_loop();
            }
        }
    };
    let talk = move |m: &Meeting, me: usize| {
        // SAFETY: nobody else looks at it before the first meeting, nor after the second.
        m.told[me].with_mut(|told| unsafe { *told = 1 });
        meet(m);
        // SAFETY: nobody writes it between the two.
        assert_eq!(m.told[1 - me].with(|told| unsafe { *told }), 1);
        meet(m);
        // SAFETY: as before the first.
        m.told[me].with_mut(|told| unsafe { *told = 2 });
    };
    let program = move || {
        let (count, generation) = (AtomicU32::new(0), AtomicU32::new(0));
        let told = [const { UnsafeCell::new(0) }; 2];
        let meeting = Meeting { count, generation, told };
        crowd(2, |me| talk(&meeting, me as usize));
    };
    for model in MODELS {
        explore_loops(model, program, (4, 0));
    }
}

/// A loop that counts its turns is not taken for one that waits: it ends by its count.
#[test]
fn a_loop_that_counts_its_turns_ends() {
    for model in MODELS {
        let found = explore(model, || {
            let first = |m: &Memory| (0..5).find(|_| m.x.load(Relaxed) == 1);
            two(first, |m| m.x.store(1, Relaxed)).0
        });
        let expected: BTreeSet<_> = (0..5).map(Some).chain([None]).collect();
        assert_eq!(found.results, expected, "{model}");
        assert_eq!(found.coverage.executions, 6, "{model}");
    }
}

thread_local! {
    static LOOKED: Cell<u32> = const { Cell::new(0) };
}

/// A loop that looks at a thread-local as well waits like any other, also where it goes through a lock made of a swap.
#[test]
fn a_loop_that_looks_at_a_thread_local_waits() {
    for hint in HINTS {
        for model in MODELS {
            let program = move || {
                let first = move |m: &Memory| {
                    while m.x.load(Acquire) + LOOKED.get() == 0 || m.y.swap(0, Acquire) == 0 {
                        hint.give();
                    }
                };
                let second = |m: &Memory| {
                    m.x.store(1, Release);
                    m.y.store(7, Release);
                };
                two(first, second);
            };
            let outcome = Builder::new().model(model).explore(program);
            assert!(outcome.is_verified(), "{model} {hint:?}: {outcome:?}");
            let outcome = Builder::new().model(model).explore(move || {
                two(
                    move |m| {
                        while m.x.load(Acquire) + LOOKED.get() != 2 {
                            hint.give();
                        }
                    },
                    |m| m.x.store(1, Release),
                );
            });
            let kind = outcome.violation().map(|it| it.kind);
            assert_eq!(kind, Some(Kind::Livelock), "{model} {hint:?}: {outcome:?}");
        }
    }
}

/// One that counts there ends by its count, however far it counts.
#[test]
fn a_loop_that_counts_in_a_thread_local_ends() {
    for last in [5, 1_200] {
        let outcome = Builder::new().explore(move || {
            let first = move |m: &Memory| {
                while m.x.load(Relaxed) == 0 && LOOKED.get() < last {
                    LOOKED.set(LOOKED.get() + 1);
                }
                LOOKED.get()
            };
            two(first, |m| m.x.store(1, Relaxed));
        });
        let executions = outcome.coverage().executions;
        assert!(outcome.is_verified() && executions == u64::from(last) + 2, "{last}: {outcome:?}");
    }
}

/// A loop that does more than look is run to the limit of events, which is said.
#[test]
fn a_loop_that_does_more_is_cut() {
    let outcome = Builder::new().max_events(50).explore(|| {
        let x = AtomicU32::new(0);
        loop {
            x.fetch_add(1, Relaxed);
        }
    });
    assert!(matches!(outcome, Outcome::Incomplete(_, Limit::Events(50))), "{outcome:?}");
}
