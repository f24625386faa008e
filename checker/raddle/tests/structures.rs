//! Locks and queues made of atomics: verified, with as many executions as there are orders.

use raddle::{Builder, Coverage, Kind};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{
    AtomicBool, AtomicUsize, Ordering,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    fence,
};
use raddle_shims::{hint, thread};

/// What a verified program took.
#[track_caller]
fn verified(model: &str, program: impl Fn() + Send + Sync + 'static) -> Coverage {
    let outcome = Builder::new().model(model).explore(program);
    assert!(outcome.is_verified(), "{model}: {outcome:?}");
    *outcome.coverage()
}

/// A lock with a counter behind it, whose increments race unless the lock excludes.
trait Lock: Default + Sync + Send + 'static {
    fn with(&self, me: usize, section: impl FnOnce());
}

struct Counter(UnsafeCell<usize>);

// SAFETY: every access is tracked, and a race is reported before it does harm.
unsafe impl Sync for Counter {}

impl Counter {
    fn add(&self) {
        // SAFETY: as above.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }
}

fn sections<L: Lock>(threads: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (lock, counter) = (L::default(), Counter(UnsafeCell::new(0)));
        thread::scope(|s| {
            for me in 0..threads {
                let (lock, counter) = (&lock, &counter);
                s.spawn(move || lock.with(me, || counter.add()));
            }
        });
        assert_eq!(counter.0.into_inner(), threads);
    }
}

#[derive(Default)]
struct Ticket {
    next: AtomicUsize,
    serving: AtomicUsize,
}

impl Lock for Ticket {
    fn with(&self, _: usize, section: impl FnOnce()) {
        let mine = self.next.fetch_add(1, Relaxed);
        while self.serving.load(Acquire) != mine {
            hint::spin_loop();
        }
        section();
        self.serving.store(mine + 1, Release);
    }
}

/// Test and test-and-set.
#[derive(Default)]
struct Ttas(AtomicBool);

impl Lock for Ttas {
    fn with(&self, _: usize, section: impl FnOnce()) {
        loop {
            while self.0.load(Relaxed) {
                hint::spin_loop();
            }
            if !self.0.swap(true, Acquire) {
                break;
            }
        }
        section();
        self.0.store(false, Release);
    }
}

/// The same with a compare-exchange, and an orderly look.
#[derive(Default)]
struct LookThenExchange(AtomicUsize);

impl Lock for LookThenExchange {
    fn with(&self, _: usize, section: impl FnOnce()) {
        loop {
            while self.0.load(Acquire) != 0 {
                thread::yield_now();
            }
            if self.0.compare_exchange(0, 1, Acquire, Relaxed).is_ok() {
                break;
            }
        }
        section();
        self.0.store(0, Release);
    }
}

/// The same in one condition.
#[derive(Default)]
struct LookOrSwap(AtomicBool);

impl Lock for LookOrSwap {
    fn with(&self, _: usize, section: impl FnOnce()) {
        while self.0.load(SeqCst) || self.0.swap(true, SeqCst) {
            hint::spin_loop();
        }
        section();
        self.0.store(false, SeqCst);
    }
}

/// It tries first, and looks until it is worth trying again.
#[derive(Default)]
struct ExchangeThenLook(AtomicBool);

impl Lock for ExchangeThenLook {
    fn with(&self, _: usize, section: impl FnOnce()) {
        while self.0.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            while self.0.load(Relaxed) {
                hint::spin_loop();
            }
        }
        section();
        self.0.store(false, Release);
    }
}

/// Mellor-Crummey and Scott's queue lock; node `i` belongs to thread `i`, and 0 is nobody.
struct Mcs {
    tail: AtomicUsize,
    next: [AtomicUsize; 5],
    waits: [AtomicBool; 5],
}

impl Default for Mcs {
    fn default() -> Mcs {
        Mcs { tail: AtomicUsize::new(0), next: Default::default(), waits: Default::default() }
    }
}

impl Lock for Mcs {
    fn with(&self, me: usize, section: impl FnOnce()) {
        self.waits[me].store(true, Relaxed);
        let before = self.tail.swap(me + 1, AcqRel);
        if before != 0 {
            self.next[before - 1].store(me + 1, Release);
            while self.waits[me].load(Acquire) {
                hint::spin_loop();
            }
        }
        section();
        if self.next[me].load(Acquire) == 0 {
            if self.tail.compare_exchange(me + 1, 0, Release, Relaxed).is_ok() {
                return;
            }
            while self.next[me].load(Acquire) == 0 {
                hint::spin_loop();
            }
        }
        self.waits[self.next[me].load(Relaxed) - 1].store(false, Release);
    }
}

