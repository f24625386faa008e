//! Running the suite, and what is told of it.

use super::Face;
use super::rest::Rest;
use crate::arguments::Face as Arguments;
use crate::cargo::{Binary, Built};
use crate::exit::{Exit, Trouble};
use crate::marks::Mark;
use crate::process::{Runner, Settings};
use crate::rows::{self, Row};
use crate::table::{json, summary, table};
use crate::verdict::Verdict;
use std::fmt::Write;

/// Runs every test that was asked for, and tells what came of it.
pub fn run(
    face: &Face,
    arguments: &Arguments,
    rest: &Rest,
    built: &Built,
) -> Result<Exit, Trouble> {
    let runner = Runner::new(built)?;
    let mut rows = Vec::new();
    for binary in &built.binaries {
        rows.extend(run_binary(arguments, rest, &runner, binary)?);
    }
    // The test of a token is one of them; the others were not made to do anything.
    rows.retain(|row| arguments.replay.is_none() || row.verdict != Verdict::OtherTest);
    let plain = rows.iter().filter(|row| is_plain(row)).count();
    rows.retain(|row| !is_plain(row));
    if rows.is_empty() {
        let message = match plain {
            0 => format!("no test of {} test binaries was asked for", built.binaries.len()),
            _ => format!("{plain} tests passed, and none of them checked a model of {}", face.name),
        };
        return Err(Trouble::new(Exit::NoTest, message));
    }
    if arguments.json {
        for row in &rows {
            println!("{}", json(row)?);
        }
    } else {
        print!("{}{}\n{}", table(&rows), details(face, arguments, &rows), summary(&rows));
        if plain > 0 {
            println!("{plain} more passed without a model");
        }
    }
    let exits = rows.iter().map(|row| row.verdict.exit(arguments.require_complete));
    Ok(exits.fold(Exit::Clean, Exit::worse))
}

fn run_binary(
    arguments: &Arguments,
    rest: &Rest,
    runner: &Runner<'_>,
    binary: &Binary,
) -> Result<Vec<Row>, Trouble> {
    let ignored = runner.ignored(binary)?;
    let marks: Vec<Mark> = runner
        .tests(binary)?
        .into_iter()
        .filter(|name| rest.asks_for(name) && !ignored.contains(name))
        // Reports call a test what its thread is called, which is its name without the crate.
        .map(|name| Mark { path: format!("{}::{name}", binary.target), given: Some(name) })
        .collect();
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let replay = arguments.replay.iter().map(|token| ("RADDLE_REPLAY", token.clone()));
    let variables: Vec<_> = replay.collect();
    // Each alone is measured best, and only it is lost if its process ends in the middle.
    let threads = Some(arguments.test_threads.unwrap_or(1));
    let settings =
        Settings { variables: &variables, threads, is_silent: false, show_output: false };
    let marks: Vec<&Mark> = marks.iter().collect();
    rows::run(runner, binary, &marks, &settings)
}

/// Whether a test passed without checking anything, as ordinary tests beside the others do.
fn is_plain(row: &Row) -> bool {
    row.verdict == Verdict::DidNotRun && row.executions == 0
}

/// What there is to say about tests that did not pass, or not completely, and how to see failures again.
fn details(face: &Face, arguments: &Arguments, rows: &[Row]) -> String {
    let rest: Vec<_> = arguments.rest.iter().map(|word| word.to_string_lossy()).collect();
    let mut text = String::new();
    let fine = |row: &Row| matches!(row.verdict, Verdict::Verified | Verdict::ExpectedFailure);
    for row in rows.iter().filter(|row| !fine(row)) {
        let _ = writeln!(text, "\n{}: {}", row.test, row.verdict.word());
        for note in &row.notes {
            let _ = writeln!(text, "  {note}");
        }
        for token in &row.tokens {
            let command = format!("cargo raddle {} --replay {token} {}", face.name, rest.join(" "));
            let _ = writeln!(text, "  again: {command}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(verdict: Verdict) -> Row {
        Row {
            package: "bank".into(),
            binary: "bank".into(),
            test: "f".into(),
            verdict,
            executions: 0,
            complete: false,
            millis: 0,
            tokens: vec!["rd1-x".into()],
            notes: vec!["deadlock".into()],
        }
    }

    #[test]
    fn a_failure_comes_with_the_command_that_shows_it_again() {
        let arguments = Arguments {
            face: None,
            replay: None,
            require_complete: false,
            test_threads: None,
            json: false,
            rest: vec!["test".into(), "--lib".into()],
        };
        let rows = [row(Verdict::Verified), row(Verdict::Violation)];
        let expected =
            "\nf: violation\n  deadlock\n  again: cargo raddle loom --replay rd1-x test --lib\n";
        assert_eq!(details(&super::super::LOOM, &arguments, &rows), expected);
    }

    #[test]
    fn ordinary_tests_are_no_models() {
        assert!(is_plain(&row(Verdict::DidNotRun)));
        assert!(!is_plain(&row(Verdict::Failed)));
        assert!(!is_plain(&Row { executions: 1, ..row(Verdict::DidNotRun) }));
    }
}
