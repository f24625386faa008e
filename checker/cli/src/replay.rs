//! `cargo raddle replay`.

use crate::arguments::{Cargo, Choice, Replay};
use crate::cargo::{Built, Tested, find};
use crate::exit::{Exit, Trouble};
use crate::process::{Runner, Settings};
use crate::rows::{self, Row};
use crate::table::details;
use crate::token::{self, Given};
use crate::verdict::Verdict;
use std::path::PathBuf;

/// Runs the one execution that a token stands for.
pub fn replay(arguments: &Replay) -> Result<Exit, Trouble> {
    let token = Given::new(&token::resolve(&arguments.token)?)?;
    let found = of_token(&arguments.cargo, &token, arguments.test.as_deref())?;
    let answer = arguments.on_divergence.clone();
    let more: Vec<_> = answer.map(|answer| ("RADDLE_ON_DIVERGENCE", answer)).into_iter().collect();
    let rows = run(&found, &token, &more, false, &Runner::new(&found.built)?)?;
    let (exit, text) = tell(&token.text, &rows);
    print!("{text}");
    Ok(exit)
}

/// The tests that may be that of a token.
pub struct Found {
    /// What was built.
    pub built: Built,
    tests: Vec<Tested>,
}

impl Found {
    /// Where the package of the tests is.
    pub fn folder(&self) -> PathBuf {
        self.tests.first().map(|tested| tested.binary.folder.clone()).unwrap_or_default()
    }
}

/// Builds, and finds the tests that may be that of a token.
pub fn of_token(cargo: &Cargo, token: &Given, test: Option<&str>) -> Result<Found, Trouble> {
    let filters = test.iter().map(|name| name.to_string()).collect();
    let choice = Choice { filters, ..Choice::default() };
    let (built, mut tests) = find(cargo, &choice)?;
    if let Some(name) = test {
        narrow(&mut tests, name);
    }
    for tested in &mut tests {
        tested.marks.retain(|mark| token.is_of(mark.reported()));
        rows::refuse_twins(tested)?;
    }
    tests.retain(|tested| !tested.marks.is_empty());
    Ok(Found { built, tests })
}