/// A compare-exchange in a loop.
#[derive(Default)]
struct Exchange(AtomicBool);

impl Lock for Exchange {
    fn with(&self, _: usize, section: impl FnOnce()) {
        while self.0.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            hint::spin_loop();
        }
        section();
        self.0.store(false, Release);
    }
}

/// A swap in a loop.
#[derive(Default)]
struct Swap(AtomicBool);

impl Lock for Swap {
    fn with(&self, _: usize, section: impl FnOnce()) {
        while self.0.swap(true, Acquire) {}
        section();
        self.0.store(false, Release);
    }
}

const MODELS: [&str; 2] = ["sc", "rc20"];

/// Checks the number of executions for 2, 3, … threads under both models, and that none was repeated or cut, and
/// at most so many given up for one that is explored.
#[track_caller]
fn count<L: Lock>(executions: &[u64], given_up: u64) {
    for model in MODELS {
        for (threads, executions) in (2..).zip(executions) {
            let coverage = verified(model, sections::<L>(threads));
            assert_eq!(coverage.executions, *executions, "{model}, {threads} threads");
            assert_eq!((coverage.redundant, coverage.cut), (0, 0), "{model}, {threads} threads");
            let lost = coverage.set_aside + coverage.moot;
            assert!(lost <= given_up * executions, "{model}, {threads} threads: {lost} given up");
            let name = std::any::type_name::<L>();
            let name = name.rsplit("::").next().unwrap_or(name);
            let explored = coverage.executions;
            println!("| {name}({threads}) | {model} | {executions} | {explored} | {lost} |");
        }
    }
}

#[test]
fn a_ticket_lock() {
    count::<Ticket>(&[2, 6, 24, 120, 720], 0);
}

#[test]
fn a_lock_made_of_exchanges() {
    count::<Exchange>(&[2, 6, 24, 120, 720], 0);
}

#[test]
fn a_lock_made_of_swaps() {
    count::<Swap>(&[2, 6, 24, 120, 720], 0);
}

/// What it sees before the swap confirms is nothing that anybody could tell from what the swap reads.
#[test]
fn a_lock_that_looks_before_it_swaps() {
    count::<Ttas>(&[2, 6, 24, 120, 720], 0);
    count::<LookOrSwap>(&[2, 6, 24, 120], 0);
}

#[test]
fn a_lock_that_looks_before_it_exchanges() {
    count::<LookThenExchange>(&[2, 6, 24, 120, 720], 0);
}

#[test]
fn a_lock_that_exchanges_and_then_looks() {
    count::<ExchangeThenLook>(&[2, 6, 24, 120], 0);
}

/// The ways in which so many threads in a row can leave a queue lock when each has somebody behind it: it sees that one at once; or it
/// fails to reset the tail first, and finds there one of those that have come, none that came before one that was found there.
fn leaving(threads: usize) -> u64 {
    // By the latest that was found, how often.
    let mut found = vec![0; threads + 2];
    found[0] = 1;
    for leaves in 1..=threads {
        for latest in (leaves + 1..=threads + 1).rev() {
            found[latest] += found[..=latest].iter().sum::<u64>();
        }
    }
    found.iter().sum()
}

/// The executions of a queue lock: n! orders, times what there is between a thread and the next, which comes after the tail was reset, or
/// before. These are the little Schröder numbers.
fn handovers(threads: usize) -> u64 {
    let mut ways: Vec<u64> = Vec::new();
    for pairs in 0..threads {
        let split = |first: usize| leaving(first) * ways[pairs - 1 - first];
        ways.push(leaving(pairs) + (0..pairs).map(split).sum::<u64>());
    }
    (1..=threads as u64).product::<u64>() * ways[threads - 1]
}

#[test]
fn a_queue_of_waiting_threads() {
    assert_eq!([2, 3, 4, 5, 6].map(handovers), [6, 66, 1_080, 23_640, 650_160]);
    count::<Mcs>(&[2, 3, 4].map(handovers), 0);
    assert_eq!(verified("rc20", sections::<Mcs>(5)).executions, handovers(5));
}

