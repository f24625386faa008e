//! What the slices of a campaign have shown, put together by test.

use crate::fuzz::corpus::Entry;
use crate::fuzz::entries::Slice;
use crate::fuzz::plan::{EXHAUSTIVE, Order, Shown};
use crate::fuzz::summary::TestSummary;
use crate::fuzz::worker::Done;
use std::collections::{BTreeMap, BTreeSet};

/// So many classes of a test are told apart; beyond these none counts as new.
const CLASSES_MAX: usize = 1 << 20;

/// What is known of the tests.
#[derive(Debug, Default)]
pub struct Tally {
    tests: BTreeMap<String, Known>,
}

#[derive(Debug, Default)]
struct Known {
    summary: TestSummary,
    /// By class, how often it was met.
    classes: BTreeMap<u64, u32>,
    covered: BTreeSet<String>,
}

impl Tally {
    /// What the corpus covers is not new.
    pub fn covers(&mut self, entry: &Entry) {
        let known = self.tests.entry(entry.test.clone()).or_default();
        known.covered.extend(entry.covers.iter().cloned());
    }

    /// Adds what came of a slice; gives what the plan wants to know, and the executions that are worth keeping.
    pub fn note(
        &mut self,
        (package, binary): (&str, &str),
        order: &Order,
        done: &Done,
    ) -> (Shown, Vec<Entry>) {
        let mut shown =
            Shown { settled: done.complete || done.error.is_some(), ..Shown::default() };
        let mut kept = Vec::new();
        for (test, slice) in &done.slices {
            let known = self.tests.entry(test.clone()).or_default();
            let summary = &mut known.summary;
            summary.test = test.clone();
            summary.package = package.to_string();
            summary.binary = binary.to_string();
            summary.expect = slice.expect.clone();
            summary.complete |= done.complete;
            shown.classes += known.note(slice, order);
            shown.tried += slice.tried;
            shown.operations += slice.operations;
            for it in &slice.corpus {
                let new = it.covers.iter().filter(|it| !known.covered.contains(*it)).count();
                if new > 0 {
                    shown.coverage += new as u64;
                    known.covered.extend(it.covers.iter().cloned());
                    kept.push(Entry::new(test, &it.token, it.covers.clone()));
                }
            }
            known.summary.covered = known.covered.len() as u64;
        }
        (shown, kept)
    }

    /// How many executions a test has had.
    pub fn executions(&self, test: &str) -> u64 {
        self.tests.get(test).map_or(0, |known| known.summary.executions)
    }

    /// All tests that were run, by name.
    pub fn summaries(&self) -> Vec<TestSummary> {
        let ran = self.tests.values().filter(|known| !known.summary.test.is_empty());
        ran.map(|known| known.summary.clone()).collect()
    }
}

impl Known {
    /// Adds a slice, and gives how many of its classes are new.
    fn note(&mut self, slice: &Slice, order: &Order) -> u64 {
        let summary = &mut self.summary;
        summary.executions += slice.tried;
        summary.failed += slice.failed;
        summary.checked += slice.checked;
        if order.strategy == EXHAUSTIVE {
            return 0;
        }
        summary.sampled += slice.tried;
        let mut new = 0;
        for (class, times) in &slice.classes {
            let Ok(class) = u64::from_str_radix(class, 16) else { continue };
            if self.classes.len() < CLASSES_MAX || self.classes.contains_key(&class) {
                let met = self.classes.entry(class).or_insert(0);
                new += u64::from(*met == 0);
                *met = met.saturating_add(*times);
            }
        }
        summary.classes = self.classes.len() as u64;
        summary.once = self.classes.values().filter(|times| **times == 1).count() as u64;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::entries::Kept;

    #[test]
    fn classes_and_coverage_count_once_in_all_slices() {
        let order = |strategy: &str| Order {
            test: 0,
            round: 2,
            strategy: strategy.into(),
            seed: 1,
            executions: 9,
        };
        let kept = |covers: &[&str]| Kept {
            token: "rd1-x".into(),
            covers: covers.iter().map(|it| it.to_string()).collect(),
        };
        let slice = |classes: &[(&str, u32)], covers: &[&str]| Slice {
            tried: 10,
            operations: 70,
            classes: classes.iter().map(|(class, times)| (class.to_string(), *times)).collect(),
            corpus: vec![kept(covers)],
            ..Slice::default()
        };
        let done =
            |slice| Done { slices: BTreeMap::from([("f".into(), slice)]), ..Done::default() };
        let mut tally = Tally::default();
        tally.covers(&Entry::new("f", "rd1-y", vec!["a".into()]));
        let one = done(slice(&[("0a", 1), ("0b", 9)], &["a", "b"]));
        let (shown, new) = tally.note(("p", "b"), &order("portfolio"), &one);
        assert_eq!((shown.classes, shown.coverage, new.len()), (2, 1, 1));
        let two = done(slice(&[("0a", 1), ("0c", 1)], &["a"]));
        let (shown, new) = tally.note(("p", "b"), &order("portfolio"), &two);
        assert_eq!((shown.classes, shown.coverage, new.len()), (1, 0, 0));
        let exhaustive = done(slice(&[], &[]));
        tally.note(("p", "b"), &order(EXHAUSTIVE), &exhaustive);
        let [it] = &tally.summaries()[..] else { panic!("one test") };
        assert_eq!((it.executions, it.sampled, it.classes, it.once, it.covered), (30, 20, 3, 1, 2));
        assert_eq!(it.unseen(), Some(0.05));
    }
}
