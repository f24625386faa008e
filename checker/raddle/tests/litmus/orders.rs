//! What acquire, release and sequential consistency forbid and allow.

use crate::{Memory, crowd, exact, explore, two};
use raddle::Kind;
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::Ordering::{self, *};
use raddle_shims::sync::atomic::{AtomicU32, fence};
use raddle_shims::thread;
use std::collections::BTreeSet;

/// L1: `r = x; x = 1 || s = x`: the store may be seen under any ordering.
#[test]
fn a_store_after_a_load_is_seen() {
    for (load, store) in [(Relaxed, Relaxed), (Acquire, Release), (SeqCst, SeqCst)] {
        let program = move || {
            let first = move |m: &Memory| {
                let r = m.x.load(load);
                m.x.store(1, store);
                r
            };
            let (r, s, _) = two(first, move |m| m.x.load(load));
            (r, s)
        };
        let all = [(0, 0), (0, 1)];
        exact(program, (2, &all), (2, &all));
    }
}

/// L2: `if x.a == 0 { x = 1.r } || s = x.a`: s = 1 is reachable.
#[test]
fn a_conditional_store_is_seen() {
    let program = || {
        let first = |m: &Memory| {
            if m.x.load(Acquire) == 0 {
                m.x.store(1, Release);
            }
        };
        two(first, |m| m.x.load(Acquire)).1
    };
    exact(program, (2, &[0, 1]), (2, &[0, 1]));
}

/// L3: `if f.a == 0 { d = 7; f = 1.r } || (f.a, d)` with d atomic: (1, 7) is reachable and (1, 0) is not.
#[test]
fn a_conditional_publication_is_seen() {
    let program = || {
        let first = |m: &Memory| {
            if m.x.load(Acquire) == 0 {
                m.y.store(7, Relaxed);
                m.x.store(1, Release);
            }
        };
        two(first, |m| (m.x.load(Acquire), m.y.load(Relaxed))).1
    };
    let all = [(0, 0), (0, 7), (1, 7)];
    exact(program, (3, &all), (3, &all));
}

/// The outcomes of store buffering without the weak one.
const NOT_BOTH: [(u32, u32); 3] = [(0, 1), (1, 0), (1, 1)];

/// L11: `x = 1.sc; r = y.sc || y = 1.sc; s = x.sc`: (0, 0) is forbidden.
#[test]
fn store_buffering_with_seq_cst() {
    exact(|| buffered(SeqCst, SeqCst, false), (3, &NOT_BOTH), (3, &NOT_BOTH));
    exact(|| buffered(Relaxed, Relaxed, true), (3, &NOT_BOTH), (3, &NOT_BOTH));
}

/// The same without: `rc20` allows (0, 0).
#[test]
fn store_buffering_without_seq_cst() {
    let all = [(0, 0), (0, 1), (1, 0), (1, 1)];
    exact(|| buffered(Relaxed, Relaxed, false), (3, &NOT_BOTH), (4, &all));
    exact(|| buffered(Release, Acquire, false), (3, &NOT_BOTH), (4, &all));
}

fn buffered(store: Ordering, load: Ordering, fenced: bool) -> (u32, u32) {
    let between = move || {
        if fenced {
            fence(SeqCst);
        }
    };
    let first = move |m: &Memory| {
        m.x.store(1, store);
        between();
        m.y.load(load)
    };
    let second = move |m: &Memory| {
        m.y.store(1, store);
        between();
        m.x.load(load)
    };
    let (r, s, _) = two(first, second);
    (r, s)
}

/// L12: `x = 1.sc; r = y.sc || y = 1; F.sc; s = x`: (0, 0) is forbidden.
#[test]
fn store_buffering_with_accesses_and_a_fence() {
    let program = || {
        let first = |m: &Memory| {
            m.x.store(1, SeqCst);
            m.y.load(SeqCst)
        };
        let second = |m: &Memory| {
            m.y.store(1, Relaxed);
            fence(SeqCst);
            m.x.load(Relaxed)
        };
        let (r, s, _) = two(first, second);
        (r, s)
    };
    exact(program, (3, &NOT_BOTH), (3, &NOT_BOTH));
}

