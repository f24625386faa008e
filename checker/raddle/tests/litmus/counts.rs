//! How many executions simple programs have, in closed form.

use crate::{count, crowd, factorial};
use raddle_shims::sync::Mutex;
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;

/// `n` times `fetch_add`, and `n` times `x = i`: `n!`.
#[test]
fn updates_and_stores_of_one_location() {
    for n in 1..=5 {
        let add = move || {
            let x = AtomicU32::new(0);
            crowd(n, |_| x.fetch_add(1, Relaxed))
        };
        count(add, factorial(n), factorial(n));
        let store = move || {
            let x = AtomicU32::new(0);
            crowd(n, |i| x.store(i, Relaxed));
            x.load(Relaxed)
        };
        count(store, factorial(n), factorial(n));
    }
}

/// `n` times `r = x; x = r + 1`: `(n!)²`.
#[test]
fn lost_updates() {
    for n in 1..=4 {
        let program = move || {
            let x = AtomicU32::new(0);
            crowd(n, |_| x.store(x.load(Relaxed) + 1, Relaxed));
            x.load(Relaxed)
        };
        count(program, factorial(n).pow(2), factorial(n).pow(2));
    }
}

/// One writer and `k` readers: `2^k`.
#[test]
fn one_writer_and_readers() {
    for k in 0..=8 {
        let program = move || {
            let x = AtomicU32::new(0);
            crowd(k + 1, |i| match i {
                0 => {
                    x.store(1, Relaxed);
                    0
                }
                _ => x.load(Relaxed),
            })
        };
        count(program, 1 << k, 1 << k);
    }
}

/// Threads that touch only their own locations: one execution.
#[test]
fn independent_threads() {
    for n in 1..=8 {
        let program = move || {
            let own: Vec<_> = (0..n).map(|_| [AtomicU32::new(0), AtomicU32::new(0)]).collect();
            crowd(n, |i| {
                let [x, y] = &own[i as usize];
                x.store(1, SeqCst);
                y.fetch_add(x.load(SeqCst), SeqCst);
                y.compare_exchange(1, 2, AcqRel, Acquire).unwrap();
                y.load(SeqCst)
            })
        };
        count(program, 1, 1);
    }
}

/// P(n, k): `n` threads, each `k` times `fetch_add`, then one critical section.
#[test]
fn updates_and_then_a_lock() {
    let rows = [(2, 1, 4), (2, 2, 12), (2, 3, 40), (3, 1, 36), (3, 2, 540)];
    for (n, k, executions) in rows {
        let program = move || {
            let x = AtomicU32::new(0);
            let lock = Mutex::new(0);
            crowd(n, |_| {
                (0..k).for_each(|_| _ = x.fetch_add(1, Relaxed));
                *lock.lock().unwrap() += 1;
            });
        };
        count(program, executions, executions);
    }
}