/// A counter that is changed by a load and a compare-exchange, again when somebody else came between.
#[test]
fn a_counter_made_of_exchanges() {
    for model in MODELS {
        for (threads, executions) in [(2, 2), (3, 6), (4, 24)] {
            let coverage = verified(model, move || {
                let counter = AtomicUsize::new(0);
                thread::scope(|s| {
                    for _ in 0..threads {
                        s.spawn(|| {
                            loop {
                                let seen = counter.load(Relaxed);
                                let next = seen + 1;
                                if counter.compare_exchange(seen, next, Relaxed, Relaxed).is_ok() {
                                    break;
                                }
                            }
                        });
                    }
                });
                assert_eq!(counter.load(Relaxed), threads);
            });
            assert_eq!(coverage.executions, executions, "{model}, {threads} threads");
            assert_eq!(coverage.redundant, 0, "{model}, {threads} threads");
        }
    }
}

/// A sequence lock with a writer that writes so often, and readers that try again.
fn sequence_lock(writes: usize, readers: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let sequence = AtomicUsize::new(0);
        let data = [AtomicUsize::new(0), AtomicUsize::new(0)];
        thread::scope(|s| {
            s.spawn(|| {
                for write in 1..=writes {
                    sequence.store(2 * write - 1, Relaxed);
                    fence(Release);
                    data[0].store(write, Relaxed);
                    data[1].store(write, Relaxed);
                    sequence.store(2 * write, Release);
                }
            });
            for _ in 0..readers {
                s.spawn(|| {
                    let (before, seen) = loop {
                        let before = sequence.load(Acquire);
                        if before % 2 == 1 {
                            hint::spin_loop();
                            continue;
                        }
                        let seen = [data[0].load(Relaxed), data[1].load(Relaxed)];
                        fence(Acquire);
                        if sequence.load(Relaxed) == before {
                            break (before, seen);
                        }
                    };
                    assert_eq!([2 * seen[0], 2 * seen[1]], [before; 2]);
                });
            }
        });
    }
}

/// Each reader sees all of one of the writes, or none: (w + 1)ʳ executions. What it reads before it tries again is given
/// up: turns of several loads are no single guard.
#[test]
fn a_sequence_lock() {
    for model in MODELS {
        for (writes, readers) in [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (1, 3)] {
            let c = verified(model, sequence_lock(writes, readers));
            let executions = (writes as u64 + 1).pow(readers as u32);
            let name = format!("{model}, {writes} writes, {readers} readers");
            println!(
                "| Sequence({writes}, {readers}) | {model} | {executions} | {} | {} |",
                c.executions,
                c.set_aside + c.moot
            );
            assert_eq!((c.executions, c.redundant, c.cut), (executions, 0, 0), "{name}");
        }
    }
}

/// Treiber's stack of nodes in an array; node `i` is `i + 1`, and 0 is nobody.
#[derive(Default)]
struct Treiber {
    head: AtomicUsize,
    next: [AtomicUsize; 4],
}

impl Treiber {
    fn push(&self, node: usize) {
        let mut head = self.head.load(Relaxed);
        loop {
            self.next[node].store(head, Relaxed);
            match self.head.compare_exchange(head, node + 1, Release, Relaxed) {
                Ok(_) => return,
                Err(other) => head = other,
            }
        }
    }

    fn pop(&self) -> Option<usize> {
        let mut head = self.head.load(Acquire);
        while head != 0 {
            let next = self.next[head - 1].load(Relaxed);
            match self.head.compare_exchange(head, next, Acquire, Acquire) {
                Ok(_) => return Some(head - 1),
                Err(other) => head = other,
            }
        }
        None
    }
}

/// Whatever is pushed is popped once, the latest first.
#[test]
fn a_stack() {
    for model in MODELS {
        for threads in 1..=3 {
            verified(model, move || {
                let stack = Treiber::default();
                thread::scope(|s| {
                    for node in 0..threads {
                        let stack = &stack;
                        s.spawn(move || stack.push(node));
                    }
                });
                let mut seen: Vec<usize> = std::iter::from_fn(|| stack.pop()).collect();
                seen.sort_unstable();
                assert_eq!(seen, (0..threads).collect::<Vec<_>>());
            });
        }
        verified(model, || {
            let stack = Treiber::default();
            stack.push(0);
            let popped = thread::scope(|s| {
                let pops = [s.spawn(|| stack.pop()), s.spawn(|| stack.pop())];
                pops.map(|pop| pop.join().unwrap())
            });
            assert_eq!(popped.iter().flatten().count(), 1);
        });
    }
}