/// L13, and the counts of IRIW: `x = 1 || y = 1 || a = x; b = y || c = y; d = x`.
#[test]
fn independent_reads_of_independent_writes() {
    let all: BTreeSet<_> = (0..16_u32).map(|i| [i >> 3, i >> 2 & 1, i >> 1 & 1, i & 1]).collect();
    let agreed: Vec<_> = all.iter().copied().filter(|&it| it != [1, 0, 1, 0]).collect();
    let all: Vec<_> = all.into_iter().collect();
    for (store, load) in [(Relaxed, Relaxed), (Release, Acquire), (SeqCst, SeqCst)] {
        let program = move || {
            let m = Memory::default();
            let seen = crowd(4, |i| {
                match i {
                    0 => m.x.store(1, store),
                    1 => m.y.store(1, store),
                    2 => return [m.x.load(load), m.y.load(load)],
                    _ => return [m.y.load(load), m.x.load(load)],
                }
                [0, 0]
            });
            [seen[2][0], seen[2][1], seen[3][0], seen[3][1]]
        };
        match store {
            SeqCst => exact(program, (15, &agreed), (15, &agreed)),
            _ => exact(program, (15, &agreed), (16, &all)),
        }
    }
}

/// L13, and the counts of 2+2W: `x = 1; y = 2 || y = 1; x = 2`: the final (1, 1) is weak.
#[test]
fn two_plus_two_writes() {
    for store in [Relaxed, Release, SeqCst] {
        let program = move || {
            let first = move |m: &Memory| {
                m.x.store(1, store);
                m.y.store(2, store);
            };
            let second = move |m: &Memory| {
                m.y.store(1, store);
                m.x.store(2, store);
            };
            let (_, _, m) = two(first, second);
            (m.x.load(Relaxed), m.y.load(Relaxed))
        };
        let strong = [(1, 2), (2, 1), (2, 2)];
        let all = [(1, 1), (1, 2), (2, 1), (2, 2)];
        match store {
            SeqCst => exact(program, (3, &strong), (3, &strong)),
            _ => exact(program, (3, &strong), (4, &all)),
        }
    }
}

/// Peterson's algorithm; the wait is an assumption, as it looks at two locations in turn.
fn peterson(store: Ordering, load: Ordering) {
    let (flags, turn, inside) = (Memory::default(), AtomicU32::new(0), AtomicU32::new(0));
    crowd(2, |i| {
        let (mine, other) = if i == 0 { (&flags.x, &flags.y) } else { (&flags.y, &flags.x) };
        mine.store(1, store);
        turn.store(1 - i, store);
        raddle::assume(other.load(load) == 0 || turn.load(load) == i);
        assert_eq!(inside.fetch_add(1, Relaxed), 0, "both are inside");
        inside.fetch_sub(1, Relaxed);
        mine.store(0, store);
    });
}

/// L13: with SeqCst never are both inside; 4 executions, as for the scripted program. With release and
/// acquire both can be under `rc20`.
#[test]
fn peterson_needs_seq_cst() {
    for model in crate::MODELS {
        let outcome = raddle::Builder::new().model(model).explore(|| peterson(SeqCst, SeqCst));
        assert!(outcome.is_verified(), "{model}: {outcome:?}");
        assert_eq!(outcome.coverage().executions, 4, "{model}");
    }
    let weak = || peterson(Release, Acquire);
    let outcome = raddle::Builder::new().model("sc").explore(weak);
    assert!(outcome.is_verified(), "{outcome:?}");
    let outcome = raddle::Builder::new().model("rc20").explore(weak);
    let violation = outcome.violation().expect("both are inside");
    assert_eq!(violation.kind, Kind::Panic);
    assert!(violation.report.contains("both are inside"), "{}", violation.report);
}

