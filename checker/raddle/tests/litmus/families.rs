//! The families of `raddle_litmus` as closures: the counts published for them, which the scripted programs
//! have too.

use crate::{count, crowd};
use raddle_litmus::families;
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use std::fmt::Debug;

/// Checks that a closure has as many executions as the family member is known to have.
#[track_caller]
fn as_known<R>(name: &str, program: impl Fn() -> R + Send + Sync + Clone + 'static)
where
    R: Ord + Clone + Debug + Send + 'static,
{
    let scripted = families::named(name).expect(name);
    let known = |model| scripted.expect.get(model).and_then(|expected| expected.executions);
    let (sc, rc20) = (known("sc").expect(name), known("rc20").expect(name));
    count(program, sc, rc20);
}

/// That many fresh locations.
fn fresh(n: u32) -> Vec<AtomicU32> {
    (0..n).map(|_| AtomicU32::new(0)).collect()
}

#[test]
fn one_writer_and_readers() {
    for n in 1..=8 {
        as_known(&format!("readers({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n + 1, |i| match i {
                0 => x.swap(42, Release) as usize,
                _ => x.load(Acquire) as usize,
            })
        });
    }
}

#[test]
fn one_reader_and_writers() {
    for n in 1..=4 {
        as_known(&format!("n_writers({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n + 2, |i| match i {
                0 => x.load(Acquire),
                _ => {
                    x.store(i - 1, Release);
                    0
                }
            })
        });
    }
}

#[test]
fn exchanges() {
    for n in 2..=6 {
        as_known(&format!("casrot({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n, |i| x.compare_exchange(i, i + 1, Relaxed, Relaxed))
        });
        as_known(&format!("cas_once({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n, |i| x.compare_exchange(0, i + 1, Relaxed, Relaxed).is_ok())
        });
    }
    for n in 2..=4 {
        as_known(&format!("casw({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n, |i| {
                let found = x.compare_exchange(0, 1, Relaxed, Relaxed);
                x.store(i + 3, Release);
                found
            })
        });
    }
}

#[test]
fn updates_of_several_locations() {
    for n in 1..=3 {
        for (name, locations) in [("ainc", 1), ("binc", 2), ("cinc", 3)] {
            as_known(&format!("{name}({n})"), move || {
                let all = fresh(locations);
                crowd(n, |_| all.iter().map(|x| x.fetch_add(1, Relaxed)).collect::<Vec<_>>())
            });
        }
    }
}

#[test]
fn reads_and_writes() {
    for n in 1..=3 {
        as_known(&format!("inc({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n, |_| x.store(x.load(Relaxed) + 1, Release));
        });
        as_known(&format!("rw({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n, |i| {
                let found = x.load(Relaxed);
                x.store(i, Release);
                found
            })
        });
        as_known(&format!("wainc({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n + 1, |i| match i {
                0 => x.store(42, Release),
                _ => _ = x.fetch_add(1, Relaxed),
            });
        });
    }
    for n in 2..=3 {
        as_known(&format!("wrw({n})"), move || {
            let x = AtomicU32::new(0);
            crowd(n + 1, |i| {
                let found = if i == 0 { 0 } else { x.load(Relaxed) };
                x.store(i, Release);
                found
            })
        });
    }
}

#[test]
fn coherence_of_acquired_stores() {
    for n in 1..=3 {
        as_known(&format!("coa({n})"), move || {
            let all = fresh(3);
            let [x, y, z] = &all[..] else { unreachable!("three locations") };
            let ends = |value, other: &AtomicU32| {
                x.store(value, Release);
                (other.load(Acquire), x.load(Acquire))
            };
            crowd(n + 1, |i| match i {
                0 => ends(1, y),
                1 => ends(2, z),
                _ => {
                    y.store(i - 2, Release);
                    z.store(i - 2, Release);
                    (0, 0)
                }
            })
        });
    }
}

#[test]
fn the_last_zero_of_an_array() {
    as_known("lastzero(5)", || {
        let array = fresh(6);
        crowd(6, |i| match i as usize {
            0 => {
                let mut at = 5;
                while array[at].load(Acquire) != 0 {
                    at -= 1;
                }
                at as u32
            }
            i => {
                array[i].store(array[i - 1].load(Acquire) + 1, Release);
                0
            }
        })
    });
}

#[test]
fn a_hash_table() {
    as_known("indexer(12)", || {
        let table = fresh(128);
        crowd(12, |thread| {
            for i in 0..4 {
                let number = 11 * i + thread;
                let slot = number as usize * 7 % 128;
                if table[slot].compare_exchange(0, number, Relaxed, Relaxed).is_err() {
                    let next = &table[(slot + 1) % 128];
                    next.compare_exchange(0, number, Relaxed, Relaxed).unwrap();
                }
            }
        });
    });
}

#[test]
fn long_threads() {
    as_known("par_length(200)", || {
        let own = fresh(2);
        let meeting = AtomicU32::new(0);
        crowd(2, |i| {
            for turn in 0..200 {
                own[i as usize].store(turn, SeqCst);
                own[i as usize].load(SeqCst);
            }
            meeting.store(i, SeqCst);
            meeting.load(SeqCst)
        })
    });
}

#[test]
fn updates_in_turn() {
    for (n, k) in [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)] {
        as_known(&format!("p({n},{k})"), move || {
            let x = AtomicU32::new(0);
            crowd(n, |_| (0..k).map(|_| x.fetch_add(1, Relaxed)).collect::<Vec<_>>())
        });
    }
}
