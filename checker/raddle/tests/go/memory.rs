//! What the Go memory model says: one order explains all atomics and what is done to channels and locks, whatever memory model is
//! asked for; and who observes an atomic operation comes after it.
//!
//! The sets are those of the interleavings, written down by hand.

use super::{failure, returned};
use raddle::{Builder, Kind};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::go::atomic::{Int32, Pointer, Value};
use raddle_shims::go::{self, Mutex, chan};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

const MODELS: [&str; 2] = ["sc", "rc20"];

/// Checks that a program returns these, and nothing else, in every model, and one of these on real threads.
fn outcomes<T: Ord + Debug + Send + 'static>(
    expected: impl IntoIterator<Item = T>,
    program: impl Fn() -> T + Send + Sync + 'static,
) {
    let (program, expected) = (Arc::new(program), BTreeSet::from_iter(expected));
    for model in MODELS {
        let found = returned(&program, &Builder::new().model(model));
        assert_eq!(found, expected, "{model}");
    }
    for _ in 0..super::RUNS {
        let real = program();
        assert!(expected.contains(&real), "{real:?} is not among {expected:?}");
    }
}

/// Two numbers that goroutines share, and what they have seen.
type Shared = Arc<(Int32, Int32)>;

/// Runs two goroutines on two shared numbers; what each returns, and what the numbers are in the end.
fn two(
    first: impl FnOnce(&Shared) -> i32 + Send + 'static,
    second: impl FnOnce(&Shared) -> i32 + Send + 'static,
) -> ((i32, i32), (i32, i32)) {
    let shared = Shared::default();
    let (results, theirs) = ((chan(1), chan(1)), Arc::clone(&shared));
    let (one, other) = (results.0.sender(), results.1.sender());
    go::go(move || one.send(first(&theirs)));
    let theirs = Arc::clone(&shared);
    go::go(move || other.send(second(&theirs)));
    let seen = (results.0.recv().unwrap_or(-1), results.1.recv().unwrap_or(-1));
    (seen, (shared.0.load(), shared.1.load()))
}

#[test]
fn store_buffering() {
    outcomes([(0, 1), (1, 0), (1, 1)], || {
        let first = |it: &Shared| {
            it.0.store(1);
            it.1.load()
        };
        let second = |it: &Shared| {
            it.1.store(1);
            it.0.load()
        };
        two(first, second).0
    });
}

#[test]
fn message_passing() {
    outcomes([(0, 0), (0, 1), (1, 1)], || {
        let first = |it: &Shared| {
            it.0.store(1);
            it.1.store(1);
            0
        };
        let second = |it: &Shared| {
            let flag = it.1.load();
            10 * flag + it.0.load()
        };
        let seen = two(first, second).0.1;
        (seen / 10, seen % 10)
    });
}

#[test]
fn load_buffering() {
    outcomes([(0, 0), (0, 1), (1, 0)], || {
        let first = |it: &Shared| {
            let seen = it.0.load();
            it.1.store(1);
            seen
        };
        let second = |it: &Shared| {
            let seen = it.1.load();
            it.0.store(1);
            seen
        };
        two(first, second).0
    });
}

/// 2+2W: that both end as 1 would take a cycle.
#[test]
fn two_writes_each() {
    outcomes([(1, 2), (2, 1), (2, 2)], || {
        let first = |it: &Shared| {
            it.0.store(1);
            it.1.store(2);
            0
        };
        let second = |it: &Shared| {
            it.1.store(1);
            it.0.store(2);
            0
        };
        two(first, second).1
    });
}

/// R: who writes last to the second number has seen the first.
#[test]
fn a_write_and_a_read_beside_two_writes() {
    outcomes([(1, 0), (1, 1), (2, 1)], || {
        let first = |it: &Shared| {
            it.0.store(1);
            it.1.store(1);
            0
        };
        let second = |it: &Shared| {
            it.1.store(2);
            it.0.load()
        };
        let (seen, last) = two(first, second);
        (last.1, seen.1)
    });
}

/// IRIW: two readers never see two independent writes in different orders.
#[test]
fn independent_reads_of_independent_writes() {
    let all = (0..16).map(|bits| [bits >> 3 & 1, bits >> 2 & 1, bits >> 1 & 1, bits & 1]);
    let expected = all.filter(|seen| *seen != [1, 0, 1, 0]);
    outcomes(expected, || {
        let shared = Shared::default();
        let results = [chan(1), chan(1)];
        let writers: [fn(&Shared); 2] = [|it| it.0.store(1), |it| it.1.store(1)];
        for writer in writers {
            let theirs = Arc::clone(&shared);
            go::go(move || writer(&theirs));
        }
        let readers: [fn(&Shared) -> [i32; 2]; 2] =
            [|it| [it.0.load(), it.1.load()], |it| [it.1.load(), it.0.load()]];
        for (reader, result) in readers.into_iter().zip(&results) {
            let (theirs, result) = (Arc::clone(&shared), result.sender());
            go::go(move || result.send(reader(&theirs)));
        }
        let [a, b] = results[0].recv().unwrap_or_default();
        let [c, d] = results[1].recv().unwrap_or_default();
        [a, b, c, d]
    });
}