/// The counts of message passing: `x = 1; y = 1 || r = y; s = x`.
#[test]
fn message_passing() {
    let program = |store, load| {
        move || {
            let first = move |m: &Memory| {
                m.x.store(1, Relaxed);
                m.y.store(1, store);
            };
            two(first, move |m| (m.y.load(load), m.x.load(Relaxed))).1
        }
    };
    let strong = [(0, 0), (0, 1), (1, 1)];
    exact(program(Relaxed, Relaxed), (3, &strong), (4, &[(0, 0), (0, 1), (1, 0), (1, 1)]));
    exact(program(Release, Acquire), (3, &strong), (3, &strong));
}

/// The counts of load buffering: `r = x; y = 1 || s = y; x = 1`; (1, 1) is never explored.
#[test]
fn load_buffering() {
    let program = || {
        let first = |m: &Memory| {
            let r = m.x.load(Relaxed);
            m.y.store(1, Relaxed);
            r
        };
        let second = |m: &Memory| {
            let s = m.y.load(Relaxed);
            m.x.store(1, Relaxed);
            s
        };
        let (r, s, _) = two(first, second);
        (r, s)
    };
    let all = [(0, 0), (0, 1), (1, 0)];
    exact(program, (3, &all), (3, &all));
}

/// L16: `x = 0.sc` first, then `x = 1.sc; y = 1 || r = y; s = x.sc`: r = 1 and s = 0 is allowed.
#[test]
fn an_older_seq_cst_store_may_still_be_read() {
    let program = || {
        let m = Memory::default();
        m.x.store(0, SeqCst);
        thread::scope(|s| {
            s.spawn(|| {
                m.x.store(1, SeqCst);
                m.y.store(1, Relaxed);
            });
            s.spawn(|| (m.y.load(Relaxed), m.x.load(SeqCst))).join().unwrap()
        })
    };
    let strong = [(0, 0), (0, 1), (1, 1)];
    exact(program, (3, &strong), (4, &[(0, 0), (0, 1), (1, 0), (1, 1)]));
}

/// Plain data that any thread may touch, for the checker to judge.
#[derive(Default)]
struct Data(UnsafeCell<u32>);

// SAFETY: all threads of a model run on one operating-system thread, one at a time.
unsafe impl Sync for Data {}

impl Data {
    fn set(&self, value: u32) {
        // SAFETY: as above; the checker reports what is not ordered.
        self.0.with_mut(|data| unsafe { *data = value });
    }

    fn get(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|data| unsafe { *data })
    }
}

/// L20: `x = 1; d = 1; F.sc; if y == 0 { z = 1 } || y = 1; F.sc; if z == 1 { read d }` has a data race.
#[test]
fn fences_without_a_release_sequence_do_not_order_data() {
    for model in crate::MODELS {
        let outcome = raddle::Builder::new().model(model).explore(|| {
            let data = Data::default();
            let first = |m: &Memory| {
                m.x.store(1, Relaxed);
                data.set(1);
                fence(SeqCst);
                if m.y.load(Relaxed) == 0 {
                    m.z.store(1, Relaxed);
                }
            };
            let second = |m: &Memory| {
                m.y.store(1, Relaxed);
                fence(SeqCst);
                if m.z.load(Relaxed) == 1 {
                    data.get();
                }
            };
            two(first, second);
        });
        assert_eq!(outcome.violation().map(|it| it.kind), Some(Kind::DataRace), "{outcome:?}");
    }
}

/// A release fence before `z = 1` and an acquire fence after its read do order the data.
#[test]
fn fences_around_a_message_order_data() {
    for model in crate::MODELS {
        let found = explore(model, || {
            let data = Data::default();
            let first = |m: &Memory| {
                data.set(7);
                fence(Release);
                m.z.store(1, Relaxed);
            };
            let second = |m: &Memory| match m.z.load(Relaxed) {
                1 => {
                    fence(Acquire);
                    data.get()
                }
                _ => 7,
            };
            two(first, second).1
        });
        assert_eq!(found.results, BTreeSet::from([7]), "{model}");
        assert_eq!(found.coverage.executions, 2, "{model}");
    }
}
