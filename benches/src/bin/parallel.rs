//! What a second worker gains: the wall time of a search by one worker over that by several.

use raddle::Builder;
use raddle_benches::median;
use raddle_benches::programs::{adds, p};
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};
use raddle_shims::thread;
use std::time::Instant;

/// How often each search is made with each number of workers.
const TURNS: usize = 5;

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

fn main() {
    let jobs = match std::env::args().nth(1) {
        Some(text) => text.parse().expect("the argument is a number of workers"),
        None => 2,
    };
    println!("program       executions  s alone  s with {jobs}  ratio (medians of {TURNS} pairs)");
    let programs: [(&str, fn() -> Box<dyn Fn() + Send + Sync>); 3] = [
        ("P(3,3)", || Box::new(p(3, 3))),
        ("fetch_add(9)", || Box::new(adds(9))),
        ("readers(5)", || Box::new(readers)),
    ];
    for (name, program) in programs {
        let mut counts = [0; 2];
        let (mut alone, mut shared, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let times = [(0, 1), (1, jobs)].map(|(at, jobs)| {
                let start = Instant::now();
                counts[at] = Builder::new().jobs(jobs).explore(program()).coverage().executions;
                start.elapsed().as_secs_f64()
            });
            assert_eq!(counts[0], counts[1], "{name}: workers change the count");
            alone.push(times[0]);
            shared.push(times[1]);
            ratios.push(times[0] / times[1]);
        }
        let (alone, shared, ratio) = (median(alone), median(shared), median(ratios));
        println!("{name:12} {:11} {alone:8.3} {shared:9.3} {ratio:6.2}", counts[0]);
    }
}