/// Two goroutines that both add see each other, one after the other.
#[test]
fn additions() {
    outcomes([((1, 2), 2), ((2, 1), 2)], || {
        let add = |it: &Shared| it.0.add(1);
        let (seen, last) = two(add, add);
        (seen, last.0)
    });
}

/// "The mapping W, when limited to synchronizing operations, must be explainable by some implicit total order of the synchronizing
/// operations that is consistent with sequencing" (Go memory model, requirement 2): two sends on a channel with room do not
/// synchronise, and yet have an order together with the atomics beside them.
#[test]
fn sends_beside_an_atomic() {
    outcomes([(Some(1), Some(1)), (Some(2), Some(0)), (Some(2), Some(1))], || {
        let (numbers, loaded, flag) = (chan(2), chan(1), Arc::new(Int32::new(0)));
        let (first, theirs) = (numbers.sender(), Arc::clone(&flag));
        go::go(move || {
            theirs.store(1);
            first.send(1);
        });
        let (second, result) = (numbers.sender(), loaded.sender());
        go::go(move || {
            second.send(2);
            result.send(flag.load());
        });
        let came_first = numbers.recv();
        numbers.recv();
        (came_first, loaded.recv())
    });
}

/// Store buffering between an atomic and a channel: one of the two is seen.
#[test]
fn store_buffering_with_a_channel() {
    outcomes([(0, 1), (1, 0), (1, 1)], || {
        let messages = chan(1);
        let (theirs, receiver) = (messages.sender(), messages.receiver());
        let first = move |it: &Shared| {
            it.0.store(1);
            receiver.len() as i32
        };
        let second = move |it: &Shared| {
            theirs.send(());
            it.0.load()
        };
        two(first, second).0
    });
}

/// The same with closing, which a select without anything to wait for may miss.
#[test]
fn store_buffering_with_closing() {
    outcomes([(0, 1), (1, 0), (1, 1)], || {
        let done = chan::<()>(0);
        let (theirs, receiver) = (done.sender(), done.receiver());
        let first = move |it: &Shared| {
            it.0.store(1);
            go::select! {
                recv(receiver) -> _ => 1,
                default => 0,
            }
        };
        let second = move |it: &Shared| {
            theirs.close();
            it.0.load()
        };
        two(first, second).0
    });
}

/// Sections of one mutex between the store and the load of store buffering: nothing more is allowed, and nothing less happens.
#[test]
fn sections_of_a_mutex_between() {
    outcomes([(0, 1), (1, 0), (1, 1)], || {
        let mutex = Arc::new(Mutex::new());
        let section = |mutex: &Mutex| {
            mutex.lock();
            mutex.unlock();
        };
        let theirs = Arc::clone(&mutex);
        let first = move |it: &Shared| {
            it.0.store(1);
            section(&theirs);
            it.1.load()
        };
        let second = move |it: &Shared| {
            it.1.store(1);
            section(&mutex);
            it.0.load()
        };
        two(first, second).0
    });
}

/// A loop that waits for another goroutine's store is one execution in every model, as the receive from a channel would be.
#[test]
fn a_loop_that_waits() {
    for model in MODELS {
        let outcome = Builder::new().model(model).explore(|| {
            let flag = Arc::new(Int32::new(0));
            let theirs = Arc::clone(&flag);
            go::go(move || {
                theirs.store(1);
                theirs.store(2);
            });
            while flag.load() != 2 {}
        });
        assert!(outcome.is_verified(), "{outcome:?}");
        assert_eq!(outcome.coverage().executions, 1, "{model}");
    }
}

/// A variable without synchronisation.
#[derive(Default)]
struct Plain(UnsafeCell<i32>);

// SAFETY: that no two goroutines use it at the same time is what is checked.
unsafe impl Sync for Plain {}

impl Plain {
    fn set(&self, value: i32) {
        // SAFETY: as above.
        self.0.with_mut(|data| unsafe { *data = value });
    }

    fn get(&self) -> i32 {
        // SAFETY: as above.
        self.0.with(|data| unsafe { *data })
    }
}

/// "If the effect of an atomic operation A is observed by atomic operation B, then A is synchronized before B": and not otherwise.
#[test]
fn who_observes_an_atomic_comes_after_it() {
    fn program(observes: bool) -> impl Fn() + Send + Sync + 'static {
        move || {
            let shared = Arc::new((Plain::default(), Int32::new(0)));
            let theirs = Arc::clone(&shared);
            go::go(move || {
                theirs.0.set(1);
                match observes {
                    true => theirs.1.store(1),
                    // It observes the other's store or nothing, and nobody observes it.
                    false => assert!(theirs.1.load() >= 0),
                }
            });
            if observes && shared.1.load() == 0 {
                return;
            }
            shared.1.store(2);
            assert!(shared.0.get() >= 0);
        }
    }
    for model in MODELS {
        let outcome = Builder::new().model(model).explore(program(true));
        assert!(outcome.is_verified(), "{outcome:?}");
        let outcome = Builder::new().model(model).explore(program(false));
        assert_eq!(failure(&outcome).0, Kind::DataRace, "{model}");
    }
}

