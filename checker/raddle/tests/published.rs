//! Structures of which a test suite publishes the number of executions: here there are as many.
//!
//! The counts are those that GenMC expects in its tests (`tests/correct/data-structures` of version 0.11), the same under SC and RC11:
//! `treiber-stack` 18, `ms-queue` 114 or 50, `ttaslock` 4, `ticketlock` 2, `mcs_spinlock` 6, `seqlock` 2. The locks and the
//! sequence lock are in `structures.rs`. What decides a count is which atomic accesses there are, so that is as there.

use raddle::{Builder, Coverage};
use raddle_shims::kernel::Op;
use raddle_shims::model::inside;
use raddle_shims::sync::atomic::{
    AtomicU64, Ordering,
    Ordering::{Acquire, Relaxed, Release},
};
use raddle_shims::thread;
use std::panic::Location;

const MODELS: [&str; 2] = ["sc", "rc20"];

/// A pointer and a count that makes it different from earlier ones, in one word.
const fn pointer(node: u64, count: u64) -> u64 {
    count << 32 | node
}

const fn node(pointer: u64) -> usize {
    (pointer & 0xffff_ffff) as usize
}

const fn count(pointer: u64) -> u64 {
    pointer >> 32
}

/// A compare-exchange; whether it succeeded.
fn exchange(
    location: &AtomicU64,
    expected: u64,
    new: u64,
    (success, failure): (Ordering, Ordering),
) -> bool {
    location.compare_exchange(expected, new, success, failure).is_ok()
}

#[track_caller]
fn expect(program: fn(), executions: u64) {
    for model in MODELS {
        let outcome = Builder::new().model(model).explore(program);
        assert!(outcome.is_verified(), "{model}: {outcome:?}");
        let Coverage { executions: explored, redundant, cut, .. } = *outcome.coverage();
        assert_eq!((explored, redundant, cut), (executions, 0, 0), "{model}");
    }
}

/// R. Kent Treiber, "Systems Programming: Coping with Parallelism", 1986.
struct Stack {
    top: AtomicU64,
    next: [AtomicU64; 3],
}

impl Stack {
    fn push(&self, new: u64) {
        loop {
            let old = self.top.load(Acquire);
            self.next[new as usize].store(old, Relaxed);
            if exchange(&self.top, old, pointer(new, count(old) + 1), (Release, Relaxed)) {
                return;
            }
        }
    }

    fn pop(&self) -> usize {
        loop {
            let old = self.top.load(Acquire);
            if node(old) == 0 {
                return 0;
            }
            let next = self.next[node(old)].load(Relaxed);
            let new = pointer(node(next) as u64, count(old) + 1);
            if exchange(&self.top, old, new, (Release, Relaxed)) {
                return node(old);
            }
        }
    }
}

/// Two threads that write and push, one that pops; what it pops of the second it reads.
#[test]
fn a_stack_with_two_writers_and_a_reader() {
    fn program() {
        let stack = Stack { top: AtomicU64::new(0), next: Default::default() };
        let written = [AtomicU64::new(0), AtomicU64::new(0)];
        thread::scope(|s| {
            for me in 0..2 {
                let (stack, written) = (&stack, &written);
                s.spawn(move || {
                    written[me].store(42 + me as u64, Relaxed);
                    stack.push(me as u64 + 1);
                });
            }
            s.spawn(|| {
                if stack.pop() == 2 {
                    written[1].load(Relaxed);
                }
            });
        });
    }
    expect(program, 18);
}

/// Maged M. Michael and Michael L. Scott, "Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue
/// Algorithms", PODC 1996; node 1 is the dummy.
struct Queue {
    head: AtomicU64,
    tail: AtomicU64,
    next: [AtomicU64; 4],
}

impl Queue {
    fn enqueue(&self, new: u64, turns: u32) {
        let fresh = self.next[new as usize].load(Relaxed);
        self.next[new as usize].store(pointer(0, count(fresh)), Relaxed);
        let mut turn = 0;
        let tail = loop {
            if turns > 0 {
                assume(turn < turns);
                turn += 1;
            }
            let tail = self.tail.load(Acquire);
            let next = self.next[node(tail)].load(Acquire);
            if tail != self.tail.load(Relaxed) {
                continue;
            }
            let link = pointer(new, count(next) + 1);
            if node(next) == 0 && exchange(&self.next[node(tail)], next, link, (Release, Relaxed)) {
                break tail;
            }
            let next = node(self.next[node(tail)].load(Acquire)) as u64;
            exchange(&self.tail, tail, pointer(next, count(tail) + 1), (Release, Relaxed));
        };
        exchange(&self.tail, tail, pointer(new, count(tail) + 1), (Release, Relaxed));
    }

    fn dequeue(&self, turns: u32) -> usize {
        let mut turn = 0;
        loop {
            if turns > 0 {
                assume(turn < turns);
                turn += 1;
            }
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Acquire);
            let next = self.next[node(head)].load(Acquire);
            if head != self.head.load(Relaxed) {
                continue;
            }
            let passed = node(next) as u64;
            if node(head) != node(tail) {
                let new = pointer(passed, count(head) + 1);
                // The published count leaves out executions in which this fails.
                assume(exchange(&self.head, head, new, (Release, Relaxed)));
                return node(next);
            }
            if passed == 0 {
                return 0;
            }
            exchange(&self.tail, tail, pointer(passed, count(tail) + 1), (Release, Relaxed));
        }
    }
}

/// Sets the execution aside unless it is true.
#[track_caller]
fn assume(condition: bool) {
    let model = inside().expect("structures are used in a model");
    model.tell(&Op::Assume(condition), Location::caller());
}

/// Two threads that enqueue and dequeue, with loops of so many turns at most; 0 for any number.
#[test]
fn a_queue_with_two_threads() {
    fn program<const TURNS: u32>() {
        let queue =
            Queue { head: AtomicU64::new(1), tail: AtomicU64::new(1), next: Default::default() };
        thread::scope(|s| {
            for me in 0..2 {
                let queue = &queue;
                s.spawn(move || {
                    queue.enqueue(2 + me, TURNS);
                    assert_ne!(queue.dequeue(TURNS), 0, "it has enqueued one itself");
                });
            }
        });
    }
    // Turns that are counted are events: what GenMC's tests expect where it reduces nothing.
    expect(program::<3>, 114);
    // Turns that only read are left out here; by reductions of its own GenMC comes to 50.
    expect(program::<0>, 58);
}
