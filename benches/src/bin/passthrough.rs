//! What the shims cost outside of a model, against std: a lock, an atomic and a channel, in turns.

use raddle_benches::compare;
use std::hint::black_box;

macro_rules! work {
    ($module:ident, $($root:ident)::+) => {
        mod $module {
            use super::black_box;
            use $($root)::+::sync::atomic::{AtomicU64, Ordering};
            use $($root)::+::sync::{Mutex, mpsc};

            pub fn lock(mutex: &Mutex<u64>, times: u64) {
                for i in 0..times {
                    *mutex.lock().unwrap() += black_box(i);
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

            pub fn fresh() -> (Mutex<u64>, AtomicU64) {
                (Mutex::new(0), AtomicU64::new(0))
            }
        }
    };
}

work!(plain, std);
work!(shims, raddle_shims);

fn main() {
    const TIMES: u64 = 200_000;
    const TURNS: usize = 101;
    let (std_mutex, std_atomic) = plain::fresh();
    let (mutex, atomic) = shims::fresh();
    println!("operation      ns in the shims   ns in std   ratio (median of {TURNS} pairs)");
    let show = |name: &str, (first, second, ratio): (f64, f64, f64)| {
        let times = TIMES as f64;
        println!("{name:12} {:17.2} {:11.2}   {ratio:.3}", first / times, second / times);
    };
    show(
        "lock",
        compare(TURNS, &mut || shims::lock(&mutex, TIMES), &mut || plain::lock(&std_mutex, TIMES)),
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
