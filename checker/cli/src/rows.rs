//! One row for each test that was run, and how rows are made out of what a process left behind.

use crate::cargo::{Binary, Tested};
use crate::exit::{Exit, Trouble};
use crate::libtest::{Opinion, Summary};
use crate::lines::{Found, Line};
use crate::marks::Mark;
use crate::process::{Ended, Runner, Settings};
use crate::verdict::{Verdict, judge};
use serde::Serialize;
use std::collections::BTreeMap;

/// What came of one test.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Row {
    /// Whose test it is.
    pub package: String,
    /// The target of the binary.
    pub binary: String,
    /// The name of the test in reports and tokens.
    pub test: String,
    /// What is to be said.
    pub verdict: Verdict,
    /// In all checks of the test.
    pub executions: u64,
    /// Whether every search was exhaustive and came to its end.
    pub complete: bool,
    /// In all checks of the test.
    pub millis: u64,
    /// For `cargo raddle replay`.
    pub tokens: Vec<String>,
    /// What the checks had to say, and what there is to say about the process.
    pub notes: Vec<String>,
}

impl Row {
    /// The row of a test that reported these lines.
    fn new(binary: &Binary, test: &str, verdict: Verdict, lines: &[Line]) -> Row {
        let mut row = Row {
            package: binary.package.clone(),
            binary: binary.target.clone(),
            test: test.into(),
            verdict,
            executions: lines.iter().map(|line| line.executions).sum(),
            complete: !lines.is_empty() && lines.iter().all(|line| line.complete),
            millis: lines.iter().map(|line| line.millis).sum(),
            tokens: Vec::new(),
            notes: Vec::new(),
        };
        for line in lines {
            row.tokens.extend(line.token.clone().filter(|token| !row.tokens.contains(token)));
            row.notes.extend(line.note.clone().filter(|note| !row.notes.contains(note)));
        }
        row
    }

    /// The row of a test that is marked `#[ignore]` and was not run.
    pub fn ignored(binary: &Binary, mark: &Mark) -> Row {
        Row::new(binary, mark.reported(), Verdict::Ignored, &[])
    }
}

/// Runs these tests of one binary, which do not share a name in reports, and makes their rows.
///
/// If the process ends before the harness could sum up, nobody knows which test is to blame and which
/// passed, so each of them is run again in a process of its own.
pub fn run(
    runner: &Runner<'_>,
    binary: &Binary,
    tests: &[&Mark],
    settings: &Settings<'_>,
) -> Result<Vec<Row>, Trouble> {
    let ended = runner.run(binary, tests, settings)?;
    if ended.summary != Summary::Missing || tests.len() == 1 {
        return Ok(rows(binary, tests, &ended));
    }
    eprintln!(
        "note: a process with {} tests of {} ended early ({}); each is run again alone",
        tests.len(),
        binary.target,
        ended.status
    );
    let mut all = Vec::new();
    for test in tests {
        let ended = runner.run(binary, &[test], settings)?;
        all.extend(rows(binary, &[test], &ended));
    }
    Ok(all)
}

/// One row for each test, and one for each name that was reported although no test is called so: a test
/// that checks several models may name them.
fn rows(binary: &Binary, tests: &[&Mark], ended: &Ended) -> Vec<Row> {
    let mut by_name: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
    for line in &ended.lines {
        by_name.entry(&line.test).or_default().push(line.clone());
    }
    let mut rows = Vec::new();
    for test in tests {
        let mut lines = by_name.remove(test.reported()).unwrap_or_default();
        if test.given.is_some() {
            lines.extend(by_name.remove(test.path.as_str()).unwrap_or_default());
        }
        let opinion = ended.summary.opinion(test.in_binary());
        let verdict = judge(&lines, opinion, !ended.status.success());
        let mut row = Row::new(binary, test.reported(), verdict, &lines);
        row.notes.extend(explain(verdict, ended));
        rows.push(row);
    }
    for (name, lines) in by_name {
        // The harness knows no such name. A failure counts as demanded only if all tests passed.
        let all_passed = matches!(&ended.summary, Summary::Failed(failed) if failed.is_empty());
        let violated = lines.iter().any(|line| line.verdict == Found::Violation);
        let opinion = if violated && !all_passed { Opinion::None } else { Opinion::Passed };
        rows.push(Row::new(binary, name, judge(&lines, opinion, true), &lines));
    }
    rows
}

