//! The programs, written once; the module that includes this file says whose primitives they use.

use super::face::{AtomicUsize, Mutex, mpsc, spin, thread};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

/// A program to be explored.
pub type Program = Box<dyn Fn() + Send + Sync>;

/// The code of one thread.
type Code<T> = Box<dyn Fn(&T) + Send>;

/// One thread for each piece of code, over shared data; all are joined.
fn threads<T: Send + Sync + 'static>(shared: T, codes: Vec<Code<T>>) -> Arc<T> {
    let shared = Arc::new(shared);
    let spawn = |code: Code<T>| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || code(&shared))
    };
    let all: Vec<_> = codes.into_iter().map(spawn).collect();
    all.into_iter().for_each(|thread| thread.join().unwrap());
    shared
}

/// So many threads with the same code, which gets their number.
fn same<T: Send + Sync + 'static>(
    count: usize,
    shared: T,
    code: impl Fn(&T, usize) + Copy + Send + 'static,
) -> Arc<T> {
    let code_of = |me| -> Code<T> { Box::new(move |shared| code(shared, me)) };
    threads(shared, (0..count).map(code_of).collect())
}

fn atomics<const N: usize>() -> [AtomicUsize; N] {
    [(); N].map(|()| AtomicUsize::new(0))
}

/// `n` threads, each with `k` relaxed additions to one atomic, then one critical section.
pub fn p(n: usize, k: usize) -> Program {
    Box::new(move || {
        same(n, (AtomicUsize::new(0), Mutex::new(0)), move |shared, _| {
            for _ in 0..k {
                shared.0.fetch_add(1, Relaxed);
            }
            *shared.1.lock().unwrap() += 1;
        });
    })
}

/// Four threads that do nothing.
pub fn idle() -> Program {
    Box::new(|| drop(same(4, (), |(), _| {})))
}

/// Two threads write a variable each, two others read both, in opposite orders.
pub fn iriw() -> Program {
    Box::new(|| {
        same(4, atomics::<2>(), |x, me| match me {
            0 | 1 => x[me].store(1, Release),
            _ => {
                x[me % 2].load(Acquire);
                x[1 - me % 2].load(Acquire);
            }
        });
    })
}

/// One thread writes, `n` threads read.
pub fn readers(n: usize) -> Program {
    Box::new(move || {
        same(n + 1, AtomicUsize::new(0), |x, me| match me {
            0 => x.store(42, Release),
            _ => _ = x.load(Acquire),
        });
    })
}

/// One thread looks for the last zero of an array, `n` threads each write one element after reading another.
pub fn lastzero(n: usize) -> Program {
    Box::new(move || {
        let array: Vec<_> = (0..=n).map(|_| AtomicUsize::new(0)).collect();
        same(n + 1, array, move |array, me| match me {
            0 => _ = (0..=n).rev().find(|&at| array[at].load(Acquire) == 0),
            _ => array[me].store(array[me - 1].load(Acquire) + 1, Release),
        });
    })
}

/// Two threads add two variables up in turns, a third looks at both.
pub fn fib_bench(n: usize) -> Program {
    Box::new(move || {
        let shared = [AtomicUsize::new(1), AtomicUsize::new(1)];
        same(3, shared, move |x, me| match me {
            2 => _ = (x[0].load(Acquire), x[1].load(Acquire)),
            _ => (0..n).for_each(|_| {
                let sum = x[0].load(Acquire) + x[1].load(Acquire);
                x[me].store(sum, Release);
            }),
        });
    })
}

/// Two threads read four variables over and over, two others write them.
pub fn big1() -> Program {
    Box::new(|| {
        same(4, atomics::<4>(), |x, me| match me {
            0 => (0..8).for_each(|at| _ = x[at % 4].load(Acquire)),
            1 => (0..6).for_each(|at| _ = x[at % 4].load(Acquire)),
            _ => (1..=3).for_each(|value| {
                x[2 * me - 4].store(value, Release);
                x[2 * me - 3].store(value, Release);
            }),
        });
    })
}

/// `n` threads, each with a compare-and-swap from its number to the next.
pub fn casrot(n: usize) -> Program {
    Box::new(move || {
        same(n, AtomicUsize::new(0), |x, me| {
            _ = x.compare_exchange(me, me + 1, Relaxed, Relaxed);
        });
    })
}

