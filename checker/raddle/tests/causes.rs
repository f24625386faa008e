//! What a report says about the likely cause: whoever has only the report should be able to name it.

mod support;

use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};
use raddle_shims::thread;
use support::Bare;

#[derive(Default)]
struct Two {
    first: AtomicU32,
    second: AtomicU32,
}

/// The notes of the report on a program, each in one line, with a thread and the main thread on the same numbers.
fn notes(theirs: fn(&Two) -> u32, mine: fn(&Two) -> u32, check: fn(u32, u32)) -> Vec<String> {
    let outcome = raddle::explore(move || {
        let two = Arc::new(Two::default());
        let other = Arc::clone(&two);
        let other = thread::spawn(move || theirs(&other));
        let mine = mine(&two);
        check(mine, other.join().unwrap());
    });
    let report = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}")).report_in(1_000);
    report.lines().filter_map(|line| line.strip_prefix("note: ")).map(str::to_owned).collect()
}

#[track_caller]
fn says(notes: &[String], text: &str) {
    assert!(notes.iter().any(|note| note.contains(text)), "{text:?} is not among {notes:#?}");
}

fn is_silent(notes: &[String]) {
    for word in
        ["misses what", "goes by a load", "is lost", "goes on with what", "about to do more"]
    {
        assert!(notes.iter().all(|note| !note.contains(word)), "{word:?} is among {notes:#?}");
    }
}

/// Store buffering.
#[test]
fn stores_that_both_miss() {
    fn one(two: &Two) -> u32 {
        two.first.store(1, Release);
        two.second.load(Acquire)
    }
    fn other(two: &Two) -> u32 {
        two.second.store(1, Release);
        two.first.load(Acquire)
    }
    let notes = notes(other, one, |mine, theirs| assert!(mine + theirs > 0));
    says(
        &notes,
        "main stores `first` and then loads `second`, t1 stores `second` and then loads `first`, and each misses what the other has stored",
    );
}

/// Two threads that load what two others store.
fn readers(store: Ordering, load: Ordering, fence_between: bool) -> raddle::Outcome {
    raddle::explore(move || {
        let two = Two::default();
        let between = || {
            if fence_between {
                fence(SeqCst)
            }
        };
        let (one, other) = thread::scope(|s| {
            s.spawn(|| two.first.store(1, store));
            s.spawn(|| two.second.store(1, store));
            let one = s.spawn(|| {
                let seen = two.first.load(load);
                between();
                (seen, two.second.load(load))
            });
            let other = s.spawn(|| {
                let seen = two.second.load(load);
                between();
                (seen, two.first.load(load))
            });
            (one.join().unwrap(), other.join().unwrap())
        });
        assert_ne!((one, other), ((1, 0), (1, 0)), "they disagree");
    })
}

/// Independent reads of independent writes; and what the note advises is right.
#[test]
fn readers_that_disagree_on_two_stores() {
    for (store, load) in [(Relaxed, Relaxed), (Release, Acquire), (SeqCst, Acquire)] {
        let outcome = readers(store, load, false);
        let report = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}")).report_in(1_000);
        let told = "release and acquire do not make others agree on which store was first: SeqCst for both stores and all four loads does";
        assert!(report.contains(told), "{report}");
        let told = "sees the store to `second` at step 10 and then, at step 11, not the one to `first`; t3 sees";
        assert!(report.contains(told), "{report}");
    }
    assert!(readers(SeqCst, SeqCst, false).is_verified());
    assert!(readers(Relaxed, Relaxed, true).is_verified());
}

/// Only a read-modify-write reads the newest value.
#[test]
fn a_load_beside_read_modify_writes() {
    fn counts(two: &Two) -> u32 {
        two.first.fetch_add(1, Relaxed);
        two.second.store(1, Relaxed);
        0
    }
    fn looks(two: &Two) -> u32 {
        if two.second.load(Relaxed) == 1 { two.first.load(Acquire) } else { 1 }
    }
    let notes = notes(counts, looks, |mine, _| assert_eq!(mine, 1));
    says(
        &notes,
        "main goes by a load of `first` at step 5, which may give an old value; t1 changed it by a read-modify-write",
    );
}

/// Load, then store.
#[test]
fn a_store_over_a_store() {
    fn adds(two: &Two) -> u32 {
        let seen = two.first.load(SeqCst);
        two.first.store(seen + 1, SeqCst);
        0
    }
    let outcome = raddle::explore(|| {
        let two = Arc::new(Two::default());
        let other = Arc::clone(&two);
        let other = thread::spawn(move || adds(&other));
        adds(&two);
        other.join().unwrap();
        assert_eq!(two.first.load(SeqCst), 2);
    });
    let report = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}")).report_in(1_000);
    assert!(report.contains("read `first` at step 2 and stores at step 5, over what"), "{report}");
    assert!(report.contains("stored at step 4, which is lost"), "{report}");
}

