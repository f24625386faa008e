//! What one step of a long sampled execution costs, coroutines and shims included.

use raddle::Builder;
use raddle_benches::{median, time};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};
use raddle_shims::thread;

/// `threads` threads, each with `steps` operations on one of eight atomics that they share.
fn program(threads: usize, steps: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared: Arc<[AtomicU64; 8]> = Arc::default();
        let handles: Vec<_> = (0..threads)
            .map(|me| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    for step in 0..steps {
                        let x = &shared[(me + step) % 8];
                        match step % 3 {
                            0 => _ = x.load(Relaxed),
                            1 => x.store(step as u64, Relaxed),
                            _ => _ = x.fetch_add(1, Relaxed),
                        }
                    }
                })
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
    }
}

fn main() {
    println!("| strategy | model | 2 x 5,000 | 50 x 200 | ratio |\n|---|---|---|---|---|");
    for model in ["sc", "rc20"] {
        for strategy in ["random", "pct", "pos", "urw", "surw", "portfolio"] {
            let cost = |threads: usize, steps: usize| {
                let (iterations, mut times) = (20, Vec::new());
                for _ in 0..7 {
                    let check = Builder::new().strategy(strategy).model(model);
                    let check = check.iterations(iterations);
                    let mut check = Some(check);
                    let elapsed = time(&mut || {
                        let check = check.take().expect("it is run once");
                        check.explore(program(threads, steps));
                    });
                    let all = iterations as f64 * (threads * steps) as f64;
                    times.push(elapsed.as_nanos() as f64 / all);
                }
                median(times)
            };
            let (few, many) = (cost(2, 5_000), cost(50, 200));
            println!("| {strategy} | {model} | {few:.0} ns | {many:.0} ns | {:.2} |", many / few);
        }
    }
}