/// The same of pointers and values, whose operations are atomic as well: who stores does not come after who has loaded before.
#[test]
fn who_observes_a_pointer_or_a_value_comes_after_it() {
    #[derive(Clone, Copy)]
    enum By {
        Pointer,
        Value,
    }
    fn program(by: By, observes: bool) -> impl Fn() + Send + Sync + 'static {
        move || {
            let shared = Arc::new((Plain::default(), Pointer::nil(), Value::new()));
            let theirs = Arc::clone(&shared);
            let is_set = move |it: &(Plain, Pointer<i32>, Value)| match by {
                By::Pointer => it.1.load().is_some(),
                By::Value => it.2.load().is_some(),
            };
            let set = move |it: &(Plain, Pointer<i32>, Value)| match by {
                By::Pointer => it.1.store(Some(Arc::new(1))),
                By::Value => it.2.store(1),
            };
            go::go(move || {
                theirs.0.set(1);
                match observes {
                    true => set(&theirs),
                    false => _ = is_set(&theirs),
                }
            });
            if observes && !is_set(&shared) {
                return;
            }
            set(&shared);
            assert!(shared.0.get() >= 0);
        }
    }
    for (model, by) in MODELS.into_iter().flat_map(|m| [(m, By::Pointer), (m, By::Value)]) {
        let outcome = Builder::new().model(model).explore(program(by, true));
        assert!(outcome.is_verified(), "{outcome:?}");
        let outcome = Builder::new().model(model).explore(program(by, false));
        assert_eq!(failure(&outcome).0, Kind::DataRace, "{model}");
    }
}

/// IRIW with pointers and values: their operations are in the order of all the others.
#[test]
fn pointers_and_values_are_in_the_same_order() {
    outcomes([(false, true), (true, false), (true, true)], || {
        let shared = Arc::new((Pointer::nil(), Value::new()));
        let (result, theirs) = (chan(1), Arc::clone(&shared));
        let seen = result.sender();
        go::go(move || {
            theirs.0.store(Some(Arc::new(1)));
            seen.send(theirs.1.load().is_some());
        });
        shared.1.store("set");
        let mine = shared.0.load().is_some();
        (result.recv().unwrap_or_default(), mine)
    });
}

/// A compare-and-swap goes by which value it is, and a value that is stored again is the same one.
#[test]
fn pointers_are_compared_by_what_they_point_to() {
    outcomes([(true, false), (false, true), (true, true)], || {
        let [a, b] = [1, 2].map(Arc::new);
        let pointer = Arc::new(Pointer::nil());
        pointer.store(Some(Arc::clone(&a)));
        let (theirs, result) = (Arc::clone(&pointer), chan(1));
        let (old, new, done) = (Arc::clone(&a), Arc::clone(&b), result.sender());
        go::go(move || done.send(theirs.compare_and_swap(Some(&old), Some(new))));
        // As good as none, but for who reads it.
        pointer.store(Some(Arc::clone(&a)));
        let mine = pointer.compare_and_swap(Some(&a), None);
        let other = result.recv().unwrap_or_default();
        let left = pointer.load();
        assert_eq!(left.is_none(), mine || !other);
        (mine, other)
    });
}

/// A static is nil at first in every execution, and what was stored in one is dropped with it.
#[test]
fn a_static_pointer_is_new_in_every_execution() {
    static CURRENT: Pointer<raddle_shims::track::Tracked<i32>> = Pointer::nil();
    let outcome = Builder::new().explore(|| {
        assert!(CURRENT.load().is_none());
        let theirs = chan(1);
        let done = theirs.sender();
        go::go(move || done.send(()));
        CURRENT.store(Some(Arc::new(raddle_shims::track::Tracked::new("settings", 1))));
        theirs.recv();
        assert_eq!(CURRENT.load().map(|it| **it), Some(1));
        CURRENT.store(None);
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    CURRENT.store(None);
}

/// Loops that wait for a pointer turn as those of numbers do.
#[test]
fn a_loop_that_waits_for_a_pointer() {
    for model in MODELS {
        let outcome = Builder::new().model(model).explore(|| {
            let current = Arc::new(Pointer::nil());
            let theirs = Arc::clone(&current);
            go::go(move || theirs.store(Some(Arc::new(1))));
            while current.load().is_none() {}
        });
        assert!(outcome.is_verified(), "{outcome:?}");
        // Without optimisation what `load` leaves of its first call may look like a difference: one execution, or two.
        assert!(outcome.coverage().executions <= 2, "{model}: {outcome:?}");
    }
}
