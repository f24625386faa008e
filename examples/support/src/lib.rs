//! What the tests of the examples share: what a program comes to is compared with its README and with the table of
//! the book.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "the tables of the book say how long it took")]

mod screen;
mod table;

pub use screen::FirstScreen;

use raddle::{Builder, Kind, Limit, Outcome, Violation};
use raddle_report::token::{Body, Token};
use std::path::Path;
use std::time::{Duration, Instant};
use table::Row;

pub use table::{compare, differ_in_time_alone, time_cell};

/// What it returns, and how long it takes.
pub fn timed<R>(run: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = run();
    (result, start.elapsed())
}

/// One example: a package with broken programs, whose README shows what they fail with, and fixed ones.
///
/// With `RADDLE_BLESS=1` the README and the table of the book are written anew instead of being compared.
pub struct Example {
    package: &'static Path,
    builder: Builder,
}

impl Example {
    /// The example in that folder: `env!("CARGO_MANIFEST_DIR")`.
    pub fn of(package: &'static str) -> Example {
        Example { package: Path::new(package), builder: Builder::new() }
    }

    /// The same with the settings that its `#[raddle::test]`s have.
    #[must_use]
    pub fn with(self, settings: impl FnOnce(Builder) -> Builder) -> Example {
        Example { builder: settings(self.builder), ..self }
    }

    /// Explores a scenario that must fail in this way, and compares its report, byte by byte, with the block of
    /// code behind the line `<!-- report: NAME -->` of the README, and its row with that of the book.
    ///
    /// `name` is that of the `#[raddle::test]` with the same scenario, so that the token in the report is that
    /// test's.
    ///
    /// # Panics
    /// If the scenario does not fail in this way, if the report differs, if a deviation of its token can be left out,
    /// or if a page cannot be read or has no such line.
    #[track_caller]
    pub fn breaks(
        &self,
        name: &str,
        kind: Kind,
        scenario: impl Fn() + Send + Sync + Copy + 'static,
    ) -> Box<Violation> {
        let builder = || self.builder.clone().name(name);
        let (outcome, time) = timed(|| builder().explore(scenario));
        let Outcome::Violation(violation) = outcome else {
            panic!("{name}: a {kind} was expected, but came {outcome:?}")
        };
        assert_eq!(violation.kind, kind, "{}", violation.report);
        let token = violation.token.as_deref().expect("a failing execution has a token");
        assert_minimal(builder, token, &violation, scenario);
        let path = self.package.join("README.md");
        table::compare(&path, |page| {
            let (start, end) = block(page, name);
            format!("{}{}\n{}", &page[..start], violation.report.trim_matches('\n'), &page[end..])
        });
        let executions = (violation.coverage.executions + 1).to_string();
        let schedule = schedule(&violation.report);
        self.row(Row { test: name, verdict: &format!("**{kind}**"), executions, time, schedule });
        violation
    }

    /// Explores a scenario under both memory models, of which no execution may fail, and compares its row with that of
    /// the book. Returns how many executions there are under the default model.
    ///
    /// # Panics
    /// If one fails, not all could be explored, or the row differs.
    #[track_caller]
    pub fn holds(&self, name: &str, scenario: impl Fn() + Send + Sync + Copy + 'static) -> u64 {
        let of = |model| match self.explored(model, scenario) {
            Outcome::Verified(coverage) => coverage.executions,
            outcome => panic!("{name}: not everything was explored: {outcome:?}"),
        };
        let (weak, time) = timed(|| of("rc20"));
        let sc = of("sc");
        let executions = executions(weak, sc);
        let (verdict, schedule) = ("verified", String::new());
        self.row(Row { test: name, verdict, executions, time, schedule });
        weak
    }

    /// The same under the model `sc` alone, for a scenario that fails under the default one.
    ///
    /// # Panics
    /// If an execution fails, not all could be explored, or the row differs.
    #[track_caller]
    pub fn holds_under_sc(&self, name: &str, scenario: impl Fn() + Send + Sync + 'static) {
        let (outcome, time) = timed(|| self.explored("sc", scenario));
        let Outcome::Verified(coverage) = outcome else {
            panic!("{name}: not everything was explored: {outcome:?}")
        };
        let (verdict, executions) = ("verified under `sc`", coverage.executions.to_string());
        self.row(Row { test: name, verdict, executions, time, schedule: String::new() });
    }

