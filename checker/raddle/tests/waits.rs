//! What a report says of those who wait where nobody comes: whom a notification woke instead, channels that are nil.

use raddle::Kind;
use raddle_shims::go::Chan;
use raddle_shims::sync::{Arc, Condvar, Mutex};
use raddle_shims::thread;

/// The report on a program that deadlocks, without line breaks.
#[track_caller]
fn report(program: fn()) -> String {
    let outcome = raddle::explore(program);
    let violation = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}"));
    assert_eq!(violation.kind, Kind::Deadlock, "{}", violation.report);
    let report = violation.report_in(10_000);
    report.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// It says all of this and nothing of that.
#[track_caller]
fn says(report: &str, texts: &[&str], not: &[&str]) {
    for text in texts {
        assert!(report.contains(text), "{text:?} is not in\n{report}");
    }
    for text in not {
        assert!(!report.contains(text), "{text:?} is in\n{report}");
    }
}

#[test]
fn whom_a_notification_wakes() {
    let report = report(|| {
        let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let put = |number| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (queue, changed) = &*shared;
                let mut queue = queue.lock().unwrap();
                while !queue.is_empty() {
                    queue = changed.wait(queue).unwrap();
                }
                queue.push(number);
                changed.notify_one();
            })
        };
        let take = |shared: &(Mutex<Vec<u32>>, Condvar)| {
            let mut queue = shared.0.lock().unwrap();
            while queue.pop().is_none() {
                queue = shared.1.wait(queue).unwrap();
            }
            // Wrong: both who puts and who takes waits there, and one of them is woken.
            shared.1.notify_one();
        };
        let theirs = Arc::clone(&shared);
        let others = [put(1), put(2), thread::spawn(move || take(&theirs))];
        take(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    says(
        &report,
        &[
            "notify shared.1 -> wakes t3",
            "notify shared.1 -> wakes main",
            "note: passes if at step 11 who has waited longest is woken instead",
            "note: t3 notified one of those who wait on `shared.1` at step 18: main was woken, and waits again; t2, which waits there \
             at another place, was not. notify_all wakes all of them",
        ],
        &[],
    );
}

#[test]
fn a_nil_channel_is_told_as_one() {
    let report = report(|| _ = Chan::<u32>::nil().recv());
    says(
        &report,
        &[
            "main waits at nil channels alone, which are never ready",
            "wait at nil channels -> waits",
        ],
        &["internal", "first of all"],
    );
}
