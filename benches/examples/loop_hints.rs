//! One search of a loop that backs off, for a profiler: how many hints it gives in each turn, how many stores it waits for, and whether it is sampled.
use raddle_shims::hint::spin_loop;
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU64, Ordering::*};
use raddle_shims::thread;

fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap());
    let mut next = |default| args.next().unwrap_or(default);
    let (hints, stores, samples) = (next(64), next(8), next(0));
    let check = match samples {
        0 => raddle::Builder::new(),
        _ => raddle::Builder::new().strategy("random").iterations(samples),
    };
    let outcome = check.explore(move || {
        let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            for number in 1..=stores {
                theirs.0.store(number, Release);
                theirs.1.fetch_add(1, AcqRel);
            }
        });
        for number in 1..=stores {
            while shared.0.load(Acquire) < number {
                (0..hints).for_each(|_| spin_loop());
            }
            shared.1.fetch_add(1, AcqRel);
        }
        other.join().unwrap();
    });
    println!("{:?}", outcome.coverage());
}