/// `n` threads, each with one addition.
pub fn fetch_add(n: usize) -> Program {
    Box::new(move || {
        same(n, AtomicUsize::new(0), |x, _| _ = x.fetch_add(1, Relaxed));
    })
}

/// `n` threads, each with one critical section.
pub fn mutex(n: usize) -> Program {
    Box::new(move || {
        same(n, Mutex::new(0), |sum, _| *sum.lock().unwrap() += 1);
    })
}

/// `n` threads, each with one critical section under a ticket lock.
pub fn ticketlock(n: usize) -> Program {
    Box::new(move || {
        same(n, atomics::<2>(), |[next, serving], _| {
            let mine = next.fetch_add(1, Relaxed);
            while serving.load(Acquire) != mine {
                spin();
            }
            serving.store(mine + 1, Release);
        });
    })
}

/// `n` threads that each push a node to a Treiber stack and pop one; nodes are numbers, from 1.
pub fn treiber(n: usize) -> Program {
    Box::new(move || {
        let next: Vec<_> = (0..=n).map(|_| AtomicUsize::new(0)).collect();
        same(n, (AtomicUsize::new(0), next), |(top, next), me| {
            let node = me + 1;
            loop {
                let old = top.load(Acquire);
                next[node].store(old, Relaxed);
                if top.compare_exchange(old, node, Release, Relaxed).is_ok() {
                    break;
                }
            }
            loop {
                let old = top.load(Acquire);
                if old == 0 {
                    break;
                }
                let below = next[old].load(Relaxed);
                if top.compare_exchange(old, below, Acquire, Relaxed).is_ok() {
                    break;
                }
            }
        });
    })
}

/// Two threads that each put a node into a Michael–Scott queue, and `takers` that each take one; nodes are numbers, 0 is the first.
pub fn ms_queue(takers: usize) -> Program {
    Box::new(move || {
        const NIL: usize = usize::MAX;
        let next = [(); 3].map(|()| AtomicUsize::new(NIL));
        let [head, tail] = atomics::<2>();
        same(2 + takers, (head, tail, next), |(head, tail, next), me| {
            if me < 2 {
                let node = me + 1;
                loop {
                    let last = tail.load(Acquire);
                    let after = next[last].load(Acquire);
                    if after != NIL {
                        _ = tail.compare_exchange(last, after, Release, Relaxed);
                    } else if next[last].compare_exchange(NIL, node, Release, Relaxed).is_ok() {
                        _ = tail.compare_exchange(last, node, Release, Relaxed);
                        break;
                    }
                }
            } else {
                loop {
                    let first = head.load(Acquire);
                    let last = tail.load(Acquire);
                    let after = next[first].load(Acquire);
                    if after == NIL {
                        break;
                    }
                    if first == last {
                        _ = tail.compare_exchange(last, after, Release, Relaxed);
                    } else if head.compare_exchange(first, after, AcqRel, Relaxed).is_ok() {
                        break;
                    }
                }
            }
        });
    })
}

/// `n` threads with `k` additions each.
pub fn long(n: usize, k: usize) -> Program {
    Box::new(move || {
        same(n, AtomicUsize::new(0), move |x, _| {
            for _ in 0..k {
                x.fetch_add(1, SeqCst);
            }
        });
    })
}

/// `n` threads, each with `k` critical sections of one of four locks and an addition after each, then a message to main: what tests of
/// concurrent code are made of.
pub fn crowd(n: usize, k: usize) -> Program {
    Box::new(move || {
        let (sender, receiver) = mpsc::channel();
        let shared = Arc::new(([(); 4].map(|()| Mutex::new(0)), AtomicUsize::new(0)));
        let spawn = |me: usize| {
            let (shared, sender) = (Arc::clone(&shared), sender.clone());
            thread::spawn(move || {
                for step in 0..k {
                    *shared.0[(me + step) % 4].lock().unwrap() += 1;
                    shared.1.fetch_add(1, SeqCst);
                }
                sender.send(me).unwrap();
            })
        };
        let all: Vec<_> = (0..n).map(spawn).collect();
        let sum: usize = all.iter().map(|_| receiver.recv().unwrap()).sum();
        assert_eq!(sum, n * (n - 1) / 2);
        all.into_iter().for_each(|thread| thread.join().unwrap());
    })
}
