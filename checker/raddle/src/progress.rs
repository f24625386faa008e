//! How far a long search has come, for whoever waits for it.

use crate::explore::Test;
use crate::outcome::Outcome;
use crate::told::grouped;
use raddle_engine::explore::{Coverage, Settings};
use std::io::Write;
use std::time::{Duration, Instant};

/// When a search tells of itself first; then after twice as long, and so on.
const FIRST: Duration = Duration::from_secs(10);

/// The clock is looked at once in so many executions.
const EVERY: u64 = 64;

/// What a search tells while it goes on.
pub(crate) struct Progress {
    name: String,
    start: Instant,
    next: Duration,
}

impl Progress {
    /// That of a check which begins now.
    pub fn of(test: &Test) -> Progress {
        Progress { name: test.name.clone(), start: Instant::now(), next: FIRST }
    }

    /// Tells how much has been explored, if it is time to.
    pub fn look(&mut self, coverage: &Coverage) {
        if !coverage.runs().is_multiple_of(EVERY) {
            return;
        }
        if let Some(line) = self.line(self.start.elapsed(), coverage) {
            // Not by a macro, whose output the harness of Rust keeps until the test has ended.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn line(&mut self, elapsed: Duration, coverage: &Coverage) -> Option<String> {
        if elapsed < self.next {
            return None;
        }
        while elapsed >= self.next {
            self.next *= 2;
        }
        let (name, runs, seconds) = (&self.name, grouped(coverage.runs()), elapsed.as_secs());
        let rest = match estimate(coverage) {
            Some(all) => {
                let done = coverage.executions.max(1) as f64;
                let rest = elapsed.as_secs_f64() * (all / done - 1.0);
                format!(" of an estimated {}: {} more at this speed", rounded(all), time(rest))
            }
            None => String::new(),
        };
        Some(format!("note: {name}: {runs} executions in {seconds} s{rest}\n"))
    }
}

/// How many executions a search that ended too early would have had in all, if that can be told.
pub(crate) fn of_how_many(outcome: &Outcome) -> Option<String> {
    let Outcome::Incomplete(coverage, _) = outcome else { return None };
    // What is cut or bounded ends early although there is nothing left to explore.
    let all = estimate(coverage).filter(|_| coverage.progress < 1.0 - 1e-9)?;
    Some(format!("of an estimated {}", rounded(all)))
}

/// The estimate, from when on it is one by sweeps through all of the search: one by the part that happens to come first
/// can be wrong by many orders of magnitude.
fn estimate(coverage: &Coverage) -> Option<f64> {
    let is_by_sweeps = coverage.runs() >= Settings::default().estimate_from;
    let is_left = |all: &f64| *all > coverage.executions as f64;
    coverage.estimate.filter(|_| is_by_sweeps && coverage.sample.is_none()).filter(is_left)
}

/// A number of which two digits are known at best.
fn rounded(number: f64) -> String {
    if number >= 1e15 {
        return format!("{number:.0e}");
    }
    let mut scale = 1;
    let mut digits = number;
    while digits >= 99.5 {
        digits /= 10.0;
        scale *= 10;
    }
    grouped(digits.round() as u64 * scale)
}

fn time(seconds: f64) -> String {
    let units = [(365.25 * 86_400.0, "years"), (86_400.0, "days"), (3_600.0, "h"), (60.0, "min")];
    match units.into_iter().find(|(unit, _)| seconds >= 2.0 * unit) {
        Some((unit, name)) => format!("{} {name}", rounded(seconds / unit)),
        None => format!("{} s", rounded(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Builder;
    use raddle_shims::sync::{Arc, Mutex};
    use raddle_shims::thread;

    #[test]
    fn it_is_told_after_ten_seconds_and_then_ever_more_seldom() {
        let mut progress = Progress { name: "bank::f".into(), start: Instant::now(), next: FIRST };
        let coverage =
            Coverage { executions: 1_000_000, estimate: Some(38.4e6), ..Coverage::default() };
        let mut told = |seconds| progress.line(Duration::from_secs(seconds), &coverage);
        assert_eq!(told(9), None);
        assert_eq!(
            told(10).as_deref(),
            Some(
                "note: bank::f: 1,000,000 executions in 10 s of an estimated 38,000,000: 6 min more at this speed\n"
            )
        );
        assert_eq!([told(11), told(19)], [None, None]);
        assert!(told(25).is_some());
        assert_eq!(told(39), None);
        assert!(told(40).is_some());
    }

    #[test]
    fn without_an_estimate_nothing_is_said_of_the_rest() {
        let mut progress = Progress { name: "f".into(), start: Instant::now(), next: FIRST };
        let mut coverage = Coverage { executions: 640, ..Coverage::default() };
        let line = progress.line(FIRST, &coverage);
        assert_eq!(line.as_deref(), Some("note: f: 640 executions in 10 s\n"));
        // One by the part that comes first is none.
        coverage.estimate = Some(1e12);
        let line = progress.line(3 * FIRST, &coverage);
        assert_eq!(line.as_deref(), Some("note: f: 640 executions in 30 s\n"));
    }

    #[test]
    fn numbers_have_two_digits() {
        let all = [
            (7.0, "7"),
            (99.4, "99"),
            (99.6, "100"),
            (1_234.0, "1,200"),
            (479_001_600.0, "480,000,000"),
            (3.04e64, "3e64"),
        ];
        for (number, text) in all {
            assert_eq!(rounded(number), text);
        }
        assert_eq!([time(90.0), time(120.0), time(7e8)], ["90 s", "2 min", "22 years"]);
    }

    /// Eight threads that lock a mutex: 8! executions.
    #[test]
    fn what_is_left_of_a_search_that_ends_early_is_told() {
        let crowd = || {
            let mutex = Arc::new(Mutex::new(()));
            let lock = |_| {
                let mutex = Arc::clone(&mutex);
                thread::spawn(move || drop(mutex.lock()))
            };
            (0..8).map(lock).collect::<Vec<_>>().into_iter().for_each(|it| it.join().unwrap());
        };
        let outcome = Builder::new().iterations(33_000).explore(crowd);
        let told = of_how_many(&outcome).unwrap();
        let all: u64 =
            told.strip_prefix("of an estimated ").unwrap().replace(',', "").parse().unwrap();
        assert!((35_000..46_000).contains(&all), "{told}");
        let few = Builder::new().iterations(100).explore(crowd);
        assert_eq!(of_how_many(&few), None);
    }
}
