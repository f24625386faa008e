//! `cargo raddle run`.

use crate::arguments::Run;
use crate::cargo::{Built, Tested, find};
use crate::exit::{Exit, Trouble};
use crate::process::{Runner, Settings};
use crate::rows::{self, Row};
use crate::table::{details, json, summary, table};
use crate::verdict::Verdict;

/// So many tests are run by one process at most: systems limit the length of a command line.
const AT_ONCE: usize = 200;

/// Runs the checked tests that were asked for, and makes sure that each of them ran.
pub fn run(arguments: &Run) -> Result<Exit, Trouble> {
    let (built, found) = find(&arguments.cargo, &arguments.choice)?;
    found.iter().try_for_each(rows::refuse_twins)?;
    let rows = run_all(arguments, &built, &found)?;
    if arguments.json {
        for row in &rows {
            println!("{}", json(row)?);
        }
    } else {
        print!("{}{}\n{}", table(&rows), details(&rows), summary(&rows));
    }
    let exit = exit(&rows, arguments.require_complete);
    if exit == Exit::NoTest {
        eprintln!("error: all of these tests are ignored; run them with --include-ignored");
    }
    Ok(exit)
}

fn run_all(arguments: &Run, built: &Built, found: &[Tested]) -> Result<Vec<Row>, Trouble> {
    let runner = Runner::new(built)?;
    let variables = arguments.search.variables();
    let (threads, show_output) = (arguments.test_threads, arguments.show_output);
    let settings = Settings { variables: &variables, threads, is_silent: false, show_output };
    let mut all = Vec::new();
    for Tested { binary, marks } in found {
        let ignored = match arguments.include_ignored {
            true => Default::default(),
            false => runner.ignored(binary)?,
        };
        let (left_out, tests): (Vec<_>, Vec<_>) =
            marks.iter().partition(|mark| ignored.contains(mark.in_binary()));
        for tests in tests.chunks(AT_ONCE) {
            all.extend(rows::run(&runner, binary, tests, &settings)?);
        }
        all.extend(left_out.iter().map(|mark| Row::ignored(binary, mark)));
    }
    Ok(all)
}

/// How the command ends.
fn exit(rows: &[Row], require_complete: bool) -> Exit {
    if rows.iter().all(|row| row.verdict == Verdict::Ignored) {
        return Exit::NoTest;
    }
    let exits = rows.iter().map(|row| row.verdict.exit(require_complete));
    exits.fold(Exit::Clean, Exit::worse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit_of(verdicts: &[Verdict], require_complete: bool) -> Exit {
        let row = |verdict: &Verdict| Row {
            package: "bank".into(),
            binary: "bank".into(),
            test: "bank::f".into(),
            verdict: *verdict,
            executions: 1,
            complete: false,
            millis: 1,
            tokens: vec![],
            notes: vec![],
        };
        let rows: Vec<Row> = verdicts.iter().map(row).collect();
        exit(&rows, require_complete)
    }

    #[test]
    fn the_worst_verdict_decides() {
        use Verdict::*;
        assert_eq!(exit_of(&[Verified, ExpectedFailure, Ignored, Incomplete], false), Exit::Clean);
        assert_eq!(exit_of(&[Verified, Incomplete], true), Exit::Inconclusive);
        assert_eq!(exit_of(&[Verified, Inconclusive], false), Exit::Inconclusive);
        assert_eq!(exit_of(&[DidNotRun, Violation, Nondeterminism], true), Exit::Failure);
        assert_eq!(exit_of(&[DidNotRun, Error, Nondeterminism], true), Exit::Divergence);
        assert_eq!(exit_of(&[Verified, DidNotRun], false), Exit::Internal);
        assert_eq!(exit_of(&[Verified, Error], false), Exit::Usage);
    }

    #[test]
    fn only_ignored_tests_are_none() {
        assert_eq!(exit_of(&[Verdict::Ignored, Verdict::Ignored], false), Exit::NoTest);
        assert_eq!(exit_of(&[], false), Exit::NoTest);
    }
}
