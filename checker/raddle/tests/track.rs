//! Leaks: tracked values, tracked memory, an `Arc` whose counts are part of the model.

use raddle::{Kind, Outcome};
use raddle_shims::alloc::{Layout, alloc, dealloc};
use raddle_shims::thread;
use raddle_shims::track::{Arc, Tracked, Weak};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The values that `program` hands over in all of its executions, and the outcome.
fn values<T: Ord + Send + 'static>(
    program: impl Fn() -> T + Send + Sync + 'static,
) -> (BTreeSet<T>, Outcome) {
    let found = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let theirs = std::sync::Arc::clone(&found);
    let outcome = raddle::explore(move || {
        let value = program();
        theirs.lock().unwrap().insert(value);
    });
    let found = std::mem::take(&mut *found.lock().unwrap());
    (found, outcome)
}

fn kind(outcome: &Outcome) -> Option<Kind> {
    outcome.violation().map(|violation| violation.kind)
}

/// L10 of the litmus table.
#[test]
fn the_count_is_seen_before_and_after_another_drop() {
    let (counts, outcome) = values(|| {
        let one = Arc::new(());
        let other = Arc::clone(&one);
        let thread = thread::spawn(move || drop(other));
        let count = Arc::strong_count(&one);
        thread.join().unwrap();
        count
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    assert_eq!(counts, BTreeSet::from([1, 2]));
}

#[test]
fn only_one_of_two_can_be_unwrapped_or_none() {
    let (taken, outcome) = values(|| {
        let one = Arc::new(3);
        let other = Arc::clone(&one);
        let thread = thread::spawn(move || Arc::try_unwrap(other).is_ok());
        let mine = Arc::try_unwrap(one).is_ok();
        (mine, thread.join().unwrap())
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    assert_eq!(taken, BTreeSet::from([(false, false), (false, true), (true, false)]));
}

#[test]
fn a_weak_one_finds_the_value_or_not() {
    let (found, outcome) = values(|| {
        let one = Arc::new(3);
        let weak = Arc::downgrade(&one);
        let thread = thread::spawn(move || weak.upgrade().map(|value| *value));
        drop(one);
        thread.join().unwrap()
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    assert_eq!(found, BTreeSet::from([None, Some(3)]));
}

/// What is dropped last sees what all others did before their drops.
#[test]
fn the_last_drop_happens_after_all_others() {
    use raddle_shims::cell::{Access, UnsafeCell};
    struct Counter(UnsafeCell<u32>);
    // SAFETY: what is tested is that its accesses are ordered.
    unsafe impl Sync for Counter {}
    impl Drop for Counter {
        fn drop(&mut self) {
            // SAFETY: nobody else has it any more, or the model says so.
            self.0.with_mut(|value| unsafe { *value += 1 });
        }
    }
    let outcome = raddle::explore(|| {
        let one = Arc::new(Counter(UnsafeCell::new(0)));
        let other = Arc::clone(&one);
        // SAFETY: the other thread does not read before its share is dropped.
        let thread = thread::spawn(move || other.0.with(|value| unsafe { *value }));
        drop(one);
        thread.join().unwrap();
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

#[test]
fn a_cycle_is_a_leak() {
    struct Node(Mutex<Option<Arc<Node>>>);
    let outcome = raddle::explore(|| {
        let node = Arc::new(Node(Mutex::new(None)));
        *node.0.lock().unwrap() = Some(Arc::clone(&node));
    });
    assert_eq!(kind(&outcome), Some(Kind::Leak));
    let message = &outcome.violation().unwrap().message;
    assert!(message.starts_with("an Arc created at checker/raddle/tests/track.rs:"), "{message}");
    let weak = raddle::explore(|| {
        struct Node(Mutex<Option<Weak<Node>>>);
        let node = Arc::new(Node(Mutex::new(None)));
        *node.0.lock().unwrap() = Some(Arc::downgrade(&node));
    });
    assert!(weak.is_verified());
}

#[test]
fn a_resource_must_be_dropped() {
    let outcome = raddle::explore(|| std::mem::forget(Tracked::new("connection", 1)));
    assert_eq!(kind(&outcome), Some(Kind::Leak));
    assert!(outcome.violation().unwrap().message.starts_with("connection created at"));
    assert!(raddle::explore(|| drop(Tracked::new("connection", 1))).is_verified());
    let allowed = raddle::Builder::new()
        .check_leaks(false)
        .explore(|| std::mem::forget(Tracked::new("connection", 1)));
    assert!(allowed.is_verified());
}

#[test]
fn memory_must_be_freed_once() {
    let layout = Layout::new::<u64>();
    // SAFETY: the layout is not empty; the memory is not used.
    let leak = raddle::explore(move || unsafe {
        let _ = alloc(layout);
    });
    assert_eq!(kind(&leak), Some(Kind::Leak));
    // SAFETY: as above, and freed once.
    let fine = raddle::explore(move || unsafe { dealloc(alloc(layout), layout) });
    assert!(fine.is_verified());
    // SAFETY: the second call is stopped before anything is freed twice.
    let twice = raddle::explore(move || unsafe {
        let pointer = alloc(layout);
        dealloc(pointer, layout);
        dealloc(pointer, layout);
    });
    assert_eq!(kind(&twice), Some(Kind::Misuse));
}

/// What is not released is told with where it came from: the type of a value, a body that is dropped and not closed, also
/// by a panic that is caught.
#[test]
fn what_is_not_released_is_told_with_where_it_came_from() {
    struct Connection;
    let told = |program: fn()| {
        let outcome = raddle::explore(program);
        let violation = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}"));
        assert_eq!(violation.kind, Kind::Leak, "{}", violation.report);
        violation.message.clone()
    };
    let forgotten = told(|| std::mem::forget(raddle::track(Connection)));
    assert!(
        forgotten.starts_with("Connection created at checker/raddle/tests/track.rs:"),
        "{forgotten}"
    );
    assert!(forgotten.ends_with(" is never released"), "{forgotten}");
    let generic = told(|| std::mem::forget(raddle::track(vec![Some(Connection)])));
    assert!(generic.starts_with("Vec<core::option::Option<track::"), "{generic}");
    let dropped = told(|| _ = raddle::Open::new("body", ()));
    assert!(dropped.starts_with("body created at checker/raddle/tests/track.rs:"), "{dropped}");
    let unwound = told(|| {
        let reads = thread::spawn(|| {
            let body = raddle::Open::new("body", 3);
            assert_eq!(*body, 4);
            body.close();
        });
        assert!(reads.join().is_err());
    });
    assert!(unwound.starts_with("body created at"), "{unwound}");
    let outcome = raddle::explore(|| {
        let mut connection = raddle::track(vec![1]);
        connection.push(2);
        assert_eq!(raddle::Open::new("body", 3).close(), 3);
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// A report on a leak says what its owners did last: the use, the drop without closing, each share that is left.
#[test]
fn a_leak_is_told_with_what_became_of_it() {
    let parts = |program: fn()| {
        let outcome = raddle::explore(program);
        let violation = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}"));
        assert_eq!(violation.kind, Kind::Leak, "{}", violation.report);
        // So wide that no line is broken.
        violation.report_in(1_000)
    };
    let says = |report: &str, texts: &[&str]| {
        for text in texts {
            assert!(report.contains(text), "{text}\n{report}");
        }
    };
    let used = parts(|| {
        let connection = Tracked::new("connection", 1);
        let other = thread::spawn(move || {
            assert_eq!(*connection, 1);
            std::mem::forget(connection);
        });
        other.join().unwrap();
    });
    says(&used, &["connection of main", "t1 used the connection here last"]);
    let unused = parts(|| std::mem::forget(Tracked::new("connection", 1)));
    says(&unused, &["nobody has used the connection, nor dropped it"]);
    let dropped = parts(|| {
        let body = raddle::Open::new("body", 3);
        let other = thread::spawn(move || drop(body));
        other.join().unwrap();
    });
    says(&dropped, &["t1 dropped the body without closing it", "close it on every path"]);
    let shared = parts(|| {
        let one = Arc::new(vec![1]);
        let other = Arc::clone(&one);
        let third = thread::spawn(move || std::mem::forget(Arc::clone(&other)));
        third.join().unwrap();
    });
    let left = "the share that t1 made here is never dropped";
    says(&shared, &["an Arc of main: 1 of 3 shares never dropped", left, "use a Weak"]);
    assert!(!shared.contains("src/track.rs"), "places are those of the program\n{shared}");
    let first = parts(|| {
        let one = Arc::new(1);
        drop(Arc::clone(&one));
        std::mem::forget(one);
    });
    says(&first, &["the share that main created it with is never dropped"]);
    let raw = parts(|| {
        let one = Arc::new(1);
        let pointer = Arc::into_raw(Arc::clone(&one));
        // SAFETY: the pointer was a share, and is one again before it is given up for good.
        let again = unsafe { Arc::from_raw(pointer) };
        let _ = Arc::into_raw(again);
    });
    says(&raw, &["1 of 3 shares", "made here became a raw pointer, which nobody has turned back"]);
}

/// How many executions there are if two threads get a share each and do this with it.
fn executions<T: Clone + Send + Sync + 'static>(contents: T, use_up: fn(Arc<T>)) -> u64 {
    let (_, outcome) = values(move || {
        let one = Arc::new(contents.clone());
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let other = Arc::clone(&one);
                thread::spawn(move || use_up(other))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    outcome.coverage().executions
}

#[test]
fn what_nobody_can_see_is_no_event() {
    // Whoever is last drops the text; nobody drops a number.
    assert_eq!(executions(String::new(), drop), 2);
    assert_eq!(executions(3, drop), 1);
    assert!(executions(3, |share| assert!(Arc::into_inner(share).is_none_or(|it| it == 3))) >= 2);
    assert!(executions(3, |share| assert!(Arc::strong_count(&share) >= 1)) > 2);
}

#[test]
fn what_is_upgraded_is_dropped_by_whoever_is_last() {
    let (found, outcome) = values(|| {
        let one = Arc::new(3);
        let (weak, other) = (Arc::downgrade(&one), Arc::clone(&one));
        let upgrades = thread::spawn(move || weak.upgrade().and_then(Arc::into_inner));
        let drops = thread::spawn(move || Arc::into_inner(other));
        let mine = Arc::into_inner(one);
        let all = [mine, upgrades.join().unwrap(), drops.join().unwrap()];
        all.map(|taken| taken.is_some())
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    let all = [[true, false, false], [false, true, false], [false, false, true]];
    assert_eq!(found, BTreeSet::from(all));
}
