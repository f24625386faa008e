//! What the reads and updates of one location may tell.

use crate::{Memory, count, crowd, exact, two};
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use std::collections::BTreeSet;

/// L14: `x = 1; y = 1 || if y == 1 { CAS(x, 5 → 6) }`: the failing exchange may find 0.
#[test]
fn a_failed_exchange_may_read_an_old_value() {
    let program = || {
        let first = |m: &Memory| {
            m.x.store(1, Relaxed);
            m.y.store(1, Relaxed);
        };
        let second = |m: &Memory| match m.y.load(Relaxed) {
            1 => Some(m.x.compare_exchange(5, 6, Relaxed, Relaxed)),
            _ => None,
        };
        two(first, second).1
    };
    let weak = [None, Some(Err(0)), Some(Err(1))];
    exact(program, (2, &[None, Some(Err(1))]), (3, &weak));
}

/// L15: `x = 1; y = 1 || r = y; s = fetch_add(x, 10)`: r = 1 and s = 0, with x = 1 at the end, is allowed,
/// as the update may be placed before a store that was executed before it.
#[test]
fn an_update_may_be_placed_before_an_earlier_store() {
    let program = || {
        let first = |m: &Memory| {
            m.x.store(1, Relaxed);
            m.y.store(1, Relaxed);
        };
        let second = |m: &Memory| (m.y.load(Relaxed), m.x.fetch_add(10, Relaxed));
        let (_, (r, s), m) = two(first, second);
        (r, s, m.x.load(Relaxed))
    };
    let strong = [(0, 0, 1), (0, 1, 11), (1, 1, 11)];
    exact(program, (3, &strong), (4, &[(0, 0, 1), (0, 1, 11), (1, 0, 1), (1, 1, 11)]));
}

/// L17: `x = 1..9 in turn; y = 1 || if y == 1 { read x }`: any of 0..9, so no store is forgotten.
#[test]
fn every_old_store_may_be_read() {
    let program = || {
        let first = |m: &Memory| {
            (1..=9).for_each(|i| m.x.store(i, Relaxed));
            m.y.store(1, Relaxed);
        };
        two(first, |m| (m.y.load(Relaxed) == 1).then(|| m.x.load(Relaxed))).1
    };
    let weak: Vec<_> = (0..=9).map(Some).chain([None]).collect();
    exact(program, (2, &[None, Some(9)]), (11, &weak));
}

/// What `n` threads may read that each store their number and then read `reads` times: every interleaving,
/// in which each read finds the latest store. One location has no weak behaviours beyond these.
fn interleaved(n: usize, reads: usize) -> BTreeSet<(Vec<Vec<u32>>, u32)> {
    fn go(
        done: &mut Vec<Vec<u32>>,
        x: u32,
        reads: usize,
        all: &mut BTreeSet<(Vec<Vec<u32>>, u32)>,
    ) {
        let mut ended = true;
        for thread in 0..done.len() {
            // The first entry stands for the store, the others are what was read.
            if done[thread].len() == reads + 1 {
                continue;
            }
            ended = false;
            let next = if done[thread].is_empty() { thread as u32 + 1 } else { x };
            done[thread].push(next);
            go(done, next, reads, all);
            done[thread].pop();
        }
        if ended {
            all.insert((done.iter().map(|it| it[1..].to_vec()).collect(), x));
        }
    }
    let mut all = BTreeSet::new();
    go(&mut vec![Vec::new(); n], 0, reads, &mut all);
    all
}

fn written_and_read(reads: usize) -> (Vec<Vec<u32>>, u32) {
    let x = AtomicU32::new(0);
    let seen = crowd(3, |i| {
        x.store(i + 1, Relaxed);
        (0..reads).map(|_| x.load(Relaxed)).collect()
    });
    (seen, x.load(Relaxed))
}

/// L18: three writers that read once each. The triples (2, 3, 1) and (3, 1, 2) are forbidden.
#[test]
fn three_writers_that_read_once() {
    let expected = interleaved(3, 1);
    for forbidden in [[2, 3, 1], [3, 1, 2]] {
        let reads: Vec<_> = forbidden.iter().map(|&read| vec![read]).collect();
        assert!(expected.iter().all(|(seen, _)| *seen != reads));
    }
    let expected: Vec<_> = expected.into_iter().collect();
    exact(|| written_and_read(1), (36, &expected), (36, &expected));
}

/// L19: the same with two reads each.
#[test]
fn three_writers_that_read_twice() {
    let expected: Vec<_> = interleaved(3, 2).into_iter().collect();
    exact(|| written_and_read(2), (108, &expected), (108, &expected));
}

/// CoRR: `x = 1 || r = x; s = x`: never 1 and then 0.
#[test]
fn two_reads_agree_with_the_order_of_the_stores() {
    let program = || two(|m| m.x.store(1, Relaxed), |m| (m.x.load(Relaxed), m.x.load(Relaxed))).1;
    let all = [(0, 0), (0, 1), (1, 1)];
    exact(program, (3, &all), (3, &all));
}

/// L22: a weak exchange on a fresh variable may fail although it finds what it expects.
#[test]
fn a_weak_exchange_may_fail_for_no_reason() {
    let program = || AtomicU32::new(0).compare_exchange_weak(0, 1, Relaxed, Relaxed);
    exact(program, (2, &[Ok(0), Err(0)]), (2, &[Ok(0), Err(0)]));
    let strong = || AtomicU32::new(0).compare_exchange(0, 1, Relaxed, Relaxed);
    exact(strong, (1, &[Ok(0)]), (1, &[Ok(0)]));
}

/// Lost updates: 4 executions of two threads `r = x; x = r + 1`.
#[test]
fn lost_updates() {
    let program = || {
        let x = AtomicU32::new(0);
        crowd(2, |_| x.store(x.load(Relaxed) + 1, Relaxed));
        x.load(Relaxed)
    };
    exact(program, (4, &[1, 2]), (4, &[1, 2]));
    let whole = || {
        let x = AtomicU32::new(0);
        crowd(3, |_| x.fetch_add(1, Relaxed));
        x.load(Relaxed)
    };
    exact(whole, (6, &[3]), (6, &[3]));
    count(whole, 6, 6);
}