/// What there is to say about verdicts that do not speak for themselves.
fn explain(verdict: Verdict, ended: &Ended) -> Option<String> {
    match verdict {
        Verdict::DidNotRun if ended.damaged > 0 => {
            let damaged = ended.damaged;
            Some(format!(
                "{damaged} lines of its report could not be read: is raddle another version?"
            ))
        }
        Verdict::DidNotRun => Some(format!(
            "the process ended ({}) but the test reported no check: does a test end the process \
             (std::process::exit), does another test have its name, or does its binary not use raddle's own \
             #[raddle::test]?",
            ended.status
        )),
        Verdict::Crashed => Some(format!("the process ended in the middle: {}", ended.status)),
        Verdict::Failed if ended.lines.is_empty() => {
            Some("the test failed before it checked anything".into())
        }
        Verdict::Failed => {
            Some("the test failed although no check of it did: does it demand a failure?".into())
        }
        Verdict::Inconclusive => {
            Some("the test failed, and its search ended early: raise the limits".into())
        }
        _ => None,
    }
}

/// Refuses tests of one binary that could not be told apart in reports.
pub fn refuse_twins(tested: &Tested) -> Result<(), Trouble> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for mark in &tested.marks {
        if let Some(other) = names.insert(mark.reported(), &mark.path) {
            let name = mark.reported();
            let path = &mark.path;
            let message = format!(
                "{other} and {path} are both named `{name}`; give one of them another name"
            );
            return Err(Trouble::new(Exit::Usage, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::process::ExitStatus;

    fn binary() -> Binary {
        let (package, target) = ("bank".to_string(), "bank".to_string());
        Binary { package, target, folder: "/w".into(), path: "/t/bank-1".into() }
    }

    fn mark(path: &str, given: Option<&str>) -> Mark {
        Mark { path: path.into(), given: given.map(String::from) }
    }

    fn line(test: &str, verdict: Found) -> Line {
        let complete = verdict == Found::Verified;
        let note = (!complete).then(|| "a note".to_string());
        Line { test: test.into(), verdict, executions: 5, complete, millis: 2, token: None, note }
    }

    fn ended(lines: Vec<Line>, failed: &[&str]) -> Ended {
        let failed: BTreeSet<String> = failed.iter().map(|name| name.to_string()).collect();
        let (summary, status) = (Summary::Failed(failed), ExitStatus::default());
        Ended { lines, report: String::new(), damaged: 0, summary, status }
    }

    fn verdicts(rows: &[Row]) -> Vec<(&str, Verdict)> {
        rows.iter().map(|row| (row.test.as_str(), row.verdict)).collect()
    }

    #[test]
    fn lines_are_given_to_their_tests() {
        let tests =
            [mark("bank::a::f", None), mark("bank::g", Some("swift")), mark("bank::h", None)];
        let lines = vec![
            line("swift", Found::Violation),
            line("bank::a::f", Found::Verified),
            line("bank::a::f", Found::Verified),
        ];
        let tests: Vec<&Mark> = tests.iter().collect();
        let rows = rows(&binary(), &tests, &ended(lines, &["g"]));
        let expected = [
            ("bank::a::f", Verdict::Verified),
            ("swift", Verdict::Violation),
            ("bank::h", Verdict::DidNotRun),
        ];
        assert_eq!(verdicts(&rows), expected);
        assert_eq!((rows[0].executions, rows[0].millis, rows[0].complete), (10, 4, true));
        assert!(!rows[1].complete && !rows[2].complete);
        assert_eq!(rows[1].notes, ["a note"]);
        assert!(rows[2].notes[0].contains("reported no check"), "{:?}", rows[2].notes);
    }

    #[test]
    fn a_name_that_no_test_has_is_not_lost() {
        let test = mark("bank::f", None);
        let lines = || vec![line("bank::f", Found::Verified), line("inner", Found::Violation)];
        let failed = rows(&binary(), &[&test], &ended(lines(), &["f"]));
        let expected = [("bank::f", Verdict::Failed), ("inner", Verdict::Violation)];
        assert_eq!(verdicts(&failed), expected);
        let passed = rows(&binary(), &[&test], &ended(lines(), &[]));
        let expected = [("bank::f", Verdict::Verified), ("inner", Verdict::ExpectedFailure)];
        assert_eq!(verdicts(&passed), expected);
    }

    #[test]
    fn damaged_reports_are_told() {
        let test = mark("bank::f", None);
        let ended = Ended { damaged: 2, ..ended(vec![], &[]) };
        let rows = rows(&binary(), &[&test], &ended);
        assert_eq!(rows[0].verdict, Verdict::DidNotRun);
        assert!(rows[0].notes[0].starts_with("2 lines of its report could not be read"));
    }

    #[test]
    fn tests_that_share_a_name_are_refused() {
        let marks =
            vec![mark("bank::f", Some("x")), mark("bank::g", None), mark("bank::h", Some("x"))];
        let mut tested = Tested { binary: binary(), marks };
        let trouble = refuse_twins(&tested).expect_err("two are named x");
        assert_eq!(trouble.exit, Exit::Usage);
        assert!(trouble.message.starts_with("bank::f and bank::h are both named `x`;"));
        tested.marks.pop();
        assert_eq!(refuse_twins(&tested), Ok(()));
    }
}