    /// The same for a scenario that goes on for ever, or for longer than anybody would wait: what was left out must be
    /// that limit and nothing else.
    ///
    /// # Panics
    /// If an execution fails, the limit is another, or the row differs.
    #[track_caller]
    pub fn holds_up_to(
        &self,
        name: &str,
        limit: Limit,
        scenario: impl Fn() + Send + Sync + Copy + 'static,
    ) -> u64 {
        let of = |model| match self.explored(model, scenario) {
            Outcome::Incomplete(coverage, found) if found == limit => coverage.executions,
            outcome => panic!("{name}: {limit:?} was to be the limit, but came {outcome:?}"),
        };
        let (weak, time) = timed(|| of("rc20"));
        let sc = of("sc");
        let executions = executions(weak, sc);
        let bound = match limit {
            Limit::Events(most) => format!("{most} operations of a thread"),
            Limit::Preemptions(most) => format!("{most} preemptions"),
            Limit::Executions(most) => format!("{most} executions"),
            other => panic!("{other:?} is no bound that a table can state"),
        };
        let verdict = format!("none fails up to {bound}");
        self.row(Row { test: name, verdict: &verdict, executions, time, schedule: String::new() });
        weak
    }

    /// The outcome of a scenario under a memory model.
    #[track_caller]
    fn explored(&self, model: &str, scenario: impl Fn() + Send + Sync + 'static) -> Outcome {
        let outcome = self.builder.clone().model(model).explore(scenario);
        if let Outcome::Violation(violation) = &outcome {
            panic!("{}", violation.report);
        }
        outcome
    }

    fn row(&self, row: Row<'_>) {
        let page = self.package.join("../../book/src/examples.md");
        let folder = self.package.file_name().expect("an example has a folder").to_string_lossy();
        table::compare(&page, |page| table::with_row(page, &folder, &row));
    }
}

/// How many executions there are under the default model and, if it is another number, under `sc`, for a table.
pub fn executions(weak: u64, sc: u64) -> String {
    if weak == sc { weak.to_string() } else { format!("{weak}, `sc` {sc}") }
}

/// How long the execution of a report is, and how many preemptions it has: "4 steps, 1 preemption".
///
/// # Panics
/// If the report does not say so.
#[track_caller]
pub fn schedule(report: &str) -> String {
    let line = report.lines().find_map(|line| line.strip_prefix("note: test `"));
    let (_, schedule) =
        line.and_then(|line| line.split_once("`, ")).expect("a report tells its length");
    schedule.to_string()
}

/// Asserts that no deviation can be left out of a token: without any one of them the execution does not fail, or in
/// another way. All are tried.
///
/// # Panics
/// If one can.
#[track_caller]
pub fn assert_minimal(
    builder: impl Fn() -> Builder,
    token: &str,
    violation: &Violation,
    scenario: impl Fn() + Send + Sync + Copy + 'static,
) {
    let whole = Token::decode(token).expect("a token that was reported can be read");
    let Body::Deviations(deviations) = &whole.body else { panic!("{token} has no deviations") };
    let place = |report: &str| report.lines().find(|l| l.contains("--> ")).map(str::to_string);
    for number in 0..deviations.len() {
        let mut less = deviations.clone();
        let left_out = less.remove(number);
        let without = Token { body: Body::Deviations(less), ..whole.clone() }.encode();
        let replayed = builder().replay(&without, scenario);
        if let Ok(Some(other)) = replayed {
            let same =
                other.kind == violation.kind && place(&other.report) == place(&violation.report);
            assert!(!same, "{left_out:?} is not needed in {token}\n{}", other.report);
        }
    }
}

/// How many decisions of the execution that a token stands for differ from the default.
///
/// # Panics
/// If it is no token, or one of a sampled execution.
#[track_caller]
#[must_use]
pub fn deviations(token: &str) -> usize {
    match Token::decode(token).map(|token| token.body) {
        Ok(Body::Deviations(deviations)) => deviations.len(),
        Ok(Body::Sample { .. }) => panic!("{token} has no deviations"),
        Err(error) => panic!("{error}"),
    }
}

/// How many steps the execution has that a report shows.
///
/// # Panics
/// If it does not say so.
#[track_caller]
pub fn steps(report: &str) -> u64 {
    let schedule = schedule(report);
    let number = schedule.split(' ').next().and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("there is no number of steps in {schedule:?}"))
}

/// Where the contents of the block of code behind the line of that name begin and end.
#[track_caller]
fn block(page: &str, name: &str) -> (usize, usize) {
    let mark = format!("<!-- report: {name} -->\n```text\n");
    let at = page.find(&mark);
    let start = at.unwrap_or_else(|| panic!("the page has no {mark:?}")) + mark.len();
    let length = page[start..].find("```").expect("the block of code has an end");
    (start, start + length)
}

#[cfg(test)]
mod tests {
    use super::{block, schedule};

    #[test]
    fn blocks_are_found_by_their_names() {
        let page = "a\n```text\nx\n```\n<!-- report: b -->\n```text\ny\n\nz\n```\nc\n";
        let (start, end) = block(page, "b");
        assert_eq!(&page[start..end], "y\n\nz\n");
    }

    #[test]
    fn a_report_tells_its_length() {
        let report =
            "error[panic]: x\n\nnote: test `a::b`, 13 steps, 1 preemption\nnote: execution 2\n";
        assert_eq!(schedule(report), "13 steps, 1 preemption");
    }
}
