//! The programs that are measured.

use raddle::{Builder, Outcome};
use raddle_shims::sync::atomic::{AtomicU64, Ordering, Ordering::Relaxed, Ordering::SeqCst};
use raddle_shims::sync::{Arc, Mutex, mpsc};
use raddle_shims::thread;

/// `threads` threads, each with `adds` relaxed additions to one atomic, then one critical section.
pub fn p(threads: usize, adds: usize) -> impl Fn() + Send + Sync + 'static {
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

/// Four threads that do nothing.
pub fn idle() {
    let handles: Vec<_> = (0..4).map(|_| thread::spawn(|| {})).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

/// `threads` threads that nobody waits for, each with one relaxed addition to one atomic.
pub fn adds(threads: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU64::new(0));
        for _ in 0..threads {
            let x = Arc::clone(&x);
            thread::spawn(move || x.fetch_add(1, Relaxed));
        }
    }
}

/// Two threads write a variable each, two others read both, in opposite orders: 16 executions under `rc20`.
pub fn iriw(stores: Ordering, loads: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let spawn = |code: fn(&[AtomicU64; 2], Ordering) -> u64, ordering| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || code(&shared, ordering))
        };
        let handles = [
            spawn(
                |x, ordering| {
                    x[0].store(1, ordering);
                    0
                },
                stores,
            ),
            spawn(
                |x, ordering| {
                    x[1].store(1, ordering);
                    0
                },
                stores,
            ),
            spawn(|x, ordering| x[0].load(ordering) * 2 + x[1].load(ordering), loads),
            spawn(|x, ordering| x[1].load(ordering) * 2 + x[0].load(ordering), loads),
        ];
        for handle in handles {
            handle.join().unwrap();
        }
    }
}

/// `threads` threads, each with `each` operations on one of eight atomics that they share.
pub fn steps(threads: usize, each: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared: Arc<[AtomicU64; 8]> = Arc::default();
        let handles: Vec<_> = (0..threads)
            .map(|me| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    for step in 0..each {
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

/// `threads` threads, each with `each` SeqCst additions to one atomic.
pub fn additions(threads: usize, each: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU64::new(0));
        let handles: Vec<_> = (0..threads)
            .map(|_| {
                let x = Arc::clone(&x);
                thread::spawn(move || {
                    for _ in 0..each {
                        x.fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
    }
}

/// `threads` threads, each with `each` critical sections of one of four locks and an addition after each, then a message to main.
pub fn crowd(threads: usize, each: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared: Arc<([Mutex<u64>; 4], AtomicU64)> = Arc::default();
        let (sender, receiver) = mpsc::channel();
        let handles: Vec<_> = (0..threads)
            .map(|me| {
                let (shared, sender) = (Arc::clone(&shared), sender.clone());
                thread::spawn(move || {
                    for step in 0..each {
                        *shared.0[(me + step) % 4].lock().unwrap() += 1;
                        shared.1.fetch_add(1, SeqCst);
                    }
                    sender.send(me).unwrap();
                })
            })
            .collect();
        let sum: usize = (0..threads).map(|_| receiver.recv().unwrap()).sum();
        assert_eq!(sum, threads * (threads - 1) / 2);
        for handle in handles {
            handle.join().unwrap();
        }
    }
}

/// A program so many times over, in one search.
pub fn many(
    times: usize,
    program: impl Fn() + Send + Sync + 'static,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        raddle::choose(times);
        program();
    }
}

/// Searches a program for all its executions.
pub fn explored(program: impl Fn() + Send + Sync + 'static) -> Outcome {
    Builder::new().explore(program)
}

/// Samples executions of a program under a memory model.
pub fn sampled_under(
    model: &str,
    executions: u64,
    program: impl Fn() + Send + Sync + 'static,
) -> Outcome {
    let check = Builder::new().strategy("random").model(model).iterations(executions);
    check.explore(program)
}

/// Samples executions of a program.
pub fn sampled(executions: u64, program: impl Fn() + Send + Sync + 'static) -> Outcome {
    Builder::new().strategy("random").iterations(executions).explore(program)
}
