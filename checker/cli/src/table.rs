//! Rows as text: a table, what there is to say about single tests, and a summary; or JSON.

use crate::exit::{Exit, Trouble};
use crate::rows::Row;
use crate::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// One line of JSON.
///
/// # Errors
/// If it cannot be written so, which is an error of the command.
pub fn json(value: &impl Serialize) -> Result<String, Trouble> {
    serde_json::to_string(value)
        .map_err(|e| Trouble::new(Exit::Internal, format!("failed to write: {e}")))
}

/// The table of the rows: test, verdict, executions, time. Packages and binaries are not repeated when
/// all tests are of one.
pub fn table(rows: &[Row]) -> String {
    let one_package = rows.iter().all(|row| row.package == rows[0].package);
    let name = |row: &Row| match one_package {
        true => row.test.clone(),
        false => format!("{} {}", row.package, row.test),
    };
    let mut cells = vec![["test", "verdict", "executions", "time"].map(String::from)];
    for row in rows {
        let ran = row.executions > 0 || row.verdict == Verdict::Verified;
        let (executions, time) = match ran {
            true => (number(row.executions), time(row.millis)),
            false => ("-".into(), "-".into()),
        };
        cells.push([name(row), row.verdict.word().into(), executions, time]);
    }
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max();
    let widths = [0, 1, 2, 3].map(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for [test, verdict, executions, time] in &cells {
        let [first, second, third, fourth] = widths;
        let _ = writeln!(
            text,
            "{test:first$}  {verdict:second$}  {executions:>third$}  {time:>fourth$}"
        );
    }
    text
}

/// What there is to say about tests that did not just pass, with the commands to see failures again.
pub fn details(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let fine = matches!(row.verdict, Verdict::Verified | Verdict::Ignored);
        if fine || row.notes.is_empty() && row.tokens.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}: {}", row.test, row.verdict.word());
        for note in &row.notes {
            let _ = writeln!(text, "  {note}");
        }
        for token in &row.tokens {
            let _ = writeln!(text, "  replay: cargo raddle replay {token}");
        }
    }
    text
}

/// One line: how many tests came to which verdict, and how much was explored.
pub fn summary(rows: &[Row]) -> String {
    let mut counts: BTreeMap<Verdict, u64> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.verdict).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(verdict, count)| format!("{} {}", number(*count), verdict.word()))
        .collect();
    let executions = rows.iter().map(|row| row.executions).sum();
    let tests = if rows.len() == 1 { "test" } else { "tests" };
    let total = number(rows.len() as u64);
    format!("{total} {tests}: {}; {} executions\n", counts.join(", "), number(executions))
}

/// A number with commas between thousands.
fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn time(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis / 1_000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(test: &str, verdict: Verdict, executions: u64, millis: u64) -> Row {
        let (package, binary, test) = ("bank".into(), "bank".into(), test.into());
        let (tokens, notes) = (vec![], vec![]);
        let complete = verdict == Verdict::Verified;
        Row { package, binary, test, verdict, executions, complete, millis, tokens, notes }
    }

    #[test]
    fn numbers_and_times_are_readable() {
        let numbers = [0, 999, 1_000, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
        let times = [0, 999, 1_000, 59_999, 60_000, 3_725_000].map(time);
        assert_eq!(times, ["0 ms", "999 ms", "1.0 s", "59.9 s", "1 min 0 s", "62 min 5 s"]);
    }

    #[test]
    fn columns_are_aligned() {
        let mut rows = vec![
            row("bank::f", Verdict::Verified, 1_284, 12),
            row("bank::transfer", Verdict::Violation, 3, 1_500),
            row("bank::h", Verdict::DidNotRun, 0, 0),
        ];
        let expected = "\
test            verdict      executions   time
bank::f         verified          1,284  12 ms
bank::transfer  violation             3  1.5 s
bank::h         did not run           -      -
";
        assert_eq!(table(&rows), expected);
        assert_eq!(
            summary(&rows),
            "3 tests: 1 verified, 1 did not run, 1 violation; 1,287 executions\n"
        );
        rows[1].package = "other".into();
        assert!(table(&rows).contains("\nother bank::transfer  violation"));
        assert_eq!(table(&[]).lines().count(), 1);
    }

    #[test]
    fn details_are_told_where_there_are_any() {
        let mut rows = vec![
            row("bank::f", Verdict::Verified, 1, 1),
            row("bank::g", Verdict::Violation, 3, 1),
            row("bank::h", Verdict::Incomplete, 3, 1),
        ];
        rows[0].notes.push("explored".into());
        rows[1].notes.push("deadlock".into());
        rows[1].tokens.push("rd1-x".into());
        let expected = "\nbank::g: violation\n  deadlock\n  replay: cargo raddle replay rd1-x\n";
        assert_eq!(details(&rows), expected);
    }
}
