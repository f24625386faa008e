//! What one small execution costs, coroutines and shims included.

use raddle::{Builder, Outcome};
use raddle_benches::{median, time};
use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// A search.
type Search = Box<dyn Fn() -> Outcome>;

/// `threads` threads, each with `adds` relaxed additions to one atomic, then one critical section.
fn p(threads: usize, adds: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
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
    }
}

fn idle() {
    let handles: Vec<_> = (0..4).map(|_| thread::spawn(|| {})).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

fn adds(threads: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU64::new(0));
        for _ in 0..threads {
            let x = Arc::clone(&x);
            thread::spawn(move || x.fetch_add(1, Relaxed));
        }
    }
}

fn main() {
    println!("program          executions  us/execution (median of 15)");
    // The first is a search of many small executions, the next ones are small searches, to which the start
    // of a worker and the making of stacks add some 150 us.
    let programs: [(&str, Search); 8] = [
        ("P(2,2) x 1000", Box::new(|| Builder::new().explore(many(p(2, 2))))),
        ("2 adds x 1000", Box::new(|| Builder::new().explore(many(adds(2))))),
        ("P(2,2)", Box::new(|| Builder::new().explore(p(2, 2)))),
        ("P(3,1)", Box::new(|| Builder::new().explore(p(3, 1)))),
        ("P(3,2)", Box::new(|| Builder::new().explore(p(3, 2)))),
        ("fetch_add(7)", Box::new(|| Builder::new().explore(adds(7)))),
        ("P(2,2) sampled", Box::new(|| sampled(p(2, 2)))),
        ("4 idle, sampled", Box::new(|| sampled(idle))),
    ];
    for (name, run) in programs {
        let mut times = Vec::new();
        let mut executions = 0;
        for _ in 0..15 {
            let elapsed = time(&mut || executions = run().coverage().executions);
            times.push(elapsed.as_nanos() as f64 / 1e3 / executions as f64);
        }
        println!("{name:16} {executions:10}  {:.2}", median(times));
    }
}

/// The program a thousand times in one search.
fn many(program: impl Fn() + Send + Sync + 'static) -> impl Fn() + Send + Sync + 'static {
    move || {
        raddle::choose(1_000);
        program();
    }
}

fn sampled(program: impl Fn() + Send + Sync + 'static) -> Outcome {
    Builder::new().strategy("random").iterations(20_000).explore(program)
}
