//! What the shims cost outside of a model, against std: a lock, an atomic and a channel, in turns.
//!
//! A mutex whose lock and whose value lie in different cache lines costs a tenth more, std's as well as
//! ours. That happens in one place of eight, so a single pair would compare where the two happened to lie;
//! there are mutexes in every place instead.

use raddle_benches::compare;
use std::hint::black_box;

macro_rules! work {
    ($module:ident, $($root:ident)::+) => {
        mod $module {
            use super::black_box;
            use $($root)::+::sync::atomic::{AtomicU64, Ordering};
            use $($root)::+::sync::{Mutex, mpsc};

            pub fn lock(mutexes: &[(Mutex<u64>, u64)], times: u64) {
                for (mutex, _) in mutexes {
                    for i in 0..times / mutexes.len() as u64 {
                        *mutex.lock().unwrap() += black_box(i);
                    }
                }
            }

            pub fn add(atomic: &AtomicU64, times: u64) {
                for i in 0..times {
                    atomic.fetch_add(black_box(i), Ordering::Relaxed);
                }
            }

            pub fn load_store(atomic: &AtomicU64, times: u64) {
                for _ in 0..times {
                    let value = atomic.load(Ordering::Acquire);
                    atomic.store(value + 1, Ordering::SeqCst);
                }
            }

            pub fn channel(times: u64) {
                let (tx, rx) = mpsc::channel();
                for i in 0..times {
                    tx.send(i).unwrap();
                    black_box(rx.recv().unwrap());
                }
            }

            /// Mutexes in every place of a cache line: with a word more, the size of one is an odd number
            /// of words.
            pub fn fresh() -> (Vec<(Mutex<u64>, u64)>, AtomicU64) {
                ((0..super::WORDS).map(|_| (Mutex::new(0), 0)).collect(), AtomicU64::new(0))
            }
        }
    };
}

/// How many words a cache line has.
const WORDS: usize = 8;

/// Whether that many things lie in as many places of their cache lines.
fn lie_everywhere<T>(things: &[T]) -> bool {
    let place = |thing| std::ptr::from_ref(thing) as usize / 8 % WORDS;
    things.iter().map(place).collect::<std::collections::BTreeSet<_>>().len() == WORDS
}

work!(plain, std);
work!(shims, raddle_shims);

fn main() {
    const TIMES: u64 = 200_000;
    const TURNS: usize = 101;
    let (std_mutexes, std_atomic) = plain::fresh();
    let (mutexes, atomic) = shims::fresh();
    assert!(lie_everywhere(&std_mutexes) && lie_everywhere(&mutexes));
    println!("operation      ns in the shims   ns in std   ratio (median of {TURNS} pairs)");
    let show = |name: &str, (first, second, ratio): (f64, f64, f64)| {
        let times = TIMES as f64;
        println!("{name:12} {:17.2} {:11.2}   {ratio:.3}", first / times, second / times);
    };
    show(
        "lock",
        compare(TURNS, &mut || shims::lock(&mutexes, TIMES), &mut || {
            plain::lock(&std_mutexes, TIMES)
        }),
    );
    show(
        "fetch_add",
        compare(TURNS, &mut || shims::add(&atomic, TIMES), &mut || plain::add(&std_atomic, TIMES)),
    );
    show(
        "load, store",
        compare(TURNS, &mut || shims::load_store(&atomic, TIMES), &mut || {
            plain::load_store(&std_atomic, TIMES)
        }),
    );
    show("channel", compare(TURNS, &mut || shims::channel(TIMES), &mut || plain::channel(TIMES)));
}
