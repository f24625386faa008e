//! What a search that is bounded by preemptions takes: how many executions it runs for each one within the bound, and how long.
//!
//! ```text
//! cargo run --release -p raddle-benches --bin bounded [PROGRAM [BOUND]]     all programs, with a bound of 2
//! ```

use raddle::Builder;
use raddle_benches::time;
use raddle_shims::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use raddle_shims::sync::atomic::{AtomicU64, fence};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;
use std::process::ExitCode;

const PROGRAMS: [(&str, fn()); 4] = [
    ("stack", || stack(3, 1, 2)),
    ("large stack", || stack(2, 2, 2)),
    ("queue", || queue(2, 2)),
    ("wakers", || wakers(2, 2)),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (wanted, most) = match &arguments[..] {
        [] => (None, Some(2)),
        [wanted] => (Some(wanted), Some(2)),
        [wanted, most] => (Some(wanted), most.parse().ok()),
        _ => (None, None),
    };
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted == name);
    let Some(most) = most.filter(|_| PROGRAMS.iter().any(|(name, _)| is_wanted(name))) else {
        let names = PROGRAMS.map(|(name, _)| name).join(", ");
        eprintln!("usage: bounded [PROGRAM [BOUND]], of the programs {names}");
        return ExitCode::FAILURE;
    };
    println!("program         within   beyond  run for one within        ms");
    for (name, program) in PROGRAMS.into_iter().filter(|(name, _)| is_wanted(name)) {
        let (mut within, mut beyond) = (0, 0);
        let elapsed = time(&mut || {
            let outcome = Builder::new().max_preemptions(most).jobs(1).explore(program);
            let coverage = outcome.coverage();
            (within, beyond) = (coverage.executions, coverage.out_of_bound);
        });
        let runs = (within + beyond) as f64 / within.max(1) as f64;
        println!("{name:12} {within:9} {beyond:8} {runs:19.2} {:9.0}", elapsed.as_secs_f64() * 1e3);
    }
    ExitCode::SUCCESS
}

/// Runs these at the same time, and waits for all.
fn all(threads: Vec<Box<dyn FnOnce() + Send>>) {
    let handles: Vec<_> = threads.into_iter().map(thread::spawn).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

/// A stack of Treiber's: so many threads push so many each, others pop one each.
fn stack(pushers: u64, each: u64, poppers: u64) {
    struct Stack {
        head: AtomicU64,
        next: Vec<AtomicU64>,
    }
    let next = (0..=pushers * each).map(|_| AtomicU64::new(0)).collect();
    let stack = Arc::new(Stack { head: AtomicU64::new(0), next });
    let mut threads: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for pusher in 0..pushers {
        let stack = Arc::clone(&stack);
        threads.push(Box::new(move || {
            for i in 0..each {
                let node = pusher * each + i + 1;
                let mut head = stack.head.load(Relaxed);
                loop {
                    stack.next[node as usize].store(head, Relaxed);
                    match stack.head.compare_exchange(head, node, Release, Relaxed) {
                        Ok(_) => break,
                        Err(other) => head = other,
                    }
                }
            }
        }));
    }
    for _ in 0..poppers {
        let stack = Arc::clone(&stack);
        threads.push(Box::new(move || {
            let mut head = stack.head.load(Acquire);
            while head != 0 {
                let next = stack.next[head as usize].load(Relaxed);
                match stack.head.compare_exchange(head, next, Acquire, Acquire) {
                    Ok(_) => break,
                    Err(other) => head = other,
                }
            }
        }));
    }
    all(threads);
}

/// Vyukov's queue of many producers and one consumer, which takes what there is.
fn queue(producers: u64, each: u64) {
    struct Queue {
        head: AtomicU64,
        next: Vec<AtomicU64>,
    }
    let next = (0..=producers * each).map(|_| AtomicU64::new(0)).collect();
    let queue = Arc::new(Queue { head: AtomicU64::new(0), next });
    let mut threads: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for producer in 0..producers {
        let queue = Arc::clone(&queue);
        threads.push(Box::new(move || {
            for i in 0..each {
                let node = producer * each + i + 1;
                queue.next[node as usize].store(0, Relaxed);
                let before = queue.head.swap(node, AcqRel);
                queue.next[before as usize].store(node, Release);
            }
        }));
    }
    let consumer = Arc::clone(&queue);
    threads.push(Box::new(move || {
        let (mut tail, mut taken) = (0, 0);
        for _ in 0..producers * each {
            let next = consumer.next[tail as usize].load(Acquire);
            if next != 0 {
                tail = next;
                taken += 1;
            } else if consumer.head.load(Acquire) == tail {
                break;
            }
        }
        assert!(taken <= producers * each);
    }));
    all(threads);
}

/// A list of wakers under a lock with a flag beside it: waiters register unless the flag is up, notifiers raise it and wake one.
fn wakers(waiters: usize, notifiers: usize) {
    struct List {
        flag: AtomicU64,
        any: AtomicU64,
        wakers: Mutex<Vec<usize>>,
        woken: Vec<AtomicU64>,
    }
    let woken = (0..waiters).map(|_| AtomicU64::new(0)).collect();
    let list = List {
        flag: AtomicU64::new(0),
        any: AtomicU64::new(0),
        wakers: Mutex::new(Vec::new()),
        woken,
    };
    let list = Arc::new(list);
    let mut threads: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for me in 0..waiters {
        let list = Arc::clone(&list);
        threads.push(Box::new(move || {
            if list.flag.swap(0, AcqRel) == 1 {
                return;
            }
            let mut wakers = list.wakers.lock().unwrap();
            wakers.push(me);
            list.any.store(1, SeqCst);
            drop(wakers);
            fence(SeqCst);
            if list.flag.swap(0, AcqRel) == 1 {
                let mut wakers = list.wakers.lock().unwrap();
                wakers.retain(|waker| *waker != me);
                list.any.store(u64::from(!wakers.is_empty()), SeqCst);
                return;
            }
            list.woken[me].load(Acquire);
        }));
    }
    for _ in 0..notifiers {
        let list = Arc::clone(&list);
        threads.push(Box::new(move || {
            list.flag.store(1, Release);
            fence(SeqCst);
            if list.any.load(SeqCst) == 1 {
                let mut wakers = list.wakers.lock().unwrap();
                let waker = wakers.pop();
                list.any.store(u64::from(!wakers.is_empty()), SeqCst);
                drop(wakers);
                if let Some(waker) = waker {
                    list.woken[waker].store(1, Release);
                }
            }
        }));
    }
    all(threads);
}
