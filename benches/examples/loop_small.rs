//! One search, for a profiler: how many threads, how many additions in each, how many times over.
use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<usize>().unwrap());
    let mut next = |default| args.next().unwrap_or(default);
    let (threads, adds, times) = (next(3), next(4), next(1));
    let outcome = raddle::explore(move || {
        raddle::choose(times);
        let shared = Arc::new((AtomicU64::new(0), Mutex::new(0)));
        let handles: Vec<_> = (0..threads)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    for _ in 0..adds {
                        shared.0.fetch_add(1, Relaxed);
                    }
                    *shared.1.lock().unwrap() += 1;
                })
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
    });
    println!("{:?}", outcome.coverage());
}