/// Runs the execution of a token in these tests, with more variables.
pub fn run(
    found: &Found,
    token: &Given,
    more: &[(&'static str, String)],
    is_silent: bool,
    runner: &Runner<'_>,
) -> Result<Vec<Row>, Trouble> {
    let mut variables = vec![("RADDLE_REPLAY", token.text.clone())];
    variables.extend_from_slice(more);
    let settings =
        Settings { variables: &variables, threads: None, is_silent, show_output: !is_silent };
    let mut rows = Vec::new();
    for Tested { binary, marks } in &found.tests {
        let tests: Vec<_> = marks.iter().collect();
        rows.extend(rows::run(runner, binary, &tests, &settings)?);
        // What is wrong with a token is wrong for all tests, and is told once.
        if rows.iter().any(|row| row.verdict == Verdict::Error) {
            break;
        }
    }
    Ok(rows)
}

/// Keeps only the tests with exactly this name, if there are any.
pub fn narrow(found: &mut Vec<Tested>, name: &str) {
    let name = [name.to_string()];
    let whole = |tested: &Tested| tested.marks.iter().any(|mark| mark.is_asked_for(&name, true));
    if found.iter().any(whole) {
        for tested in found.iter_mut() {
            tested.marks.retain(|mark| mark.is_asked_for(&name, true));
        }
        found.retain(|tested| !tested.marks.is_empty());
    }
}

/// What there is to tell, and how the command ends.
pub fn tell(token: &str, rows: &[Row]) -> (Exit, String) {
    let of = |wanted: &[Verdict]| rows.iter().find(|row| wanted.contains(&row.verdict));
    if let Some(row) = of(&[Verdict::Violation, Verdict::ExpectedFailure]) {
        return (Exit::Failure, format!("{}: the failure came again; see above\n", row.test));
    }
    if let Some(row) = of(&[Verdict::Nondeterminism]) {
        let text = format!(
            "{}: the execution could not be followed to its end: the test has changed since the token \
             was made, or it does not behave the same under the same decisions\n{}",
            row.test,
            details(std::slice::from_ref(row))
        );
        return (Exit::Divergence, text);
    }
    if let Some(row) = of(&[Verdict::Error]) {
        return (Exit::Usage, details(std::slice::from_ref(row)).trim_start().into());
    }
    // Nothing was found in this execution: a test that demands a failure fails then, or asks for more.
    let ran = |row: &&Row| row.executions > 0 && row.verdict != Verdict::OtherTest;
    if let Some(row) = rows.iter().filter(ran).find(|row| row.verdict != Verdict::Crashed) {
        return (Exit::Clean, format!("{}: this execution no longer fails\n", row.test));
    }
    if let Some(row) = of(&[Verdict::Crashed, Verdict::Failed]) {
        return (Exit::Failure, details(std::slice::from_ref(row)).trim_start().into());
    }
    if let Some(row) = of(&[Verdict::DidNotRun]) {
        return (Exit::Internal, details(std::slice::from_ref(row)).trim_start().into());
    }
    let text = format!(
        "no test that was built is the one of {token}: it was renamed, or it is in another package or \
         behind a feature\n"
    );
    (Exit::NoTest, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::Binary;
    use crate::marks::Mark;

    fn row(test: &str, verdict: Verdict) -> Row {
        let ran = !matches!(verdict, Verdict::OtherTest | Verdict::DidNotRun | Verdict::Error);
        Row {
            package: "bank".into(),
            binary: "bank".into(),
            test: test.into(),
            verdict,
            executions: u64::from(ran),
            complete: false,
            millis: 1,
            tokens: vec![],
            notes: vec!["a note".into()],
        }
    }

    fn told(verdicts: &[Verdict]) -> (Exit, String) {
        let rows: Vec<Row> = verdicts
            .iter()
            .enumerate()
            .map(|(i, verdict)| row(&format!("f{i}"), *verdict))
            .collect();
        tell("rd1-x", &rows)
    }

    #[test]
    fn the_test_of_the_token_decides() {
        use Verdict::*;
        let others = OtherTest;
        let again = "f1: the failure came again; see above\n".to_string();
        assert_eq!(told(&[others, Violation]), (Exit::Failure, again.clone()));
        assert_eq!(told(&[others, ExpectedFailure]), (Exit::Failure, again));
        let gone = "f1: this execution no longer fails\n".to_string();
        for verdict in [Verified, Incomplete, Inconclusive, Failed] {
            assert_eq!(told(&[others, verdict, DidNotRun]), (Exit::Clean, gone.clone()));
        }
        assert_eq!(told(&[others, Nondeterminism]).0, Exit::Divergence);
        assert_eq!(told(&[others, Crashed]).0, Exit::Failure);
    }

    #[test]
    fn what_went_wrong_is_told() {
        use Verdict::*;
        assert_eq!(told(&[Error, Error]), (Exit::Usage, "f0: error\n  a note\n".into()));
        assert_eq!(told(&[OtherTest, DidNotRun]).0, Exit::Internal);
        let (exit, text) = told(&[OtherTest, OtherTest]);
        assert_eq!(exit, Exit::NoTest);
        assert!(text.starts_with("no test that was built is the one of rd1-x:"), "{text}");
        assert_eq!(told(&[]).0, Exit::NoTest);
        let mut early = row("f", Failed);
        early.executions = 0;
        assert_eq!(tell("rd1-x", &[early]).0, Exit::Failure);
    }

    #[test]
    fn a_whole_name_is_preferred() {
        let mark = |path: &str| Mark { path: path.into(), given: None };
        let binary = Binary {
            package: "bank".into(),
            target: "bank".into(),
            folder: "/w".into(),
            path: "/t/bank-1".into(),
        };
        let marks = vec![mark("bank::f"), mark("bank::f_more")];
        let all = vec![Tested { binary, marks }];
        let mut found = all.clone();
        narrow(&mut found, "f");
        assert_eq!(found[0].marks, [mark("bank::f")]);
        let mut found = all.clone();
        narrow(&mut found, "bank");
        assert_eq!(found, all);
    }
}
