//! A small exploration again and again, for a profiler.
use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<usize>().unwrap());
    let (threads, adds) = (args.next().unwrap_or(3), args.next().unwrap_or(2));
    let mut total = 0;
    for _ in 0..200 {
        let outcome = raddle::explore(move || {
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
        total += outcome.coverage().executions;
    }
    println!("{total}");
}