/// Check, then act.
#[test]
fn a_look_that_is_no_longer_true() {
    fn closes(two: &Two) -> u32 {
        two.first.store(1, SeqCst);
        two.second.store(1, SeqCst);
        0
    }
    fn uses(two: &Two) -> u32 {
        if two.first.load(SeqCst) == 0 { two.second.load(SeqCst) } else { 0 }
    }
    let notes = notes(
        closes,
        |two| {
            let seen = uses(two);
            assert_eq!(seen, 0, "it is closed");
            seen
        },
        |_, _| {},
    );
    says(&notes, "main goes on with what it read of `first` at step 2, which t1 changed at step 3");
}

/// Announced too early.
#[test]
fn what_another_thread_would_have_done() {
    fn announces(two: &Two) -> u32 {
        two.first.store(1, SeqCst);
        two.second.store(1, SeqCst);
        0
    }
    fn relies(two: &Two) -> u32 {
        if two.first.load(SeqCst) == 1 {
            assert_eq!(two.second.load(SeqCst), 1, "it is not there");
        }
        0
    }
    let notes = notes(announces, relies, |_, _| {});
    says(
        &notes,
        "t1 was about to do more: `store second = 1 (seq_cst)`, at checker/raddle/tests/causes.rs:",
    );
}

/// Where nothing of this is so, nothing is said.
#[test]
fn no_cause_is_made_up() {
    fn add(two: &Two, ordering: Ordering) -> u32 {
        two.first.fetch_add(1, ordering)
    }
    let notes =
        notes(|two| add(two, SeqCst), |two| add(two, SeqCst), |mine, _| assert_eq!(mine, 0));
    is_silent(&notes);
}

/// A message of two atomics: who has seen the second one misses the first.
#[test]
fn an_ordering_that_is_missing_where_an_old_value_is_read() {
    fn writes(two: &Two) -> u32 {
        two.first.store(1, Relaxed);
        two.second.store(1, Relaxed);
        0
    }
    fn reads(two: &Two) -> u32 {
        if two.second.load(Acquire) == 1 { two.first.load(Relaxed) } else { 1 }
    }
    let told = notes(writes, reads, |seen, _| assert_eq!(seen, 1));
    says(&told, "t1 wrote `second` with relaxed, not release, at checker/raddle/tests/causes.rs:");
    says(&told, "with release there, main would not miss what t1 had written to `first` before");
    // A fence does for the reader.
    fn with_fence(two: &Two) -> u32 {
        let seen = two.second.load(Relaxed);
        fence(Acquire);
        if seen == 1 { two.first.load(Relaxed) } else { 1 }
    }
    let told = notes(writes, with_fence, |seen, _| assert_eq!(seen, 1));
    says(&told, "with release there, main would not miss what t1 had written to `first` before");
}

/// Two threads that draw the same ticket: one waits for ever.
#[test]
fn a_lost_update_because_of_which_a_thread_waits() {
    fn enters(two: &Two) -> u32 {
        let ticket = two.first.load(Relaxed);
        two.first.store(ticket + 1, Relaxed);
        while two.second.load(Acquire) != ticket {}
        two.second.store(ticket + 1, Release);
        0
    }
    let told = notes(enters, enters, |_, _| {});
    says(&told, "over what");
    says(&told, "which is lost: one read-modify-write");
}

/// An update in one step is no look on which something rests.
#[test]
fn updates_are_not_blamed_for_a_race() {
    let outcome = raddle::explore(|| {
        let (count, cell) = (AtomicU32::new(2), Bare::default());
        thread::scope(|s| {
            let release = || {
                cell.get();
                if count.fetch_sub(1, Release) == 1 {
                    cell.set(1);
                }
            };
            s.spawn(release);
            release();
        });
    });
    let report = outcome.violation().unwrap().report_in(1_000);
    assert!(report.contains("with acquire there, the two accesses would be ordered"), "{report}");
    assert!(!report.contains("goes on with what it read"), "{report}");
}

/// A store over what was released ends the release sequence.
#[test]
fn a_store_over_what_was_released() {
    let outcome = raddle::explore(|| {
        let (flag, cell) = (AtomicU32::new(0), Bare::default());
        thread::scope(|s| {
            s.spawn(|| {
                cell.set(1);
                flag.store(1, Release);
            });
            s.spawn(|| {
                if flag.load(Relaxed) == 1 {
                    flag.store(2, Relaxed);
                }
            });
            if flag.load(Acquire) == 2 {
                cell.get();
            }
        });
    });
    let report = outcome.violation().unwrap().report_in(1_000);
    assert!(
        report.contains("note: t1 released `flag` at checker/raddle/tests/causes.rs:"),
        "{report}"
    );
    assert!(report.contains("and t2 stored over that with relaxed, at "), "{report}");
    assert!(report.contains("A read-modify-write by t2 instead of its load at "), "{report}");
    for words in
        ["knows nothing of what t1 did before", "and so would acquire there and release here"]
    {
        assert!(report.contains(words), "{report}");
    }
}