/// Michael and Scott's queue of nodes in an array; node 0 is the first dummy, and 0 is nobody's successor.
#[derive(Default)]
struct Queue {
    head: AtomicUsize,
    tail: AtomicUsize,
    next: [AtomicUsize; 3],
}

impl Queue {
    fn push(&self, node: usize) {
        loop {
            let tail = self.tail.load(Acquire);
            let next = self.next[tail].load(Acquire);
            if next != 0 {
                // Somebody has not got to moving the tail.
                let _ = self.tail.compare_exchange(tail, next, Release, Relaxed);
            } else if self.next[tail].compare_exchange(0, node, Release, Relaxed).is_ok() {
                let _ = self.tail.compare_exchange(tail, node, Release, Relaxed);
                return;
            }
        }
    }

    fn pop(&self) -> Option<usize> {
        loop {
            let head = self.head.load(Acquire);
            let next = self.next[head].load(Acquire);
            if next == 0 {
                return None;
            }
            if self.head.compare_exchange(head, next, Release, Relaxed).is_ok() {
                return Some(next);
            }
        }
    }
}

/// Two push and one pops: what is popped came first, and nothing is lost.
#[test]
fn a_queue() {
    for model in MODELS {
        verified(model, || {
            let queue = Queue::default();
            let first = thread::scope(|s| {
                let pop = s.spawn(|| queue.pop());
                s.spawn(|| queue.push(1));
                s.spawn(|| queue.push(2));
                pop.join().unwrap()
            });
            let mut seen: Vec<usize> = first.into_iter().collect();
            seen.extend(std::iter::from_fn(|| queue.pop()));
            assert!(seen == [1, 2] || seen == [2, 1], "{seen:?}");
        });
    }
}

/// Peterson's lock; its loop reads two locations.
fn peterson(order: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (wants, turn) = ([const { AtomicBool::new(false) }; 2], AtomicUsize::new(0));
        let counter = Counter(UnsafeCell::new(0));
        thread::scope(|s| {
            for me in 0..2 {
                let (wants, turn, counter) = (&wants, &turn, &counter);
                s.spawn(move || {
                    let (store, load) = orders(order);
                    wants[me].store(true, store);
                    turn.store(1 - me, store);
                    while wants[1 - me].load(load) && turn.load(load) == 1 - me {
                        hint::spin_loop();
                    }
                    counter.add();
                    wants[me].store(false, store);
                });
            }
        });
        assert_eq!(counter.0.into_inner(), 2);
    }
}

/// Dekker's lock; a thread that has to give way waits for its turn.
fn dekker(order: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (wants, turn) = ([const { AtomicBool::new(false) }; 2], AtomicUsize::new(0));
        let counter = Counter(UnsafeCell::new(0));
        thread::scope(|s| {
            for me in 0..2 {
                let (wants, turn, counter) = (&wants, &turn, &counter);
                s.spawn(move || {
                    let (store, load) = orders(order);
                    wants[me].store(true, store);
                    while wants[1 - me].load(load) {
                        if turn.load(load) != me {
                            wants[me].store(false, store);
                            while turn.load(load) != me {
                                hint::spin_loop();
                            }
                            wants[me].store(true, store);
                        }
                    }
                    counter.add();
                    turn.store(1 - me, store);
                    wants[me].store(false, store);
                });
            }
        });
        assert_eq!(counter.0.into_inner(), 2);
    }
}

fn orders(order: Ordering) -> (Ordering, Ordering) {
    match order {
        AcqRel => (Release, Acquire),
        other => (other, other),
    }
}

/// Both locks exclude with SeqCst accesses, and race with weaker ones.
#[test]
fn locks_of_loads_and_stores() {
    for model in MODELS {
        // As many as with an assumption in the place of the loop, see `L13-Peterson-plain` in `tests/data/rows.json`.
        let coverage = verified(model, peterson(SeqCst));
        assert_eq!((coverage.executions, coverage.redundant), (4, 0), "{model}");
        verified(model, dekker(SeqCst));
    }
    for order in [AcqRel, Relaxed] {
        let outcomes = [
            Builder::new().model("rc20").explore(peterson(order)),
            Builder::new().model("rc20").explore(dekker(order)),
        ];
        for outcome in outcomes {
            let kind = outcome.violation().map(|violation| violation.kind);
            assert_eq!(kind, Some(Kind::DataRace), "{order:?}: {outcome:?}");
        }
    }
}
