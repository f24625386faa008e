//! What a second worker gains: the wall time of a search by one worker over that by several, and, as that says little
//! on a machine that is busy with other things, the executions of all workers over those of the busiest.

#![allow(clippy::disallowed_methods, reason = "what more workers gain is time, not CPU time")]

use raddle::Builder;
use raddle_benches::median;
use raddle_benches::programs::{adds, p};
use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};
use raddle_shims::thread;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// How often each search is made with each number of workers.
const TURNS: usize = 5;

/// Makes a program.
type Make = fn() -> Box<dyn Fn() + Send + Sync>;

/// Five threads that each write and then read one variable.
fn readers() {
    let x = Arc::new(AtomicU64::new(0));
    for number in 0..5 {
        let x = Arc::clone(&x);
        thread::spawn(move || {
            x.store(number, Relaxed);
            x.load(Relaxed);
        });
    }
}

thread_local! {
    /// How many executions began on this worker.
    static MINE: Arc<AtomicUsize> = {
        let mine = Arc::default();
        WORKERS.lock().unwrap().push(Arc::clone(&mine));
        mine
    };
}

static WORKERS: Mutex<Vec<Arc<AtomicUsize>>> = Mutex::new(Vec::new());

/// The executions since the last call: of all workers, over those of the busiest.
fn balance() -> f64 {
    let workers = std::mem::take(&mut *WORKERS.lock().unwrap());
    let counts: Vec<usize> = workers.iter().map(|worker| worker.load(Relaxed)).collect();
    counts.iter().sum::<usize>() as f64 / counts.into_iter().max().unwrap_or(1) as f64
}

fn main() {
    let jobs = match std::env::args().nth(1) {
        Some(text) => text.parse().expect("the argument is a number of workers"),
        None => 2,
    };
    println!(
        "program       executions  s alone  s with {jobs}   ratio  balance (medians of {TURNS} pairs)"
    );
    let programs: [(&str, Make); 3] = [
        ("P(3,3)", || Box::new(p(3, 3))),
        ("fetch_add(9)", || Box::new(adds(9))),
        ("readers(5)", || Box::new(readers)),
    ];
    for (name, program) in programs {
        let mut counts = [0; 2];
        let [mut alone, mut shared, mut ratios, mut balances] = [const { Vec::new() }; 4];
        for _ in 0..TURNS {
            let times = [(0, 1), (1, jobs)].map(|(at, jobs)| {
                let start = Instant::now();
                let program = program();
                let counted = move || {
                    MINE.with(|mine| mine.fetch_add(1, Relaxed));
                    program();
                };
                counts[at] = Builder::new().jobs(jobs).explore(counted).coverage().executions;
                (start.elapsed().as_secs_f64(), balance())
            });
            assert_eq!(counts[0], counts[1], "{name}: workers change the count");
            let [(one, _), (all, balance)] = times;
            alone.push(one);
            shared.push(all);
            ratios.push(one / all);
            balances.push(balance);
        }
        let [alone, shared, ratio, balance] = [alone, shared, ratios, balances].map(median);
        println!("{name:12} {:11} {alone:8.3} {shared:9.3} {ratio:8.2} {balance:8.2}", counts[0]);
    }
}
