//! A counter that loses hits, and one that does not.

use crate::Shown;
use raddle::Kind;

pub const REPORTS: &[Shown] = &[(
    "getting-started.md",
    "book::listings::getting_started::no_hit_is_lost",
    Kind::Panic,
    two_hits,
)];

// region: hits
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};
use raddle_shims::thread;

#[derive(Default)]
struct Hits(AtomicU64);

impl Hits {
    fn count(&self) {
        let before = self.0.load(Relaxed);
        self.0.store(before + 1, Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
// end: hits

// region: test
fn two_hits() {
    let hits = Arc::new(Hits::default());
    let theirs = Arc::clone(&hits);
    let other = thread::spawn(move || theirs.count());
    hits.count();
    other.join().unwrap();
    assert_eq!(hits.total(), 2);
}

#[raddle::test(expect = "panic")]
fn no_hit_is_lost() {
    two_hits();
}
// end: test

mod fixed {
    use super::*;

    #[derive(Default)]
    struct Hits(AtomicU64);

    // region: fixed
    impl Hits {
        fn count(&self) {
            self.0.fetch_add(1, Relaxed);
        }

        fn total(&self) -> u64 {
            self.0.load(Relaxed)
        }
    }
    // end: fixed

    fn program() {
        let hits = Arc::new(Hits::default());
        let theirs = Arc::clone(&hits);
        let other = thread::spawn(move || theirs.count());
        hits.count();
        other.join().unwrap();
        assert_eq!(hits.total(), 2);
    }

    #[test]
    fn has_the_two_executions_that_the_page_speaks_of() {
        let outcome = raddle::explore(program);
        assert!(outcome.is_verified());
        assert_eq!(outcome.coverage().executions, 2);
    }
}
